package wiring

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/publish/web"
)

// Apply writes text to the file, if the SHA-256 of what it has is expected ("" for a file that is not there) and use takes
// what the text asks for. What the file had before is kept for [File.Before].
//
// The file gets its text once use has returned: with an error, and after a crash at any moment, it has one text or the other;
// where it cannot be replaced as a whole, after the next [File.Mend]. The error is a *web.ConfigError, web.ErrChanged, use's, or about the disk.
func (f *File) Apply(text []byte, expected string, use func(*plan.Plan) error) (sha256 string, err error) {
	old, err := f.current(expected)
	if err != nil {
		return "", err
	}
	if reason := f.obstacle(); reason != "" {
		return "", errors.New(reason)
	}
	p, err := f.plan(text)
	if err != nil {
		return "", err
	}
	target, err := f.target()
	if err != nil {
		return "", err
	}
	next, err := f.prepare(target, text, p.State)
	if err != nil {
		return "", fmt.Errorf("the config cannot be written: %w", err)
	}
	defer next.drop()
	if err = f.step("written"); err == nil {
		err = use(p)
	}
	if err == nil {
		_, err = f.current(expected) // building takes a while
	}
	if err == nil {
		err = f.keep(old, p.State)
	}
	if err == nil {
		err = f.step("kept")
	}
	if err != nil {
		return "", err
	}
	if err := next.commit(old); err != nil {
		if errors.Is(err, unix.EBUSY) {
			err = fmt.Errorf("%w: it is mounted by itself (mount its folder instead)", err)
		}
		return "", fmt.Errorf("the config cannot be replaced: %w", err)
	}
	f.step("replaced")
	syncFolder(filepath.Dir(target)) // else a power cut may bring the old one back, which is whole too
	return sum(text), nil
}

// current is the text of the file if its SHA-256 is expected. The error is web.ErrChanged if it is another.
func (f *File) current(expected string) ([]byte, error) {
	text, exists, err := f.text()
	if err != nil {
		return nil, err
	}
	if exists != (expected != "") || exists && sum(text) != expected {
		return nil, web.ErrChanged
	}
	return text, nil
}

// target is what is written: what a link leads to.
func (f *File) target() (string, error) {
	target, err := filepath.EvalSymlinks(f.path)
	if err == nil {
		return target, nil
	}
	if _, there := os.Lstat(f.path); errors.Is(err, fs.ErrNotExist) && errors.Is(there, fs.ErrNotExist) {
		return f.path, os.MkdirAll(filepath.Dir(f.path), 0o700) // as XDG wants it
	}
	return "", err
}

// keep keeps the text before.
func (f *File) keep(text []byte, state string) error {
	path := f.keptIn(state, keptBefore)
	if path == "" {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.before = text
		return nil
	}
	if err := replace(path, text); err != nil {
		return fmt.Errorf("the config from before cannot be kept: %w", err)
	}
	return nil
}

// replace writes text to a file of ours, whose folder may have to be made.
func replace(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	next, err := writeBeside(path, text)
	if err != nil {
		return err
	}
	return os.Rename(next, path)
}

// writeBeside writes text to a new file beside path, on the disk, with path's mode and, as far as we may, its owner.
func writeBeside(path string, text []byte) (next string, err error) {
	next = filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a crash
		return "", err
	}
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = f.Write(text)
	if info, there := os.Stat(path); there == nil && err == nil {
		if is, ok := info.Sys().(*syscall.Stat_t); ok {
			f.Chown(int(is.Uid), int(is.Gid)) // root may; others keep what they can
			f.Chown(-1, int(is.Gid))
		}
		err = f.Chmod(info.Mode().Perm())
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		os.Remove(next)
		return "", err
	}
	return next, nil
}

func syncFolder(path string) {
	if d, err := os.Open(path); err == nil {
		d.Sync()
		d.Close()
	}
}

// obstacle is why the file cannot be written, and what to do; empty: it can.
func (f *File) obstacle() string {
	if f.path == "" {
		return "there is no folder for a config file: HOME is not set to one (start the daemon with -c and a file)"
	}
	path, err := filepath.EvalSymlinks(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return f.obstacleOfNew()
	}
	if err != nil {
		return err.Error()
	}
	if err := unix.Access(path, unix.W_OK); err != nil {
		return denied(path, err, "sudo chown "+userName()+" "+path)
	}
	if err := replaceable(path); err != nil && f.kept(keptNext) == "" {
		return denied("the folder "+filepath.Dir(path), err, "or set HOME to a folder of its own")
	}
	return ""
}

// obstacleOfNew is obstacle of a file that is not there.
func (f *File) obstacleOfNew() string {
	if to, err := os.Readlink(f.path); err == nil {
		return fmt.Sprintf("%s is a link to %s, which is not there (make it, or remove the link)", f.path, to)
	}
	dir := filepath.Dir(f.path)
	for { // of the folders on the way the last that is there
		err := unix.Access(dir, unix.W_OK|unix.X_OK)
		if err == nil {
			return ""
		}
		if parent := filepath.Dir(dir); errors.Is(err, fs.ErrNotExist) && parent != dir {
			dir = parent
			continue
		}
		return denied("the folder "+dir, err, "sudo chown "+userName()+" "+dir)
	}
}

// denied says that something may not be written, and how to mend it.
func denied(what string, err error, mend string) string {
	if errors.Is(err, unix.EROFS) {
		return what + " is on a disk that the daemon may only read (under systemd: ReadWritePaths= in the unit; else mount it for writing)"
	}
	return fmt.Sprintf("%s may not be written by the user %s (%s)", what, userName(), mend)
}

func userName() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return strconv.Itoa(os.Geteuid())
}
