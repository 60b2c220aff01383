package store

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// Bounds of a tar. Its pictures are bounded by Limits.MaxBytes.
const (
	maxEntries = 100_000
	maxEntry   = 512      // bytes of a name
	maxNotes   = 16 << 20 // bytes of all notes
	maxReport  = 16 << 20
)

// Import makes a name of what Export has written. Whatever is wrong with it, an error leaves nothing behind. The report is
// not kept: it is of a version that is not there.
func (s *Store) Import(r io.Reader, name string) (*Name, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	n := s.name(name)
	err := n.build(func(h *held) error {
		i := importer{held: h, free: s.limits.MaxBytes, limit: s.limits.MaxBytes, seen: map[string]bool{}, notes: map[string][]byte{}}
		end := &ending{Reader: r}
		if err := i.unpack(tar.NewReader(end)); err != nil {
			return err
		}
		if end.zeros < 1024 { // what a tar ends with; without it some of its files may be missing
			return errors.New("the tar is cut off")
		}
		return i.finish()
	})
	if err != nil {
		return nil, n.fail(err)
	}
	return n, nil
}

// ending counts the zeros at the end of what was read.
type ending struct {
	io.Reader
	zeros int
}

func (e *ending) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	text := len(bytes.TrimRight(p[:n], "\x00"))
	if text > 0 {
		e.zeros = 0
	}
	e.zeros += n - text
	return n, err
}

// importer fills a folder from a tar.
type importer struct {
	held        *held
	free, limit int64             // bytes of pictures
	seen        map[string]bool   // names in the tar
	notes       map[string][]byte // by file: their pictures may come later
	noteBytes   int
}

func (i *importer) unpack(t *tar.Reader) error {
	for range maxEntries {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("this is no tar of `teach export`, or it is compressed (gunzip it), or damaged: %w", err)
		}
		if err := i.entry(h, t); err != nil {
			return err
		}
	}
	return fmt.Errorf("the tar has more than %d files", maxEntries)
}

// entry takes one file.
func (i *importer) entry(h *tar.Header, r io.Reader) error {
	if len(h.Name) > maxEntry {
		return fmt.Errorf("the tar has a name of %d bytes: want %d at most", len(h.Name), maxEntry)
	}
	name := strings.TrimPrefix(h.Name, "./")
	if h.Typeflag == tar.TypeDir { // a tar of another program has them
		return checkFolder(strings.TrimSuffix(name, "/"))
	}
	if h.Typeflag != tar.TypeReg || isSparse(h) {
		return fmt.Errorf("the tar has %.200q, which is no plain file", h.Name)
	}
	if i.seen[name] {
		return fmt.Errorf("the tar has %.200q twice", h.Name)
	}
	i.seen[name] = true
	switch dir, file := path.Split(name); {
	case name == baseName:
		return i.base(h, r)
	case name == ReportFile:
		_, err := take(h, r, maxReport)
		return err
	case checkFolder(strings.TrimSuffix(dir, "/")) != nil || strings.Count(dir, "/") == 0 || path.Clean(name) != name:
		return fmt.Errorf("the tar has %.200q, which has no place here: want base.json, report.json, pictures/CLASS/…, held/CLASS/… and normal/…", h.Name)
	case strings.HasPrefix(file, "."): // what other systems keep beside a file
		return nil
	case isNote(file):
		return i.note(h, r, name)
	case isPicture(file):
		return i.picture(h, r, path.Clean(dir), file)
	}
	return fmt.Errorf("the tar has %.200q, which is neither a picture (.jpg, .jpeg, .png) nor its note", h.Name)
}

// checkFolder tells whether a tar may have this folder.
func checkFolder(dir string) error {
	shelf, class, deep := strings.Cut(dir, "/")
	switch {
	case dir == "." || dir == "":
		return nil
	case !slices.Contains(exported, Shelf(shelf)), deep && !Shelf(shelf).hasClasses():
		return fmt.Errorf("the tar has the folder %.200q: want pictures, held and normal", dir)
	case deep:
		return CheckClass(class)
	}
	return nil
}

// isSparse tells whether a file's bytes are not all in the tar.
func isSparse(h *tar.Header) bool {
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse") {
			return true
		}
	}
	return false
}

// take reads a file of the tar.
func take(h *tar.Header, r io.Reader, limit int64) ([]byte, error) {
	if h.Size > limit {
		return nil, fmt.Errorf("the tar has %.200q of %s: want %s at most", h.Name, size(h.Size), size(limit))
	}
	data, err := io.ReadAll(io.LimitReader(r, limit))
	if err == nil && int64(len(data)) != h.Size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("the tar is damaged: %.200q: %w", h.Name, err)
	}
	return data, nil
}

func (i *importer) base(h *tar.Header, r io.Reader) error {
	text, err := take(h, r, maxBase)
	if err != nil {
		return err
	}
	if _, err := parseBase(text); err != nil {
		return err
	}
	return i.held.write(baseName, text)
}

// note keeps a note until all pictures are there.
func (i *importer) note(h *tar.Header, r io.Reader, name string) error {
	text, err := take(h, r, maxNote)
	if err != nil {
		return err
	}
	i.notes[name] = parseNote(text).text()
	if i.noteBytes += len(i.notes[name]); i.noteBytes > maxNotes {
		return fmt.Errorf("the notes in the tar have more than %s", size(maxNotes))
	}
	return nil
}

// picture writes a picture under its ID. The same bytes under two names of a class are one picture.
func (i *importer) picture(h *tar.Header, r io.Reader, dir, file string) error {
	if (strings.Count(dir, "/") == 1) != Shelf(strings.Split(dir, "/")[0]).hasClasses() {
		return fmt.Errorf("the tar has %.200q: a picture lies in a folder of its class", h.Name)
	}
	data, err := take(h, r, MaxPicture)
	if err != nil {
		return err
	}
	ending, err := endingOf(data)
	if err != nil {
		return fmt.Errorf("%.200q: %w", h.Name, err)
	}
	id := idOf(data)
	if stem, _, _ := strings.Cut(file, "."); isID(stem) && stem != id {
		return fmt.Errorf("the tar is damaged: %.200q has other bytes than its name says", h.Name)
	}
	at := path.Join(dir, id+ending)
	if i.held.has(at) {
		return nil
	}
	if i.free -= int64(len(data)); i.free < 0 {
		return fmt.Errorf("%w: the tar has more than %s: allow more (teach.max_bytes)", ErrFull, size(i.limit))
	}
	if err := i.held.reach(dir, true); err != nil {
		return err
	}
	return i.held.write(at, data)
}

// finish writes the notes of the pictures that there are, and has all of it on the disk.
func (i *importer) finish() error {
	if !i.held.has(baseName) {
		return fmt.Errorf("this is no tar of `teach export`: it has no %s", baseName)
	}
	for name, note := range i.notes {
		stem := strings.TrimSuffix(name, ".json")
		if note == nil || !i.held.has(stem+".jpg") && !i.held.has(stem+".png") {
			continue
		}
		if err := i.held.write(name, note); err != nil {
			return err
		}
	}
	return i.syncFolders()
}

func (i *importer) syncFolders() error {
	places, err := i.held.places()
	for _, at := range places {
		err = errors.Join(err, i.held.sync(at.dir))
	}
	for _, shelf := range exported {
		err = errors.Join(err, i.held.syncShelf(shelf))
	}
	return err
}
