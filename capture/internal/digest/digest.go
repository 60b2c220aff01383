// Package digest logs in at cameras: it reads what their servers ask for, and writes the answer. Digest is what RFC 7616
// says, and RFC 2069 and 2617 before it; Basic is RFC 7617.
//
// It exists beside github.com/icholy/digest (v1.2.0 was looked at) because that one takes the first challenge instead of
// the strongest, no -sess algorithm and one challenge a header, sends a wrong password twice, keeps logins by host without
// its port, and reads the body of a refusal to its end, which may be endless.
package digest

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strings"
)

// Challenge is one way to log in that a server offers.
type Challenge struct {
	Scheme    string // "Basic" or "Digest", as the server wrote it; others too
	Realm     string
	Nonce     string
	Opaque    string
	Algorithm string   // as the server wrote it; empty: MD5
	QOP       []string // lower case; empty: none, as in RFC 2069
	Stale     bool     // the nonce was too old: the password was not looked at
	UserHash  bool

	hasOpaque bool
}

// Is tells whether the challenge is of a scheme, "Basic" or "Digest".
func (c *Challenge) Is(scheme string) bool { return strings.EqualFold(c.Scheme, scheme) }

// strength orders the algorithms: the one to prefer has the highest. 0: not supported.
func (c *Challenge) strength() int {
	return slices.Index([]string{"", "MD5", "MD5-SESS", "SHA-256", "SHA-256-SESS", "SHA-512-256", "SHA-512-256-SESS"}, c.algorithm())
}

func (c *Challenge) algorithm() string {
	if c.Algorithm == "" {
		return "MD5"
	}
	return strings.ToUpper(c.Algorithm)
}

// qop is the protection to answer with: "auth", or "auth-int" where it is the only one. The requests have no body.
func (c *Challenge) qop() (qop string, supported bool) {
	for _, qop := range []string{"auth", "auth-int"} {
		if slices.Contains(c.QOP, qop) {
			return qop, true
		}
	}
	return "", len(c.QOP) == 0
}

// Choose is the challenge to answer: Digest before Basic, and the strongest algorithm. nil: none is supported.
func Choose(challenges []Challenge) *Challenge {
	var best *Challenge
	for i := range challenges {
		c := &challenges[i]
		switch _, qop := c.qop(); {
		case c.Is("Digest") && (c.strength() < 1 || !qop), !c.Is("Digest") && !c.Is("Basic"):
			continue
		}
		if best == nil || c.rank() > best.rank() {
			best = c
		}
	}
	return best
}

func (c *Challenge) rank() int {
	if c.Is("Basic") {
		return 0
	}
	return c.strength()
}

// Basic is the header Authorization of RFC 7617.
func Basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// Session answers a challenge, again and again. It is used by one goroutine.
type Session struct {
	c              Challenge
	user, password string
	count          uint32 // of answers with this nonce
	cnonce         string // one a session, as the -sess algorithms want it
	nonce          string // the server may name the next one
	key            string // A1, hashed
}

// NewSession returns a Session for a challenge that Choose has chosen.
func NewSession(c *Challenge, user, password string) *Session {
	s := &Session{c: *c, user: user, password: password, nonce: c.Nonce}
	s.renew()
	return s
}

// renew begins anew with the server's nonce.
func (s *Session) renew() {
	s.count, s.cnonce = 0, strings.ToLower(rand.Text()[:16])
	s.key = s.hash(s.user, s.c.Realm, s.password)
	if strings.HasSuffix(s.c.algorithm(), "-SESS") {
		s.key = s.hash(s.key, s.nonce, s.cnonce)
	}
}

// hash is the challenge's function of the parts, joined by colons.
func (s *Session) hash(parts ...string) string {
	var h hash.Hash
	switch strings.TrimSuffix(s.c.algorithm(), "-SESS") {
	case "SHA-256":
		h = sha256.New()
	case "SHA-512-256":
		h = sha512.New512_256()
	default:
		h = md5.New()
	}
	h.Write([]byte(strings.Join(parts, ":")))
	return hex.EncodeToString(h.Sum(nil))
}

// Authorization is the value of that header for a request without body. uri is the request's target, as it is sent.
func (s *Session) Authorization(method, uri string) string {
	if s.c.Is("Basic") {
		return Basic(s.user, s.password)
	}
	s.count++
	qop, _ := s.c.qop()
	nc := fmt.Sprintf("%08x", s.count)
	a2 := s.hash(method, uri)
	if qop == "auth-int" {
		a2 = s.hash(method, uri, s.hash())
	}
	response := s.hash(s.key, s.nonce, a2)
	if qop != "" {
		response = s.hash(s.key, s.nonce, nc, s.cnonce, qop, a2)
	}
	return s.header(uri, qop, nc, response)
}

// header writes the answer. What has quotes and what has none is as RFC 7616, section 3.4, has it: old servers insist.
func (s *Session) header(uri, qop, nc, response string) string {
	var b strings.Builder
	quoted := func(name, value string) { fmt.Fprintf(&b, `, %s="%s"`, name, value) }
	user := s.user
	if s.c.UserHash {
		user = s.hash(s.user, s.c.Realm)
	}
	fmt.Fprintf(&b, `Digest username="%s"`, escape(user))
	quoted("realm", s.c.Realm) // as it came, with what was escaped in it
	quoted("nonce", s.nonce)
	quoted("uri", uri)
	quoted("response", response)
	if s.c.Algorithm != "" {
		fmt.Fprintf(&b, ", algorithm=%s", s.c.Algorithm)
	}
	if s.c.hasOpaque {
		quoted("opaque", s.c.Opaque)
	}
	if qop != "" {
		fmt.Fprintf(&b, `, qop=%s, nc=%s, cnonce="%s"`, qop, nc, s.cnonce)
	} else if strings.HasSuffix(s.c.algorithm(), "-SESS") {
		quoted("cnonce", s.cnonce) // the server needs it for the key
	}
	if s.c.UserHash {
		b.WriteString(", userhash=true")
	}
	return b.String()
}

// escape makes s the inside of a quoted string. A line break would end the header.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", "", "\n", "").Replace(s)
}

// Info takes what the server says after a login that it accepted, the header Authentication-Info: the nonce of the next
// request, if it names one.
func (s *Session) Info(header string) {
	if next := parseParams(header)["nextnonce"]; next != "" && next != s.nonce {
		s.nonce = next
		s.renew()
	}
}

// String names the way of the login for people: "Digest (SHA-256)".
func (s *Session) String() string {
	if s.c.Is("Basic") {
		return "Basic"
	}
	return "Digest (" + s.c.algorithm() + ")"
}
