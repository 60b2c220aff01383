// Package store keeps what was taught: for each name a folder with pictures, those held out, those of the normal state,
// those that wait for a label, and the versions that were trained of them.
//
// The folders are the truth: whatever program or person puts a picture into one, it counts. What is written is whole or
// not there, whenever the power fails; see [Name.Use] for the one change that takes two steps. Several processes may use
// a store at once, and several goroutines a Store or a Name: what changes a name waits for its lock, for a while, and what reads needs none.
package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Usual limits, and how large one thing may be.
const (
	UsualMaxPictures = 200       // of an inbox
	UsualMaxBytes    = 256 << 20 // of the pictures of a name

	MaxPicture  = 16 << 20 // bytes of one picture
	MaxVersion  = 64 << 20 // bytes of all files of a version
	MaxVersions = 5        // of a name

	// lockTime is how long a change waits for another one.
	lockTime = 10 * time.Second
)

// Errors to tell apart.
var (
	ErrNone      = errors.New("there is no such taught name")
	ErrExists    = errors.New("there is one already")
	ErrFull      = errors.New("no room for more pictures")
	ErrBusy      = errors.New("another program is changing it")
	ErrNoPicture = errors.New("there is no such picture")
	ErrNoVersion = errors.New("there is no such version")
	ErrGone      = errors.New("a picture that it has learned was deleted meanwhile: train again")
	ErrNoClass   = errors.New("there is nothing of that class")
)

// Limits bound a name. Zero: as usual.
type Limits struct {
	MaxPictures int   // of an inbox: the oldest go
	MaxBytes    int64 // of all pictures of a name
}

// Store is a folder of taught names.
type Store struct {
	path     string
	limits   Limits
	lockTime time.Duration // shorter in tests

	mu     sync.Mutex
	caches map[string]*cache // by name
}

// Open makes a Store of a folder. It touches nothing: the folder is made, with mode 0700, when something is first written.
func Open(folder string, l Limits) *Store {
	if l.MaxPictures <= 0 {
		l.MaxPictures = UsualMaxPictures
	}
	if l.MaxBytes <= 0 {
		l.MaxBytes = UsualMaxBytes
	}
	return &Store{path: filepath.Clean(folder), limits: l, lockTime: lockTime, caches: map[string]*cache{}}
}

// Path is where the version of a name that is in use lies, below the folder of a store: a link.
func Path(folder, name string) string { return filepath.Join(folder, name, currentLink) }

// Names lists the names, in order. There are none if there is no folder.
func (s *Store) Names() ([]string, error) {
	list, err := os.ReadDir(s.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("teach: %w", err)
	}
	var names []string
	for _, e := range list {
		if CheckName(e.Name()) == nil && e.IsDir() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}
