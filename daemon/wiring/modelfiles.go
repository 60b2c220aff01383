package wiring

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/infer/catalogue"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/learn/store"
)

const (
	maxModelFiles = 100   // that are listed
	maxEntries    = 10000 // of a folder, that are looked at
	modelSuffix   = ".tflite"
)

// ModelFiles are files that models.NAME.file may be set to: what is built in, what has been fetched, what was taught, and what lies
// in the folders of the config file and of its models. It looks into no other folder, and takes no links there.
func (f *File) ModelFiles() []string {
	list := []string{engines.Demo}
	for _, m := range catalogue.All() {
		_, err := m.Pulled()
		_, labels := m.PulledLabels()
		if err == nil && labels == nil {
			list = append(list, catalogue.Prefix+m.Name)
		}
	}
	kept, _ := catalogue.AllKept() // those that can be seen
	for _, k := range kept {
		if k.Model {
			list = append(list, catalogue.HashPrefix+k.SHA256)
		}
	}
	list = append(list, f.taught()...)
	for _, folder := range f.modelFolders() {
		list = append(list, modelsIn(folder)...)
	}
	return list[:min(len(list), maxModelFiles)]
}

// taught is what was taught here, and has a version in use.
func (f *File) taught() (list []string) {
	c := config.Default()
	text, _, _ := f.text() // without it, the defaults hold
	if is := config.Sketch(text); is != nil {
		c = *is
	}
	c.Device = cmp.Or(c.Device, hostDevice())
	if dir := c.Teach.Folder; dir != "" && !filepath.IsAbs(dir) {
		c.Teach.Folder = filepath.Join(filepath.Dir(f.path), dir)
	}
	folder := teachFolder(&c)
	if folder == "" {
		return nil
	}
	s := store.Open(folder, store.Limits{})
	names, _ := s.Names() // none, if it cannot be read
	for _, name := range names {
		if n, err := s.Name(name); err == nil {
			if _, inUse := n.Current(); inUse {
				list = append(list, config.TaughtPrefix+name)
			}
		}
	}
	return list
}

// modelFolders are the folders of the config file and of its models, each once, by absolute paths.
func (f *File) modelFolders() []string {
	if f.path == "" {
		return nil
	}
	own, err := filepath.Abs(filepath.Dir(f.path))
	if err != nil {
		return nil
	}
	folders := map[string]bool{}
	text, _, _ := f.text() // without it, there is the folder still
	if c := config.Sketch(text); c != nil {
		for _, m := range c.Models {
			switch {
			case !strings.HasSuffix(m.File, modelSuffix):
			case filepath.IsAbs(m.File):
				folders[filepath.Dir(m.File)] = true
			default:
				folders[filepath.Dir(filepath.Join(own, m.File))] = true
			}
		}
	}
	delete(folders, own)
	return append([]string{own}, slices.Sorted(maps.Keys(folders))...)
}

// modelsIn are the models in a folder, in the order of their names; none if it cannot be read.
func modelsIn(folder string) (list []string) {
	if info, err := os.Stat(folder); err != nil || !info.IsDir() { // to open a pipe would wait
		return nil
	}
	dir, err := os.Open(folder)
	if err != nil {
		return nil
	}
	defer dir.Close()
	entries, _ := dir.ReadDir(maxEntries) // what could be read
	for _, e := range entries {
		if e.Type().IsRegular() && utf8.ValidString(e.Name()) && strings.HasSuffix(e.Name(), modelSuffix) {
			list = append(list, filepath.Join(folder, e.Name()))
		}
	}
	slices.Sort(list)
	return list
}
