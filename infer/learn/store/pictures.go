package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Add puts a picture, JPEG or PNG bytes, on a shelf. fresh is false if it is there already, and for the inbox also if it is
// on another shelf. A picture cannot be of two classes, nor both taught and held out: move it instead. The error is ErrFull if
// the name has no room, except that the inbox makes room by removing its oldest.
func (n *Name) Add(shelf Shelf, class string, picture []byte, note Note) (id string, fresh bool, err error) {
	dir, err := shelf.folder(class)
	if err != nil {
		return "", false, err
	}
	ending, err := endingOf(picture)
	if err != nil {
		return "", false, n.fail(err)
	}
	id = idOf(picture)
	h, err := n.lock()
	if err != nil {
		return "", false, n.fail(err)
	}
	defer h.release()
	fresh, err = h.wants(shelf, dir, id)
	if err == nil && fresh {
		err = n.put(h, shelf, dir, id+ending, picture, note)
	}
	return id, fresh && err == nil, n.fail(err)
}

// idOf is the ID of a picture or, its first digits, of a version: the SHA-256 of its bytes.
func idOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// endingOf is what the name of a picture ends in.
func endingOf(picture []byte) (string, error) {
	switch {
	case len(picture) > MaxPicture:
		return "", fmt.Errorf("a picture of %s: want %s at most", size(int64(len(picture))), size(MaxPicture))
	case bytes.HasPrefix(picture, []byte("\xff\xd8\xff")):
		return ".jpg", nil
	case bytes.HasPrefix(picture, []byte("\x89PNG\r\n\x1a\n")):
		return ".png", nil
	}
	return "", errors.New("this is no picture: want the bytes of a JPEG or PNG file")
}

// wants tells whether a picture is new to a folder; the error says where it is that it cannot be new.
func (h *held) wants(shelf Shelf, dir, id string) (bool, error) {
	for _, other := range shelves {
		classes, _, err := h.classes(other)
		if err != nil {
			return false, err
		}
		for _, class := range classes {
			at := path.Join(string(other), class)
			switch {
			case !h.has(path.Join(at, id+".jpg")) && !h.has(path.Join(at, id+".png")):
			case at == dir || shelf == Inbox:
				return false, nil
			case shelf.hasClasses() && other.hasClasses():
				return false, fmt.Errorf("this picture is in %s already: move it, or delete it there", at)
			}
		}
	}
	return true, nil
}

// put writes a picture and its note. The note is first: a picture is never without.
func (n *Name) put(h *held, shelf Shelf, dir, file string, picture []byte, note Note) error {
	if err := h.reach(dir, true); err != nil {
		return err
	}
	if err := n.makeRoom(h, shelf, int64(len(picture))); err != nil {
		return err
	}
	if text := note.text(); text != nil {
		if err := h.place(path.Join(dir, noteName(file[:64])), text); err != nil {
			return err
		}
	}
	err := h.place(path.Join(dir, file), picture)
	if err != nil {
		return errors.Join(err, h.drop(path.Join(dir, noteName(file[:64]))))
	}
	n.added(h.folder, dir, int64(len(picture)))
	return h.sync(dir)
}

// place writes a file under its name, whole or not at all.
func (h *held) place(name string, data []byte) error {
	temporary := path.Join(workFolder, path.Base(name))
	if err := h.drop(temporary); err != nil {
		return err
	}
	if err := h.write(temporary, data); err != nil {
		return err
	}
	return h.Rename(temporary, name)
}

// makeRoom sees to it that there is room for one more picture.
func (n *Name) makeRoom(h *held, shelf Shelf, bytes int64) error {
	used, err := n.used(h.folder)
	if err != nil {
		return err
	}
	free := n.store.limits.MaxBytes - used - bytes
	if shelf == Inbox {
		freed, err := n.trimInbox(h, -free)
		if err != nil {
			return err
		}
		free += freed
	}
	if free < 0 {
		return fmt.Errorf("%w: %s of %s are used: delete some, or allow more (teach.max_bytes)", ErrFull, size(used), size(n.store.limits.MaxBytes))
	}
	return nil
}

// trimInbox removes the oldest pictures of the inbox until there is a place for one more, and as many bytes are free as are
// wanted.
func (n *Name) trimInbox(h *held, want int64) (freed int64, err error) {
	inbox, _, err := n.scan(h.folder, Inbox)
	if err != nil {
		return 0, err
	}
	gone := 0
	for gone < len(inbox) && (len(inbox)-gone >= n.store.limits.MaxPictures || freed < want) {
		freed += inbox[gone].Bytes
		gone++
	}
	if gone == 0 {
		return 0, nil
	}
	if err := h.discardAll(inbox[:gone]); err != nil {
		return 0, err
	}
	_, _, err = n.scan(h.folder, Inbox) // what is left is known then
	return freed, err
}

// discard removes a picture and its note.
func (h *held) discard(p Picture) error {
	return errors.Join(h.drop(p.File), h.drop(path.Join(path.Dir(p.File), noteName(p.ID))))
}

// List lists a shelf by class and ID, the inbox from the oldest to the newest, and the files that do not count. It reads no
// picture whose name is its ID, others only once.
func (n *Name) List(shelf Shelf) ([]Picture, []Skipped, error) {
	f, err := n.open()
	if err != nil {
		return nil, nil, n.fail(err)
	}
	defer f.Close()
	found, skipped, err := n.scan(f, shelf)
	return found, skipped, n.fail(err)
}

// Find finds a picture on any shelf. The error is ErrNoPicture if there is none.
func (n *Name) Find(id string) (Picture, error) {
	f, err := n.open()
	if err != nil {
		return Picture{}, n.fail(err)
	}
	defer f.Close()
	found, err := n.find(f, id)
	if err != nil {
		return Picture{}, n.fail(err)
	}
	return found[0], nil
}

// find lists where a picture is, at least once.
func (n *Name) find(f folder, ids ...string) (found []Picture, err error) {
	missing := slices.Clone(ids)
	for _, shelf := range shelves {
		list, _, err := n.scan(f, shelf)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			if slices.Contains(ids, p.ID) {
				found = append(found, p)
				missing = slices.DeleteFunc(missing, func(id string) bool { return id == p.ID })
			}
		}
	}
	if len(missing) > 0 {
		return found, fmt.Errorf("%w: %.100q", ErrNoPicture, missing[0])
	}
	return found, nil
}

// Read is the bytes of a picture, whose SHA-256 is sure to be its ID.
func (n *Name) Read(p Picture) ([]byte, error) {
	f, err := n.open()
	if err != nil {
		return nil, n.fail(err)
	}
	defer f.Close()
	data, err := f.read(p.File, MaxPicture)
	if err != nil {
		return nil, n.fail(err)
	}
	if idOf(data) != p.ID {
		return nil, n.fail(fmt.Errorf("%s has other bytes than its name says: give it another name, or delete it", p.File))
	}
	return data, nil
}

// Move moves a picture, with its note, to a shelf and class: then it is there and nowhere else.
func (n *Name) Move(id string, to Shelf, class string) error {
	dir, err := to.folder(class)
	if err != nil {
		return err
	}
	h, err := n.lock()
	if err != nil {
		return n.fail(err)
	}
	defer h.release()
	found, err := n.find(h.folder, id)
	if err == nil {
		err = h.reach(dir, true)
	}
	if err == nil && to == Inbox && path.Dir(found[0].File) != dir {
		_, err = n.trimInbox(h, 0)
	}
	if err == nil {
		err = h.bring(found, dir)
	}
	for err == nil { // a folder may have it under several names
		found, err = n.find(h.folder, id)
		found = slices.DeleteFunc(found, func(p Picture) bool { return path.Dir(p.File) == dir })
		if err != nil || len(found) == 0 {
			break
		}
		err = h.discardAll(found)
	}
	return n.fail(err)
}

// bring brings a picture, of which there are copies, into a folder.
func (h *held) bring(copies []Picture, dir string) error {
	if slices.ContainsFunc(copies, func(p Picture) bool { return path.Dir(p.File) == dir }) {
		return nil
	}
	p := copies[0]
	if text := p.Note.text(); text != nil {
		if err := h.place(path.Join(dir, noteName(p.ID)), text); err != nil {
			return err
		}
	}
	if err := h.Rename(p.File, path.Join(dir, p.ID+strings.ToLower(path.Ext(p.File)))); err != nil {
		return err
	}
	return errors.Join(h.sync(dir), h.discardAll(copies[:1])) // its note, and a folder that is empty now
}

// discardAll removes pictures, and folders that are empty then.
func (h *held) discardAll(pictures []Picture) (err error) {
	dirs := map[string]Shelf{}
	for _, p := range pictures {
		err = errors.Join(err, h.discard(p))
		dirs[path.Dir(p.File)] = p.Shelf
	}
	for dir, shelf := range dirs {
		if shelf.hasClasses() && h.Remove(dir) == nil {
			dir = path.Dir(dir)
		}
		err = errors.Join(err, h.sync(dir))
	}
	return err
}

// Delete deletes pictures, with their notes, wherever they are. The error is ErrNoPicture if one is not there; the
// others are deleted all the same.
func (n *Name) Delete(ids ...string) error {
	h, err := n.lock()
	if err != nil {
		return n.fail(err)
	}
	defer h.release()
	found, missing := n.find(h.folder, ids...)
	for len(found) > 0 { // a folder may have one under several names
		if err := h.discardAll(found); err != nil {
			return n.fail(err)
		}
		found, err = n.find(h.folder, ids...)
		if err != nil && !errors.Is(err, ErrNoPicture) {
			return n.fail(err)
		}
	}
	return n.fail(missing)
}

// sweepNotes removes the notes that somebody who was killed has left without their pictures.
func (n *Name) sweepNotes(h *held) error {
	for _, shelf := range shelves {
		classes, _, err := h.classes(shelf)
		if err != nil {
			return err
		}
		for _, class := range classes {
			if err := n.sweepFolder(h, shelf, class); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *Name) sweepFolder(h *held, shelf Shelf, class string) error {
	dir := path.Join(string(shelf), class)
	list, err := h.list(dir)
	if err != nil {
		return err
	}
	found, _, err := n.scanFolder(h.folder, shelf, class)
	if err != nil {
		return err
	}
	for _, e := range list {
		id, _ := strings.CutSuffix(e.Name(), ".json")
		if isNote(e.Name()) && !slices.ContainsFunc(found, func(p Picture) bool { return p.ID == id }) {
			if err := h.drop(path.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
