package wiring

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"unicode/utf8"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/internal/regular"
	"github.com/inceptiond/inceptiond/publish/web"
)

// maxFile is the most bytes that a config file may have.
const maxFile = 1 << 20

// File is a config file that can be changed while a daemon runs with it. It may be used from several goroutines at once, but
// for Apply.
type File struct {
	path  string // empty: there is no place for one
	flags Flags
	may   bool                     // it may be missing: then the defaults hold
	step  func(after string) error // of tests: what goes wrong after a step of Apply

	mu     sync.Mutex
	before []byte // the text before the last Apply, where there is no folder for it; nil: there was none
}

// NewFile is the config file at path, with flags laid over it. With optional the defaults hold as long as it is not there.
func NewFile(path string, flags Flags, optional bool) *File {
	return &File{path: path, flags: flags, may: optional, step: func(string) error { return nil }}
}

// DefaultPath is where `inceptiond run` has its config file if nobody says where; empty: there is no folder for it.
func DefaultPath() string {
	dir, err := os.UserConfigDir() // XDG Base Directory Specification
	if err != nil || !filepath.IsAbs(dir) {
		return ""
	}
	return filepath.Join(dir, "inceptiond", "inceptiond.yaml")
}

// FindDefault is DefaultPath if there is something; else empty.
func FindDefault() string {
	path := DefaultPath()
	if path == "" {
		return ""
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return path
}

// Exists tells whether there is something at the file's path, be it of use or not.
func (f *File) Exists() bool {
	if f.path == "" {
		return false
	}
	_, err := os.Stat(f.path)
	return !errors.Is(err, fs.ErrNotExist)
}

// Path is where the file is; empty: it is not there.
func (f *File) Path() string {
	if !f.Exists() {
		return ""
	}
	return f.path
}

// Plan is what the file asks for now.
func (f *File) Plan() (*plan.Plan, error) {
	if f.may && !f.Exists() {
		return LoadPlan("", f.flags)
	}
	return LoadPlan(f.path, f.flags)
}

// Read is the file as it is; if there is none, the text that one would start with. The error is about a file of which
// nothing can be shown.
func (f *File) Read() (web.ConfigFile, error) {
	text, exists, err := f.text()
	if err != nil {
		return web.ConfigFile{}, err
	}
	file := web.ConfigFile{Path: f.path, Exists: exists, Text: string(text)}
	if exists {
		file.SHA256 = sum(text)
	}
	file.Help = config.Help()
	file.Reason = f.obstacle()
	file.Writable = file.Reason == ""
	before, err := f.Before()
	file.Undo = err == nil && !bytes.Equal(before, text)
	if c := config.Sketch(text); c != nil {
		file.Values, file.Choices = c.Values(), c.Choices()
	}
	return file, nil
}

// text is what the file has, or would have.
func (f *File) text() (text []byte, exists bool, err error) {
	if f.may && !f.Exists() {
		return config.Brief(), false, nil
	}
	text, err = regular.Read(f.path, maxFile)
	if err == nil && !utf8.Valid(text) {
		err = fmt.Errorf("%s is not UTF-8, and cannot be shown (save it as UTF-8)", f.path)
	}
	return text, true, err
}

// sum is the SHA-256 of a text, in hexadecimal.
func sum(text []byte) string {
	s := sha256.Sum256(text)
	return hex.EncodeToString(s[:])
}

// Check is all that is wrong with a text, as far as it alone tells.
func (f *File) Check(text []byte) []web.Problem {
	_, err := f.plan(text)
	if bad := new(web.ConfigError); errors.As(err, &bad) {
		return bad.Problems
	}
	return nil
}

// plan is what the file would ask for with this text. The error is a *web.ConfigError.
func (f *File) plan(text []byte) (*plan.Plan, error) {
	c, err := config.ParseAs(f.path, text, checkCatalogue, checkHours, checkSnapshots)
	if err == nil {
		err = f.flags.over(c)
	}
	if err != nil {
		return nil, problems(err)
	}
	p, err := Plan(c)
	if err != nil {
		return nil, problems(err)
	}
	return p, nil
}

// problems are those of err, as the page has them.
func problems(err error) error {
	bad := new(config.Error)
	if !errors.As(err, &bad) {
		return &web.ConfigError{Problems: []web.Problem{{Message: err.Error()}}}
	}
	list := make([]web.Problem, len(bad.Problems))
	for i, p := range bad.Problems {
		list[i] = web.Problem(p)
	}
	return &web.ConfigError{Problems: list}
}

// Edit makes changes to a text; see [config.Edit]. The error is a *web.ConfigError.
func (f *File) Edit(text []byte, changes []web.Change) ([]byte, error) {
	list := make([]config.Change, len(changes))
	for i, c := range changes {
		list[i] = config.Change(c)
	}
	next, err := config.Edit(text, list)
	if err != nil {
		return nil, problems(err)
	}
	return next, nil
}

// Before is the text before the last Apply. The error is web.ErrNone if there is none.
func (f *File) Before() ([]byte, error) {
	path := f.kept(keptBefore)
	if path == "" {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.before == nil {
			return nil, web.ErrNone
		}
		return f.before, nil
	}
	text, err := regular.Read(path, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, web.ErrNone
	}
	return text, err
}

// What is kept of a config file.
const (
	keptBefore = "before" // the text before the last Apply
	keptNext   = "next"   // the text that Apply is writing
)

// kept is where a text is kept, beside what else the page keeps; empty: there is no folder for it. Daemons with other files may
// have the same folder.
func (f *File) kept(what string) string {
	text, _, err := f.text()
	if err != nil {
		return ""
	}
	device := ""
	if c := config.Sketch(text); c != nil {
		device = c.Device
	}
	state, _ := stateDir(cmp.Or(device, hostDevice()))
	return f.keptIn(state, what)
}

func (f *File) keptIn(state, what string) string {
	if state == "" {
		return ""
	}
	path, err := filepath.Abs(f.path)
	if err != nil {
		return ""
	}
	return filepath.Join(state, "web", what+"-"+sum([]byte(path))[:8]+".yaml")
}
