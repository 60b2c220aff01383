//go:build !linux

package doctor

import (
	"errors"
	"time"
)

var errNotLinux = errors.New("only on Linux")

// ReadClock needs Linux.
func ReadClock() (ClockState, error) { return ClockState{Now: time.Now()}, errNotLinux }

// ReadSpace needs Linux.
func ReadSpace(string) (Space, error) { return Space{}, errNotLinux }
