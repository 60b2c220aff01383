package snapshots

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish"
)

const (
	folderMode = 0o750
	fileMode   = 0o640
	retryPause = time.Minute // after trouble with the disk
)

// album is the pictures of a camera on the disk, with a list of them, so that the disk need not be asked for each. It is
// one goroutine's. Times are compared by the machine's clocks at the Moment that methods are given.
type album struct {
	Limits
	camera string
	boot   string
	log    *zap.Logger
	write  func(dir *os.Root, name string, data []byte) error // replaced by tests

	pictures []kept // oldest first
	bytes    int64  // of them
	spent    spent

	trouble bool          // with the disk
	retry   time.Duration // since the boot: not to be tried earlier
	missed  int           // pictures since the trouble began
}

// kept is a picture on the disk.
type kept struct {
	day, name string
	size      int64
	time      time.Time // when it was taken, as far as can be told
}

// spent is what was written of the budget of a day.
type spent struct {
	day   string
	bytes int64
	told  bool // that it is all
}

func newAlbum(camera string, l Limits, boot string, log *zap.Logger) *album {
	return &album{Limits: l, camera: camera, boot: boot, log: log.With(zap.String("folder", l.Folder)), write: writeFile}
}

// tidy reads the list anew, as others may have deleted pictures, removes what was never finished, and all that is too
// old or too much.
func (a *album) tidy(now Moment) {
	err := a.open(false, func(dir *os.Root) error {
		if err := a.read(dir, now); err != nil {
			return err
		}
		return a.prune(dir, 0, 0, now)
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		a.pictures, a.bytes = nil, 0
	case err != nil:
		a.fail(err, now)
	}
}

// add keeps a picture, and tells how many bytes it has written.
func (a *album) add(s *publish.Snapshot, now Moment) int64 {
	size := int64(len(s.JPEG))
	if a.trouble && now.SinceBoot < a.retry {
		a.missed++
		return 0
	}
	if !a.affords(size, now) {
		return 0
	}
	err := a.open(true, func(dir *os.Root) error {
		if err := a.prune(dir, 1, size, now); err != nil {
			return err
		}
		return a.put(dir, kept{dayOf(s.Time, s.Synced, a.boot), fileOf(s), size, s.Time}, s.JPEG)
	})
	if err != nil {
		a.missed++
		a.fail(err, now)
		return 0
	}
	if a.trouble {
		a.log.Info("pictures are kept on the disk again", zap.Int("missed", a.missed))
		a.trouble, a.missed = false, 0
	}
	a.spent.bytes += size
	return size
}

// affords tells whether a picture of so many bytes is within the limits that deleting others does not help with.
func (a *album) affords(size int64, now Moment) bool {
	a.spent.turn(a, now)
	if a.MaxBytes > 0 && size > a.MaxBytes {
		a.log.Warn("a picture is larger than all may be together", zap.Int64("bytes", size), zap.Int64("max_bytes", a.MaxBytes))
		return false
	}
	if a.Budget == 0 || a.spent.bytes+size <= a.Budget {
		return true
	}
	if !a.spent.told {
		a.spent.told = true
		a.log.Warn("no more pictures are written to the disk today: the budget is used up", zap.Int64("bytes", a.Budget))
	}
	return false
}

// turn begins another day if it is one: of what the disk has of it already, another run has written all. While the clock
// is not set, days are counted from the boot.
func (s *spent) turn(a *album, now Moment) {
	const day = 24 * time.Hour
	folder := dayOf(now.Time, now.Synced, a.boot)
	name, begin := folder, now.Time.Truncate(day)
	if !now.Synced {
		name, begin = fmt.Sprint(folder, "/", now.SinceBoot/day), now.Time.Add(-now.SinceBoot%day)
	}
	if name == s.day {
		return
	}
	*s = spent{day: name}
	for _, k := range a.pictures {
		if k.day == folder && !k.time.Before(begin) {
			s.bytes += k.size
		}
	}
}

// fail notes trouble with the disk, and says it once.
func (a *album) fail(err error, now Moment) {
	a.retry = now.SinceBoot + retryPause
	if !a.trouble {
		a.trouble = true
		a.log.Warn("pictures cannot be kept on the disk; it is tried again each minute", zap.Error(err))
	}
}

// open calls use with the camera's folder, which is made if that is wanted. It must be no link: whoever can put one there
// could have us delete elsewhere.
func (a *album) open(make bool, use func(dir *os.Root) error) error {
	if make {
		if err := os.MkdirAll(a.Folder, folderMode); err != nil {
			return err
		}
	}
	return within(a.Folder, a.camera, make, use)
}

// within calls use with a folder in another one; with make, it is made.
func within(in, name string, make bool, use func(dir *os.Root) error) error {
	root, err := os.OpenRoot(in)
	if err != nil {
		return err
	}
	defer root.Close()
	dir, err := enter(root, name, make)
	if err != nil {
		return err
	}
	defer dir.Close()
	return use(dir)
}

// enter opens a folder in another one.
func enter(in *os.Root, name string, make bool) (*os.Root, error) {
	if make {
		if err := in.Mkdir(name, folderMode); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	info, err := in.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s/%s is no folder", in.Name(), name)
	}
	return in.OpenRoot(name)
}

// put writes a picture into the folder of its day.
func (a *album) put(dir *os.Root, k kept, data []byte) error {
	day, err := enter(dir, k.day, true)
	if err != nil {
		return err
	}
	defer day.Close()
	if err := a.write(day, k.name, data); err != nil {
		return err
	}
	a.pictures = slices.DeleteFunc(a.pictures, func(old kept) bool { // whose place it has taken
		same := old.day == k.day && old.name == k.name
		if same {
			a.bytes -= old.size
		}
		return same
	})
	at, _ := slices.BinarySearchFunc(a.pictures, k, oldestFirst)
	a.pictures = slices.Insert(a.pictures, at, k)
	a.bytes += k.size
	return nil
}

// writeFile writes a file beside its place, and renames it. It is not synced: pictures are not worth a card's life.
func writeFile(dir *os.Root, name string, data []byte) error {
	beside := name + part
	if err := dir.Remove(beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := dir.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = dir.Rename(beside, name)
	}
	if err != nil {
		dir.Remove(beside)
	}
	return err
}

// oldestFirst orders pictures.
func oldestFirst(a, b kept) int { return cmp.Or(a.time.Compare(b.time), cmp.Compare(a.name, b.name)) }
