package wiring

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/inceptiond/inceptiond/internal/regular"
)

// A config file is replaced as a whole where its folder allows that: written beside, and renamed. In /etc/inceptiond the service
// may write that one file and make no other, so that it cannot put a link in place of root's secrets (docs/service.md). There the
// text is written over the old one. A copy of it is kept on the disk as long as that takes, from which the next start mends a
// file that a power cut has left in pieces.

// pending is a text on the disk that becomes that of a file.
type pending struct {
	text   []byte
	file   string // what is replaced, or written
	copy   string // where the text is
	beside bool   // which is the next file itself
}

// prepare puts text on the disk.
func (f *File) prepare(target string, text []byte, state string) (*pending, error) {
	p := &pending{text: text, file: target, beside: replaceable(target) == nil}
	var err error
	if p.beside {
		p.copy, err = writeBeside(target, text)
	} else {
		p.copy = f.keptIn(state, keptNext)
		err = replace(p.copy, text)
	}
	return p, err
}

// replaceable tells whether another file may take the place of the one at path, or be made there.
func replaceable(path string) error {
	var file, folder unix.Stat_t
	dir := filepath.Dir(path)
	if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
		return err
	}
	err := errors.Join(unix.Stat(path, &file), unix.Stat(dir, &folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if me := os.Geteuid(); err == nil && folder.Mode&unix.S_ISVTX != 0 && me != 0 && int(file.Uid) != me && int(folder.Uid) != me {
		err = unix.EPERM // in such a folder everybody replaces files of their own only
	}
	return err
}

// commit makes the text that of the file. With an error the file has the text that it had: old.
func (p *pending) commit(old []byte) error {
	if p.beside {
		return os.Rename(p.copy, p.file)
	}
	err := overwrite(p.file, p.text)
	if err != nil {
		err = errors.Join(err, overwrite(p.file, old)) // a full disk has room for what it had
	}
	return err
}

// drop takes away what is left of it.
func (p *pending) drop() { os.Remove(p.copy) }

// overwrite writes text to a file that is there, and returns when the disk has it.
func overwrite(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Truncate(int64(len(text)))
	}
	return errors.Join(err, f.Sync(), f.Close())
}

// Mend is for the start: it ends a change that was written over the file when the machine stopped, if the file is in pieces.
// Whatever else is in the file is its owner's.
func (f *File) Mend() (mended bool, err error) {
	path := f.kept(keptNext)
	if path == "" {
		return false, nil
	}
	next, err := regular.Read(path, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	now, err := regular.Read(f.path, maxFile)
	if err != nil {
		return false, err
	}
	before, err := f.Before()
	if err == nil && torn(now, before, next) {
		if err := overwrite(f.path, next); err != nil {
			return false, fmt.Errorf("%s is in pieces since the machine stopped, and cannot be mended: %w", f.path, err)
		}
		mended = true
	}
	return mended, os.Remove(path)
}

// torn tells whether a text is what is left of one that was being written over another: made of both, or of what a disk has
// where nothing was written.
func torn(now, before, next []byte) bool {
	if bytes.Equal(now, before) || bytes.Equal(now, next) || len(now) > max(len(before), len(next)) {
		return false
	}
	for i, c := range now {
		if !(i < len(before) && c == before[i]) && !(i < len(next) && c == next[i]) && c != 0 {
			return false
		}
	}
	return true
}
