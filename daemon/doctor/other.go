//go:build !linux

package doctor

import "errors"

// ReadSpace needs Linux.
func ReadSpace(string) (Space, error) { return Space{}, errors.New("only on Linux") }
