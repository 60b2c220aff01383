package text

import (
	"errors"
	"fmt"
	"syscall"
)

// Listen says how to mend what keeps somebody from listening on address, which the key of the config sets. It wraps what the
// system said.
func Listen(key, address string, err error) error {
	mend := ""
	for is, text := range map[syscall.Errno]string{
		syscall.EADDRINUSE:    "another program has the port; set " + key + " to another one",
		syscall.EADDRNOTAVAIL: "this machine has no such address now; set " + key + " to one that it has, or to 0.0.0.0 with that port for all",
		syscall.EACCES:        "ports below 1024 are for root; set " + key + " to a higher one",
	} {
		if errors.Is(err, is) {
			err, mend = is, ": "+text
		}
	}
	return fmt.Errorf("listen on %s: %w%s", address, err, mend)
}
