package proc

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

func TestHolders(t *testing.T) {
	root := t.TempDir()
	process := func(pid, comm string, targets ...string) {
		fds := filepath.Join(root, pid, "fd")
		if err := os.MkdirAll(fds, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, pid, "comm"), []byte(comm+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		for i, target := range targets {
			if err := os.Symlink(target, filepath.Join(fds, strconv.Itoa(i))); err != nil {
				t.Fatal(err)
			}
		}
	}
	process("977", "mplayer", "/dev/null", "/dev/video0")
	process("812", "motion", "/dev/video0", "/dev/video0", "socket:[4711]")
	process("13", "idle")
	process("self", "link", "/dev/video0")
	process(strconv.Itoa(os.Getpid()), "this", "/dev/video0")
	for target, want := range map[string]string{
		"/dev/video0":   "motion (process 812), mplayer (process 977)",
		"socket:[4711]": "motion (process 812)",
		"/dev/video1":   "",
	} {
		if got := Names(Holders(root, target)); got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
	}
}

// A process is known by its name, and its parent by its number, whatever brackets are in the name.
func TestParentAndRunning(t *testing.T) {
	root := t.TempDir()
	for pid, is := range map[string][2]string{"7": {"inceptiond", "7 (inceptiond) S 1 7 7"}, "9": {"a) R 3 (b", "9 (a) R 3 (b) S 7 9 9"},
		"11": {"inceptiond", "11 (incept"}, "13": {"x", "13 (x) S -4 1"}} {
		if err := os.MkdirAll(filepath.Join(root, pid), 0o755); err != nil {
			t.Fatal(err)
		}
		for i, file := range []string{"comm", "stat"} {
			if err := os.WriteFile(filepath.Join(root, pid, file), []byte(is[i]+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for pid, want := range map[int]Holder{9: {7, "inceptiond"}, 7: {1, ""}, 11: {}, 13: {}, 4711: {}} {
		if got := Parent(root, pid); got != want {
			t.Errorf("parent of %d: %v, want %v", pid, got, want)
		}
	}
	if got := Names(Running(root, "inceptiond", "other")); got != "inceptiond (process 7), inceptiond (process 11)" {
		t.Errorf("running: %s", got)
	}
	if got := Running(root, "other"); got != nil {
		t.Errorf("running: %v", got)
	}
}
