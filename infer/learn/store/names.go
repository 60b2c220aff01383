package store

import (
	"fmt"
	"strings"
)

// maxName is the most characters of a name or a class.
const maxName = 64

// CheckName tells whether a name may be taught: the error says what a name may be.
func CheckName(name string) error {
	if !plain(name) {
		return fmt.Errorf("teach: the name %q: want 1 to %d of a-z, 0-9, - and _", name, maxName)
	}
	return nil
}

// CheckClass tells whether a class may have this name: the error says what it may be.
func CheckClass(class string) error {
	switch {
	case !plain(class):
		return fmt.Errorf("teach: the class %q: want 1 to %d of a-z, 0-9, - and _", class, maxName)
	case class == "none" || class == "unknown":
		return fmt.Errorf("teach: no class may be called %q, which has a meaning of its own: %q is usual for what is there otherwise", class, "other")
	}
	return nil
}

// plain tells whether a text can be the name of a folder, whatever it came from.
func plain(s string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyz0123456789-_"
	return 0 < len(s) && len(s) <= maxName && strings.Trim(s, allowed) == ""
}
