package config

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/inceptiond/inceptiond/internal/secret"
)

// URL is an address that may carry a secret. Whatever prints it (fmt, JSON, YAML, a logger) shows it without the user,
// the password and the values of the query; convert it to a string to use it.
type URL string

const redacted = secret.Hidden

// String is the URL without secrets; see [secret.URL].
func (u URL) String() string { return secret.URL(string(u)) }

// Format prints u as String does under every verb, %#v included.
func (u URL) Format(f fmt.State, verb rune) {
	if verb == 'q' || verb == 'v' && f.Flag('#') {
		io.WriteString(f, strconv.Quote(u.String()))
		return
	}
	io.WriteString(f, u.String())
}

// MarshalText is String for JSON and YAML.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// Switch is on, off or left to us: SwitchOn, SwitchOff or SwitchAuto, as the file has them.
type Switch string

// The switches.
const (
	SwitchOff  Switch = "false"
	SwitchOn   Switch = "true"
	SwitchAuto Switch = "auto"
)

// MarshalYAML is true, false or auto.
func (s Switch) MarshalYAML() (any, error) {
	switch s {
	case SwitchOff, SwitchOn:
		return s == SwitchOn, nil
	}
	return string(s), nil
}

// Size is a number of bytes. The file has it as 1048576, 1024KiB or 1MiB.
type Size int64

var sizeUnits = []struct {
	name  string
	bytes Size
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}

// String is s in the largest unit that leaves a whole number.
func (s Size) String() string {
	for _, u := range sizeUnits {
		if s != 0 && s%u.bytes == 0 {
			return strconv.FormatInt(int64(s/u.bytes), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// MarshalText is String.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func parseSize(text string) (Size, bool) {
	unit := Size(1)
	for _, u := range sizeUnits {
		if t, ok := strings.CutSuffix(text, u.name); ok {
			text, unit = strings.TrimSpace(t), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n > (1<<62)/int64(unit) || n < -(1<<62)/int64(unit) {
		return 0, false
	}
	return Size(n) * unit, true
}
