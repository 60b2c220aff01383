package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/inceptiond/inceptiond/internal/text"
)

// space is what a file system has left.
type space struct {
	Free, Size          uint64 // bytes; Free is for users other than root
	FreeFiles, MaxFiles uint64 // both 0: it makes room for files as it needs it
	ReadOnly            bool
}

const (
	lowSpace  = 100 << 20 // bytes, under which a disk counts as nearly full
	fullSpace = 1 << 20
)

// checkDisk checks the file system of a folder. If a key of the config names it, something is to be kept there: it also tries
// to write a file, which it removes. read asks the kernel; nil is readSpace.
func checkDisk(folder, key string, read func(path string) (space, error)) Check {
	write := key != ""
	if read == nil {
		read = readSpace
	}
	return Check{Area: "system", Name: "disk " + folder, Run: func(context.Context) []Finding {
		s, err := read(folder)
		switch {
		case errors.Is(err, fs.ErrNotExist) && write:
			if f := tryMake(folder, key); f != nil {
				return f
			}
			return ok("there is no such folder yet; it can be made")
		case errors.Is(err, fs.ErrNotExist):
			return one(Note, "", "there is no such folder")
		case errors.Is(err, syscall.ENOTDIR):
			return one(Fault, "remove that file, or name another folder", "it cannot be a folder: a part of its path is a file")
		case errors.Is(err, fs.ErrPermission):
			return one(Note, "", "only root may look: sudo inceptiond doctor")
		case err != nil:
			return one(Fault, "check the disk: dmesg | tail", "%v", err)
		}
		return s.judge(folder, write)
	}}
}

// judge turns numbers into a finding.
func (s space) judge(folder string, write bool) []Finding {
	free := fmt.Sprintf("%s of %s free", text.Size(s.Free), text.Size(s.Size))
	const makeRoom = "make room: sudo apt clean, sudo journalctl --vacuum-size=50M; du -xh / | sort -h | tail shows what is large"
	switch {
	case s.ReadOnly && write:
		return one(Fault, "mount it for writing, or name another folder; a disk with errors turns read-only by itself: dmesg | tail",
			"read-only, but something is to be kept there")
	case s.ReadOnly:
		return one(Note, "", "read-only, %s", free)
	case s.Free < fullSpace:
		return one(Fault, makeRoom, "full")
	case s.MaxFiles > 0 && s.FreeFiles == 0:
		return one(Fault, makeRoom, "no file more fits (df -i)")
	case s.Free < lowSpace:
		return one(Warning, makeRoom, "nearly full: %s", free)
	case write:
		if f := tryWrite(folder); f != nil {
			return f
		}
		return ok("can be written, %s", free)
	}
	return ok("%s", free)
}

// tryMake returns what is wrong if folder, which is not there, cannot be made.
func tryMake(folder, key string) []Finding {
	parent := filepath.Dir(folder)
	for parent != filepath.Dir(parent) {
		if _, err := os.Stat(parent); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		parent = filepath.Dir(parent)
	}
	dir, err := os.MkdirTemp(parent, ".inceptiond-doctor-")
	if err == nil {
		err = os.Remove(dir)
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return one(Note, "", "there is no such folder yet, and this user may not make it; that the service may, only root can tell: sudo inceptiond doctor")
	case err != nil:
		return one(Fault, "name another folder with "+key+" in the config file", "there is no such folder, and it cannot be made in %s: %v", parent, errors.Unwrap(err))
	}
	return nil
}

// tryWrite returns what is wrong if no file can be written in folder.
func tryWrite(folder string) []Finding {
	f, err := os.CreateTemp(folder, ".inceptiond-doctor-")
	if errors.Is(err, fs.ErrPermission) {
		return one(Note, "", "this user may not write there; that the service may, only root can tell: sudo inceptiond doctor")
	}
	if err == nil {
		_, err = f.WriteString("written by inceptiond doctor\n")
		err = errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	if errors.Is(err, syscall.EROFS) {
		return one(Fault, "mount it for writing, or name another folder", "read-only, but something is to be kept there")
	}
	if err != nil {
		return one(Fault, "check the disk: dmesg | tail", "a file cannot be written: %v", err)
	}
	return nil
}
