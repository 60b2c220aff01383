package web

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/daemon/status"
	"github.com/inceptiond/inceptiond/publish"
)

// Daemon is what the page shows and changes. All methods may be called from several goroutines at once, and return when
// ctx ends. Errors are for people.
type Daemon interface {
	status.Source
	control.Controller
	Watcher
	Editor
	Workbench
	Bundler
	Album

	// Teacher teaches models with pictures; nil: there is none, and the page has nothing of it.
	Teacher() Teacher
}

// ErrNone is about a camera or model that there is none of.
var ErrNone = errors.New("there is none of that name")

// Watcher shows what cameras see.
type Watcher interface {
	// Cameras are all cameras, in the order of their names.
	Cameras() []Camera

	// Watch has f called in the camera's own goroutine after each answer, with the picture and what it was found to
	// show, until stop is called; f must not block, nor call stop, and copy what it wants to keep (Picture.CopyTo). A camera
	// that a reload makes anew is watched on under its name. When stop returns f is not called any more. The error is ErrNone.
	Watch(camera string, f func(*picture.Picture, *publish.Result)) (stop func(), err error)

	// Look copies the newest frame of a camera into dst, a picture of the caller's (the zero Picture does), whether or not it
	// is answered: of those whose gate is closed, or that are slow. It is false if there is none that is newer than that of the
	// last Look: also if the camera is lost or closed, and perhaps at first, as a camera keeps frames for this only when
	// somebody has asked in the last seconds. The error is ErrNone.
	Look(camera string, dst *picture.Picture) (bool, error)
}

// Camera says what a camera is, as far as the page draws and edits it.
type Camera struct {
	Name   string `json:"name"`
	Of     string `json:"of,omitempty"` // the camera whose view it is
	Kind   string `json:"kind"`         // "v4l2", …, "view"
	Source string `json:"source"`       // for people: "V4L2 /dev/video0"
	Model  string `json:"model"`
	Task   string `json:"task"` // of the model: publish.TaskClassify, …
	View   View   `json:"view"` // what is in force
}

// View is what of the frame the model gets to see, as the config has it. Rotate, Flip and Mask of a view are its camera's.
type View struct {
	Model  string      `json:"model"`
	Region Region      `json:"region"`
	Fit    string      `json:"fit"`    // "stretch", "crop", "letterbox"
	Rotate int         `json:"rotate"` // 0, 90, 180, 270
	Flip   string      `json:"flip"`   // "none", "horizontal", "vertical", "both"
	Mask   [][]float64 `json:"mask"`   // polygons: x1, y1, x2, y2, …

	Objects *Objects `json:"objects,omitempty"` // what is listed of what the model finds; nil: as the config has it
	Then    *Then    `json:"then,omitempty"`    // what looks at the objects that it finds; nil: as the config has it
}

// Then says which second model looks at the objects that a first one finds, as the config has it.
type Then struct {
	Labels   []string `json:"labels"`    // of the objects, by labels or numbers; empty: all
	Model    string   `json:"model"`     // empty: nothing looks at them
	MaxCrops int      `json:"max_crops"` // most objects of a frame
}

// Objects say what is listed of the objects, areas and bodies that a model finds, as the config has it.
type Objects struct {
	Threshold  float64  `json:"threshold"`
	MaxResults int      `json:"max_results"`
	Only       []string `json:"only"` // classes, by labels or numbers; empty: all
}

// Region is a rectangle in fractions of the upright frame; the zero value is all of it.
type Region struct {
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

// Editor changes the config file. Only one change is under way at a time.
type Editor interface {
	// ReadConfig is the file as it is now, or what the daemon does without one.
	ReadConfig(ctx context.Context) (ConfigFile, error)

	// CheckConfig is all that is wrong with a text, as far as the file alone tells, and Edit what becomes of it by changes.
	CheckConfig(ctx context.Context, text []byte) []Problem
	EditConfig(ctx context.Context, text []byte, changes []Change) ([]byte, error)

	// ApplyConfig writes text to the file and puts it in force, if the file's SHA-256 is still expected ("" for a file
	// that is not there). With an error neither the file nor the daemon has changed: it is a *ConfigError for a text that
	// cannot be used, ErrChanged for a file that is another by now.
	ApplyConfig(ctx context.Context, text []byte, expected string) (Applied, error)

	// UndoConfig applies the text from before the last ApplyConfig. The error is ErrNone if there is none.
	UndoConfig(ctx context.Context) (Applied, error)
}

// ErrChanged refuses to overwrite a file that somebody else has changed since it was read.
var ErrChanged = errors.New("the file has been changed by somebody else meanwhile")

// ConfigFile is the config file.
type ConfigFile struct {
	Path     string `json:"path"` // where it is, or where Apply makes it
	Exists   bool   `json:"exists"`
	Writable bool   `json:"writable"`
	Reason   string `json:"reason,omitempty"` // why it is not writable, and what to do
	Text     string `json:"text"`
	SHA256   string `json:"sha256"` // of the file, in hexadecimal; empty if there is none
	Undo     bool   `json:"undo"`   // there is a text from before
	Values   any    `json:"values"` // what it says, defaults included, without secrets: objects with the keys of the file

	Help    map[string]string   `json:"help"`    // what keys of models and cameras mean: of "cameras.*.fit"
	Choices map[string][]string `json:"choices"` // words that keys may have, of those that have a few: of "cameras.drive.fit"
}

// Problem is something that is wrong with a config.
type Problem struct {
	Line    int    `json:"line,omitempty"`
	Key     string `json:"key,omitempty"`
	Message string `json:"message"`
}

// ConfigError is all that is wrong with a config.
type ConfigError struct{ Problems []Problem }

// Error counts the problems.
func (e *ConfigError) Error() string { return "the config cannot be used" }

// Change is a new value of a key: cameras.drive.region.x. Its value is what encoding/json makes of JSON: nil takes the key
// out, so that its default holds; an object or a list takes the place of the whole value.
type Change struct {
	Key   string `json:"key"`
	Value any    `json:"value"`
}

// Applied is what a change of the config did.
type Applied struct {
	SHA256  string   `json:"sha256"`
	Kept    []string `json:"kept"`    // cameras that went on and missed no frame
	Started []string `json:"started"` // new or changed ones
	Stopped []string `json:"stopped"`
}

// Workbench tries things out, and finds what there is.
type Workbench interface {
	// Preview answers p, a picture of the camera, as it would be with view in force; what the camera masks now stays black. It
	// takes the model's turn like a camera, once a second for all who ask; the same picture and view give the same answer
	// without. Nothing is published. The error is a *ConfigError if the view cannot be, ErrNone if there is no such camera.
	Preview(ctx context.Context, camera string, p *picture.Picture, view View) (Preview, error)

	// TryModel answers a still picture, JPEG or PNG. The error is ErrNone, or wraps capture.ErrBadFrame if the picture is
	// damaged or of another kind.
	TryModel(ctx context.Context, model string, still []byte) (Preview, error)

	Models(ctx context.Context) ([]Model, error)

	// ModelFiles are files that a model of the config may have: absolute paths, "builtin:…" and "pull:…", 100 at most.
	ModelFiles(ctx context.Context) ([]string, error)

	// Devices are the cameras that can be found on this machine.
	Devices(ctx context.Context) ([]Device, error)

	// Doctor checks the machine, and calls found with each finding (docs/schema/doctor.json has them) as it comes.
	Doctor(ctx context.Context, found func(Finding)) error
}

// Album has the pictures that cameras keep on the disk, with decisions and without. It loses old ones at any time.
type Album interface {
	// KeptPictures are those of a camera, or of all if that is empty, newest first: those that come after the one with an ID,
	// or all if that is empty. The disk is read as far as somebody ranges, and no further when ctx has ended. What cannot be read is
	// an error, after which others may come; ErrNone: before is no ID.
	KeptPictures(ctx context.Context, camera, before string) iter.Seq2[Kept, error]

	// KeptID is the ID of the picture that is kept of s; empty: none is.
	KeptID(s *publish.Snapshot) string

	// FindKept is the picture with an ID, if there is one, and ReadKept its JPEG; the error is ErrNone if there is none.
	FindKept(id string) (Kept, bool)
	ReadKept(id string) ([]byte, error)
}

// Kept is a picture on the disk.
type Kept struct {
	ID     string // never a number
	Camera string
	Label  string    // what was decided, in small letters; empty: somebody asked for the picture
	Time   time.Time // of the frame; unless Synced, by a clock that nobody had set
	Synced bool
}

// Preview is an answer, and what the model saw. It is for reading: others may have the same.
type Preview struct {
	Input         []byte // RGB, 3 bytes a pixel: the model's input before normalization
	Width, Height int    // pixels of it
	Classes       []publish.Prediction
	Found         publish.Result // what was found and in what, with a Mask if there is one, and nothing of when, where and by whom
	Shows         [4]float64     // the part of the upright picture that all of Input shows; it goes beyond its edges where there are bars
	Inference     time.Duration

	Why    []byte // as Input: what speaks for the best class is in the light; nil: the model has no map that tells
	Reason string // the same in words, or why there is no Why

	Taught   bool    // the model was taught with pictures, and what follows is set
	Familiar float64 // share of pictures like those it was taught that are as strange as this one, or stranger
	Unknown  bool    // it looks like nothing that was taught
	Nearest  Nearest // the taught picture that is most like it
}

// Nearest is a picture that a model was taught with.
type Nearest struct {
	Name  string `json:"name"` // of the lesson; empty: its picture is not on this machine
	ID    string `json:"id"`
	Class string `json:"class"`
}

// Model is a model of the config.
type Model struct {
	Name     string   `json:"name"`
	File     string   `json:"file"`
	SHA256   string   `json:"sha256,omitempty"`
	Width    int      `json:"width,omitempty"` // pixels of its input
	Height   int      `json:"height,omitempty"`
	Task     string   `json:"task,omitempty"` // what it is for: publish.TaskClassify, …; empty: nobody can tell
	Classes  []string `json:"classes"`
	Wanted   string   `json:"wanted"` // engine
	Engine   string   `json:"engine"` // the one that runs it; empty: none
	Reason   string   `json:"reason,omitempty"`
	Memory   int64    `json:"memory_bytes,omitempty"`
	Cameras  []string `json:"cameras"` // that use it
	Problems []string `json:"problems,omitempty"`
}

// Device is a camera that was found on the machine.
type Device struct {
	Source  string         `json:"source"` // "v4l2", "rpicam"
	Name    string         `json:"name"`   // for people
	Path    string         `json:"path"`
	Formats []string       `json:"formats"`           // for people: "MJPG 1280x720 30/s"
	Used    string         `json:"used,omitempty"`    // by the camera of this name
	Problem string         `json:"problem,omitempty"` // why it cannot be used, and what to do
	Config  map[string]any `json:"config"`            // the camera's section that uses it
}

// Finding is something that the doctor found, as in docs/schema/doctor.json.
type Finding struct {
	Area  string `json:"area"`
	Check string `json:"check"`
	State string `json:"state"` // "ok", "note", "warning", "fault"
	Found string `json:"found"`
	Fix   string `json:"fix,omitempty"`
}
