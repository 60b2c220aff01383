package store

import (
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
)

// baseName is the file of a name's [Base].
const baseName = "base.json"

// Name is a taught name. It holds nothing open.
type Name struct {
	store *Store
	name  string
	cache *cache
}

// name makes a Name, with what is known of it already.
func (s *Store) name(name string) *Name {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.caches[name]
	if c == nil {
		c = &cache{folders: map[string]shelved{}}
		s.caches[name] = c
	}
	return &Name{s, name, c}
}

// dropCache drops what is known of a name that was removed.
func (s *Store) dropCache(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.caches, name)
}

// New makes a name. The error is ErrExists if there is one.
func (s *Store) New(name string, b Base) (*Name, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	n := s.name(name)
	text, err := b.text()
	if err != nil {
		return nil, n.fail(err)
	}
	err = n.build(func(h *held) error { return h.write(baseName, text) })
	if err != nil {
		return nil, n.fail(err)
	}
	return n, nil
}

// build makes the name's folder, whole or not at all.
func (n *Name) build(fill func(h *held) error) error {
	above, err := n.store.make()
	if err != nil {
		return err
	}
	defer above.Close()
	sweep(above)
	if above.has(n.name) { // before all the work
		return ErrExists
	}
	h, temporary, err := above.making()
	if err != nil {
		return err
	}
	defer h.close()
	if err = fill(h); err == nil {
		err = h.keep(above, temporary, n.name)
	}
	if err != nil {
		return errors.Join(err, above.RemoveAll(temporary))
	}
	return nil
}

// Name finds a name, and ends what a process that was killed had begun. The error is ErrNone if there is none.
func (s *Store) Name(name string) (*Name, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	n := s.name(name)
	f, err := n.open()
	if err != nil {
		return nil, n.fail(err)
	}
	defer f.Close()
	if f.begun() { // perhaps somebody is at it, or may and this process may not: each version is whole in any case
		if h, err := n.tryLock(); err == nil {
			h.release()
		}
	}
	if _, err := f.base(); err != nil {
		return nil, n.fail(err)
	}
	return n, nil
}

// Name is the name.
func (n *Name) Name() string { return n.name }

// Path is the name's folder.
func (n *Name) Path() string { return filepath.Join(n.store.path, n.name) }

// Base is the model that it is taught on.
func (n *Name) Base() (Base, error) {
	f, err := n.open()
	if err != nil {
		return Base{}, n.fail(err)
	}
	defer f.Close()
	b, err := f.base()
	return b, n.fail(err)
}

func (f folder) base() (Base, error) {
	text, err := f.read(baseName, maxBase)
	if err != nil {
		return Base{}, err
	}
	return parseBase(text)
}

// SetBase notes another model, or the same after a change.
func (n *Name) SetBase(b Base) error {
	text, err := b.text()
	if err != nil {
		return n.fail(err)
	}
	h, err := n.lock()
	if err != nil {
		return n.fail(err)
	}
	defer h.release()
	return n.fail(errors.Join(h.place(baseName, text), h.sync(".")))
}

// fail makes an error one of the name, and says how it can be mended, where that can be told.
func (n *Name) fail(err error) error {
	hint := ""
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		hint = fmt.Sprintf(": make room on that disk (df -h %s)", n.store.path)
	case errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EPERM):
		hint = fmt.Sprintf(": only its owner may do that (ls -ld %s), or root: use sudo", n.store.path)
	case errors.Is(err, syscall.EROFS):
		hint = fmt.Sprintf(": %s cannot be written to", n.store.path)
	}
	return fmt.Errorf("teach: %s: %w%s", n.name, err, hint)
}

func makingName() string { return makingPrefix + rand.Text() }

func removingName() string { return removingPrefix + rand.Text() }
