package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/internal/regular"
)

// alphabet has no two signs that look alike (Crockford's base 32); each stands for 5 bits.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const (
	codeLength = 12      // of a code without its dashes: 60 bits
	maxTyped   = 1 << 10 // bytes of a link, which the code is taken from
)

// newCode is a code that works once: K7QM-2RTD-9X4C.
func newCode() string {
	var b [codeLength]byte
	rand.Read(b[:])
	var s strings.Builder
	for i, c := range b {
		if i > 0 && i%4 == 0 {
			s.WriteByte('-')
		}
		s.WriteByte(alphabet[c%32])
	}
	return s.String()
}

// parseCode is a code as newCode writes it, of what somebody typed: in any case, with or without dashes and spaces, and
// with letters in the place of digits that look like them, or as the whole link. Empty: it is none.
func parseCode(typed string) string {
	if len(typed) > maxTyped {
		return ""
	}
	var s strings.Builder
	n := 0
	for _, c := range strings.ToUpper(typed[strings.LastIndexByte(typed, '#')+1:]) {
		switch c {
		case '-', ' ', '\t', '\r', '\n':
			continue
		case 'O':
			c = '0'
		case 'I', 'L':
			c = '1'
		}
		if !strings.ContainsRune(alphabet, c) {
			return ""
		}
		if n > 0 && n%4 == 0 {
			s.WriteByte('-')
		}
		s.WriteRune(c)
		n++
	}
	if n != codeLength {
		return ""
	}
	return s.String()
}

// renew makes another code, with mu held or before anybody else has a.
func (a *Auth) renew() { a.code = newCode() }

// Links are where somebody may come in now, each with the code that works once.
func (a *Auth) Links() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.links()
}

func (a *Auth) links() (list []string) {
	for _, l := range a.site.Links {
		list = append(list, l+"#"+a.code)
	}
	return list
}

// useCode tells whether a code is the one that works; then it does not any more.
func (a *Auth) useCode(typed string) bool {
	code := parseCode(typed)
	a.mu.Lock()
	defer a.mu.Unlock()
	if subtle.ConstantTimeCompare([]byte(code), []byte(a.code)) != 1 {
		return false
	}
	a.renew()
	if err := a.writeLink(); err != nil {
		a.log.Warn("the next link cannot be written: the daemon's user has to be able to write there", zap.Error(err))
	}
	return true
}

// writeLink writes the links to their file, one on each line, with mu held. If it cannot, at least links that do not work any
// more should not stay there.
func (a *Auth) writeLink() error {
	path := a.options.LinkFile
	if path == "" || a.closed {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if len(a.site.Links) == 0 {
		return a.dropLink()
	}
	text := strings.Join(a.links(), "\n") + "\n"
	err := replace(path, []byte(text))
	if err != nil {
		a.dropLink()
		return err
	}
	a.linked = text
	return nil
}

// dropLink takes the file away, but that of another daemon, with mu held.
func (a *Auth) dropLink() error {
	text, err := regular.Read(a.options.LinkFile, maxState)
	if err != nil || string(text) != a.linked {
		return nil
	}
	if err := os.Remove(a.options.LinkFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
