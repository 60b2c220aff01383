package replay

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inceptiond/inceptiond/daemon/bundle"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/learn/store"
)

// Finder finds on this machine the models of a bundle, which has none itself, and their labels, which it has.
type Finder struct {
	Files  []string // model files that somebody gives
	Folder string   // of model files, which are known by their hashes; empty: none
	Engine string   // of all models, in place of the config's; empty: none
	Other  bool     // the config is one that is tried: a file that it names is taken as it is
	Room   string   // a folder for label files, and links to versions of what was taught

	Written [2]map[string]Written // by model, what the bundle's config says, and the one that is tried

	hashes map[string]string // of Files and Folder's: by hash the path
	used   map[string]bool   // of Files
}

// Written are the files of a model as a config has them.
type Written struct{ File, Labels string }

// Find has the models of p that its cameras of those names use be files of this machine. The error names all that are missing, with
// their hashes, and says what to do.
func (f *Finder) Find(p *plan.Plan, b *bundle.Bundle, cameras []string) error {
	if err := f.look(); err != nil {
		return err
	}
	names := modelsOf(p, cameras)
	var missing []string
	var errs []error
	own := false // a model is another file on purpose, so that those of the recorded ones may be of no use
	for _, name := range names {
		o, was := p.Models[name], recordedModel(&b.Manifest, name, p.Models[name].File)
		if err := f.label(&o, b, was, name); err != nil {
			return err
		}
		if f.Engine != "" {
			o.Engine, o.XNNPACK, o.TPU = f.Engine, false, nil
		}
		if err := f.pin(&o, was); err != nil {
			return err
		}
		if !f.Other {
			o.SHA256 = "" // what it must be is looked at here
		}
		if f.own(&o, was, name) {
			own, errs = true, append(errs, isThere(o, name))
		} else if !f.find(&o, was) {
			missing = append(missing, name)
		}
		if o.People != "" && !isFolder(o.People) {
			errs = append(errs, fmt.Errorf("model %q: those whom it knows, %s, are not in %s: %s", name, filepath.Base(filepath.Dir(o.People)),
				filepath.Dir(filepath.Dir(o.People)), giveTaught))
		}
		p.Models[name] = o
	}
	if !own || len(missing) > 0 {
		errs = append([]error{f.settle(p, b, names, missing)}, errs...)
	}
	return errors.Join(errs...)
}

// modelsOf are the models that cameras need, each once.
func modelsOf(p *plan.Plan, cameras []string) (names []string) {
	for _, camera := range cameras {
		c := p.Cameras[camera]
		for _, model := range c.Models() {
			if !slices.Contains(names, model) {
				names = append(names, model)
			}
		}
	}
	return names
}

// own tells whether a config that is tried has another file for a model than the bundle's, of which was may say nothing. It must be
// there then.
func (f *Finder) own(o *engines.Options, was *bundle.Model, name string) bool {
	return f.Other && (was == nil || f.Written[1][name].File != f.Written[0][was.Name].File && o.Anywhere() != was.File)
}

// isThere tells whether the file of a model can be read.
func isThere(o engines.Options, name string) error {
	_, err := engines.Hash(o)
	if err != nil {
		_, err = describe(o) // which says more of what was taught
	}
	if errors.As(err, new(*fs.PathError)) {
		err = fmt.Errorf("%w (another file than the bundle's config names must be here: put it there, or mend models.%s.file)", err, name)
	}
	if err != nil {
		err = fmt.Errorf("model %q: %w", name, err)
	}
	return err
}

// giveTaught says how a replay finds what was taught.
const giveTaught = "give the folder of what was taught on the machine that made the bundle, or a copy of it, with --teach DIR"

// pin has o be the versions of what was taught that were recorded, of which was may say nothing, where the folder of what was taught still
// has them, whatever is in use there by now.
func (f *Finder) pin(o *engines.Options, was *bundle.Model) error {
	if was == nil || f.Other {
		return nil
	}
	if o.Taught != "" && was.SHA256 != "" {
		link, err := f.version(o.Taught, was.SHA256)
		if err != nil {
			return err
		}
		o.SetTaught(link)
	}
	if o.People == "" || was.People == "" {
		return nil
	}
	link, err := f.version(o.People, was.People)
	o.People = link
	return err
}

// version is a link to the version of a hash or an ID, if there is one of what link leads to a version of; else link.
func (f *Finder) version(link, hash string) (string, error) {
	own := filepath.Dir(link)
	folder, err := filepath.Abs(store.VersionAt(own, hash))
	if err != nil || !isFolder(folder) {
		return link, err
	}
	room, err := os.MkdirTemp(f.Room, "version-")
	if err != nil {
		return "", err
	}
	link = filepath.Join(room, filepath.Base(own), filepath.Base(link)) // as the name is read from the path
	return link, errors.Join(os.Mkdir(filepath.Dir(link), 0o700), os.Symlink(folder, link))
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// recordedModel is what a manifest says of a model: that of the name, or else of the file; nil: nothing.
func recordedModel(m *bundle.Manifest, name, file string) *bundle.Model {
	for i := range m.Models {
		if m.Models[i].Name == name {
			return &m.Models[i]
		}
	}
	for i := range m.Models {
		if m.Models[i].File == file {
			return &m.Models[i]
		}
	}
	return nil
}

// find has o be the recorded model, of which was may say nothing; false: it is not on this machine, as far as is known.
func (f *Finder) find(o *engines.Options, was *bundle.Model) bool {
	if f.Other && isThere(*o, "") == nil {
		return true
	}
	if was != nil {
		if path, there := f.hashes[was.SHA256]; there {
			o.File, o.Taught = path, keptTaught(o, was)
			f.used[path] = true
			return true
		}
	}
	is, err := describe(*o)
	if errors.Is(err, fs.ErrNotExist) && was != nil && o.Taught == "" { // the config may have a path from where its file lay
		o.File = was.File
		is, err = describe(*o)
	}
	return err == nil && (was == nil || is.SHA256 == was.SHA256)
}

// describe reads the file of a model, whoever the people are that it knows.
func describe(o engines.Options) (engines.Description, error) {
	o.People = ""
	return engines.Describe(o)
}

// keptTaught is the folder of what a model was taught with, if that is here.
func keptTaught(o *engines.Options, was *bundle.Model) string {
	if is, err := describe(*o); err == nil && is.SHA256 == was.SHA256 {
		return o.Taught
	}
	return ""
}

// settle gives a file that is none of the models to the one that is missing, or to the only one there is: then somebody means it. The
// error names what is missing still, or a file that nobody knows what for it was given.
func (f *Finder) settle(p *plan.Plan, b *bundle.Bundle, names, missing []string) error {
	var spare []string
	for _, path := range f.Files {
		if !f.used[path] {
			spare = append(spare, path)
		}
	}
	wants := missing
	if len(missing) == 0 && len(names) == 1 && len(spare) == len(f.Files) {
		wants = names
	}
	if len(wants) == 1 && len(spare) == 1 {
		o := p.Models[wants[0]]
		o.File, o.Taught, o.SHA256 = spare[0], "", ""
		p.Models[wants[0]] = o
		return nil
	}
	var errs []error
	for _, name := range missing {
		errs = append(errs, f.absent(p.Models[name], recordedModel(&b.Manifest, name, p.Models[name].File), name))
	}
	if f.Other { // the models of the bundle's config, which came first, may be more
		spare = nil
	}
	for _, path := range spare {
		errs = append(errs, fmt.Errorf("--model %s is none of the models %q, by its SHA-256 (another one can be tried alone, with one --camera that has one model)",
			path, names))
	}
	return errors.Join(errs...)
}

// absent says that a model is not here, and how to give it.
func (f *Finder) absent(o engines.Options, was *bundle.Model, name string) error {
	if was == nil {
		_, err := describe(o)
		return fmt.Errorf("model %q: %w", name, err)
	}
	why, untaught := "", new(engines.UntaughtError)
	switch is, err := describe(o); {
	case errors.As(err, &untaught):
		why = fmt.Sprintf("is not in %s", filepath.Dir(untaught.Folder))
	case errors.Is(err, fs.ErrNotExist):
		why = "is not on this machine"
	case err != nil:
		why = fmt.Sprintf("cannot be read here (%v)", err)
	default:
		why = fmt.Sprintf("is another file here, with SHA-256 %s", is.SHA256)
	}
	how := "give the file with --model FILE, or a folder that has it with --models DIR"
	if o.Taught != "" {
		how = giveTaught + ", or the file alone with --model FILE"
	}
	return fmt.Errorf("model %q: %s, %d bytes with SHA-256 %s, %s: %s", name, was.File, was.Bytes, was.SHA256, why, how)
}

// label writes the labels of a model, if the bundle has them, to where o finds them. A config that is tried has its own, unless it names
// the same file as the bundle's: then only one that lies where that config says, from its own folder on.
func (f *Finder) label(o *engines.Options, b *bundle.Bundle, was *bundle.Model, name string) error {
	recorded := name
	if was != nil {
		recorded = was.Name
	}
	data, there := b.File(bundle.LabelsName(recorded))
	before, now := f.Written[0][recorded].Labels, f.Written[1][name].Labels
	if !there || f.Other && (before != now || !filepath.IsAbs(now) && isFile(o.Labels)) {
		return nil
	}
	file, err := os.CreateTemp(f.Room, "labels-*.txt")
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	o.Labels = file.Name()
	o.LabelsFrom = strings.TrimSpace(before + " (in the bundle: " + bundle.LabelsName(recorded) + "; another model and its labels can be tried with -c)")
	return errors.Join(err, file.Close())
}

// What is looked at of a folder of models.
const (
	maxModels    = 2000
	maxModelFile = 1 << 30 // bytes
)

// look hashes the files that were given.
func (f *Finder) look() error {
	f.hashes, f.used = map[string]string{}, map[string]bool{}
	for _, path := range f.Files {
		sum, err := hashOf(path)
		if err != nil {
			return fmt.Errorf("--model %s: %w", path, err)
		}
		f.hashes[sum] = path
	}
	if f.Folder == "" {
		return nil
	}
	n := 0
	return filepath.WalkDir(f.Folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("--models: %w", err)
		}
		model := filepath.Ext(path) == ".tflite" || strings.HasPrefix(d.Name(), "sha256-") // as `inceptiond model pull --sha256` calls it
		if !d.Type().IsRegular() || !model {
			return nil
		}
		if n++; n > maxModels {
			return fmt.Errorf("--models %s: more than %d models (give a folder that has fewer)", f.Folder, maxModels)
		}
		sum, err := hashOf(path)
		if _, twice := f.hashes[sum]; err == nil && !twice {
			f.hashes[sum] = path
		}
		return err
	})
}

// hashOf is the SHA-256 of a file, in hexadecimal.
func hashOf(path string) (string, error) {
	info, err := os.Stat(path)
	if err == nil && (!info.Mode().IsRegular() || info.Size() > maxModelFile) {
		err = errors.New("want a model file")
	}
	if err != nil {
		return "", err
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
