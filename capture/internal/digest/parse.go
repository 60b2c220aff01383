package digest

import "strings"

// Parse reads the values of all headers WWW-Authenticate of an answer. A value may hold several challenges (RFC 9110,
// section 11.6.1). What it cannot read it leaves out; as cameras do, a value may lack its quotes, have single ones, or
// blanks around the equals sign, and a comma may be missing.
func Parse(values []string) []Challenge {
	var list []Challenge
	for _, v := range values {
		list = append(list, parseValue(v)...)
	}
	return list
}

// parseValue reads one header's challenges.
func parseValue(v string) (list []Challenge) {
	s := scanner{rest: v}
	for {
		name := s.token()
		switch {
		case name == "":
			if !s.skip() {
				return list
			}
		case s.equals():
			value := s.value()
			if len(list) > 0 {
				list[len(list)-1].set(name, value)
			}
		default:
			list = append(list, Challenge{Scheme: name})
		}
	}
}

// set takes a parameter. The first of a name counts.
func (c *Challenge) set(name, value string) {
	first := func(p *string) {
		if *p == "" {
			*p = value
		}
	}
	switch strings.ToLower(name) {
	case "realm":
		first(&c.Realm)
	case "nonce":
		first(&c.Nonce)
	case "opaque":
		first(&c.Opaque)
		c.hasOpaque = true
	case "algorithm":
		first(&c.Algorithm)
	case "qop":
		c.QOP = strings.FieldsFunc(strings.ToLower(value), func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
	case "stale":
		c.Stale = strings.EqualFold(value, "true")
	case "userhash":
		c.UserHash = strings.EqualFold(value, "true")
	}
}

// parseParams reads name=value pairs; the names in lower case.
func parseParams(v string) map[string]string {
	params := make(map[string]string)
	s := scanner{rest: v}
	for {
		name := s.token()
		switch {
		case name == "":
			if !s.skip() {
				return params
			}
		case s.equals():
			params[strings.ToLower(name)] = s.value()
		}
	}
}

// scanner takes a header's value apart.
type scanner struct{ rest string }

const blanks = " \t\r\n"

// token takes the next word; empty if there is none here.
func (s *scanner) token() string {
	s.rest = strings.TrimLeft(s.rest, blanks+",;")
	end := strings.IndexFunc(s.rest, func(r rune) bool { return strings.ContainsRune(blanks+",;=\"'", r) })
	if end < 0 {
		end = len(s.rest)
	}
	word := s.rest[:end]
	s.rest = s.rest[end:]
	return word
}

// skip drops a byte that belongs nowhere. False: there is none.
func (s *scanner) skip() bool {
	if s.rest == "" {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// equals takes an equals sign, if one comes.
func (s *scanner) equals() bool {
	rest, ok := strings.CutPrefix(strings.TrimLeft(s.rest, blanks), "=")
	if ok {
		s.rest = strings.TrimLeft(rest, blanks)
	}
	return ok
}

// value takes what stands behind an equals sign, without its quotes. What is escaped in it stays so: the hashes are
// those of the quoted string's inside (as curl and browsers have it), and it goes back as it came.
func (s *scanner) value() string {
	if s.rest == "" || s.rest[0] != '"' && s.rest[0] != '\'' {
		end := strings.IndexAny(s.rest, blanks+",")
		if end < 0 {
			end = len(s.rest)
		}
		word := s.rest[:end]
		s.rest = s.rest[end:]
		return strings.Trim(word, `"`)
	}
	quote := s.rest[0]
	for i := 1; i < len(s.rest); i++ {
		switch s.rest[i] {
		case '\\':
			i++
		case quote:
			word := s.rest[1:i]
			s.rest = s.rest[i+1:]
			return word
		}
	}
	word := s.rest[1:] // the closing quote is missing
	s.rest = ""
	return word
}
