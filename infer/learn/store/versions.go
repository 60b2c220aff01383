package store

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/internal/order"
)

// The files of a version: of classes all but PeopleFile, of people that one, ReportFile and LabelsFile.
const (
	ModelFile      = "model.tflite"
	ReportFile     = "report.json"
	EmbeddingsFile = "embeddings.bin"
	LabelsFile     = "labels.txt"
	PeopleFile     = "people.bin"
)

// versionFiles are the files of each kind of version.
var versionFiles = [][]string{{ModelFile, ReportFile, EmbeddingsFile, LabelsFile}, {PeopleFile, ReportFile, LabelsFile}}

const (
	versionID = 12 // hex digits

	// In the work folder: versions that make room for another of the same ID, and those that go.
	oldPrefix  = "old-"
	gonePrefix = "gone-"
)

// Files are those of a version.
type Files struct {
	Model      []byte // model.tflite
	Report     []byte // report.json
	Embeddings []byte // embeddings.bin
	Labels     []byte // labels.txt
	People     []byte // people.bin, in the place of Model and Embeddings

	Pictures []string // IDs of those that it has learned; they are not written
}

func (v Files) byName() map[string][]byte {
	if v.People != nil {
		return map[string][]byte{PeopleFile: v.People, ReportFile: v.Report, LabelsFile: v.Labels}
	}
	return map[string][]byte{ModelFile: v.Model, ReportFile: v.Report, EmbeddingsFile: v.Embeddings, LabelsFile: v.Labels}
}

// learned is the file that holds what was learned, whose bytes name the version.
func (v Files) learned() []byte {
	if v.People != nil {
		return v.People
	}
	return v.Model
}

// Version is one that was trained.
type Version struct {
	ID   string    // 12 hex digits of the SHA-256 of its model, or of its people
	Path string    // of its folder
	Made time.Time // it was committed
	name *Name
}

// Read is a file of the version, such as ReportFile.
func (v Version) Read(file string) ([]byte, error) {
	f, err := v.name.open()
	if err != nil {
		return nil, v.name.fail(err)
	}
	defer f.Close()
	data, err := f.read(versionPath(v.ID, file), MaxVersion)
	return data, v.name.fail(err)
}

// versionPath is a file of a version, below the name's folder; without one, its folder.
func versionPath(id string, file ...string) string {
	return path.Join(versionsFolder, id, path.Join(file...))
}

// VersionAt is where the version of a model, or of people, with that SHA-256 or ID is, below the folder of its name.
func VersionAt(own, hash string) string {
	return filepath.Join(own, versionPath(hash[:min(len(hash), versionID)]))
}

// Commit keeps a version; it does not use it. The error is ErrGone if a picture that it has learned was deleted meanwhile:
// what is forgotten does not come back in a model. The oldest versions beyond MaxVersions go, but never this one, nor those that
// are or were in use.
func (n *Name) Commit(v Files) (id string, err error) {
	total := 0
	for _, data := range v.byName() {
		total += len(data)
	}
	switch {
	case len(v.learned()) == 0:
		return "", n.fail(errors.New("a version without a model, or people"))
	case !json.Valid(v.Report):
		return "", n.fail(errNoReport)
	case total > MaxVersion:
		return "", n.fail(fmt.Errorf("a version of %s: want %s at most", size(int64(total)), size(MaxVersion)))
	}
	id = idOf(v.learned())[:versionID]
	h, err := n.lock()
	if err != nil {
		return "", n.fail(err)
	}
	defer h.release()
	if err := n.stillThere(h, v.Pictures); err != nil {
		return "", n.fail(err)
	}
	if err := h.commit(id, v); err != nil {
		return "", n.fail(err)
	}
	return id, n.fail(h.prune(id))
}

// stillThere is ErrGone if one of the pictures is not there to learn from any more.
func (n *Name) stillThere(h *held, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	list, _, err := n.scan(h.folder, Pictures)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, p := range list {
		there[p.ID] = true
	}
	for _, id := range ids {
		if !there[id] {
			return fmt.Errorf("%w: %.100q", ErrGone, id)
		}
	}
	return nil
}

// commit writes a version beside its place, and gives it that.
func (h *held) commit(id string, v Files) error {
	if err := h.reach(versionsFolder, true); err != nil {
		return err
	}
	temporary, at := path.Join(workFolder, id), versionPath(id)
	if err := h.make(temporary); err != nil {
		return err
	}
	for name, data := range v.byName() {
		if err := h.write(path.Join(temporary, name), data); err != nil {
			return err
		}
	}
	if err := h.sync(temporary); err != nil {
		return err
	}
	if h.whole(id) && h.same(id, v) { // the same was trained again: only the report is new
		err := h.Rename(path.Join(temporary, ReportFile), versionPath(id, ReportFile))
		return errors.Join(err, h.sync(at))
	}
	if h.has(at) {
		if err := h.Rename(at, path.Join(workFolder, oldPrefix+id)); err != nil {
			return err
		}
	}
	if err := h.Rename(temporary, at); err != nil {
		return err // putBack has the old one back
	}
	return h.sync(versionsFolder)
}

// same tells whether a version has these files, but for the report.
func (h *held) same(id string, v Files) bool {
	for name, data := range v.byName() {
		if name == ReportFile {
			continue
		}
		if is, err := h.read(versionPath(id, name), MaxVersion); err != nil || !bytes.Equal(is, data) {
			return false
		}
	}
	return true
}

// putBack gives a version its place again that was to be exchanged for another, if nothing came there.
func (h *held) putBack() error {
	list, err := h.list(workFolder)
	if err != nil {
		return nil // there is none
	}
	for _, e := range list {
		id, ok := strings.CutPrefix(e.Name(), oldPrefix)
		if !ok || !isVersion(id) || h.has(versionPath(id)) {
			continue
		}
		if err := h.Rename(path.Join(workFolder, e.Name()), versionPath(id)); err != nil {
			return err
		}
	}
	return nil
}

// prune removes the oldest versions beyond MaxVersions, but not those that are wanted.
func (h *held) prune(keep string) error {
	list, err := h.versions()
	if err != nil {
		return err
	}
	used := h.links()
	for left := len(list); left > MaxVersions; left-- {
		i := len(list) - 1
		for ; i >= 0 && slices.Contains([]string{keep, used.current, used.previous}, list[i].ID); i-- {
		}
		if i < 0 {
			break
		}
		if err := h.removeVersion(list[i].ID); err != nil {
			return err
		}
		list = slices.Delete(list, i, i+1)
	}
	return h.sync(versionsFolder)
}

// removeVersion removes a version, as if at once.
func (h *held) removeVersion(id string) error {
	gone := path.Join(workFolder, gonePrefix+id)
	if err := h.Rename(versionPath(id), gone); err != nil {
		return err
	}
	return h.RemoveAll(gone)
}

// whole tells whether all files of a version are there.
func (f folder) whole(id string) bool {
	return f.reach(versionPath(id), false) == nil && slices.ContainsFunc(versionFiles, func(names []string) bool {
		return !slices.ContainsFunc(names, func(name string) bool {
			is, err := f.Lstat(versionPath(id, name))
			return err != nil || !is.Mode().IsRegular()
		})
	})
}

// versions lists those that are whole, the newest first.
func (f folder) versions() (list []Version, err error) {
	err = f.reach(versionsFolder, false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	entries, err := f.list(versionsFolder)
	for _, e := range entries {
		if v, ok := f.version(e.Name()); ok {
			list = append(list, v)
		}
	}
	order.Sort(list, func(a, b Version) int { return cmp.Or(b.Made.Compare(a.Made), cmp.Compare(a.ID, b.ID)) })
	return list, err
}

// version is one that is whole.
func (f folder) version(id string) (Version, bool) {
	if !isVersion(id) || !f.whole(id) {
		return Version{}, false
	}
	is, err := f.Lstat(versionPath(id))
	if err != nil {
		return Version{}, false
	}
	return Version{ID: id, Made: is.ModTime()}, true
}

// Versions lists all, the newest first.
func (n *Name) Versions() ([]Version, error) {
	f, err := n.open()
	if err != nil {
		return nil, n.fail(err)
	}
	defer f.Close()
	list, err := f.versions()
	for i := range list {
		list[i] = n.own(list[i])
	}
	return list, n.fail(err)
}

// own makes a version the name's.
func (n *Name) own(v Version) Version {
	v.name, v.Path = n, filepath.Join(n.Path(), versionsFolder, v.ID)
	return v
}

// Current is the version in use; false: none is.
func (n *Name) Current() (Version, bool) { return n.linked(func(u inUse) string { return u.current }) }

// Previous is the version that was in use before; false: there is none.
func (n *Name) Previous() (Version, bool) {
	return n.linked(func(u inUse) string { return u.previous })
}

func (n *Name) linked(which func(inUse) string) (Version, bool) {
	f, err := n.open()
	if err != nil {
		return Version{}, false
	}
	defer f.Close()
	v, ok := f.version(which(f.links()))
	return n.own(v), ok
}

// Use makes a version the current one. That of before can be had back by Rollback. Whoever is killed meanwhile leaves both
// links as they were, or as they shall be: see setLinks. The error is ErrNoVersion if there is none of this ID.
func (n *Name) Use(id string) error {
	h, err := n.lock()
	if err != nil {
		return n.fail(err)
	}
	defer h.release()
	is := h.links()
	switch {
	case !isVersion(id) || !h.whole(id):
		return n.fail(fmt.Errorf("%w: %.100q", ErrNoVersion, id))
	case is.current == id:
		return nil
	}
	return n.fail(h.setLinks(inUse{id, is.current}))
}

// Rollback swaps the current version and the one before. The error is ErrNoVersion if there is none.
func (n *Name) Rollback() error {
	h, err := n.lock()
	if err != nil {
		return n.fail(err)
	}
	defer h.release()
	is := h.links()
	if is.previous == "" || !h.whole(is.previous) {
		return n.fail(fmt.Errorf("%w before the current one", ErrNoVersion))
	}
	return n.fail(h.setLinks(inUse{is.previous, is.current}))
}
