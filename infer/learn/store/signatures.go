package store

import (
	"errors"
	"io"
	"time"
)

// currentLink and previousLink name the versions that are, and were, in use.
const (
	currentLink  = "current"
	previousLink = "previous"
)

type cache struct{}

// Base is the model that a name is taught on, and how its camera saw at that time: base.json.
type Base struct {
	Name   string     // as the user gave it: a file, pull:NAME, builtin:NAME
	File   string     // where it was
	SHA256 string     // of the file, in hex
	Region [4]float64 // x, y, width, height, as fractions of the upright frame; zero: all of it
	Fit    string     // as in the config
	Rotate int        // degrees clockwise
	Flip   string     // as in the config
}

// Shelf is where a picture of a name lies.
type Shelf string

// The shelves. Pictures and held-out ones have a class, the others none.
const (
	Pictures Shelf = "pictures" // to learn from
	Held     Shelf = "held"     // held out: only to test with
	Normal   Shelf = "normal"   // of the normal state, for what looks different
	Inbox    Shelf = "inbox"    // waiting for a label: the oldest go
)

// Note is what is known of a picture beside its bytes; all of it may be missing.
type Note struct {
	Camera string
	Time   time.Time // when it was taken
	Label  string    // what the model said
	Score  float64   // of Label, 0 to 1
	Why    string    // it was collected, in a word: unsure, changed
}

// Picture is one in the store.
type Picture struct {
	ID    string // SHA-256 of its bytes, in hex
	Shelf Shelf
	Class string // empty on shelves without classes
	File  string // below the name's folder; may hold any characters if a person has put it there
	Bytes int64
	Added time.Time // its file was written
	Note  Note
}

// Skipped is a file among the pictures that is none.
type Skipped struct {
	File   string // below the name's folder; any characters
	Reason string
}

// Files are those of a version.
type Files struct {
	Model      []byte // model.tflite
	Report     []byte // report.json
	Embeddings []byte // embeddings.bin
	Labels     []byte // labels.txt
}

// The files of a version.
const (
	ModelFile      = "model.tflite"
	ReportFile     = "report.json"
	EmbeddingsFile = "embeddings.bin"
	LabelsFile     = "labels.txt"
)

// Version is one that was trained.
type Version struct {
	ID   string    // 12 hex digits of the SHA-256 of its model
	Path string    // of its folder
	Made time.Time // it was committed
}

// Forgotten is what [Name.Forget] has removed.
type Forgotten struct {
	Pictures, Held, Inbox int      // pictures
	Versions              []string // their IDs
	Current, Previous     bool     // the version in use was among them; the one before
}

// Name is a taught name. It holds nothing open.
type Name struct{}

var errLater = errors.New("not yet")

// New makes a name. The error is ErrExists if there is one.
func (s *Store) New(name string, b Base) (*Name, error) { return nil, errLater }

// Name finds a name, and ends what a process that was killed had begun. The error is ErrNone if there is none.
func (s *Store) Name(name string) (*Name, error) { return nil, errLater }

// Import makes a name of what Export has written. Whatever is wrong with it, an error leaves nothing behind. The report is
// not kept: it is of a version that is not there.
func (s *Store) Import(r io.Reader, name string) (*Name, error) { return nil, errLater }

// Name is the name.
func (n *Name) Name() string { return "" }

// Path is the name's folder.
func (n *Name) Path() string { return "" }

// Base is the model that it is taught on.
func (n *Name) Base() (Base, error) { return Base{}, errLater }

// SetBase notes another model, or the same after a change.
func (n *Name) SetBase(b Base) error { return errLater }

// Add puts a picture, JPEG or PNG bytes, on a shelf. fresh is false if it is there already, and for the inbox also if it is
// on another shelf. A picture cannot be of two classes, nor both taught and held out: move it instead. The error is ErrFull if
// the name has no room, except that the inbox makes room by removing its oldest.
func (n *Name) Add(shelf Shelf, class string, picture []byte, note Note) (id string, fresh bool, err error) {
	return "", false, errLater
}

// List lists a shelf by class and ID, the inbox from the oldest to the newest, and the files that do not count. It reads no
// picture whose name is its ID, others only once.
func (n *Name) List(shelf Shelf) ([]Picture, []Skipped, error) { return nil, nil, errLater }

// Find finds a picture on any shelf. The error is ErrNoPicture if there is none.
func (n *Name) Find(id string) (Picture, error) { return Picture{}, errLater }

// Read is the bytes of a picture, whose SHA-256 is sure to be its ID.
func (n *Name) Read(p Picture) ([]byte, error) { return nil, errLater }

// Move moves a picture, with its note, to a shelf and class: then it is there and nowhere else.
func (n *Name) Move(id string, to Shelf, class string) error { return errLater }

// Delete deletes pictures, with their notes, wherever they are. The error is ErrNoPicture if one is not there; the
// others are deleted all the same.
func (n *Name) Delete(ids ...string) error { return errLater }

// Commit keeps a version; it does not use it. The oldest versions beyond MaxVersions go, but never this one, nor those that
// are or were in use.
func (n *Name) Commit(v Files) (id string, err error) { return "", errLater }

// Use makes a version the current one. That of before can be had back by Rollback.
func (n *Name) Use(id string) error { return errLater }

// Rollback swaps the current version and the one before.
func (n *Name) Rollback() error { return errLater }

// Current is the version in use; false: none is.
func (n *Name) Current() (Version, bool) { return Version{}, false }

// Previous is the version that was in use before; false: there is none.
func (n *Name) Previous() (Version, bool) { return Version{}, false }

// Versions lists all, the newest first.
func (n *Name) Versions() ([]Version, error) { return nil, errLater }

// Read is a file of the version, such as ReportFile.
func (v Version) Read(file string) ([]byte, error) { return nil, errLater }

// Forget removes a class: its pictures, those held out, those in the inbox that are labelled with it, and all versions that
// have learned it, the current one too: then none is in use.
func (n *Name) Forget(class string) (Forgotten, error) { return Forgotten{}, errLater }

// Remove removes the name with all that it has.
func (n *Name) Remove() error { return errLater }

// Export writes a tar of the pictures, those held out, those of the normal state, base.json, and the report of the current
// version. Notes lack the camera unless withCameras. Same content, same bytes. The tar has no inbox, no model, and no path of this machine;
// what a person's own pictures say about themselves (EXIF) goes along.
func (n *Name) Export(w io.Writer, withCameras bool) error { return errLater }
