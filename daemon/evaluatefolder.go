package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/inceptiond/inceptiond/capture/files"
	"github.com/inceptiond/inceptiond/infer/evaluate"
	"github.com/inceptiond/inceptiond/internal/regular"
)

// maxPicture is the most bytes of a picture that is read.
const maxPicture = 64 << 20

// listClasses lists the pictures in the folders of dir, each of which is a class, and in the folders below these, by name. What
// begins with a dot or an @ is no class and no picture: file managers and photo stations put such things anywhere.
func listClasses(dir string) (found knownPictures, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return found, err
	}
	loose := 0 // pictures without a class
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path) // a link to a folder is one
		switch {
		case hidden(e.Name()):
		case err == nil && info.IsDir():
			n := len(found.list)
			if found.list, err = listClass(found.list, dir, e.Name()); err != nil {
				return found, err
			}
			if len(found.list) > n {
				found.classes = append(found.classes, e.Name())
			}
		case files.IsPicture(e.Name()):
			loose++
		}
	}
	switch {
	case len(found.list) > 0:
		return found, nil
	case loose > 0:
		return found, &looseError{dir}
	}
	return found, fmt.Errorf("no pictures in the folders of %s: it wants a folder for each class, with JPEG, PNG or BMP files", dir)
}

// looseError is about pictures that are in no folder of a class.
type looseError struct{ dir string }

// Error is [error]'s.
func (e *looseError) Error() string {
	return e.dir + " has pictures, but no folders of them: put those of each class into a folder named as the class"
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "@") }

// listClass appends the pictures in and below the folder of a class.
func listClass(list []evaluate.Picture, dir, class string) ([]evaluate.Picture, error) {
	folder := filepath.Join(dir, class)
	err := fs.WalkDir(os.DirFS(folder), ".", func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			if at := new(fs.PathError); path == "." && errors.As(err, &at) {
				err = at.Err
			}
			return fmt.Errorf("%s: %w", folder, err)
		case path != "." && hidden(e.Name()):
			if e.IsDir() {
				return fs.SkipDir
			}
		case !e.IsDir() && files.IsPicture(e.Name()):
			at := filepath.Join(folder, path)
			list = append(list, evaluate.Picture{
				Name: filepath.Join(class, path), Class: class, Read: func() ([]byte, error) { return regular.Read(at, maxPicture) },
			})
		}
		return nil
	})
	return list, err
}
