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
