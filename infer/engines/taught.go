package engines

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/regular"
)

// TaughtPrefix starts the name of what was taught on this machine, where a model file is named.
const TaughtPrefix = "taught:"

// The files in the folder of a version.
const (
	taughtModel    = "model.tflite"
	taughtPictures = "embeddings.bin"
	taughtPeople   = "people.bin" // in the place of both
	taughtReport   = "report.json"
)

// taughtEmbedding is the output of a taught model that has what it says of the picture; those before are the probabilities,
// and where it saw each class.
const taughtEmbedding = 2

// maxTaught is more bytes than a version may have.
const maxTaught = 64 << 20

// SetTaught makes o the options of what was taught here: of the version that folder, which may be a link, has at the moment when
// the model is loaded.
func (o *Options) SetTaught(folder string) {
	o.File, o.Taught = filepath.Join(folder, taughtModel), folder
}

// UntaughtError says that there is no version of what is to be taught, and what to do. It is an fs.ErrNotExist.
type UntaughtError struct {
	Name   string // of what is to be taught
	Base   string // the model that it is to be taught on; empty: any
	Folder string // its own
	Begun  bool   // there is that folder, so that pictures may be there
}

// Remedy is what to type, for people.
func (e *UntaughtError) Remedy() string {
	if e.Begun {
		return fmt.Sprintf("`inceptiond teach train %s`", e.Name)
	}
	return fmt.Sprintf("`inceptiond teach new %s --base %s`", e.Name, cmp.Or(e.Base, "MODEL"))
}

// Error is "nothing has been taught as gate yet: `inceptiond teach train gate` does it".
func (e *UntaughtError) Error() string {
	if e.Begun {
		return fmt.Sprintf("nothing has been taught as %s yet: %s does it", e.Name, e.Remedy())
	}
	return fmt.Sprintf("nothing is called %s in %s: %s begins it", e.Name, filepath.Dir(e.Folder), e.Remedy())
}

func (e *UntaughtError) Unwrap() error { return fs.ErrNotExist }

// readTaught reads which pictures the model was taught with, if it was taught here.
func (m *Model) readTaught(o Options) error {
	if o.Taught == "" {
		return nil
	}
	path := filepath.Join(o.Taught, taughtPictures)
	data, err := regular.Read(path, maxTaught)
	if err != nil {
		return m.unlearned(err)
	}
	t, err := task.ParseTaught(data)
	if err == nil && !slices.Equal(t.Labels(), m.Labels) {
		err = fmt.Errorf("it is about other classes than the model has: %q, not %q", t.Labels(), []string(m.Labels))
	}
	if err != nil {
		return m.unlearned(fmt.Errorf("%s: %w", path, err))
	}
	m.Taught, m.Embedding, m.Unknown = t, taughtEmbedding, o.Unknown
	if _, err := task.New(m.Engine.Outputs(), m.Task()); err != nil {
		return m.unlearned(err)
	}
	return nil
}

// TaughtAs is what the model was taught as; empty: it was not taught here.
func (m *Model) TaughtAs() string { return m.options.taughtAs() }

func (o *Options) taughtAs() string {
	if o.Taught == "" {
		return ""
	}
	return filepath.Base(filepath.Dir(o.Taught))
}

// unlearned is err, about what was taught, with what to do.
func (m *Model) unlearned(err error) error {
	name := m.TaughtAs()
	return fmt.Errorf("what was taught as %s cannot be used: %w: `inceptiond teach train %s` makes it anew", name, err, name)
}

// Task is how the model's outputs are read.
func (m *Model) Task() task.Options {
	return task.Options{Reading: m.Reading, People: m.People, Taught: m.Taught, Embedding: m.Embedding, Unknown: m.Unknown}
}

// fixed is o with the versions of a taught model and of people that are in use now, wherever the links to them lead later. The
// error is an [*UntaughtError] if there is none.
func (o Options) fixed() (Options, error) {
	if o.Taught != "" {
		folder, err := inUse(o.Taught)
		if err != nil {
			return o, err
		}
		if isFile(filepath.Join(folder, taughtPeople)) {
			name := o.taughtAs()
			return o, fmt.Errorf("%s has people, and no classes: they are recognized by a model of embeddings, with task: embed and people: %s", name, name)
		}
		o.SetTaught(folder)
	}
	if o.People != "" {
		folder, err := inUse(o.People)
		if err != nil {
			return o, err
		}
		o.People = folder
	}
	return o, nil
}

// inUse is where the link to a version leads. The error is an [*UntaughtError] if there is none.
func inUse(link string) (folder string, err error) {
	folder, err = filepath.EvalSymlinks(link)
	if errors.Is(err, fs.ErrNotExist) {
		own := filepath.Dir(link)
		_, begun := os.Stat(own)
		return "", &UntaughtError{Name: filepath.Base(own), Folder: own, Begun: begun == nil}
	}
	return folder, err
}
