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
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/inceptiond/inceptiond/internal/order"
)

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
		order.Stable(found, func(a, b Picture) int { return a.Added.Compare(b.Added) })
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
	order.Sort(found, func(a, b Picture) int { return cmp.Compare(a.ID, b.ID) })
	return found, skipped, nil
}

// scanner looks at the files of a folder of pictures.
type scanner struct {
	folder   folder
	old, new shelved
}

// examine makes a picture of a file, or says why it is none. What it is of, and its ID, is not looked at.
func (f folder) examine(name string) (p Picture, is stamp, reason string) {
	info, err := f.Lstat(name)
	switch {
	case err != nil:
		return p, is, "cannot be looked at: " + cause(err)
	case !info.Mode().IsRegular():
		return p, is, "is " + kindOf(info.Mode())
	case strings.HasPrefix(path.Base(name), "."):
		return p, is, "is hidden: its name begins with a dot"
	case !isPicture(name):
		return p, is, "is no picture: want a name that ends in .jpg, .jpeg or .png"
	case info.Size() == 0:
		return p, is, "is empty"
	case info.Size() > MaxPicture:
		return p, is, fmt.Sprintf("has more than %s", size(MaxPicture))
	}
	return Picture{Bytes: info.Size(), Added: info.ModTime()}, stampOf(info), ""
}

// look makes a picture of a file, or says why it is none.
func (s *scanner) look(name string) (p Picture, reason string) {
	p, is, reason := s.folder.examine(name)
	if reason != "" {
		return p, reason
	}
	s.new.bytes += p.Bytes
	if id, _, ok := strings.Cut(name, "."); ok && isID(id) { // Read holds it to that
		p.ID = id
		return p, ""
	}
	k := known[string]{stamp: is}
	if old := s.old.ids[name]; old.stamp == is {
		k.value = old.value
	} else {
		var err error
		if k.value, err = s.folder.hash(name); err != nil {
			return p, "cannot be read: " + cause(err)
		}
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
	places, err := f.places()
	if err != nil {
		return 0, err
	}
	for _, at := range places {
		info, err := f.Lstat(at.dir)
		if err != nil {
			return 0, err
		}
		if n.cache.get(at.dir).stamp != stampOf(info) {
			if _, _, err := n.scanFolder(f, at.shelf, at.class); err != nil {
				return 0, err
			}
		}
		bytes += n.cache.get(at.dir).bytes
	}
	return bytes, nil
}

// added notes that the holder of the lock has put a picture into a folder, whose pictures have so many bytes now.
func (n *Name) added(f folder, dir string, bytes int64) {
	info, err := f.Lstat(dir)
	if err != nil {
		return
	}
	n.cache.mu.Lock()
	defer n.cache.mu.Unlock()
	s := n.cache.folders[dir]
	s.stamp, s.bytes = stampOf(info), bytes
	n.cache.folders[dir] = s
}
