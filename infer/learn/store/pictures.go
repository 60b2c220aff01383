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
	places, err := h.places()
	if err != nil {
		return false, err
	}
	for _, at := range places {
		switch {
		case h.named(at, id) == "":
		case at.dir == dir || shelf == Inbox:
			return false, nil
		case shelf.hasClasses() && at.shelf.hasClasses():
			return false, fmt.Errorf("this picture is in %s already: move it, or delete it there", at.dir)
		}
	}
	return true, nil
}

// named is the file of a picture that is named by its ID, as ours are; empty: there is none.
func (f folder) named(at place, id string) string {
	for _, ending := range []string{".jpg", ".png"} {
		if file := path.Join(at.dir, id+ending); f.has(file) {
			return file
		}
	}
	return ""
}

// put writes a picture and its note. The note is first: a picture is never without.
func (n *Name) put(h *held, shelf Shelf, dir, file string, picture []byte, note Note) error {
	if err := h.reach(dir, true); err != nil {
		return err
	}
	if err := n.makeRoom(h, shelf, int64(len(picture))); err != nil {
		return err
	}
	before := n.cache.get(dir)
	if text := note.text(); text != nil {
		if err := h.place(path.Join(dir, noteName(file[:64])), text); err != nil {
			return err
		}
	}
	err := h.place(path.Join(dir, file), picture)
	if err != nil {
		return errors.Join(err, h.drop(path.Join(dir, noteName(file[:64]))))
	}
	n.added(h.folder, dir, before.bytes+int64(len(picture)))
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
	if err == nil && to == Inbox && !slices.ContainsFunc(found, func(p Picture) bool { return p.Shelf == Inbox }) {
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
	places, err := h.places()
	if err != nil {
		return err
	}
	for _, at := range places {
		list, err := h.list(at.dir)
		if err != nil {
			return err
		}
		found, _, err := n.scanFolder(h.folder, at.shelf, at.class)
		if err != nil {
			return err
		}
		wanted := map[string]bool{}
		for _, p := range found {
			wanted[noteName(p.ID)] = true
		}
		for _, e := range list {
			if isNote(e.Name()) && !wanted[e.Name()] {
				err = errors.Join(err, h.drop(path.Join(at.dir, e.Name())))
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}
