//go:build unix

package spool

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

// lockDir takes the directory for this process. The lock goes with the process, however that ends.
func lockDir(dir string) (io.Closer, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		d.Close()
		return nil, fmt.Errorf("spool: lock %s: %w: does another inceptiond use it? Set mqtt.spool.path", dir, err)
	}
	return d, nil
}
