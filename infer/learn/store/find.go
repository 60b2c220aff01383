package store

import (
	"fmt"
	"path"
	"slices"
)

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
	if p, ok := f.quick(id); ok {
		return p, nil
	}
	found, err := n.find(f, id)
	if err != nil {
		return Picture{}, n.fail(err)
	}
	return found[0], nil
}

// quick finds a picture whose file is named by its ID without a look at all others.
func (f folder) quick(id string) (Picture, bool) {
	places, err := f.places()
	if err != nil || !isID(id) {
		return Picture{}, false
	}
	for _, at := range places {
		file := f.named(at, id)
		if file == "" {
			continue
		}
		p, _, reason := f.examine(file)
		if reason != "" {
			continue
		}
		p.ID, p.Shelf, p.Class, p.File = id, at.shelf, at.class, file
		if text, err := f.read(path.Join(at.dir, noteName(id)), maxNote); err == nil {
			p.Note = parseNote(text)
		}
		return p, true
	}
	return Picture{}, false
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
