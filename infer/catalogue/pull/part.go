package pull

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/inceptiond/inceptiond/infer/catalogue"
	"github.com/inceptiond/inceptiond/internal/regular"
)

// part is a file that is being written, under another name until it is complete.
type part struct {
	folder     *folder
	name, temp string // what it is to be called, and what it is called meanwhile
	file       *os.File
	size       int64 // bytes that it has
}

// openPart opens the part of the file of a name, with what an earlier one has left.
func (f *folder) openPart(name, ending string) (*part, error) {
	p := &part{folder: f, name: name, temp: name + ending}
	if err := f.noLink(p.temp); err != nil {
		return nil, err
	}
	file, err := f.root.OpenFile(p.temp, os.O_RDWR|os.O_CREATE|syscall.O_NONBLOCK, fileMode)
	if err != nil {
		return nil, err
	}
	p.file = file
	info, err := file.Stat()
	if err == nil {
		err = regular.Check(f.join(p.temp), info)
	}
	if s, ok := info.Sys().(*syscall.Stat_t); err == nil && ok && s.Nlink > 1 {
		err = fmt.Errorf("%s has a second name: remove it", f.join(p.temp)) // whose file it really is nobody knows
	}
	if err == nil {
		p.size = info.Size()
		_, err = file.Seek(0, io.SeekEnd)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return p, nil
}

// clear removes what an unfinished download of a file has left.
func (f *folder) clear(name string) error {
	var errs []error
	for _, ending := range []string{".part", ".part.etag"} {
		if err := f.root.Remove(name + ending); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// write adds to it.
func (p *part) write(data []byte) error {
	n, err := p.file.Write(data)
	p.size += int64(n)
	return err
}

// reset empties it.
func (p *part) reset() error {
	p.size = 0
	_, err := p.file.Seek(0, io.SeekStart)
	return errors.Join(p.file.Truncate(0), err, p.setETag(""))
}

// keep gives it its name if it is the file want. If it is not, it is emptied: nothing can be made of it.
func (p *part) keep(want catalogue.File) error {
	if _, err := p.folder.check(want, p.file, p.size); err != nil {
		return errors.Join(err, p.reset())
	}
	return errors.Join(p.rename(), p.setETag(""))
}

// rename has it on the disk under its name, whatever happens next.
func (p *part) rename() error {
	if os.Geteuid() == 0 {
		if err := p.file.Chown(p.folder.uid, p.folder.gid); err != nil {
			return err
		}
	}
	if err := p.file.Chmod(fileMode); err != nil {
		return err
	}
	if err := p.file.Sync(); err != nil {
		return err
	}
	if err := p.folder.root.Rename(p.temp, p.name); err != nil {
		return err
	}
	return p.folder.syncSelf()
}

// maxETag is the most bytes of an entity tag that is worth keeping; GitHub's have 66.
const maxETag = 256

// eTag is the entity tag of what the part is of; empty: the server had none, or nobody knows.
func (p *part) eTag() string {
	file, err := p.folder.root.Open(p.temp + ".etag")
	if err != nil {
		return ""
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxETag+1))
	if tag := string(bytes.TrimSpace(text)); err == nil && strongETag(tag) {
		return tag
	}
	return ""
}

// setETag notes the entity tag of what the part is of.
func (p *part) setETag(tag string) error {
	name := p.temp + ".etag"
	if !strongETag(tag) {
		if err := p.folder.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	return p.folder.root.WriteFile(name, []byte(tag+"\n"), fileMode)
}

// strongETag tells whether a tag can go into If-Range (RFC 9110, 8.8.3 and 13.1.5): quoted, and not weak.
func strongETag(tag string) bool {
	if len(tag) < 2 || len(tag) > maxETag || tag[0] != '"' || tag[len(tag)-1] != '"' {
		return false
	}
	for _, c := range []byte(tag[1 : len(tag)-1]) {
		if c <= ' ' || c == '"' || c >= 0x7f {
			return false
		}
	}
	return true
}
