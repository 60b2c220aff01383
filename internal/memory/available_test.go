package memory

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"testing/fstest"
)

func TestAvailable(t *testing.T) {
	const mib = 1 << 20
	meminfo := "MemTotal:  1024000 kB\nMemFree: 1 kB\nMemAvailable:     512000 kB\n"
	for _, c := range []struct {
		name     string
		limit    int64
		meminfo  string
		resident int64
		want     int64
	}{
		{"the machine says", 1000 * mib, meminfo, 100 * mib, 500 * mib},
		{"a limit", 300 * mib, meminfo, 100 * mib, 200 * mib},
		{"a limit that is reached", 100 * mib, meminfo, 200 * mib, 1},
		{"no limit", 0, meminfo, 0, 500 * mib},
		{"it does not say", 1000 * mib, "", 100 * mib, 400 * mib},
		{"half is reached", 1000 * mib, "", 600 * mib, 1},
		{"nobody says", 0, "", 100 * mib, 0},
		{"rubbish", 1000 * mib, "MemAvailable: lots\n", 0, 500 * mib},
	} {
		root := fstest.MapFS{"proc/self/statm": {Data: fmt.Appendf(nil, "9999999 %d 5 6 0 7 0\n", c.resident/int64(os.Getpagesize()))}}
		if c.meminfo != "" {
			root["proc/meminfo"] = &fstest.MapFile{Data: []byte(c.meminfo)}
		}
		if got := available(c.limit, root); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	if resident(fstest.MapFS{}) != 0 || resident(fstest.MapFS{"proc/self/statm": {Data: []byte("1")}}) != 0 {
		t.Error("nothing is resident where nobody says")
	}
}

func TestPeak(t *testing.T) {
	root := fstest.MapFS{"proc/7/status": {Data: []byte("Name:\tx\nVmPeak:\t  999 kB\nVmHWM:\t    2048 kB\n")}, "proc/8/status": {Data: []byte("VmHWM: none\n")}}
	for pid, want := range map[int]int64{7: 2 << 20, 8: 0, 9: 0} {
		if got := peak(pid, root); got != want {
			t.Errorf("process %d: %d, want %d", pid, got, want)
		}
	}
	if runtime.GOOS == "linux" && Peak(os.Getpid()) < 1<<20 {
		t.Error("this process has nothing")
	}
}
