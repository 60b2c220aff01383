// Package memorydir makes folders for tests that no disk slows down.
package memorydir

import (
	"os"
	"testing"
)

// New is a new folder that goes with the test: in memory where that is possible, so that the disk's time does not count.
func New(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "inceptiond-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}
