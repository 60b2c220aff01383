package secret

import (
	"net/url"
	"regexp"
	"strings"
)

// Hidden stands where a secret was.
const Hidden = "REDACTED"

// URL is an address without the user, the password, the values of the query and the fragment. All else stays, also of a text that is no
// URL: it may be what is wrong.
func URL(s string) string {
	scheme, _, absolute := strings.Cut(s, "://")
	if absolute && !plainScheme(scheme) {
		return Hidden // nobody knows what is what
	}
	if !absolute && !strings.ContainsAny(s, "@?#") {
		return s
	}
	p, err := url.Parse(s)
	if err != nil || p.Host == "" {
		return hideInText(s)
	}
	if p.User == nil && p.RawQuery == "" && p.Fragment == "" {
		return s
	}
	if p.User != nil {
		p.User = url.User(Hidden)
	}
	p.RawQuery = hideQuery(p.RawQuery)
	if p.Fragment != "" {
		p.Fragment, p.RawFragment = Hidden, ""
	}
	return p.String()
}

// plainScheme tells whether a text before :// can be a scheme.
func plainScheme(s string) bool {
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_') {
			return false
		}
	}
	return s != ""
}

// hideInText hides what may be secret in an address that is none: what stands before the last @, what stands where a
// port should and is none, the values of the query, the fragment.
func hideInText(s string) string {
	scheme, rest, absolute := strings.Cut(s, "://")
	if !absolute {
		scheme, rest = "", s
	} else {
		scheme += "://"
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		scheme, rest = scheme+Hidden+"@", rest[i+1:]
	}
	rest, fragment, hasFragment := strings.Cut(rest, "#")
	rest, query, hasQuery := strings.Cut(rest, "?")
	host, path := rest, ""
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		host, path = rest[:i], rest[i:]
	}
	s = scheme + hidePort(host) + path
	if hasQuery {
		s += "?" + hideQuery(query)
	}
	if hasFragment && fragment != "" {
		s += "#" + Hidden
	}
	return s
}

var (
	likePort = regexp.MustCompile(`^[0-9]*$|^[$%<{][^:]*$`) // or a variable in its place
	likeIPv6 = regexp.MustCompile(`^\[|^[0-9a-fA-F:.%]*:[0-9a-fA-F:.%]*:[0-9a-fA-F:.%]*$`)
)

// hidePort hides what follows a host's colon, unless it may be a port: me:secret may be a user and a password.
func hidePort(host string) string {
	name, port, _ := strings.Cut(host, ":")
	if likeIPv6.MatchString(host) || likePort.MatchString(port) {
		return host
	}
	return name + ":" + Hidden
}

// hideQuery keeps the names of a query only: a=1&b=2 becomes a=REDACTED&b=REDACTED. A part without a name goes.
func hideQuery(q string) string {
	if q == "" {
		return ""
	}
	parts := strings.Split(q, "&")
	for i, part := range parts {
		name, _, named := strings.Cut(part, "=")
		parts[i] = Hidden
		if named {
			parts[i] = name + "=" + Hidden
		}
	}
	return strings.Join(parts, "&")
}

// Parts are what URL hides of an address, as they are written there and as they are meant.
func Parts(s string) (parts []string) {
	add := func(text string) {
		parts = append(parts, text)
		if meant, err := url.PathUnescape(text); err == nil && meant != text {
			parts = append(parts, meant)
		}
	}
	_, rest, _ := strings.Cut(s, "://")
	rest, fragment, _ := strings.Cut(rest, "#")
	rest, query, _ := strings.Cut(rest, "?")
	add(fragment)
	for part := range strings.SplitSeq(query, "&") {
		_, value, named := strings.Cut(part, "=")
		if !named {
			value = part
		}
		add(value)
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		user, password, _ := strings.Cut(rest[:i], ":")
		add(user)
		add(password)
	}
	return parts
}
