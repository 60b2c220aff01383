package spool

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFullDisk fills real file systems, until events are in memory only, and has a broker acknowledge all of them: the
// spool must let go of what it has, use the disk again by itself, and send nothing a second time.
func TestFullDisk(t *testing.T) {
	for name, c := range map[string]struct {
		mount   func(t *testing.T) string
		ballast bool // other files take all but a few blocks
	}{
		"segments that are full":        {func(t *testing.T) string { return tmpfs(t, "size=3m") }, false},
		"a segment on a disk of others": {func(t *testing.T) string { return tmpfs(t, "size=256k") }, true},
		"no more files":                 {func(t *testing.T) string { return tmpfs(t, "size=8m,nr_inodes=4") }, false},
		"ext4":                          {ext4, false},
		"ext4, full of others":          {ext4, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testFullDisk(t, c.mount(t), c.ballast)
		})
	}
}

func testFullDisk(t *testing.T, dir string, ballast bool) {
	o := options(filepath.Join(dir, "spool"))
	o.MaxBytes, o.MaxWrites = 16<<20, 6000
	s := openSpool(t, o)
	put(t, s, o, 1, 2)
	eventually(t, "a first event on the disk", func() bool { return s.Status().Bytes > 0 })
	if ballast {
		fill(t, filepath.Join(dir, "ballast"))
	}
	last := 2
	for ; s.Status().OnDisk; last++ {
		put(t, s, o, last, last+1)
		if last%500 == 0 { // a disk that is nearly full is slow, and memory has a limit too
			eventually(t, "what was put to be written", func() bool { return s.Await() || !s.Status().OnDisk })
		}
		if last > 200_000 {
			t.Fatal("the disk does not get full")
		}
	}
	put(t, s, o, last, last+20)
	last += 20
	for i := 1; i < last; i++ {
		s.Ack(take(t, s, o, i))
	}
	none(t, s)
	eventually(t, "the disk in use again", func() bool { return s.Status().OnDisk && s.Status().Reason == nil })
	eventually(t, "what the broker has to be deleted", func() bool {
		files, err := filepath.Glob(filepath.Join(o.Dir, "*.spool"))
		return err == nil && len(files) == 1
	})
	put(t, s, o, last, last+5)
	for i := last; i < last+5; i++ {
		s.Ack(take(t, s, o, i))
	}
	o.Dir = crash(t, s)
	sequence := o
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	o.Dir = filepath.Join(dir, "spool")
	again := openSpool(t, o)
	none(t, again)
	killed := openSpool(t, sequence) // right then: what the broker has is forgotten, but for the last few
	if waiting := killed.Status().Waiting; waiting > 6 {
		t.Errorf("after a kill %d events are sent again", waiting)
	}
}

// fill writes a file until there is no room.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, block))
	}
}

func tmpfs(t *testing.T, o string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("spool", dir, "tmpfs", 0, o); err != nil {
		t.Skipf("mount a tmpfs: %v (needs root; the guest of internal/testing/vm has it)", err)
	}
	unmount(t, dir)
	return dir
}

// ext4 is a file system of 4 MiB in a file.
func ext4(t *testing.T) string {
	t.Helper()
	image, dir := filepath.Join(t.TempDir(), "image"), t.TempDir()
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, 4<<20); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"mkfs.ext4", "-q", "-m", "0", image}, {"mount", "-o", "loop", image, dir}} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Skipf("%s: %v: %s (needs root, and loop devices)", command[0], err, out)
		}
	}
	unmount(t, dir)
	return dir
}

func unmount(t *testing.T, dir string) {
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(fmt.Errorf("unmount: %w", err))
		}
	})
}
