package snapshots

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/internal/order"
)

// read makes the list of what there is of ours, and removes pictures that were never finished: a run that was killed has
// left them behind, or a power cut them empty.
func (a *album) read(dir *os.Root, now Moment) error {
	a.pictures, a.bytes = nil, 0
	days, err := fs.ReadDir(dir.FS(), ".")
	if err != nil {
		return err
	}
	for _, d := range days {
		begin, ours := isDay(d.Name())
		if !ours || !d.IsDir() {
			continue
		}
		files, err := fs.ReadDir(dir.FS(), d.Name())
		if err != nil {
			return err
		}
		for _, f := range files {
			if err := a.note(dir, d.Name(), begin, f, now); err != nil {
				return err
			}
		}
	}
	order.Sort(a.pictures, oldestFirst)
	return nil
}

// note puts a file on the list if it is a picture of ours.
func (a *album) note(dir *os.Root, day string, begin time.Time, f fs.DirEntry, now Moment) error {
	whole, unfinished := strings.CutSuffix(f.Name(), part)
	after, ours := isPicture(whole)
	if !ours || !f.Type().IsRegular() {
		return nil
	}
	info, err := f.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if unfinished || info.Size() == 0 {
		return a.remove(dir, day, f.Name())
	}
	k := kept{day, f.Name(), info.Size(), begin.Add(after)}
	if begin.IsZero() {
		k.time = info.ModTime()
	}
	if now.Synced && k.time.After(now.Time.Add(24*time.Hour)) {
		k.time = time.Time{} // of a clock that was wrong: among the oldest
	}
	a.pictures = append(a.pictures, k)
	a.bytes += k.size
	return nil
}

// prune removes what is too old, and then the oldest until there is room for so many more files and bytes.
func (a *album) prune(dir *os.Root, files int, bytes int64, now Moment) (err error) {
	n := 0 // of those that stay
	for i, k := range a.pictures {
		files := files + n + len(a.pictures) - i
		tooMuch := a.MaxFiles > 0 && files > a.MaxFiles || a.MaxBytes > 0 && a.bytes+bytes > a.MaxBytes
		if err == nil && (tooMuch || a.tooOld(k, now)) {
			if err = a.remove(dir, k.day, k.name); err == nil {
				a.bytes -= k.size
				continue
			}
		}
		a.pictures[n] = k
		n++
	}
	a.pictures = a.pictures[:n]
	return err
}

// tooOld tells whether a picture is older than it may be. The time of a day is only good while the clock is. Of a day
// that nobody knows there is the time of the file, by a clock that may have jumped since; but what is of this boot is no
// older than it.
func (a *album) tooOld(k kept, now Moment) bool {
	if a.MaxAge == 0 || k.time.IsZero() {
		return false
	}
	age := now.Time.Sub(k.time)
	switch dated := !strings.HasPrefix(k.day, unsynced); {
	case dated && !now.Synced:
		return false
	case k.day == dayOf(k.time, false, a.boot):
		age = min(age, now.SinceBoot)
	}
	return age > a.MaxAge
}

// remove deletes a file of ours, and the folder of its day if that was the last; what is gone is fine. It does not follow
// links, and what has become a link or a folder under the name of ours is not.
func (a *album) remove(dir *os.Root, day, name string) error {
	path := day + "/" + name
	info, err := dir.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return nil
	}
	if err != nil {
		return err
	}
	if err := dir.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	dir.Remove(day) // which fails as long as something is in it
	return nil
}
