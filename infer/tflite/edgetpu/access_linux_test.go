package edgetpu

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// A node that this user may not open is said so by the system itself. The superuser may open everything.
func TestAccess(t *testing.T) {
	node := filepath.Join(t.TempDir(), "node")
	if err := os.WriteFile(node, nil, 0o444); err != nil {
		t.Fatal(err)
	}
	if err := access(node); (err == nil) != (os.Geteuid() == 0) {
		t.Errorf("a file without permission: %v", err)
	}
	if err := access(node + "s"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestGroup(t *testing.T) {
	file := filepath.Join(t.TempDir(), "node")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for gid, want := range map[int]string{0: "root", 54321: "54321", overflowGID: ""} {
		if err := os.Chown(file, -1, gid); err != nil {
			t.Skip("only root may give files away:", err)
		}
		if got := group(file); got != want {
			t.Errorf("group %d is %q (want %q)", gid, got, want)
		}
	}
	if got := group(file + "s"); got != "" {
		t.Errorf("no file: %q", got)
	}
}
