package engines

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/inceptiond/inceptiond/infer/catalogue"
	"github.com/inceptiond/inceptiond/infer/demomodel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// maxModelFile is the largest model file that is read, in bytes; the largest Inception in float32 has 171 MB.
const maxModelFile = 1 << 30

// File is a model file while it is being read.
type File struct {
	Path     string
	Data     []byte // all of it, as long as it is read
	Parsed   *model.Model
	Metadata model.Metadata    // what rides in it
	Damage   error             // what of the metadata could not be read; nil: nothing
	evict    func(data []byte) // gives memory back that data, a part of the file, has; nil if it has none of its own
}

// Read reads and checks the model file at path, or the one inside the program that path names, for use, which keeps
// nothing of it. memory bounds the tensors in bytes; 0 is 1 GiB.
func Read(path string, memory int, use func(File) error) error { return readAs(path, "", memory, use) }

// readAs is Read of a file that must have this SHA-256, if it is not empty.
func readAs(path, want string, memory int, use func(File) error) error {
	return withBytes(path, func(data []byte, evict func([]byte)) error {
		m, err := model.Parse(data, model.Limits{Memory: memory})
		if err = verify(path, want, data, m, err); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		metadata, damage := model.ReadMetadata(data)
		if evict != nil {
			evict(data) // it was all read for its checksum
		}
		return use(File{path, data, m, metadata, damage, evict})
	})
}

// withBytes reads a model file, or the one inside the program that path names, for use, which keeps nothing of it.
// evict is that of File.
func withBytes(path string, use func(data []byte, evict func([]byte)) error) error {
	if name, ok := strings.CutPrefix(path, builtin); ok {
		if path != Demo {
			return fmt.Errorf("there is no built-in model %q (use %q or a file)", name, Demo)
		}
		return use(demomodel.Model(), nil)
	}
	at, err := place(path)
	if err != nil {
		return err
	}
	f, err := model.OpenFile(at, maxModelFile)
	if err != nil {
		return err
	}
	return errors.Join(f.Read(func(data []byte) error { return use(data, f.Evict) }), f.Close())
}

// fileMark tells one state of a file from another, as far as that can be seen without reading it.
type fileMark struct {
	size, modified int64 // bytes, Unix nanoseconds
	inode          uint64
}

// fileMarks are those of a model, its labels, its twin for an Edge TPU, the pictures that it was taught with, and the people that
// it knows.
type fileMarks [5]fileMark

// marks are those of the files that o names; what is built in has the zero mark, as has a file that is not there. Of a taught
// model it is that of the version in use.
func (o *Options) marks() fileMarks {
	marks := fileMarks{markPlace(o.File), markPlace(o.Labels)}
	if f, err := stored(o.labels(), true); f != nil && err == nil {
		marks[1] = markFile(f.at)
	}
	if o.TPU != nil {
		marks[2] = markPlace(o.TPU.File)
	}
	if o.Taught != "" {
		marks[3] = markFile(filepath.Join(o.Taught, taughtPictures))
	}
	if o.People != "" {
		marks[4] = markFile(filepath.Join(o.People, taughtPeople))
	}
	return marks
}

// FileSize is how many bytes the model's file has; 0 if it is built in, or not there.
func (o *Options) FileSize() int64 { return markPlace(o.File).size }

// Hash is the SHA-256 of a model's file, in hexadecimal, which is read for it.
func Hash(o Options) (hash string, err error) {
	err = withBytes(o.File, func(data []byte, evict func([]byte)) error {
		sum := sha256.Sum256(data)
		hash = hex.EncodeToString(sum[:])
		if evict != nil {
			evict(data)
		}
		return nil
	})
	return hash, err
}

// Anywhere is the name of the model file as it holds in any folder: an absolute path, or what is no path.
func (o Options) Anywhere() string {
	switch {
	case o.Taught != "":
		return TaughtPrefix + o.taughtAs()
	case strings.HasPrefix(o.File, builtin), strings.HasPrefix(o.File, catalogue.Prefix), strings.HasPrefix(o.File, catalogue.HashPrefix):
		return o.File
	}
	if path, err := filepath.Abs(o.File); err == nil {
		return path
	}
	return o.File
}

// markPlace marks the model file that a path names.
func markPlace(path string) fileMark {
	at, err := place(path)
	if err != nil {
		return fileMark{}
	}
	return markFile(at)
}

func markFile(path string) fileMark {
	info, err := os.Stat(path)
	if err != nil {
		return fileMark{}
	}
	m := fileMark{size: info.Size(), modified: info.ModTime().UnixNano()}
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		m.inode = s.Ino
	}
	return m
}
