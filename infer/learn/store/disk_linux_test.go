package store

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/inceptiond/inceptiond/internal/owned"
)

// TestFullDisk: what does not fit is not there, what was there stays, and links can still be changed.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tiny", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("mount a tmpfs: %v (needs root)", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	s := Open(filepath.Join(dir, "teach"), Limits{})
	n, err := s.New("gate", someBase)
	if err != nil {
		t.Fatal(err)
	}
	add(t, n, Pictures, "cat", 1, Note{})
	a, b := commit(t, n, "A", "cat"), commit(t, n, "B", "cat")
	if err := errors.Join(n.Use(a), n.Use(b)); err != nil {
		t.Fatal(err)
	}
	export := exportOf(t, n, true)
	before := tree(t, dir)
	full := func(err error) {
		t.Helper()
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("error %v, want ENOSPC", err)
		}
		wantError(t, err, "make room on that disk (df -h "+s.path+")")
		if after := tree(t, dir); strings.Join(after, " ") != strings.Join(before, " ") {
			t.Errorf("left: %q\nwant %q", after, before)
		}
	}
	big := filesOf("C", "cat")
	big.Embeddings = make([]byte, 300<<10)
	_, err = n.Commit(big)
	full(err)
	_, _, err = n.Add(Pictures, "cat", jpegOf(2, 300<<10), Note{Camera: "porch"})
	full(err)
	list := []entry{{name: "normal/b.jpg", data: string(jpegOf(1, 300<<10))}}
	_, err = s.Import(bytes.NewReader(tarOf(t, true, list...)), "other")
	full(err)
	if _, err := os.Lstat(filepath.Join(s.path, "other")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("half an import: %v", err)
	}
	// Not a byte is left.
	if err := os.WriteFile(filepath.Join(dir, "ballast"), make([]byte, 300<<10), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	before = tree(t, dir)
	_, err = s.Import(bytes.NewReader(export), "other")
	full(err)
	full(n.SetBase(Base{Name: "other"}))
	if err := n.Rollback(); err != nil || current(t, n) != "A" || previous(t, n) != "B" {
		t.Errorf("%v: current %q, previous %q", err, current(t, n), previous(t, n))
	}
	if err := n.Delete(idOf(jpegOf(1, 100))); err != nil {
		t.Error(err)
	}
}

// TestOwner has root work in the folder of a service's user: all is that user's, and nothing goes through links of his.
func TestOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	const user = 61184
	state := t.TempDir()
	if err := os.Chown(state, user, user); err != nil {
		t.Fatal(err)
	}
	s := Open(filepath.Join(state, "teach"), Limits{})
	n, err := s.New("gate", someBase)
	if err != nil {
		t.Fatal(err)
	}
	add(t, n, Pictures, "cat", 1, Note{Camera: "porch"})
	add(t, n, Inbox, "", 2, Note{})
	if err := errors.Join(n.Use(commit(t, n, "A", "cat")), n.Use(commit(t, n, "B", "cat")), n.SetBase(someBase)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Import(bytes.NewReader(exportOf(t, n, true)), "other"); err != nil {
		t.Fatal(err)
	}
	count := 0
	err = filepath.WalkDir(s.path, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if uid, gid := owned.Owner(info); err == nil && (uid != user || gid != user) {
			t.Errorf("%s belongs to %d:%d", path, uid, gid)
		}
		count++
		return err
	})
	if err != nil || count < 20 {
		t.Errorf("%d files, %v", count, err)
	}
	// The user puts a link in place of the folder.
	outside := t.TempDir()
	if err := errors.Join(os.RemoveAll(s.path), os.Symlink(outside, s.path)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.New("gate", someBase); err == nil {
		t.Error("root follows a link of the service's user")
	}
	if left := tree(t, outside); len(left) > 0 {
		t.Errorf("root wrote %q", left)
	}
}
