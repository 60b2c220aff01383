package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/evaluate"
	"github.com/inceptiond/inceptiond/infer/evaluate/truth"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/regular"
	"github.com/inceptiond/inceptiond/internal/text"
)

// errUntold means that nobody has said what pictures show.
var errUntold = errors.New("nobody has said what the pictures show")

// The most bytes of a file that says what a picture shows, and of one for all pictures: COCO's largest has half of it.
const (
	maxLabelFile = 1 << 20
	maxTruthFile = 1 << 30
)

// told is what pictures show, as the files of a folder say.
type told struct {
	folder string // of the pictures
	truth  string // file or folder that says it; empty: it is looked for
	kind   task.Kind

	pictures []evaluate.Picture
	set      truth.Set
	notes    []string // for people
}

// read lists the pictures and what they show. The error is errUntold where nobody says so.
func (t *told) read() (err error) {
	if t.pictures, err = listPictures(t.folder, maxPictures); err != nil {
		return err
	}
	if t.kind == task.Segment {
		return t.readMasks()
	}
	file, err := t.truthFile()
	switch {
	case err != nil:
		return err
	case file != "":
		return t.readCOCO(file)
	}
	return t.readLabels()
}

// maxPictures is more pictures than anybody evaluates with.
const maxPictures = 1 << 20

// truthFile is the one file for all pictures: the one that is named, or the only JSON file in the folder; empty: there is none.
func (t *told) truthFile() (string, error) {
	if t.truth != "" {
		info, err := os.Stat(t.truth)
		if err != nil || info.IsDir() {
			return "", err
		}
		return t.truth, nil
	}
	found, err := filepath.Glob(filepath.Join(escaped(t.folder), "*.json"))
	if err != nil || len(found) != 1 {
		return "", err
	}
	return found[0], nil
}

// escaped is a path in a pattern of filepath.Glob.
func escaped(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

// readCOCO takes the pictures that a file of COCO's names, in its order, and leaves out those that are not in the folder.
func (t *told) readCOCO(path string) error {
	f, err := regular.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > maxTruthFile {
		return fmt.Errorf("%s has %d bytes (at most %d are read)", path, info.Size(), maxTruthFile)
	}
	set, err := truth.COCO(f, t.kind == task.Pose)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	byName := map[string]int{} // by the whole name, and by its last part
	for i, p := range t.pictures {
		byName[filepath.Base(p.Name)] = i
	}
	for i, p := range t.pictures {
		byName[filepath.ToSlash(p.Name)] = i
	}
	var pictures []evaluate.Picture
	seen := map[int]bool{}
	for i := range set.Pictures {
		shows := &set.Pictures[i]
		at, there := byName[shows.File]
		if !there {
			at, there = byName[filepath.Base(shows.File)]
		}
		if !there || seen[at] {
			continue
		}
		seen[at] = true
		p := t.pictures[at]
		p.Shows = shows
		pictures = append(pictures, p)
	}
	if len(pictures) == 0 {
		return fmt.Errorf("none of the %d pictures of %s is in %s", len(set.Pictures), path, t.folder)
	}
	t.note(len(set.Pictures)-len(pictures), "%s of the truth not in the folder")
	t.note(len(t.pictures)-len(pictures), "%s in the folder not of the truth, and left out")
	t.pictures, t.set = pictures, *set
	return nil
}

// note notes a number of pictures, if there are any.
func (t *told) note(n int, format string) {
	if n > 0 {
		t.notes = append(t.notes, fmt.Sprintf(format, text.Plural(n, "picture")))
	}
}

// readLabels reads a file for each picture, of the same name: YOLO's .txt or Pascal VOC's .xml.
func (t *told) readLabels() error {
	folder, ok := t.beside([]string{".txt", ".xml"}, map[string]string{"images": "labels", "JPEGImages": "Annotations"})
	if !ok {
		return errUntold
	}
	if err := t.readNames(folder); err != nil {
		return err
	}
	shows := make([]int, len(t.pictures)) // number in t.set; of one without a file -1
	without := 0
	for i, p := range t.pictures {
		path, there := t.sibling(folder, p.Name, []string{".txt", ".xml"})
		if !there {
			without++
			shows[i] = -1
			continue
		}
		shows[i] = len(t.set.Pictures)
		data, err := regular.Read(path, maxLabelFile)
		if err == nil && strings.EqualFold(filepath.Ext(path), ".xml") {
			err = t.set.VOC(string(data))
		} else if err == nil {
			err = t.set.YOLO(string(data))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	for i := range t.pictures {
		t.pictures[i].Shows = new(truth.Picture)
		if shows[i] >= 0 {
			t.pictures[i].Shows = &t.set.Pictures[shows[i]]
		}
	}
	t.note(without, "%s without a file that says what they show: nothing")
	return nil
}

// readNames reads the names of YOLO's classes, if there is a file with them.
func (t *told) readNames(folder string) error {
	for _, dir := range []string{folder, filepath.Dir(folder), t.folder} {
		for _, name := range []string{"classes.txt", "obj.names"} {
			path := filepath.Join(dir, name)
			if _, err := os.Stat(path); err != nil {
				continue
			}
			data, err := regular.Read(path, maxLabelFile)
			if err == nil {
				t.set.Names(string(data))
			}
			return err
		}
	}
	return nil
}

// beside is the folder whose files say what the pictures show: the one that is named, that of the pictures, or one beside it, by the
// names that datasets give these; ok: a picture has a file there.
func (t *told) beside(endings []string, usual map[string]string) (folder string, ok bool) {
	folders := []string{t.truth}
	if t.truth == "" {
		folders = append([]string{t.folder}, instead(t.folder, usual)...)
	}
	for _, folder := range folders {
		for _, p := range t.pictures {
			if _, there := t.sibling(folder, p.Name, endings); there {
				return folder, true
			}
		}
	}
	return "", false
}

// instead are paths like one, in which a part has the other name that goes with its own: labels/train for images/train.
func instead(path string, usual map[string]string) (paths []string) {
	below := ""
	for dir := filepath.Clean(path); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if other := usual[filepath.Base(dir)]; other != "" {
			paths = append(paths, filepath.Join(filepath.Dir(dir), other, below))
		}
		below = filepath.Join(filepath.Base(dir), below)
	}
	return paths
}

// sibling is the file in a folder that belongs to a picture: of the same name, but for the ending, below the same folders or none. It is
// not the picture itself.
func (t *told) sibling(folder, picture string, endings []string) (path string, there bool) {
	bare := strings.TrimSuffix(picture, filepath.Ext(picture))
	for _, name := range []string{bare, filepath.Base(bare)} {
		for _, ending := range endings {
			path := filepath.Join(folder, name+ending)
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && path != filepath.Join(t.folder, picture) {
				return path, true
			}
		}
	}
	return "", false
}

// readMasks finds a mask for each picture, a PNG of the same name, and leaves out pictures without one. Beside a picture that is no PNG,
// a PNG of its name is its mask and no picture.
func (t *told) readMasks() error {
	folder, ok := t.truth, true
	if folder == "" {
		t.dropMasks()
		folder, ok = t.beside([]string{".png"}, map[string]string{"images": "masks", "JPEGImages": "SegmentationClass"})
	}
	if !ok {
		return errUntold
	}
	var pictures []evaluate.Picture
	for _, p := range t.pictures {
		path, there := t.sibling(folder, p.Name, []string{".png"})
		if !there {
			continue
		}
		p.Masked = func() (*truth.Mask, error) {
			data, err := regular.Read(path, maxPicture)
			if err != nil {
				return nil, err
			}
			return truth.ReadMask(data)
		}
		pictures = append(pictures, p)
	}
	if len(pictures) == 0 {
		if t.truth != "" {
			return fmt.Errorf("%s has no mask of any picture in %s: a PNG of the same name", t.truth, t.folder)
		}
		return errUntold
	}
	t.note(len(t.pictures)-len(pictures), "%s without a mask left out")
	t.pictures = pictures
	return nil
}

// dropMasks takes PNGs away that have the name of another picture.
func (t *told) dropMasks() {
	others := map[string]bool{}
	for _, p := range t.pictures {
		if ending := filepath.Ext(p.Name); !strings.EqualFold(ending, ".png") {
			others[strings.TrimSuffix(p.Name, ending)] = true
		}
	}
	t.pictures = slices.DeleteFunc(t.pictures, func(p evaluate.Picture) bool {
		ending := filepath.Ext(p.Name)
		return strings.EqualFold(ending, ".png") && others[strings.TrimSuffix(p.Name, ending)]
	})
}

// gather lists the pictures, and what they show, for models of a kind. Where nobody says what they show, several models are compared all the
// same.
func (e *evaluation) gather(models []*engines.Model, subjects []evaluate.Subject) (err error) {
	if e.folder == "" {
		return nil // somebody has
	}
	switch kind := models[0].Reading.Kind; kind {
	case task.Classify, task.Embed:
		if e.pictures, err = listClasses(e.folder); err == nil {
			break
		}
		if loose := new(looseError); errors.As(err, &loose) && len(models) > 1 {
			err = e.unjudge()
		}
	default:
		t := told{folder: e.folder, truth: e.truth, kind: kind}
		err = t.read()
		e.pictures = knownPictures{list: t.pictures, set: t.set, notes: t.notes}
		switch {
		case errors.Is(err, errUntold) && len(models) > 1 && e.truth == "":
			err = e.unjudge()
		case errors.Is(err, errUntold):
			err = untold(kind, e.folder, e.truth)
		case err == nil && len(e.only) > 0:
			err = e.narrow(models[0], &subjects[0])
		}
	}
	return err
}

// untold says how to say what pictures show.
func untold(kind task.Kind, folder, where string) error {
	how := "put a .txt of YOLO or an .xml of Pascal VOC with the same name beside each, or name COCO's file or the folder of these: --truth"
	switch kind {
	case task.Segment:
		how = "put a mask beside each, a PNG with the same name, or name the folder of the masks: --truth"
	case task.Pose:
		how = "name COCO's file with keypoints of people: --truth person_keypoints.json"
	}
	return fmt.Errorf("%w: %s: %s (two models or engines can be compared without)", errUntold, cmp.Or(where, folder), how)
}

// unjudge has all pictures answered, whatever they show.
func (e *evaluation) unjudge() (err error) {
	e.unjudged = true
	e.pictures = knownPictures{}
	e.pictures.list, err = listPictures(e.folder, maxPictures)
	return err
}

// narrow leaves out all classes but those of --only.
func (e *evaluation) narrow(m *engines.Model, s *evaluate.Subject) error {
	only, err := m.Labels.Find(e.only...)
	if err != nil {
		return usageError{err}
	}
	some := e.pictures.set.Only(func(c truth.Class) bool {
		place, err := evaluate.Place(s, c)
		return err == nil && slices.Contains(only, place)
	})
	if !some {
		return usageError{fmt.Errorf("--only %s: the truth speaks of none of them", strings.Join(e.only, ","))}
	}
	return nil
}
