package snapshots

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestKilled: a process that is killed between write and rename leaves nothing that looks like a picture, and what it
// leaves is gone at the next start.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("SNAPSHOTS_KILLED"); dir != "" {
		writeHalf(t, dir)
	}
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run", "^TestKilled$")
	child.Env = append(os.Environ(), "SNAPSHOTS_KILLED="+dir)
	out, err := child.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("%v: %s", err, out)
	}
	d := newDesk(t, Limits{Folder: dir})
	if got := d.tree(); got != "2026-03-14/120000.000-dog-1.jpg 2026-03-14/120000.000-dog-2.jpg.part" {
		t.Fatalf("after the kill: %s", got)
	}
	if d.tidy(d.now); d.tree() != "2026-03-14/120000.000-dog-1.jpg" || len(d.pictures) != 1 {
		t.Errorf("after the next start: %s", d.tree())
	}
	d.n = 1
	if !d.snap("dog", 10) {
		t.Error("the same picture again is not written")
	}
	d.same()
}

// writeHalf kills this process with SIGKILL while its second picture is written, but not renamed.
func writeHalf(t *testing.T, dir string) {
	d := newDesk(t, Limits{Folder: dir})
	d.snap("dog", 10)
	d.write = func(dir *os.Root, name string, data []byte) error {
		if err := dir.WriteFile(name+part, data, fileMode); err != nil {
			t.Fatal(err)
		}
		if err := unix.Kill(os.Getpid(), unix.SIGKILL); err != nil {
			t.Fatal(err)
		}
		select {}
	}
	d.snap("dog", 10)
}

// TestFullDisk: pictures of a disk that is full are left out, and nothing is left half written.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tiny", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("mount a tmpfs: %v (needs root; the guest of internal/testing/vm has it)", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	d := newDesk(t, Limits{Folder: dir, MaxFiles: 100})
	n := 0
	for d.snap("dog", 50<<10) {
		if n++; n > 10 {
			t.Fatal("the disk does not get full")
		}
	}
	if d.said("cannot be kept") != 1 || strings.Contains(d.tree(), part) || len(d.pictures) != n {
		t.Errorf("%s, %v", d.tree(), d.logs.All())
	}
	if err := os.Remove(filepath.Join(dir, "drive", d.pictures[0].day, d.pictures[0].name)); err != nil {
		t.Fatal(err)
	}
	if d.snap("dog", 50<<10) {
		t.Error("tried before a minute was over")
	}
	if d.now = d.now.after(retryPause); !d.snap("dog", 50<<10) || d.said("again") != 2 {
		t.Errorf("not written once there is room: %v", d.logs.All())
	}
}
