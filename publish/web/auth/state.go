package auth

import (
	"cmp"
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
	"time"
)

// What is kept, at most, and for how long.
const (
	sessionTime = 30 * 24 * time.Hour
	maxSessions = 16
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
	Sessions []session `json:"sessions"`
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

// load reads the file, if there is one.
func (a *Auth) load() error {
	a.state = state{Schema: 1}
	if a.options.Folder == "" {
		return nil
	}
	path := filepath.Join(a.options.Folder, stateFile)
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && (!info.Mode().IsRegular() || info.Size() > maxState) {
		err = fmt.Errorf("%s is no file of ours", path)
	}
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	s, err := parseState(text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	a.state = s
	return nil
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
	s.Sessions = slices.DeleteFunc(s.Sessions, func(x session) bool { return len(x.Hash) != sha256.Size })
	s.Tokens = slices.DeleteFunc(s.Tokens, func(x token) bool { return len(x.Hash) != sha256.Size })
	s.Sessions = s.Sessions[:min(len(s.Sessions), maxSessions)]
	s.Tokens = s.Tokens[:min(len(s.Tokens), maxTokens)]
	return s, nil
}

// changed writes the state, with mu held. That it cannot be written keeps nobody out: it is said in the log.
func (a *Auth) changed() {
	a.dirty = true
	if err := a.write(); err != nil {
		a.log.Warn("who may come in does not outlive a restart: " + err.Error())
	}
}

// write writes the state if that is needed, with mu held: beside the file, and renamed, so that it is whole or as before.
func (a *Auth) write() error {
	if !a.dirty || a.options.Folder == "" {
		return nil
	}
	text, err := json.MarshalIndent(a.state, "", "\t")
	if err != nil { // it is plain data
		panic(err)
	}
	if err := os.MkdirAll(a.options.Folder, 0o700); err != nil {
		return err
	}
	if err := replace(filepath.Join(a.options.Folder, stateFile), append(text, '\n')); err != nil {
		return err
	}
	a.dirty = false
	return nil
}

// replace puts a file of mode 0600 in the place of the one at path.
func replace(path string, text []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(text)
	err = errors.Join(cmp.Or(err, f.Sync()), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
