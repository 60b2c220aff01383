package web

import (
	"context"
	"time"

	"github.com/inceptiond/inceptiond/capture/picture"
)

// Teacher teaches models with pictures. What is taught has a name, and below it: shelves of pictures, and versions of the model. All
// methods may be called from several goroutines at once, and return when ctx ends. Errors are for people: ErrNone if there is no
// such name, picture or version, a *Refused if something cannot be done as things are.
type Teacher interface {
	// Lessons are all names, in their order, and Lesson is one of them.
	Lessons(ctx context.Context) ([]Lesson, error)
	Lesson(ctx context.Context, name string) (Lesson, error)

	// NewLesson makes a name. It builds on the model of a camera, and looks at what that camera's model does.
	NewLesson(ctx context.Context, name, camera string) error

	// RemoveLesson deletes a name with all its pictures and versions.
	RemoveLesson(ctx context.Context, name string) error

	// Forget deletes the pictures of a class, and all versions that were taught with them.
	Forget(ctx context.Context, name, class string) error

	Samples
	Training
}

// Samples are the pictures of a Teacher's names.
type Samples interface {
	// ListSamples are pictures of a name, and how many there are in all. It does not wait for answers to them: those that are not
	// known yet come with a later call.
	ListSamples(ctx context.Context, name string, q SampleQuery) (list []Sample, total int, err error)

	// ReadSample is a picture, JPEG or PNG.
	ReadSample(ctx context.Context, name, id string) ([]byte, error)

	// MoveSamples gives pictures a label, holds them out, or puts them back. Either all are moved, or none.
	MoveSamples(ctx context.Context, name string, ids []string, to Place) error

	// DeleteSamples deletes pictures; those that are not there are no error.
	DeleteSamples(ctx context.Context, name string, ids []string) error

	// AddSample takes a picture, JPEG or PNG. The error is a *Refused if it is damaged, too large, or there is no room.
	AddSample(ctx context.Context, name string, p Given, to Place) (Added, error)

	// AddObject takes what is in a box of a camera's picture, which is the callee's: x, y, width and height in fractions of it.
	AddObject(ctx context.Context, name, camera string, p *picture.Picture, box [4]float64, to Place) (Added, error)

	// Take takes the picture that a running camera sees now, as its model gets it, and returns when that one is there. The others
	// of Count follow by themselves, and Lesson tells how far that is; StopTaking ends it. Only one camera is taken from at a time.
	Take(ctx context.Context, name string, t Take, to Place) (Added, error)
	StopTaking(ctx context.Context, name string) error
}

// Training makes versions of the models of a Teacher's names, and puts them in force.
type Training interface {
	// Train begins to train a name, and returns; Lesson tells how far that is. The error is a *Refused if it cannot begin.
	Train(ctx context.Context, name string, o TrainOptions) error

	// CancelTraining ends a training under way. What is in use stays; ErrNone: none is under way.
	CancelTraining(ctx context.Context, name string) error

	// Use puts a version in force: the newest if id is empty. It is refused for one that is worse than the one in use, with
	// Refused.Worse, unless force is set.
	Use(ctx context.Context, name, id string, force bool) error

	// Rollback puts the version in force that was before.
	Rollback(ctx context.Context, name string) error

	// Test answers the pictures that are held out, by the version in use.
	Test(ctx context.Context, name string) (Tested, error)
}

// Refused is why something is not done, and how to mend that.
type Refused struct {
	Reasons []string // one or more sentences, in the form of an error
	Worse   bool     // Use would do it if it was forced
}

// Error is the first reason; all are in the answer.
func (r *Refused) Error() string {
	if len(r.Reasons) == 0 {
		return "that cannot be done now"
	}
	return r.Reasons[0]
}

// problems are the reasons after the first.
func (r *Refused) problems() (list []Problem) {
	for _, reason := range r.Reasons[min(1, len(r.Reasons)):] {
		list = append(list, Problem{Message: reason})
	}
	return list
}

// Lesson is a name that is taught, and how far that is.
type Lesson struct {
	Name    string        `json:"name"`
	Kind    LessonKind    `json:"kind"`
	Base    Base          `json:"base"`
	Classes []LessonClass `json:"classes"` // in the order of their names
	Inbox   int           `json:"inbox"`   // pictures that wait for a label
	Held    int           `json:"held"`    // that are held out: never taught
	Normal  int           `json:"normal"`  // of how all is when it is well
	More    int           `json:"more"`    // pictures that would help; 0: there are enough
	Cameras []string      `json:"cameras"` // whose model it is
	Collect []string      `json:"collect"` // that put pictures into its inbox

	Current  *Version `json:"current,omitempty"`  // in use
	Previous *Version `json:"previous,omitempty"` // what a rollback puts in force
	Newest   *Version `json:"newest,omitempty"`   // that was trained after the one in use

	Training *Trained `json:"training,omitempty"` // under way, or the last since the daemon has started
	Taking   *Taking  `json:"taking,omitempty"`   // under way, or the last since the daemon has started
	Problem  string   `json:"problem,omitempty"`  // what is wrong with it, and what to do
}

// LessonKind is what a name is of.
type LessonKind string

// The kinds.
const (
	LessonClasses LessonKind = "classes" // that a model learns to tell apart
	LessonPeople  LessonKind = "people"  // that a model of embeddings knows; a class is a person
)

// Base is the model that a name builds on.
type Base struct {
	Model  string `json:"model"` // its name in the config
	File   string `json:"file"`
	Camera string `json:"camera,omitempty"` // whose region and fit the pictures have
}

// LessonClass is a class that pictures are taught as.
type LessonClass struct {
	Label    string `json:"label"`
	Pictures int    `json:"pictures"` // near-copies are counted once
	Copies   int    `json:"copies"`   // near-copies besides
	Held     int    `json:"held"`     // held out
	More     int    `json:"more"`     // pictures that would help
}

// Version is a model that was trained.
type Version struct {
	ID       string         `json:"id"`
	Time     time.Time      `json:"time"`
	Classes  []string       `json:"classes"`
	Pictures int            `json:"pictures"` // that it was taught with
	Accuracy Accuracy       `json:"accuracy"` // of each picture by a model that was taught with the others
	Mistakes []Mistake      `json:"mistakes"` // classes that are taken for others, most first
	Warnings []TeachWarning `json:"warnings"`
	Worse    string         `json:"worse,omitempty"` // why Use refuses it: it is worse than the one in use
}

// Accuracy is how many pictures were answered right, and what of all pictures would be: a 95 % interval.
type Accuracy struct {
	Right int     `json:"right"`
	Total int     `json:"total"` // 0: it is not known
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Mistake is a class that is taken for another.
type Mistake struct {
	Class    string   `json:"class"`
	Answer   string   `json:"answer"`
	Count    int      `json:"count"`    // pictures
	Pictures []string `json:"pictures"` // IDs of some; empty: they are not known
}

// TeachWarning is something about a version that somebody should know.
type TeachWarning struct {
	Kind     string   `json:"kind"` // "few", "alike", "label", "copies", "base", …
	Text     string   `json:"text"`
	Classes  []string `json:"classes"`
	Pictures []string `json:"pictures"` // IDs of some
}

// Trained is a training.
type Trained struct {
	State   string    `json:"state"` // "running", "done", "failed", "cancelled"
	Stage   string    `json:"stage"` // of one that runs: "pictures", "head", "folds", "model"
	Done    int       `json:"done"`  // of Total, of the stage
	Total   int       `json:"total"` // 0: nobody knows
	Started time.Time `json:"started,omitzero"`
	Version string    `json:"version,omitempty"` // that was made
	Reasons []string  `json:"reasons,omitempty"` // why it failed, and what to do
}

// TrainOptions say how to train; zero values mean what is usual.
type TrainOptions struct {
	Variants int  `json:"variants"` // of each picture
	Flip     bool `json:"flip"`     // variants may be mirrored: not if left and right matter
}

// Shelf is where pictures of a name lie.
type Shelf string

// The shelves.
const (
	ShelfInbox    Shelf = "inbox"    // they wait for a label
	ShelfPictures Shelf = "pictures" // they are taught
	ShelfHeld     Shelf = "held"     // they are held out, for tests
	ShelfNormal   Shelf = "normal"   // they show how all is when it is well
)

// Place is where a picture belongs.
type Place struct {
	Shelf Shelf  `json:"shelf"`
	Class string `json:"class,omitempty"` // of ShelfPictures and ShelfHeld: a-z 0-9 - _, 64 at most, not none or unknown
}

// SampleOrder says which pictures of a shelf come, and in which order.
type SampleOrder string

// The orders.
const (
	SamplesNewest SampleOrder = "newest" // all
	SamplesUnsure SampleOrder = "unsure" // those first that the version in use, or else the base model, is least sure of
	SamplesWrong  SampleOrder = "wrong"  // those alone that seem to have a wrong label, the worst first
)

// SampleQuery says which pictures are wanted.
type SampleQuery struct {
	Place         // an empty class: of all
	Order         SampleOrder
	Offset, Limit int
}

// Sample is a picture.
type Sample struct {
	ID         string    `json:"id"` // SHA-256, in hexadecimal
	Place                // where it is
	Answer     string    `json:"answer,omitempty"` // of a model that was not taught with it; empty: not known
	Score      float64   `json:"score"`            // of the answer
	Camera     string    `json:"camera,omitempty"`
	Time       time.Time `json:"time,omitzero"`
	Group      string    `json:"group"`      // near-copies have the same
	Suspicious bool      `json:"suspicious"` // its label seems to be wrong: Answer is a better one
}

// Given is a picture that somebody brings.
type Given struct {
	Picture []byte    // JPEG or PNG
	Camera  string    // whose snapshot it is, of which the part is taken that its model sees; empty: all of it
	Time    time.Time // zero: not known
}

// Added is a picture that was added.
type Added struct {
	ID    string `json:"id"`
	Fresh bool   `json:"fresh"` // it was not there before
}

// Take says what to take of a camera.
type Take struct {
	Camera string
	Count  int           // pictures, 1 or more
	Every  time.Duration // from one to the next
}

// Taking is taking pictures of a camera.
type Taking struct {
	Camera  string `json:"camera"`
	Place          // where they go
	Done    int    `json:"done"`
	Count   int    `json:"count"`
	Running bool   `json:"running"`
	Problem string `json:"problem,omitempty"` // why it has ended before all were taken
}

// Tested is how the version in use has answered the pictures that are held out.
type Tested struct {
	Version   string        `json:"version"`
	Classes   []TestedClass `json:"classes"`
	Accuracy  Accuracy      `json:"accuracy"`
	Confusion [][]int       `json:"confusion"` // pictures, by class and answer, in the order of Classes
	Wrong     []Sample      `json:"wrong"`     // pictures that were answered wrong, the surest first
}

// TestedClass are figures of a class; of one without pictures Recall, of one that was never the answer Precision is 0.
type TestedClass struct {
	Label     string  `json:"label"`
	Pictures  int     `json:"pictures"`
	Precision float64 `json:"precision"` // of the answers that are this class, those that are right
	Recall    float64 `json:"recall"`    // of its pictures, those that are answered right
}
