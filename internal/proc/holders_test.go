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
