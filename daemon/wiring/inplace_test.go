package wiring

import (
	"os"
	"path/filepath"
	"testing"
)

// In a folder where the daemon may make nothing, the file itself is written: it stays the same file, and nothing is left.
func TestFileInPlace(t *testing.T) {
	if os.Geteuid() == 0 {
		asNobody(t)
		return
	}
	f, path := fileWith(t, oldText)
	if err := os.Chmod(filepath.Dir(path), 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(filepath.Dir(path), 0o700) })
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	has := func(want string) {
		t.Helper()
		has(t, path, want)
		if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
			t.Errorf("another file: %v, %v", after, err)
		}
		if left := f.kept(keptNext); fileExists(left) {
			t.Errorf("%s is left", left)
		}
	}
	text := oldText
	for _, next := range []string{newText, oldText + "# longer\n", "device: test\n", newText} {
		got, err := f.Apply([]byte(next), sum([]byte(text)), use)
		if err != nil || got != sum([]byte(next)) {
			t.Fatalf("got %s, %v", got, err)
		}
		has(next)
		if kept, err := f.Before(); err != nil || string(kept) != text {
			t.Errorf("kept: %q, %v", kept, err)
		}
		text = next
	}
	f.step = func(after string) error {
		if after == "kept" {
			return os.ErrDeadlineExceeded
		}
		return nil
	}
	if _, err := f.Apply([]byte(oldText), sum([]byte(text)), use); err == nil {
		t.Error("no error")
	}
	has(text)
}

func fileExists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// The next start mends a file that was being written when the machine stopped, and leaves all others as they are.
func TestFileMend(t *testing.T) {
	const before, next = "device: test\n# old\n", "device: test\n# new and longer\n"
	for name, test := range map[string]struct {
		now, want string
		mended    bool
	}{
		"not begun":           {before, before, false},
		"done":                {next, next, false},
		"half":                {next[:16] + before[16:], next, true},
		"longer, then nulls":  {before + "\x00\x00\x00", next, true},
		"both, by turns":      {"device: test\n# old and lon", next, true},
		"somebody else's":     {"device: mine\n", "device: mine\n", false},
		"of another length":   {next + next, next + next, false},
		"a letter of another": {"device: text\n# old\n", "device: text\n# old\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			f, path := fileWith(t, before)
			if err := f.keep([]byte(before), os.Getenv("STATE_DIRECTORY")); err != nil {
				t.Fatal(err)
			}
			copied := f.kept(keptNext)
			if err := replace(copied, []byte(next)); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(test.now), 0o600); err != nil {
				t.Fatal(err)
			}
			if mended, err := f.Mend(); err != nil || mended != test.mended {
				t.Errorf("mended: %v, %v", mended, err)
			}
			has(t, path, test.want)
			if again, err := f.Mend(); again || err != nil || fileExists(copied) {
				t.Errorf("a second time: %v, %v", again, err)
			}
		})
	}
}
