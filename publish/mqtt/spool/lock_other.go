//go:build !unix

package spool

import (
	"errors"
	"io"
)

func lockDir(string) (io.Closer, error) {
	return nil, errors.New("spool: this system has no locks for directories, so events stay in memory")
}
