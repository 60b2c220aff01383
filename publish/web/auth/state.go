package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"go.uber.org/zap"
	"golang.org/x/crypto/bcrypt"

	"github.com/inceptiond/inceptiond/internal/regular"
)

// What is kept, at most, and for how long.
const (
	sessionTime = 30 * 24 * time.Hour
	maxSessions = 16
	maxKnown    = 32
	maxCost     = 12 // of bcrypt: what costs more is not ours
	maxTokens   = 32
	maxName     = 64 // bytes of a token's name
	maxState    = 64 << 10

	// writeUsed is how old the time of the last use may be on the disk, to spare it.
	writeUsed = time.Hour
)

// stateFile is in Options.Folder.
const stateFile = "access.json"

// state is all that is kept.
type state struct {
	Schema   int       `json:"schema"`
	Password []byte    `json:"password,omitempty"` // by bcrypt
	Sessions []session `json:"sessions"`           // oldest first
	Known    [][]byte  `json:"known,omitempty"`    // SHA-256 of cookies of browsers that were signed in, the last one at the end
	Tokens   []token   `json:"tokens"`
}

// session is a browser that is signed in.
type session struct {
	ID      string    `json:"id"`
	Hash    []byte    `json:"hash"` // SHA-256 of the cookie
	Created time.Time `json:"created"`
	Used    time.Time `json:"used"`
	Agent   string    `json:"agent"`
	Link    bool      `json:"link"` // it came by a link
}

// token lets a program in.
type token struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Change  bool      `json:"change"` // it may change something
	Hash    []byte    `json:"hash"`   // SHA-256
	Created time.Time `json:"created"`
	Used    time.Time `json:"used,omitzero"`
}

// newSecret is 256 random bits for whoever shall come in, and the hash that is kept of them.
func newSecret() (secret string, hash []byte) {
	var b [32]byte
	rand.Read(b[:]) // never fails
	secret = base64.RawURLEncoding.EncodeToString(b[:])
	return secret, hashOf(secret)
}

func hashOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

func newID() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// load reads the file, if there is one. One that cannot be used is put aside.
func (a *Auth) load() error {
	a.state = state{Schema: 1}
	if a.options.Folder == "" {
		return nil
	}
	path := filepath.Join(a.options.Folder, stateFile)
	text, err := regular.Read(path, maxState)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var s state
	if err == nil {
		s, err = parseState(text)
	}
	if err == nil {
		a.state = s
		return nil
	}
	aside := path + ".unreadable"
	if moved := os.Rename(path, aside); moved != nil {
		return fmt.Errorf("%s: %w; it stays there: %w", path, err, moved)
	}
	return fmt.Errorf("%s: %w; it is now %s", path, err, aside)
}

// parseState reads what write has written.
func parseState(text []byte) (state, error) {
	var s state
	if err := json.Unmarshal(text, &s); err != nil {
		return state{}, err
	}
	if s.Schema != 1 {
		return state{}, fmt.Errorf("schema %d (this program knows 1)", s.Schema)
	}
	if cost, err := bcrypt.Cost(s.Password); len(s.Password) > 0 && (err != nil || cost > maxCost) {
		return state{}, errors.New("the password is none of ours")
	}
	s.Known = last(slices.DeleteFunc(s.Known, func(hash []byte) bool { return len(hash) != sha256.Size }), maxKnown)
	s.Sessions = slices.DeleteFunc(s.Sessions, func(x session) bool { return len(x.Hash) != sha256.Size })
	s.Tokens = slices.DeleteFunc(s.Tokens, func(x token) bool { return len(x.Hash) != sha256.Size })
	s.Sessions = last(s.Sessions, maxSessions)
	s.Tokens = last(s.Tokens, maxTokens)
	return s, nil
}

// last are the last n of a list, or as many as there are.
func last[T any](list []T, n int) []T { return list[max(0, len(list)-n):] }

// keep writes the state if it has changed. Who answers a request calls it before that ends: by then it is on the disk. That it
// cannot be written keeps nobody out: it is said in the log, once.
func (a *Auth) keep() {
	a.mu.Lock()
	dirty, told := a.dirty, a.failed
	a.mu.Unlock()
	if !dirty { // nor does it wait while somebody else writes
		return
	}
	if err := a.write(); err != nil && !told {
		a.log.Warn("who may come in does not outlive a restart", zap.Error(err))
	}
}

// write writes the state if that is needed.
func (a *Auth) write() error {
	a.writing.Lock() // who comes last writes the latest
	defer a.writing.Unlock()
	a.mu.Lock()
	dirty := a.dirty && a.options.Folder != ""
	a.dirty = false
	text, err := json.MarshalIndent(a.state, "", "\t")
	a.mu.Unlock()
	if err != nil || !dirty {
		return err
	}
	if err = os.MkdirAll(a.options.Folder, 0o700); err == nil {
		err = replace(filepath.Join(a.options.Folder, stateFile), append(text, '\n'))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failed = err != nil
	return err
}

// replace puts a file of mode 0600 in the place of the one at path, whole or not at all.
func replace(path string, text []byte) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close()) // the name too
}
