package store

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// Shelf is where a picture of a name lies.
type Shelf string

// The shelves. Pictures and held-out ones have a class, the others none.
const (
	Pictures Shelf = "pictures" // to learn from
	Held     Shelf = "held"     // held out: only to test with
	Normal   Shelf = "normal"   // of the normal state, for what looks different
	Inbox    Shelf = "inbox"    // waiting for a label: the oldest go
)

var shelves = []Shelf{Pictures, Held, Normal, Inbox}

// hasClasses tells whether its pictures lie in a folder for each class.
func (s Shelf) hasClasses() bool { return s == Pictures || s == Held }

// folder is where pictures of a class lie, below the name's folder.
func (s Shelf) folder(class string) (string, error) {
	switch {
	case !slices.Contains(shelves, s):
		return "", fmt.Errorf("teach: no shelf is called %q", s)
	case s.hasClasses():
		return path.Join(string(s), class), CheckClass(class)
	case class != "":
		return "", fmt.Errorf("teach: pictures of the shelf %s have no class", s)
	}
	return string(s), nil
}

// Picture is one in the store.
type Picture struct {
	ID    string // SHA-256 of its bytes, in hex
	Shelf Shelf
	Class string // empty on shelves without classes
	File  string // below the name's folder; may hold any characters, if a person has put it there
	Bytes int64
	Added time.Time // its file was written
	Note  Note
}

// Skipped is a file among the pictures that does not count.
type Skipped struct {
	File   string // below the name's folder; any characters
	Reason string
}

// classes lists the folders of a shelf that are there, by class, and what is there that is none.
func (f folder) classes(shelf Shelf) (classes []string, skipped []Skipped, err error) {
	err = f.reach(string(shelf), false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil || !shelf.hasClasses() {
		return []string{""}, nil, err
	}
	list, err := f.list(string(shelf))
	for _, e := range list {
		reason := ""
		switch err := CheckClass(e.Name()); {
		case !e.IsDir():
			reason = fmt.Sprintf("is %s: a picture lies in a folder of its class", kindOf(e.Type()))
		case err != nil:
			reason = strings.TrimPrefix(err.Error(), "teach: ") + ": rename the folder"
		default:
			classes = append(classes, e.Name())
			continue
		}
		skipped = append(skipped, Skipped{path.Join(string(shelf), e.Name()), reason})
	}
	return classes, skipped, err
}

// place is a folder of pictures.
type place struct {
	shelf      Shelf
	class, dir string // dir: below the name's folder
}

// places lists the folders of pictures that there are on all shelves.
func (f folder) places() (list []place, err error) {
	for _, shelf := range shelves {
		classes, _, err := f.classes(shelf)
		if err != nil {
			return nil, err
		}
		for _, class := range classes {
			list = append(list, place{shelf, class, path.Join(string(shelf), class)})
		}
	}
	return list, nil
}

// isPicture tells whether a file's name is that of a picture.
func isPicture(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".jpg", ".jpeg", ".png":
		return true
	}
	return false
}

func noteName(id string) string { return id + ".json" }

func isNote(name string) bool {
	id, ok := strings.CutSuffix(name, ".json")
	return ok && isID(id)
}

// cause is an error without the path, which is said otherwise.
func cause(err error) string {
	if p := new(fs.PathError); errors.As(err, &p) {
		err = p.Err
	}
	return err.Error()
}

// size is so many bytes, as a person says it.
func size(bytes int64) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%d bytes", bytes)
	}
	return fmt.Sprintf("%.4g MiB", float64(bytes)/(1<<20))
}
