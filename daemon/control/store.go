package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
)

// Store is what commands have changed, on the disk: it outlives the daemon, and a `kill -9` right after the answer. A
// change holds against the config's value of that moment: once the config says another, the config wins.
//
// It is not for concurrent use, but for Written.
type Store struct {
	path    string // empty: there is no disk
	cameras map[string]map[Kind]change
	kept    bool // all of it is on the disk
	dropped bool // the disk has what is noted no more
	written atomic.Int64
}

// change is what a command made of a setting.
type change struct {
	Value  string `json:"value"`
	Config string `json:"config,omitempty"` // what the config said then; empty: it has no key for it
}

// stored is the file.
type stored struct {
	Schema  int                        `json:"schema"`
	Cameras map[string]map[Kind]change `json:"cameras"`
}

const (
	storeSchema = 1
	maxStore    = 1 << 20 // bytes of a file that could be ours
)

// OpenStore reads the file at path; empty: what is changed is forgotten at the end. An error says that the file could not
// be used, and what became of it; the store is usable all the same, and empty.
func OpenStore(path string) (*Store, error) {
	s := &Store{path: path, cameras: map[string]map[Kind]change{}, kept: path != ""}
	if path == "" {
		return s, nil
	}
	err := s.read()
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	s.cameras = map[string]map[Kind]change{}
	aside := path + ".unreadable"
	if moved := os.Rename(path, aside); moved != nil {
		return s, fmt.Errorf("settings: %w; it stays there: %w", err, moved)
	}
	return s, fmt.Errorf("settings: %w; it is now %s, and all settings are as the config says", err, aside)
}

func (s *Store) read() error {
	is, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	if !is.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file", s.path)
	}
	f, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxStore+1))
	if err != nil {
		return err
	}
	cameras, err := parseStore(text)
	if err != nil {
		return fmt.Errorf("%s: %w", s.path, err)
	}
	s.cameras = cameras
	return nil
}

// parseStore reads the file's text. What it does not know of a good file, as one of a later version may have, it leaves out.
func parseStore(text []byte) (map[string]map[Kind]change, error) {
	if len(text) > maxStore {
		return nil, fmt.Errorf("more than %d bytes", maxStore)
	}
	var file stored
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	if file.Schema != storeSchema {
		return nil, fmt.Errorf("schema %d (want %d)", file.Schema, storeSchema)
	}
	cameras := map[string]map[Kind]change{}
	for name, changes := range file.Cameras {
		for kind, c := range changes {
			rule, ok := RuleOf(kind)
			if !ok || !rule.Kept {
				continue
			}
			value, err := rule.Parse(c.Value)
			if err != nil {
				return nil, fmt.Errorf("camera %q: %s: %w", name, kind, err)
			}
			if cameras[name] == nil {
				cameras[name] = map[Kind]change{}
			}
			cameras[name][kind] = change{value, c.Config}
		}
	}
	return cameras, nil
}

// Value is what a setting of a camera was changed to, if it was and config, what the config says of it now, is what it was
// then; empty: it has no key for it. A change that the config has overtaken is dropped.
func (s *Store) Value(camera string, k Kind, config string) (string, bool) {
	c, ok := s.cameras[camera][k]
	if ok && c.Config != config {
		s.drop(camera, k)
		return "", false
	}
	return c.Value, ok
}

// Set notes that a setting of a camera has a value now, while the config says config; the same again is nothing to note.
// What is as the config says needs no note. The error says why it could not be written: then it is noted all the same.
func (s *Store) Set(camera string, k Kind, value, config string) error {
	if value == config {
		s.drop(camera, k)
	} else {
		if s.cameras[camera] == nil {
			s.cameras[camera] = map[Kind]change{}
		}
		s.cameras[camera][k] = change{value, config}
	}
	return s.Write()
}

func (s *Store) drop(camera string, k Kind) {
	if _, ok := s.cameras[camera][k]; ok {
		s.dropped = true
	}
	delete(s.cameras[camera], k)
	if len(s.cameras[camera]) == 0 {
		delete(s.cameras, camera)
	}
}

// Keep drops what is noted of other cameras than these, and writes if that or Value has dropped anything: else it would be
// back after a restart, once the config says again what it said.
func (s *Store) Keep(cameras []string) error {
	before := len(s.cameras)
	maps.DeleteFunc(s.cameras, func(name string, _ map[Kind]change) bool { return !slices.Contains(cameras, name) })
	if s.dropped || len(s.cameras) != before {
		return s.Write()
	}
	return nil
}

// Kept tells whether what is noted survives a restart.
func (s *Store) Kept() bool { return s.kept }

// Written is how many bytes were written.
func (s *Store) Written() int64 { return s.written.Load() }

// Write writes what is noted, whole or not at all: a new file takes the place of the old one when it is on the disk.
func (s *Store) Write() error {
	if s.path == "" {
		return nil
	}
	text, err := json.MarshalIndent(stored{storeSchema, s.cameras}, "", " ")
	if err == nil {
		err = s.replace(append(text, '\n'))
	}
	s.kept = err == nil
	s.dropped = s.dropped && err != nil
	return err
}

func (s *Store) replace(text []byte) error {
	dir := filepath.Dir(s.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(s.path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	n, err := f.Write(text)
	s.written.Add(int64(n))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), s.path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close()) // the name too
}
