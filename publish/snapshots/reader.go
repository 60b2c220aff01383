package snapshots

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/inceptiond/inceptiond/internal/order"
	"github.com/inceptiond/inceptiond/publish"
)

const (
	maxRead = 16 << 20 // bytes of a picture
	atOnce  = 256      // names that are read before it is asked whether anybody still wants them
)

// Picture is a picture on the disk, as its name tells.
type Picture struct {
	ID     string // for Read; no path
	Camera string
	Label  string    // what was decided, as names have it: "cocker-spaniel"; empty: somebody asked for the picture
	Time   time.Time // of the frame; unless Synced, when the file was written, by a clock that nobody had set
	Synced bool
}

// IDOf is the ID of the picture that a keeper makes of s in the boot of that name.
func IDOf(s *publish.Snapshot, boot string) string {
	return idOf(s.Camera, dayOf(s.Time, s.Synced, boot), fileOf(s))
}

// Newest are the pictures of albums, newest first: those that come after the one with an ID, or all if that is empty. Those
// of a clock that was not set are the last. A folder is read when somebody gets to it, and what goes meanwhile is left out. What
// cannot be read is an error, after which others may come; an ID that is none is fs.ErrInvalid. It ends with ctx.
func Newest(ctx context.Context, albums map[string]Limits, before string) iter.Seq2[Picture, error] {
	return func(yield func(Picture, error) bool) {
		w := walk{ctx: ctx, albums: albums, yield: yield, days: map[string][]string{}}
		if w.begin(before) && w.list() {
			w.run()
		}
	}
}

// walk is a walk through albums.
type walk struct {
	ctx    context.Context
	albums map[string]Limits
	yield  func(Picture, error) bool
	days   map[string][]string // cameras by the days that they have a folder of
	after  Picture             // where to begin; the zero Picture: at the newest
	from   string              // the day of after
}

// begin finds where to begin. It is false if there is nothing more.
func (w *walk) begin(before string) bool {
	if before == "" {
		return true
	}
	camera, day, name, ok := parseID(before)
	if !ok {
		w.yield(Picture{}, fmt.Errorf("%q is no picture: %w", before, fs.ErrInvalid))
		return false
	}
	w.from = day
	w.after, ok = describe(camera, day, name, func() (info fs.FileInfo, err error) {
		err = in(w.albums, camera, day, func(dir *os.Root) error {
			info, err = dir.Lstat(name)
			return err
		})
		return info, err
	})
	return ok // else it was pruned, and so were older ones
}

// list finds the days of all cameras. It is false if nobody wants to know.
func (w *walk) list() bool {
	for camera, limits := range w.albums {
		err := within(limits.Folder, camera, false, func(dir *os.Root) error {
			days, err := fs.ReadDir(dir.FS(), ".")
			for _, d := range days {
				if _, ours := isDay(d.Name()); ours && d.IsDir() {
					w.days[d.Name()] = append(w.days[d.Name()], camera)
				}
			}
			return err
		})
		if !w.tell(err) {
			return false
		}
	}
	return true
}

// run walks from day to day, and then through the days that nobody knows.
func (w *walk) run() {
	var dated, others []string
	for day := range w.days {
		switch {
		case strings.HasPrefix(day, unsynced):
			others = append(others, day)
		case w.from == "" || day <= w.from && !strings.HasPrefix(w.from, unsynced):
			dated = append(dated, day)
		}
	}
	order.Sort(dated, func(a, b string) int { return cmp.Compare(b, a) })
	for _, day := range dated {
		if !w.show(day) {
			return
		}
	}
	w.show(others...)
}

// show yields the pictures of days. It is false if nobody wants more.
func (w *walk) show(days ...string) bool {
	var list []Picture
	for _, day := range days {
		for _, camera := range w.days[day] {
			found, err := w.read(camera, day)
			list = append(list, found...)
			if !w.tell(err) {
				return false
			}
		}
	}
	order.Sort(list, newestFirst)
	for _, p := range list {
		if !w.yield(p, nil) {
			return false
		}
	}
	return true
}

// read finds the pictures of a camera and a day that come after the one to begin at.
func (w *walk) read(camera, day string) (list []Picture, err error) {
	err = in(w.albums, camera, day, func(dir *os.Root) error {
		folder, err := dir.Open(".")
		if err != nil {
			return err
		}
		defer folder.Close()
		for w.ctx.Err() == nil {
			files, err := folder.ReadDir(atOnce)
			for _, f := range files {
				if !f.Type().IsRegular() {
					continue
				}
				p, ok := describe(camera, day, f.Name(), f.Info)
				if ok && (w.from == "" || newestFirst(w.after, p) < 0) {
					list = append(list, p)
				}
			}
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
		}
		return w.ctx.Err()
	})
	return list, err
}

// in calls use with the folder of a camera and a day.
func in(albums map[string]Limits, camera, day string, use func(dir *os.Root) error) error {
	limits, ok := albums[camera]
	if !ok {
		return fs.ErrNotExist
	}
	return within(limits.Folder, camera, false, func(dir *os.Root) error {
		folder, err := enter(dir, day, false)
		if err != nil {
			return err
		}
		defer folder.Close()
		return use(folder)
	})
}

// tell tells of trouble, and whether to go on. What has gone is none.
func (w *walk) tell(err error) bool {
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return w.ctx.Err() == nil
	}
	return w.yield(Picture{}, err) && w.ctx.Err() == nil
}

// describe says what a file is, of which info tells when it was written; false: none of ours, or it has gone.
func describe(camera, day, name string, info func() (fs.FileInfo, error)) (Picture, bool) {
	begin, ours := isDay(day)
	after, ok := isPicture(name)
	if !ok || !ours {
		return Picture{}, false
	}
	p := Picture{ID: idOf(camera, day, name), Camera: camera, Label: labelIn(name), Time: begin.Add(after), Synced: true}
	if strings.HasPrefix(day, unsynced) {
		file, err := info()
		if err != nil {
			return Picture{}, false
		}
		p.Time, p.Synced = file.ModTime(), false
	}
	return p, true
}

// newestFirst orders pictures, those that were taken with the clock set first.
func newestFirst(a, b Picture) int {
	if a.Synced != b.Synced {
		if a.Synced {
			return -1
		}
		return 1
	}
	return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(b.ID, a.ID))
}

// Find is the picture with an ID; false: albums do not have it.
func Find(albums map[string]Limits, id string) (p Picture, ok bool) {
	camera, day, name, _ := parseID(id)
	err := find(albums, id, func(dir *os.Root, _ string) error {
		p, ok = describe(camera, day, name, func() (fs.FileInfo, error) { return dir.Lstat(name) })
		return nil
	})
	return p, ok && err == nil
}

// Read is the JPEG of the picture with an ID. The error is fs.ErrNotExist if albums do not have it.
func Read(albums map[string]Limits, id string) (jpeg []byte, err error) {
	err = find(albums, id, func(dir *os.Root, name string) error {
		f, err := dir.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		jpeg, err = io.ReadAll(io.LimitReader(f, maxRead))
		return err
	})
	return jpeg, err
}

// find calls use with the folder and the name of the picture with an ID. What is empty, or no file, is none.
func find(albums map[string]Limits, id string, use func(dir *os.Root, name string) error) error {
	camera, day, name, ok := parseID(id)
	if !ok {
		return fs.ErrNotExist
	}
	return in(albums, camera, day, func(dir *os.Root) error {
		info, err := dir.Lstat(name)
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() || info.Size() == 0 || info.Size() > maxRead {
			return fs.ErrNotExist
		}
		return use(dir, name)
	})
}
