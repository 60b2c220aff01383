//go:build !linux

package doctor

import "errors"

// readSpace needs Linux.
func readSpace(string) (space, error) { return space{}, errors.New("only on Linux") }

// asRoot and cannotRead need Linux.
func asRoot(string) bool          { return false }
func cannotRead(_, _ string) bool { return false }
