package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"

	"github.com/inceptiond/inceptiond/internal/owned"
	"github.com/inceptiond/inceptiond/internal/regular"
)

// The modes of what is made: pictures are private.
const (
	folderMode = 0o700
	fileMode   = 0o600
)

// folder is an open folder of the store. Whatever links others have put into it, nothing outside of it is touched; and what
// root makes in it is its owner's.
type folder struct {
	*os.Root
	uid, gid int
}

// ownedFolder makes a folder of root, with its owner.
func ownedFolder(root *os.Root) (folder, error) {
	info, err := root.Stat(".")
	if err != nil {
		root.Close()
		return folder{}, err
	}
	f := folder{Root: root}
	f.uid, f.gid = owned.Owner(info)
	return f, nil
}

// enter opens a folder in it, which must be no link.
func (f folder) enter(name string) (folder, error) {
	is, err := f.Lstat(name)
	if err != nil {
		return folder{}, err
	}
	if !is.IsDir() {
		return folder{}, fmt.Errorf("%s is %s (want a folder)", name, kindOf(is.Mode()))
	}
	root, err := f.OpenRoot(name)
	if err != nil {
		return folder{}, err
	}
	if opened, err := root.Stat("."); err != nil || !os.SameFile(is, opened) {
		root.Close()
		return folder{}, errors.Join(fmt.Errorf("%s was exchanged meanwhile", name), err)
	}
	return folder{root, f.uid, f.gid}, nil
}

// reach sees to it that the folders of a path are there and are no links, and makes them if that is wanted. The error wraps
// fs.ErrNotExist if one is not there.
func (f folder) reach(dir string, make bool) error {
	for at, parts := "", strings.Split(dir, "/"); len(parts) > 0; parts = parts[1:] {
		at = path.Join(at, parts[0])
		is, err := f.Lstat(at)
		if make && errors.Is(err, fs.ErrNotExist) {
			if err := errors.Join(f.make(at), f.sync(path.Dir(at))); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if !is.IsDir() {
			return fmt.Errorf("%s is %s (want a folder)", at, kindOf(is.Mode()))
		}
	}
	return nil
}

// make makes a folder in it.
func (f folder) make(name string) error {
	if err := f.Mkdir(name, folderMode); err != nil {
		return err
	}
	return f.give(name)
}

// give makes a file, folder or link the owner's, if root has made it.
func (f folder) give(name string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	return f.Lchown(name, f.uid, f.gid)
}

// write writes a file that is not there yet, so that it outlives a power cut once its name does.
func (f folder) write(name string, data []byte) error {
	file, err := f.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil && os.Geteuid() == 0 {
		err = file.Chown(f.uid, f.gid)
	}
	return errors.Join(err, file.Sync(), file.Close())
}

// link makes a link that is not there yet.
func (f folder) link(to, name string) error {
	if err := f.Symlink(to, name); err != nil {
		return err
	}
	return f.give(name)
}

// sync has the names in a folder on the disk.
func (f folder) sync(dir string) error {
	d, err := f.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) { // a file system without it
		err = nil
	}
	return errors.Join(err, d.Close())
}

// has tells whether there is anything of a name.
func (f folder) has(name string) bool {
	_, err := f.Lstat(name)
	return err == nil
}

// drop removes what may be there.
func (f folder) drop(name string) error {
	if err := f.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// open opens a regular file, and nothing that a link leads to or that would block.
func (f folder) open(name string) (*os.File, error) {
	is, err := f.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !is.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is %s (want a file)", name, kindOf(is.Mode()))
	}
	file, err := f.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	opened, err := file.Stat()
	if err == nil {
		err = regular.Check(name, opened)
	}
	if err == nil && !os.SameFile(is, opened) {
		err = fmt.Errorf("%s was exchanged meanwhile", name)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// read reads a regular file of at most limit bytes.
func (f folder) read(name string, limit int64) ([]byte, error) {
	file, err := f.open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s has more than %d bytes", name, limit)
	}
	return data, nil
}

// kindOf says what a file is, with its article.
func kindOf(mode fs.FileMode) string {
	switch {
	case mode.IsRegular():
		return "a file"
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeSymlink != 0:
		return "a link"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}
