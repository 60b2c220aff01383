package store

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// The links in the folder of a name.
const (
	currentLink  = "current"  // to the version in use
	previousLink = "previous" // to the one before
	nextLink     = ".next"    // to no file: its text says where the other two shall lead
)

// versionsFolder has a folder for each version.
const versionsFolder = "versions"

// inUse is where the two links lead: IDs of versions; empty: nowhere.
type inUse struct{ current, previous string }

// links reads where the links lead. What is no link of ours leads nowhere.
func (f folder) links() inUse {
	read := func(name string) string {
		to, err := f.Readlink(name)
		id, ok := strings.CutPrefix(to, versionsFolder+"/")
		if err != nil || !ok || !isVersion(id) {
			return ""
		}
		return id
	}
	return inUse{read(currentLink), read(previousLink)}
}

// setLinks changes both links as if it were one change. No system call does that, so what they shall be is first said by a
// third link, nextLink, whose coming into being is the change: until then all is as it was, and from then on whoever opens the
// name next does the rest, if this process is killed. In between current may be the new one while previous is not yet; each of
// them is whole at any time. What may fail for want of room is done before.
func (h *held) setLinks(to inUse) error {
	for _, name := range []string{currentLink, previousLink} {
		if is, err := h.Lstat(name); err == nil && is.Mode()&fs.ModeSymlink == 0 {
			return fmt.Errorf("%s is %s (want a link): remove it", name, kindOf(is.Mode()))
		}
	}
	temporary := path.Join(workFolder, nextLink)
	err := h.drop(temporary)
	if err == nil {
		err = h.link(to.text(), temporary)
	}
	if err == nil {
		err = h.prepare(to)
	}
	if err == nil {
		err = h.Rename(temporary, nextLink)
	}
	if err == nil {
		err = h.sync(".")
	}
	if err != nil {
		return err
	}
	return h.apply(to)
}

// prepare makes the two links in the work folder.
func (h *held) prepare(to inUse) error {
	for name, id := range map[string]string{currentLink: to.current, previousLink: to.previous} {
		temporary := path.Join(workFolder, name)
		if err := h.drop(temporary); err != nil {
			return err
		}
		if id == "" {
			continue
		}
		if err := h.link(path.Join(versionsFolder, id), temporary); err != nil {
			return err
		}
	}
	return nil
}

// apply gives the two links their places, and then there is no more to do.
func (h *held) apply(to inUse) error {
	for _, l := range []struct{ name, id string }{{currentLink, to.current}, {previousLink, to.previous}} {
		var err error
		if l.id == "" {
			err = h.drop(l.name)
		} else {
			err = h.Rename(path.Join(workFolder, l.name), l.name)
		}
		if err != nil {
			return err
		}
	}
	return errors.Join(h.sync("."), h.drop(nextLink))
}

// redoLinks does what setLinks of somebody who was killed had decided.
func (h *held) redoLinks() error {
	text, err := h.Readlink(nextLink)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	to, ok := parseInUse(text)
	if err != nil || !ok || to.current != "" && !h.whole(to.current) { // not ours, or the version was deleted by hand
		return h.drop(nextLink)
	}
	if err := h.prepare(to); err != nil {
		return err
	}
	return h.apply(to)
}

// text is what nextLink says.
func (u inUse) text() string { return u.current + "," + u.previous }

func parseInUse(text string) (inUse, bool) {
	current, previous, ok := strings.Cut(text, ",")
	ok = ok && (current == "" || isVersion(current)) && (previous == "" || isVersion(previous))
	return inUse{current, previous}, ok
}

// isVersion tells whether a text is the ID of a version.
func isVersion(id string) bool { return len(id) == versionID && isHex(id) }
