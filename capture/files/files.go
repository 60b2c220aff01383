// Package files is a camera that shows pictures from the disk: JPEG, PNG and BMP, in the order of their names. JPEGs are
// handed on as MJPG frames, the others as RGB24.
package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/still"
	"github.com/inceptiond/inceptiond/internal/order"
	"github.com/inceptiond/inceptiond/internal/regular"
)

// Options says which pictures to show, and when.
type Options struct {
	Paths    []string      // pictures, folders (not what is in folders inside them) or patterns such as shots/*.jpg
	Loop     bool          // start over after the last picture; files that are new by then are shown too
	Interval time.Duration // from one picture to the next; 0: as fast as they are read
}

// endings are those looked for in a folder, in any case of letters. A file that is named outright may have any name.
var endings = []string{".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".dib"}

// IsPicture tells whether a file in a folder is taken for a picture: by the ending of its name.
func IsPicture(name string) bool {
	return slices.Contains(endings, strings.ToLower(filepath.Ext(name)))
}

// source shows the pictures of one round after the other.
type source struct {
	o      Options
	closed chan struct{}
	once   sync.Once

	paths    []string  // of this round
	next     int       // index of the picture to show next
	good     bool      // this round had a picture that could be read
	due      time.Time // when the next picture may be shown
	sequence uint64
	format   capture.Format
}

// Open looks for the pictures. It is an error if there are none; they are read one by one later.
func Open(ctx context.Context, o Options) (capture.Source, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	paths, err := find(o.Paths)
	if err != nil {
		return nil, err
	}
	return &source{o: o, closed: make(chan struct{}), paths: paths}, nil
}

// Format is that of the last picture read.
func (s *source) Format() capture.Format { return s.format }

// Read waits until the next picture is due and reads it. f.Name is its path. The error wraps capture.ErrBadFrame and
// names the file if the picture cannot be read; it is final if that is so of all pictures of a round.
func (s *source) Read(ctx context.Context, f *capture.Frame) error {
	if err := s.wait(ctx); err != nil {
		return err
	}
	if s.next == len(s.paths) {
		if err := s.restart(); err != nil {
			return err
		}
	}
	path := s.paths[s.next]
	s.next++
	s.sequence++
	s.due = time.Now().Add(s.o.Interval)
	if err := read(path, f); err != nil {
		return fmt.Errorf("files: %s: %w", path, err)
	}
	s.good = true
	s.format = f.Format
	f.Sequence, f.Name = s.sequence, path
	return nil
}

// wait returns when the next picture is due.
func (s *source) wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t := time.NewTimer(time.Until(s.due))
	defer t.Stop()
	select {
	case <-s.closed:
		return fmt.Errorf("files: read: %w", os.ErrClosed)
	default:
	}
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closed:
		return fmt.Errorf("files: read: %w", os.ErrClosed)
	}
}

// restart begins the next round, or returns io.EOF if there is none.
func (s *source) restart() error {
	if !s.o.Loop {
		return io.EOF
	}
	if !s.good { // reading them again and again would only keep the processor busy
		return fmt.Errorf("files: none of %d pictures can be read: %w", len(s.paths), capture.ErrLost)
	}
	paths, err := find(s.o.Paths)
	if err != nil {
		return fmt.Errorf("%w: %w", err, capture.ErrLost)
	}
	s.paths, s.next, s.good = paths, 0, false
	return nil
}

// Close ends a Read that waits.
func (s *source) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

// read reads one picture. Whatever is wrong with it is wrong with it only.
func read(path string, f *capture.Frame) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
	case !info.Mode().IsRegular(): // opening a pipe would wait for ever
		err = errors.New("it is no regular file")
	default:
		err = decode(path, f)
	}
	if err != nil && !errors.Is(err, capture.ErrBadFrame) {
		return fmt.Errorf("%w: %w", capture.ErrBadFrame, err)
	}
	return err
}

func decode(path string, f *capture.Frame) error {
	file, err := regular.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return still.Decode(file, f)
}

// find expands folders and patterns and sorts what it finds.
func find(paths []string) ([]string, error) {
	if len(paths) == 0 {
		return nil, errors.New("files: no paths are given")
	}
	var all []string
	for _, path := range paths {
		found, err := expand(path)
		if err != nil {
			return nil, err
		}
		order.Sort(found, natural)
		all = append(all, found...) // the order of the paths themselves is the user's
	}
	return all, nil
}

// expand returns the pictures that one path stands for: at least one, or an error.
func expand(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		return folder(path)
	}
	if err == nil {
		return []string{path}, nil
	}
	if !strings.ContainsAny(path, `*?[`) {
		return nil, fmt.Errorf("files: %w", err)
	}
	found, err := filepath.Glob(path)
	if err != nil {
		return nil, fmt.Errorf("files: pattern %q: %w", path, err)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("files: no file matches %q", path)
	}
	return found, nil
}

// folder returns the pictures of a folder, by their endings.
func folder(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	var found []string
	other := ""
	for _, e := range entries {
		switch {
		case e.IsDir():
		case IsPicture(e.Name()):
			found = append(found, filepath.Join(dir, e.Name()))
		default:
			other = e.Name()
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	err = fmt.Errorf("files: no pictures in %s: looked for names that end in %s", dir, strings.Join(endings, ", "))
	if other != "" { // HEIC, for example: what reads it says what to do
		err = fmt.Errorf("%w; it has others, such as %q: try them with inceptiond classify", err, other)
	}
	return nil, err
}
