package config

import (
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// URL is an address that may carry a secret. Whatever prints it (fmt, JSON, YAML, a logger) shows it without the user,
// the password and the values of the query; convert it to a string to use it.
type URL string

const redacted = "REDACTED"

// String is the URL without secrets. All else stays, also of a text that is no URL: it may be what is wrong.
func (u URL) String() string {
	s := string(u)
	scheme, _, absolute := strings.Cut(s, "://")
	if absolute && !plain(scheme) {
		return redacted // nobody knows what is what
	}
	if !absolute && !strings.ContainsAny(s, "@?#") {
		return s
	}
	p, err := url.Parse(s)
	if err != nil || p.Host == "" {
		return redactText(s)
	}
	if p.User == nil && p.RawQuery == "" && p.Fragment == "" {
		return s
	}
	if p.User != nil {
		p.User = url.User(redacted)
	}
	p.RawQuery = redactQuery(p.RawQuery)
	if p.Fragment != "" {
		p.Fragment, p.RawFragment = redacted, ""
	}
	return p.String()
}

// redactText hides what may be secret in an address that is none: what stands before the last @, what stands where a
// port should and is none, the values of the query, the fragment.
func redactText(s string) string {
	scheme, rest, absolute := strings.Cut(s, "://")
	if !absolute {
		scheme, rest = "", s
	} else {
		scheme += "://"
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		scheme, rest = scheme+redacted+"@", rest[i+1:]
	}
	rest, fragment, hasFragment := strings.Cut(rest, "#")
	rest, query, hasQuery := strings.Cut(rest, "?")
	host, path := rest, ""
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		host, path = rest[:i], rest[i:]
	}
	s = scheme + redactPort(host) + path
	if hasQuery {
		s += "?" + redactQuery(query)
	}
	if hasFragment && fragment != "" {
		s += "#" + redacted
	}
	return s
}

var (
	likePort = regexp.MustCompile(`^[0-9]*$|^[$%<{][^:]*$`) // or a variable in its place
	likeIPv6 = regexp.MustCompile(`^\[|^[0-9a-fA-F:.%]*:[0-9a-fA-F:.%]*:[0-9a-fA-F:.%]*$`)
)

// redactPort hides what follows a host's colon, unless it may be a port: me:secret may be a user and a password.
func redactPort(host string) string {
	name, port, _ := strings.Cut(host, ":")
	if likeIPv6.MatchString(host) || likePort.MatchString(port) {
		return host
	}
	return name + ":" + redacted
}

// redactQuery keeps the names of a query only: a=1&b=2 becomes a=REDACTED&b=REDACTED. A part without a name goes.
func redactQuery(q string) string {
	if q == "" {
		return ""
	}
	parts := strings.Split(q, "&")
	for i, part := range parts {
		name, _, named := strings.Cut(part, "=")
		parts[i] = redacted
		if named {
			parts[i] = name + "=" + redacted
		}
	}
	return strings.Join(parts, "&")
}

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
