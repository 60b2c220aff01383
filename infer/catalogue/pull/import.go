package pull

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/inceptiond/inceptiond/infer/catalogue"
	"github.com/inceptiond/inceptiond/internal/regular"
)

// Import has f in the folder: it looks whether it is there and right, and copies it from the file at path if not. If path is
// a folder, the file is the one in it that is called as where f lies.
func (p *Puller) Import(ctx context.Context, f catalogue.File, path string) (Result, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, f.Called())
	}
	return p.have(f, ".import", func(part *part) error {
		err := p.copyFile(ctx, f, path, part)
		if err == nil {
			_, err = p.folder.check(f, part.file, part.size)
		}
		if errors.Is(err, errOther) {
			err = fmt.Errorf("%s: %w", path, err)
		}
		if err != nil {
			err = errors.Join(err, p.folder.root.Remove(part.temp))
		}
		return err
	})
}

func (p *Puller) copyFile(ctx context.Context, f catalogue.File, path string, part *part) error {
	file, err := regular.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no file %s", path)
	} else if err != nil {
		return errors.New(err.Error()) // no fault of our folder
	}
	defer file.Close()
	if err := part.reset(); err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if size := info.Size(); size > f.Limit() || f.Size > 0 && size != f.Size {
		return fmt.Errorf("%w: it has %d bytes, and %d are right", errOther, size, f.Limit())
	}
	return p.copy(&readUntil{ctx, file}, f, part, info.Size(), nil)
}

// readUntil reads until ctx ends.
type readUntil struct {
	ctx context.Context
	r   io.Reader
}

func (r *readUntil) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, errInterrupted
	}
	return r.r.Read(p)
}
