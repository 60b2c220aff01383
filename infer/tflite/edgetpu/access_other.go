//go:build !linux

package edgetpu

import "errors"

// Devices are found from Linux's files only, so nothing is ever asked for here.
func access(string) error { return errors.New("edgetpu: only Linux is supported") }

func group(string) string { return "" }
