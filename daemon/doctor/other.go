//go:build !linux

package doctor

import "errors"

// readSpace needs Linux.
func readSpace(string) (space, error) { return space{}, errors.New("only on Linux") }
