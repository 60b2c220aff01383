package teach

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/picture/still"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/internal/regular"
)

// Place is where a picture of a name belongs.
type Place struct {
	Shelf store.Shelf
	Class string // of store.Pictures and store.Held
}

// String is "open", "open, held out", "normal".
func (p Place) String() string {
	switch p.Shelf {
	case store.Pictures:
		return p.Class
	case store.Held:
		return p.Class + ", held out"
	}
	return string(p.Shelf)
}

// Added is what has become of files.
type Added struct {
	Fresh  int   // are there now that were not
	Known  int   // were there already
	Failed []Bad // could not be taken
}

// Bad is a file that is no picture, or cannot be taken.
type Bad struct{ File, Reason string }

// AddFiles takes picture files (JPEG, PNG, BMP), and those that lie in folders, not deeper: what find finds in them; nil: all of
// each. One that cannot be read is no error. The error is ctx's, or the store's that nothing more can be taken: what was
// taken until then stays.
func (t *Teacher) AddFiles(ctx context.Context, n *store.Name, to Place, paths []string, find Finder) (a Added, err error) {
	files, bad := expand(paths)
	a.Failed = bad
	c, err := t.cutting(n, find)
	if err != nil {
		return a, err
	}
	for _, path := range files {
		if err := ctx.Err(); err != nil {
			return a, err
		}
		data, err := c.file(ctx, path)
		if ctx.Err() != nil {
			return a, ctx.Err()
		}
		if err != nil {
			a.Failed = append(a.Failed, Bad{path, err.Error()})
			continue
		}
		switch err := a.add(n, to, data, store.Note{}); {
		case errors.Is(err, store.ErrFull), errors.Is(err, store.ErrBusy), errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EROFS):
			return a, fmt.Errorf("%s: %w", path, err)
		case err != nil:
			a.Failed = append(a.Failed, Bad{path, err.Error()})
		}
	}
	return a, nil
}

// expand lists files, and those in folders by name.
func expand(paths []string) (files []string, bad []Bad) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err == nil && !info.IsDir() {
			files = append(files, path)
			continue
		}
		var list []os.DirEntry
		if err == nil {
			list, err = os.ReadDir(path)
		}
		if err != nil {
			bad = append(bad, Bad{path, reason(err)})
			continue
		}
		before := len(files)
		for _, e := range list {
			if isPicture(e.Name()) && !e.IsDir() {
				files = append(files, filepath.Join(path, e.Name()))
			}
		}
		if len(files) == before {
			bad = append(bad, Bad{path, "there is no picture in this folder (.jpg, .png, .bmp)"})
		}
	}
	return files, bad
}

// reason is an error without the path, which is said beside it.
func reason(err error) string {
	if at := new(fs.PathError); errors.As(err, &at) {
		return at.Err.Error()
	}
	return err.Error()
}

func isPicture(name string) bool {
	return slices.Contains([]string{".jpg", ".jpeg", ".png", ".bmp"}, strings.ToLower(filepath.Ext(name)))
}

// Cutter makes pictures of the store of those that somebody brings: whole, and no larger than need be.
func (t *Teacher) Cutter(n *store.Name) (*picture.Encoder, error) {
	c, err := t.cutting(n, nil)
	if err != nil {
		return nil, err
	}
	return c.cutter(preprocess.Region{})
}

// cutting makes pictures of the store of files.
type cutting struct {
	find  Finder
	input infer.TensorSpec // of the name's base
	fit   preprocess.Fit
	kind  store.Kind
}

func (t *Teacher) cutting(n *store.Name, find Finder) (c cutting, err error) {
	c.find = find
	b, err := n.Base()
	if err != nil {
		return c, err
	}
	if c.fit, err = preprocess.ParseFit(b.Fit); err != nil {
		return c, err
	}
	c.kind = b.Kind
	c.input, err = inputOf(n, b)
	return c, err
}

// cutter makes pictures of a part of others.
func (c *cutting) cutter(part preprocess.Region) (*picture.Encoder, error) {
	return preprocess.NewCutter(c.input, preprocess.Options{Region: part, Fit: c.fit})
}

// file is a picture file as the store has it.
func (c *cutting) file(ctx context.Context, path string) ([]byte, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, errors.New(reason(err))
	}
	defer f.Close()
	var frame capture.Frame
	if err := still.Decode(f, &frame); err != nil {
		return nil, err
	}
	p, part := picture.Of(&frame), preprocess.Region{}
	if c.find != nil {
		if part, err = c.find.Find(ctx, p); err != nil {
			return nil, err
		}
	}
	cutter, err := c.cutter(part)
	if err != nil {
		return nil, err
	}
	return cutter.Encode(p)
}
