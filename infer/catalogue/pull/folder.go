package pull

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/inceptiond/inceptiond/infer/catalogue"
	"github.com/inceptiond/inceptiond/internal/owned"
	"github.com/inceptiond/inceptiond/internal/regular"
)

// The modes of what is made: models are no secret.
const (
	folderMode = 0o755
	fileMode   = 0o644
)

// folder is the folder of models, locked for this process. Whatever links others put into it, nothing outside of it is
// written: the folder of the service belongs to the service's user, and root writes to it.
type folder struct {
	path     string
	root     *os.Root
	self     *os.File // the folder itself, with the lock, which goes with the process
	uid, gid int      // its owner, who is given what root writes
}

// openFolder makes the folder at path if there is none, and locks it.
func openFolder(path string) (*folder, error) {
	root, err := owned.Make(path, folderMode)
	if err != nil {
		return nil, err
	}
	f := &folder{path: path, root: root}
	if f.self, err = root.Open("."); err != nil {
		root.Close()
		return nil, err
	}
	info, err := f.self.Stat()
	if err == nil {
		f.uid, f.gid = owned.Owner(info)
		err = f.lock()
	}
	if err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

func (f *folder) lock() error {
	err := syscall.Flock(int(f.self.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("another `inceptiond model pull` writes to %s: wait until it is done", f.path)
	}
	return err
}

func (f *folder) close() error { return errors.Join(f.self.Close(), f.root.Close()) }

func (f *folder) join(name string) string { return filepath.Join(f.path, name) }

// errOther marks bytes that are not those of the file that was asked for.
var errOther = errors.New("not the file that was asked for")

// look tells whether the file is in the folder: its size if it is there and right; 0: it is not there; errOther: another is.
func (f *folder) look(want catalogue.File) (size int64, err error) {
	if err := f.noLink(want.Name); err != nil {
		return 0, err
	}
	file, err := f.root.Open(want.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err == nil {
		err = regular.Check(f.join(want.Name), info)
	}
	if err != nil {
		return 0, err
	}
	if _, err := f.check(want, file, info.Size()); err != nil {
		return 0, err
	}
	return info.Size(), f.syncSelf()
}

// noLink tells whether a name in the folder is none of a link, which nobody here has made.
func (f *folder) noLink(name string) error {
	info, err := f.root.Lstat(name)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return fmt.Errorf("%s is a link: remove it", f.join(name))
	}
	return nil // what else is wrong shows when it is opened
}

// check tells whether file holds the bytes of want, size of them, and pins their SHA-256 if nobody has. Its error is
// errOther with what is wrong.
func (f *folder) check(want catalogue.File, file io.ReaderAt, size int64) (sum string, err error) {
	if want.Size > 0 && size != want.Size || size > want.Limit() {
		return "", fmt.Errorf("%w: it has %d bytes, and %d are right", errOther, size, want.Limit())
	}
	if want.Blob != "" {
		id, err := catalogue.Blob(io.NewSectionReader(file, 0, size), size)
		if err != nil {
			return "", err
		}
		if id != want.Blob {
			return "", fmt.Errorf("%w: git's blob id is %s, and %s is right%s", errOther, id, want.Blob, page(file))
		}
	}
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(file, 0, size)); err != nil {
		return "", err
	}
	sum = fmt.Sprintf("%x", h.Sum(nil))
	if want.SHA256 != "" && sum != want.SHA256 {
		return "", fmt.Errorf("%w: its SHA-256 is %s, and %s is right%s", errOther, sum, want.SHA256, page(file))
	}
	if want.Blob == "" { // its name says it
		return sum, nil
	}
	return sum, f.pin(want, sum)
}

// pin writes the SHA-256 of a file beside it, or holds it to the one that is there.
func (f *folder) pin(want catalogue.File, sum string) error {
	old, err := f.readPin(want.Name)
	switch {
	case err != nil:
		return err
	case old == sum:
		return nil
	case old != "":
		return fmt.Errorf("%w: its SHA-256 is %s, and at the first download it was %s (%s)", errOther, sum, old, f.join(catalogue.PinName(want.Name)))
	}
	part, err := f.openPart(catalogue.PinName(want.Name), ".new")
	if err != nil {
		return err
	}
	defer part.file.Close()
	if err := part.reset(); err != nil {
		return err
	}
	if err := part.write([]byte(catalogue.FormatPin(sum, want.Name))); err != nil {
		return err
	}
	return part.rename()
}

// readPin is the SHA-256 that is pinned for the file of a name; empty: none is, or nobody can read it.
func (f *folder) readPin(name string) (string, error) {
	file, err := f.root.Open(catalogue.PinName(name))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	} else if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, 1<<10))
	if err != nil {
		return "", err
	}
	sum, err := catalogue.ParsePin(string(text), name)
	if err != nil { // a power cut, perhaps: the catalogue's blob id still holds
		return "", nil
	}
	return sum, nil
}

func (f *folder) syncSelf() error {
	if err := f.self.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) { // a file system without it
		return err
	}
	return nil
}
