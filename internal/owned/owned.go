// Package owned makes folders that a service's user owns and that root may write to as well, from a command: what root makes
// is the owner's, and root follows no link that the owner has put in its way.
package owned

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Make opens the folder at path, made with mode if there is none, whatever the umask says, as those above it are. Root gives
// it to the owner of the one above it, and takes no link for it that leads out of that one.
func Make(path string, mode fs.FileMode) (*os.Root, error) {
	parent, name := filepath.Split(filepath.Clean(path))
	if err := makeAll(parent, mode); err != nil {
		return nil, err
	}
	if os.Geteuid() != 0 {
		if err := makeAll(path, mode); err != nil {
			return nil, err
		}
		return os.OpenRoot(path)
	}
	above, err := os.OpenRoot(filepath.Clean(parent))
	if err != nil {
		return nil, err
	}
	defer above.Close()
	switch err := above.Mkdir(name, mode); {
	case err == nil:
		info, err := above.Stat(".")
		if err == nil {
			uid, gid := Owner(info)
			err = errors.Join(above.Chmod(name, mode), above.Lchown(name, uid, gid))
		}
		if err != nil {
			return nil, err
		}
	case !errors.Is(err, fs.ErrExist):
		return nil, err
	}
	return above.OpenRoot(name)
}

// Open opens the folder at path. Root takes no link for it that leads out of the folder above.
func Open(path string) (*os.Root, error) {
	if os.Geteuid() != 0 {
		return os.OpenRoot(path)
	}
	parent, name := filepath.Split(filepath.Clean(path))
	above, err := os.OpenRoot(filepath.Clean(parent))
	if err != nil {
		return nil, err
	}
	defer above.Close()
	return above.OpenRoot(name)
}

// Owner is whose a file is.
func Owner(info fs.FileInfo) (uid, gid int) {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(s.Uid), int(s.Gid)
	}
	return os.Getuid(), os.Getgid()
}

// makeAll makes a folder and those above it that there are not.
func makeAll(path string, mode fs.FileMode) error {
	path = filepath.Clean(path)
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil
	}
	if above := filepath.Dir(path); above != path {
		if err := makeAll(above, mode); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, mode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return os.Chmod(path, mode)
}
