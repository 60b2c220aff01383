package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/inceptiond/inceptiond/internal/owned"
)

const (
	// workFolder is where a name's files are written before they get their place. It is there only while the name is
	// locked: if it is there otherwise, somebody was killed.
	workFolder = ".new"

	// Folders of the store that are being made, or removed. Each is locked by whoever does so.
	makingPrefix   = ".new-"
	removingPrefix = ".old-"

	lockPause = 5 * time.Millisecond // between two attempts
)

// open opens the folder of the store.
func (s *Store) open() (folder, error) {
	root, err := owned.Open(s.path)
	if err != nil {
		return folder{}, err
	}
	return ownedFolder(root)
}

// make opens the folder of the store, and makes it if there is none.
func (s *Store) make() (folder, error) {
	root, err := owned.Make(s.path, folderMode)
	if err != nil {
		return folder{}, err
	}
	return ownedFolder(root)
}

// open opens the name's folder. The error is ErrNone if there is none.
func (n *Name) open() (folder, error) {
	above, err := n.store.open()
	if err == nil {
		defer above.Close()
		var f folder
		if f, err = above.enter(n.name); err == nil {
			return f, nil
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrNone
	}
	return folder{}, err
}

// held is a folder that is locked for its holder. The lock is on the folder itself, so it leaves no file behind, and goes with
// the process, however that ends.
type held struct {
	folder
	self *os.File
}

// hold locks an open folder, and owns it from now on. The error is ErrBusy if somebody else has it.
func hold(f folder) (*held, error) {
	self, err := f.Open(".")
	if err != nil {
		f.Close()
		return nil, err
	}
	h := &held{f, self}
	if err := syscall.Flock(int(self.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		h.close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = ErrBusy
		}
		return nil, err
	}
	return h, nil
}

func (h *held) close() { errors.Join(h.self.Close(), h.Close()) }

// lock locks the name, ends what others who were killed have begun, and gets it ready for work. The error is ErrBusy if another
// one has it for too long.
func (n *Name) lock() (*held, error) {
	for end := time.Now().Add(n.store.lockTime); ; time.Sleep(lockPause) {
		h, err := n.tryLock()
		if !errors.Is(err, ErrBusy) {
			return h, err
		}
		if time.Now().After(end) {
			return nil, fmt.Errorf("%w for more than %v: wait until that is done, and try again", err, n.store.lockTime)
		}
	}
}

func (n *Name) tryLock() (*held, error) {
	above, err := n.store.open()
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = ErrNone
		}
		return nil, err
	}
	defer above.Close()
	f, err := n.open()
	if err != nil {
		return nil, err
	}
	h, err := hold(f)
	if err != nil {
		return nil, err
	}
	if !h.isAt(above, n.name) { // removed, or exchanged, before it was locked
		h.close()
		return nil, ErrBusy
	}
	sweep(above)
	if err := errors.Join(n.repair(h), h.make(workFolder)); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

// isAt tells whether the folder has this name in the one above.
func (h *held) isAt(above folder, name string) bool {
	is, err := above.Lstat(name)
	self, also := h.self.Stat()
	return errors.Join(err, also) == nil && os.SameFile(is, self)
}

// release ends the work on a name. What is left of an attempt that failed goes.
func (h *held) release() {
	h.tidy() // else the next one does it
	h.close()
}

// begun tells whether somebody who was killed has left work, as far as can be seen without the lock.
func (f folder) begun() bool { return f.has(workFolder) || f.has(nextLink) || f.has(forgetLink) }

// repair brings the folder of a name into a whole state, whenever the last holder was killed: what was decided is done to
// the end, what was not never was.
func (n *Name) repair(h *held) error {
	killed := h.has(workFolder)
	if err := h.tidy(); err != nil {
		return err
	}
	if !killed && !h.begun() {
		return nil
	}
	if err := h.make(workFolder); err != nil {
		return err
	}
	err := h.redoLinks()
	if err == nil {
		err = n.redoForget(h)
	}
	if err == nil && killed {
		err = n.sweepNotes(h)
	}
	return errors.Join(err, h.tidy())
}

// tidy removes the work folder, and puts back a version that was about to be exchanged.
func (h *held) tidy() error {
	if err := h.putBack(); err != nil {
		return err
	}
	return h.RemoveAll(workFolder)
}

// making makes a folder of the store under a temporary name, locked so that nobody takes it for a leftover.
func (f folder) making() (h *held, name string, err error) {
	for range 100 {
		name = makingName()
		if err := f.make(name); err != nil {
			return nil, "", err
		}
		inside, err := f.enter(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // somebody has swept it away before it was locked
		} else if err != nil {
			return nil, "", err
		}
		h, err := hold(inside)
		if errors.Is(err, ErrBusy) {
			continue // is about to
		} else if err != nil {
			return nil, "", err
		}
		if h.isAt(f, name) {
			return h, name, nil
		}
		h.close()
	}
	return nil, "", ErrBusy
}

// keep gives a folder that was made its name. The error is ErrExists if there is one of it.
func (h *held) keep(above folder, temporary, name string) error {
	err := h.sync(".")
	if err == nil && above.has(name) {
		err = ErrExists
	}
	if err == nil {
		err = above.Rename(temporary, name)
		if errors.Is(err, fs.ErrExist) || errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, syscall.ENOTDIR) {
			err = ErrExists
		}
	}
	if err != nil {
		return err
	}
	return above.sync(".")
}

// sweep removes the folders of the store that nobody makes or removes any more.
func sweep(f folder) {
	list, err := f.list(".")
	if err != nil {
		return
	}
	for _, e := range list {
		if name := e.Name(); e.IsDir() && (strings.HasPrefix(name, makingPrefix) || strings.HasPrefix(name, removingPrefix)) {
			inside, err := f.enter(name)
			if err != nil {
				continue
			}
			if h, err := hold(inside); err == nil {
				f.RemoveAll(name)
				h.close()
			}
		}
	}
}

// list lists what is in a folder, in order.
func (f folder) list(dir string) ([]fs.DirEntry, error) { return fs.ReadDir(f.FS(), dir) }
