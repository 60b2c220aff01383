//go:build !linux

package clock

import "errors"

// Synchronized needs Linux.
func Synchronized() (bool, error) { return false, errors.New("only on Linux") }

// Set needs Linux.
func Set() bool { return false }
