package store

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// forgetLink leads to no file: its text is the class that is being forgotten.
const forgetLink = ".forget"

// Forgotten is what [Name.Forget] has removed.
type Forgotten struct {
	Pictures, Held, Inbox int      // pictures
	Versions              []string // their IDs
	Current, Previous     bool     // the version in use was among them; the one before
}

// Forget removes a class: its pictures, those held out, those in the inbox that are labelled with it, what notes of other
// pictures say of it, and all versions that have learned it, the current one too: then none is in use. Once begun it is
// done, by whoever opens the name next if this process is killed. The error is ErrNoClass if there is nothing of that class.
func (n *Name) Forget(class string) (Forgotten, error) {
	if err := CheckClass(class); err != nil {
		return Forgotten{}, err
	}
	h, err := n.lock()
	if err != nil {
		return Forgotten{}, n.fail(err)
	}
	defer h.release()
	f, err := n.forgets(h, class)
	if err != nil {
		return Forgotten{}, n.fail(err)
	}
	if err := errors.Join(h.link(class, forgetLink), h.sync(".")); err != nil {
		return Forgotten{}, n.fail(err)
	}
	return f, n.fail(n.forget(h, class))
}

// forgets finds what is to be removed.
func (n *Name) forgets(h *held, class string) (f Forgotten, err error) {
	there := false
	for _, shelf := range []Shelf{Pictures, Held} {
		dir := path.Join(string(shelf), class)
		if !h.has(dir) {
			continue
		}
		there = true
		if h.reach(dir, false) != nil { // a link, say: it goes as well
			continue
		}
		list, _, err := n.scanFolder(h.folder, shelf, class)
		if err != nil {
			return f, err
		}
		*map[Shelf]*int{Pictures: &f.Pictures, Held: &f.Held}[shelf] = len(list)
	}
	inbox, err := n.labelled(h, class)
	if err != nil {
		return f, err
	}
	f.Inbox = len(inbox)
	if f.Versions, err = h.versionsOf(class); err != nil {
		return f, err
	}
	is := h.links()
	f.Current, f.Previous = slices.Contains(f.Versions, is.current), slices.Contains(f.Versions, is.previous)
	if !there && f.Inbox == 0 && len(f.Versions) == 0 {
		return f, ErrNoClass
	}
	return f, nil
}

// labelled lists what the inbox has of a class.
func (n *Name) labelled(h *held, class string) ([]Picture, error) {
	list, _, err := n.scan(h.folder, Inbox)
	return slices.DeleteFunc(list, func(p Picture) bool { return p.Note.Label != class }), err
}

// versionsOf lists the versions that have learned a class, whole or not. One that does not say what it has learned may have.
func (h *held) versionsOf(class string) (ids []string, err error) {
	err = h.reach(versionsFolder, false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	list, err := h.list(versionsFolder)
	for _, e := range list {
		if !e.IsDir() {
			continue
		}
		classes := h.learned(e.Name())
		if len(classes) == 0 || slices.Contains(classes, class) {
			ids = append(ids, e.Name())
		}
	}
	return ids, err
}

// learned lists the classes of a version, from its report and its labels.
func (h *held) learned(id string) (classes []string) {
	if h.reach(versionPath(id), false) != nil {
		return nil
	}
	if report, err := h.read(versionPath(id, ReportFile), MaxVersion); err == nil {
		classes, _ = classesOf(report)
	}
	if labels, err := h.read(versionPath(id, LabelsFile), MaxVersion); err == nil {
		classes = append(classes, strings.Fields(string(labels))...)
	}
	return classes
}

// forget removes it all, and then the word that it is to be done. Done twice it is no error.
func (n *Name) forget(h *held, class string) error {
	versions, err := h.versionsOf(class)
	if err != nil {
		return err
	}
	is := h.links()
	for name, id := range map[string]string{currentLink: is.current, previousLink: is.previous} {
		if slices.Contains(versions, id) || id != "" && !h.has(versionPath(id)) {
			err = errors.Join(err, h.drop(name))
		}
	}
	for _, id := range versions {
		err = errors.Join(err, h.removeVersion(id))
	}
	for _, shelf := range []Shelf{Pictures, Held} {
		err = errors.Join(err, h.RemoveAll(path.Join(string(shelf), class)), h.syncShelf(shelf))
	}
	for err == nil { // it may have one under several names
		var inbox []Picture
		if inbox, err = n.labelled(h, class); len(inbox) == 0 {
			break
		}
		err = errors.Join(err, h.discardAll(inbox))
	}
	if err == nil {
		err = n.unlabel(h, class)
	}
	if err != nil {
		return err
	}
	return errors.Join(h.drop(forgetLink), h.sync("."))
}

// unlabel has no note say that a model took a picture for one of a class.
func (n *Name) unlabel(h *held, class string) error {
	for _, shelf := range shelves {
		list, _, err := n.scan(h.folder, shelf)
		if err != nil {
			return err
		}
		for _, p := range list {
			if p.Note.Label != class {
				continue
			}
			p.Note.Label, p.Note.Score = "", 0
			file := path.Join(path.Dir(p.File), noteName(p.ID))
			if text := p.Note.text(); text != nil {
				err = errors.Join(err, h.place(file, text))
			} else {
				err = errors.Join(err, h.drop(file))
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (h *held) syncShelf(shelf Shelf) error {
	if err := h.sync(string(shelf)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// redoForget does what Forget of somebody who was killed had begun.
func (n *Name) redoForget(h *held) error {
	class, err := h.Readlink(forgetLink)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || CheckClass(class) != nil { // not ours
		return h.drop(forgetLink)
	}
	return n.forget(h, class)
}

// Remove removes the name with all that it has.
func (n *Name) Remove() error {
	h, err := n.lock()
	if err != nil {
		return n.fail(err)
	}
	defer h.close()
	above, err := n.store.open()
	if err != nil {
		return n.fail(err)
	}
	defer above.Close()
	gone := removingName()
	if err := above.Rename(n.name, gone); err != nil {
		return n.fail(err)
	}
	n.store.dropCache(n.name)
	return n.fail(errors.Join(above.sync("."), above.RemoveAll(gone)))
}
