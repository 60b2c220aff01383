package wiring

import (
	"path/filepath"
	"strings"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/infer/catalogue"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/internal/regular"
)

// Hashes are the SHA-256 of files that the config file at path names by them, in its models, in the text that the page would take
// back, and in what was taught here; state is where these are kept that the file has no place for, and empty for the usual place. With an
// error nobody knows which they are.
func Hashes(path, state string) (map[string]bool, error) {
	c, err := Load(path, Flags{})
	if err != nil {
		return nil, err
	}
	if c.Teach.Folder == "" && state != "" {
		c.Teach.Folder = filepath.Join(state, "teach")
	}
	used := map[string]bool{}
	use := func(file string) {
		if sum, ok := strings.CutPrefix(file, catalogue.HashPrefix); ok {
			used[sum] = true
		}
	}
	useAll := func(models map[string]config.Model) {
		for _, m := range models {
			use(m.File)
			use(m.Labels)
			if m.EdgeTPU != nil {
				use(m.EdgeTPU.File)
			}
		}
	}
	useAll(c.Models)
	if is := before(NewFile(path, Flags{}, true), state); is != nil {
		useAll(is.Models)
	}
	bases, err := taughtBases(teachFolder(c))
	for _, file := range bases {
		use(file)
	}
	return used, err
}

// before is what the page would take back of f; nil: nothing. state is that of [Hashes].
func before(f *File, state string) *config.Config {
	text, err := f.Before()
	if state != "" {
		text, err = regular.Read(f.keptIn(state, keptBefore), maxFile)
	}
	if err != nil {
		return nil
	}
	return config.Sketch(text)
}

// taughtBases are the model files that what is in a folder was taught with.
func taughtBases(folder string) (files []string, err error) {
	if folder == "" {
		return nil, nil
	}
	s := store.Open(folder, store.Limits{})
	names, err := s.Names()
	for _, name := range names {
		n, err := s.Name(name)
		if err != nil {
			return nil, err
		}
		if b, none := n.Base(); none == nil { // one that was begun, and is not whole, has none
			files = append(files, b.File)
		}
	}
	return files, err
}
