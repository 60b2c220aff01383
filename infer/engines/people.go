package engines

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/regular"
)

// readPeople reads whom the model's embeddings may show, if anybody is asked for.
func (m *Model) readPeople(o Options) error {
	if o.People == "" {
		return nil
	}
	name := peopleName(m.options.People)
	if m.Reading.Kind != task.Embed {
		return fmt.Errorf("people: the model's task is %s, and people are recognized by embeddings (say task: embed if it gives them, or remove people)", m.Reading.Kind)
	}
	path := filepath.Join(o.People, taughtPeople)
	data, err := regular.Read(path, maxTaught)
	switch {
	case errors.Is(err, fs.ErrNotExist) && isFile(filepath.Join(o.People, taughtModel)):
		return fmt.Errorf("people: %s has classes, and no people: its file is a model, %s%s; people are begun with `inceptiond teach new NAME --base %s`",
			name, TaughtPrefix, name, m.Name)
	case err != nil:
		return unrecognized(name, err)
	}
	p, err := task.ParsePeople(data, o.MaxDistance)
	if err != nil {
		return unrecognized(name, fmt.Errorf("%s: %w", path, err))
	}
	if p.Network() != m.SHA256 {
		return fmt.Errorf("people: those of %s were shown to another network (SHA-256 %.12s…, and this is %.12s…), whose embeddings say nothing here: "+
			"name that as file, or teach them anew: `inceptiond teach new NAME --base %s`", name, p.Network(), m.SHA256, m.Name)
	}
	m.People = p
	if _, err := task.New(m.Engine.Outputs(), m.Task()); err != nil {
		return unrecognized(name, err)
	}
	return nil
}

// Knows tells whether the people that embeddings may show are those of a name.
func (o *Options) Knows(name string) bool { return o.People != "" && peopleName(o.People) == name }

// peopleName is what people are taught as, in whose folder a version is.
func peopleName(version string) string { return filepath.Base(filepath.Dir(version)) }

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// unrecognized is err, about people, with what to do.
func unrecognized(name string, err error) error {
	return fmt.Errorf("the people of %s cannot be used: %w: `inceptiond teach train %s` makes them anew", name, err, name)
}

// people is so many, for people: "1 person".
func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}
