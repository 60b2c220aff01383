package cpu

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// affinity is where a thread may run (0: the calling one).
func affinity(t *testing.T, thread int) (set unix.CPUSet) {
	t.Helper()
	if err := unix.SchedGetaffinity(thread, &set); err != nil {
		t.Fatal(err)
	}
	return set
}

// TestLeave has a thread leave the CPU that another has: it moves, and may run everywhere afterwards.
func TestLeave(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := affinity(t, 0)
	if before.Count() < 2 {
		t.Skip("this process may use one CPU only")
	}
	for range 100 {
		elder := newMember(nil, need{})
		elder.note()
		m := newMember([]*member{elder}, need{})
		m.cpu.Store(elder.cpu.Load())
		m.mover.leave(m.elders)
		m.note()
		if m.mover.refused {
			t.Skip("moving is forbidden here")
		}
		if after := affinity(t, 0); after != before {
			t.Fatalf("it may use CPUs %v (want %v)", after, before)
		}
		if !m.sharesCPU(m.elders) { // else something moved it back
			return
		}
	}
	t.Error("it never left")
}

// TestNowhereToGo: a thread stays where it is if others have all CPUs, or nobody knows theirs.
func TestNowhereToGo(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := affinity(t, 0)
	var elders []*member
	for cpu := range int32(1024) {
		e := newMember(nil, need{})
		e.cpu.Store(cpu)
		elders = append(elders, e)
	}
	for _, others := range [][]*member{elders, {newMember(nil, need{})}} {
		m := newMember(others, need{})
		m.mover.leave(others)
		if affinity(t, 0) != before || m.mover.refused {
			t.Errorf("with %d others: CPUs %v (want %v), refused %v", len(others), affinity(t, 0), before, m.mover.refused)
		}
	}
}

// inChild runs a test in a process of its own, which the parent must not be: restrictions stay.
func inChild(t *testing.T, f func(t *testing.T)) {
	const variable = "INCEPTIOND_TEST_CHILD"
	if os.Getenv(variable) == t.Name() {
		f(t)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1", "-test.v")
	cmd.Env = append(os.Environ(), variable+"="+t.Name())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// threads are all threads of this process.
func threads(t *testing.T) (list []int) {
	t.Helper()
	names, err := filepath.Glob("/proc/self/task/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		id, err := strconv.Atoi(filepath.Base(name))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, id)
	}
	return list
}

// TestCpusetOfOne: in a cpuset of one CPU all units are done, whatever Go believes, and no thread gets out.
func TestCpusetOfOne(t *testing.T) {
	inChild(t, func(t *testing.T) {
		goCPUs(t, 4)
		var one unix.CPUSet
		one.Set(int(currentCPU()))
		for _, id := range threads(t) {
			if err := unix.SchedSetaffinity(id, &one); err != nil {
				t.Fatal(err)
			}
		}
		p := newWorkerPool(4, need{})
		defer p.close()
		r := newPoolRun(4, 7, 1000)
		for range 20 {
			until(t, "workers sleep", p.asleep)
			p.wake()
			r.do(p)
		}
		for _, l := range r.layers {
			l.check(t, 20)
		}
		for _, id := range threads(t) {
			var set unix.CPUSet
			if err := unix.SchedGetaffinity(id, &set); err == nil && set != one { // an error: it has ended
				t.Errorf("thread %d may use CPUs %v (want %v)", id, set, one)
			}
		}
	})
}

// TestMovingRefused: where sched_setaffinity is forbidden, as in the systemd unit, the pool works all the same.
func TestMovingRefused(t *testing.T) {
	inChild(t, func(t *testing.T) {
		forbid(t, unix.SYS_SCHED_SETAFFINITY)
		goCPUs(t, 2)
		p := newWorkerPool(2, need{})
		defer p.close()
		r := newPoolRun(2, 7, 1000)
		for range 20 {
			until(t, "workers sleep", p.asleep)
			p.wake()
			r.do(p)
		}
		for _, l := range r.layers {
			l.check(t, 20)
		}
		m := newMember(p.members[:1], need{})
		m.elders[0].note()
		m.mover.leave(m.elders)
		if set := affinity(t, 0); set.Count() > 1 && !m.mover.refused {
			t.Error("moving was not refused")
		}
	})
}

// forbid has a system call return EPERM in this process from now on.
func forbid(t *testing.T, call uint32) {
	t.Helper()
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}, // the number of the call, at offset 0 of struct seccomp_data
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: call, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&program))); errno != 0 {
		t.Skipf("seccomp: %v", errno)
	}
}
