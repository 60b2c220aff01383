package store

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
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

// cache is what is known of the files of a name, so that they need not be read again.
type cache struct {
	mu      sync.Mutex
	folders map[string]shelved // by path below the name's folder
}

// shelved is what is known of a folder of pictures.
type shelved struct {
	stamp stamp // the folder's own, when its bytes were counted
	bytes int64 // of all its pictures
	ids   map[string]known[string]
	notes map[string]known[Note]
}

// known is what a file said when it had this stamp.
type known[T any] struct {
	stamp stamp
	value T
}

// stamp tells one state of a file from another, as far as can be told without reading it.
type stamp struct {
	time  time.Time
	size  int64
	inode uint64
}

func stampOf(info fs.FileInfo) stamp {
	s := stamp{time: info.ModTime(), size: info.Size()}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		s.inode = uint64(sys.Ino)
	}
	return s
}

func (c *cache) get(dir string) shelved {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.folders[dir]
}

func (c *cache) set(dir string, s shelved) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.folders[dir] = s
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

// scan lists a shelf.
func (n *Name) scan(f folder, shelf Shelf) (found []Picture, skipped []Skipped, err error) {
	classes, skipped, err := f.classes(shelf)
	if err != nil {
		return nil, nil, err
	}
	for _, class := range classes {
		p, s, err := n.scanFolder(f, shelf, class)
		if err != nil {
			return nil, nil, err
		}
		found, skipped = append(found, p...), append(skipped, s...)
	}
	if shelf == Inbox {
		slices.SortStableFunc(found, func(a, b Picture) int { return a.Added.Compare(b.Added) })
	}
	return found, skipped, nil
}

// scanFolder lists a folder of pictures, by ID.
func (n *Name) scanFolder(f folder, shelf Shelf, class string) (found []Picture, skipped []Skipped, err error) {
	dir := path.Join(string(shelf), class)
	root, err := f.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	d := folder{root, f.uid, f.gid}
	defer d.Close()
	self, err := d.Stat(".")
	if err != nil {
		return nil, nil, err
	}
	list, err := d.list(".")
	if err != nil {
		return nil, nil, err
	}
	s := scanner{folder: d, old: n.cache.get(dir), new: shelved{stampOf(self), 0, map[string]known[string]{}, map[string]known[Note]{}}}
	first := map[string]string{} // file of an ID
	for _, e := range list {
		name := e.Name()
		if isNote(name) {
			continue
		}
		p, reason := s.look(name)
		p.Shelf, p.Class, p.File = shelf, class, path.Join(dir, name)
		if other := first[p.ID]; reason == "" && other != "" {
			reason = "has the same bytes as " + other
		}
		if reason != "" {
			skipped = append(skipped, Skipped{p.File, reason})
			continue
		}
		first[p.ID] = p.File
		found = append(found, p)
	}
	s.readNotes(found, list)
	n.cache.set(dir, s.new)
	slices.SortFunc(found, func(a, b Picture) int { return cmp.Compare(a.ID, b.ID) })
	return found, skipped, nil
}

// scanner looks at the files of a folder of pictures.
type scanner struct {
	folder   folder
	old, new shelved
}

// look makes a picture of a file, or says why it is none.
func (s *scanner) look(name string) (p Picture, reason string) {
	info, err := s.folder.Lstat(name)
	switch {
	case err != nil:
		return p, "cannot be looked at: " + cause(err)
	case !info.Mode().IsRegular():
		return p, "is " + kindOf(info.Mode())
	case strings.HasPrefix(name, "."):
		return p, "is hidden: its name begins with a dot"
	case !isPicture(name):
		return p, "is no picture: want a name that ends in .jpg, .jpeg or .png"
	case info.Size() == 0:
		return p, "is empty"
	case info.Size() > MaxPicture:
		return p, fmt.Sprintf("has more than %s", size(MaxPicture))
	}
	p = Picture{Bytes: info.Size(), Added: info.ModTime()}
	s.new.bytes += p.Bytes
	if id, _, ok := strings.Cut(name, "."); ok && isID(id) { // Read holds it to that
		p.ID = id
		return p, ""
	}
	k := known[string]{stamp: stampOf(info)}
	if old := s.old.ids[name]; old.stamp == k.stamp {
		k.value = old.value
	} else if k.value, err = s.folder.hash(name); err != nil {
		return p, "cannot be read: " + cause(err)
	}
	s.new.ids[name], p.ID = k, k.value
	return p, ""
}

// readNotes gives pictures the notes that there are.
func (s *scanner) readNotes(pictures []Picture, list []fs.DirEntry) {
	there := map[string]bool{}
	for _, e := range list {
		there[e.Name()] = true
	}
	for i := range pictures {
		p := &pictures[i]
		name := noteName(p.ID)
		if !there[name] {
			continue
		}
		info, err := s.folder.Lstat(name)
		if err != nil {
			continue
		}
		k := known[Note]{stamp: stampOf(info)}
		if old, ok := s.old.notes[name]; ok && old.stamp == k.stamp {
			k = old
		} else if text, err := s.folder.read(name, maxNote); err == nil {
			k.value = parseNote(text)
		}
		s.new.notes[name], p.Note = k, k.value
	}
}

// hash is the SHA-256 of a picture's bytes.
func (f folder) hash(name string) (string, error) {
	file, err := f.open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if n, err := io.Copy(h, io.LimitReader(file, MaxPicture+1)); err != nil || n > MaxPicture {
		return "", cmp.Or(err, errors.New("it grows"))
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// used is how many bytes all pictures of a name have. Folders that have not changed since they were counted are not counted anew.
func (n *Name) used(f folder) (bytes int64, err error) {
	for _, shelf := range shelves {
		classes, _, err := f.classes(shelf)
		if err != nil {
			return 0, err
		}
		for _, class := range classes {
			dir := path.Join(string(shelf), class)
			info, err := f.Lstat(dir)
			if err != nil {
				return 0, err
			}
			known := n.cache.get(dir)
			if known.stamp != stampOf(info) {
				if _, _, err := n.scanFolder(f, shelf, class); err != nil {
					return 0, err
				}
				known = n.cache.get(dir)
			}
			bytes += known.bytes
		}
	}
	return bytes, nil
}

// added notes that the holder of the lock has put a picture into a folder, which was as the cache says before.
func (n *Name) added(f folder, dir string, bytes int64) {
	info, err := f.Lstat(dir)
	if err != nil {
		return
	}
	n.cache.mu.Lock()
	defer n.cache.mu.Unlock()
	s := n.cache.folders[dir]
	s.stamp, s.bytes = stampOf(info), s.bytes+bytes
	n.cache.folders[dir] = s
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
