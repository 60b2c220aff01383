package owned_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/inceptiond/inceptiond/internal/owned"
)

func TestMake(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, path := range []string{filepath.Join(dir, "a/b/c"), filepath.Join(dir, "a/b/c"), "d", "d/e/"} {
		root, err := owned.Make(path, 0o700)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		root.Close()
		if info, err := os.Lstat(path); err != nil || info.Mode() != fs.ModeDir|0o700 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
		if root, err = owned.Open(path); err != nil {
			t.Errorf("%s: %v", path, err)
		} else {
			root.Close()
		}
	}
	if _, err := owned.Open("none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
	if err := os.WriteFile("file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := owned.Make("file/f", 0o700); err == nil {
		t.Error("a folder in a file")
	}
}

// TestRoot: what root makes is its neighbours' owner's, and a link that leads elsewhere is not followed.
func TestRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	const user = 61184
	dir, outside := t.TempDir(), t.TempDir()
	if err := errors.Join(os.Chown(dir, user, user), os.Symlink(outside, filepath.Join(dir, "link"))); err != nil {
		t.Fatal(err)
	}
	root, err := owned.Make(filepath.Join(dir, "made"), 0o700)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	info, err := root.Stat(".")
	if err != nil {
		t.Fatal(err)
	}
	if uid, gid := owned.Owner(info); uid != user || gid != user {
		t.Errorf("it belongs to %d:%d", uid, gid)
	}
	if _, err := owned.Make(filepath.Join(dir, "link"), 0o700); err == nil {
		t.Error("made through a link")
	}
	if _, err := owned.Open(filepath.Join(dir, "link")); err == nil {
		t.Error("opened through a link")
	}
}
