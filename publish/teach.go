package publish

import "time"

// teachPause: a training tells its progress far more often.
const teachPause = time.Second

var teachKind = Kind{Name: "teach", Topic: "teach", QoS: 1, Retained: true, Pause: teachPause}

// TeachState is what is done with what is taught.
type TeachState string

// The states of what is taught.
const (
	TeachIdle     TeachState = "idle"
	TeachTraining TeachState = "training"
	TeachFailed   TeachState = "failed" // the last training; the version before goes on
)

// Teach is how far that is that a camera's model was taught as, or that its pictures are collected for.
type Teach struct {
	Device   string
	Camera   string
	Name     string        // of what is taught
	Version  string        // in use; empty: there is none
	Classes  []TaughtClass // in the order of their labels
	Inbox    int           // pictures that wait for a label
	Accuracy *TaughtRight  // of Version; nil: it is not known
	State    TeachState
	Progress float64 // of a training, 0 to 1
	Reason   string  // what is wrong, and what to do, for people; empty: nothing
	Time     time.Time
}

// TaughtClass is a class, and how many pictures there are to teach it with.
type TaughtClass struct {
	Label    string `json:"label"`
	Pictures int    `json:"pictures"`
}

// TaughtRight is how many pictures were answered right by a model that was taught with the others, and which share of all
// pictures that may be: the ends of a 95 % interval.
type TaughtRight struct {
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Right int     `json:"right"`
	Total int     `json:"total"`
}

// Key implements Message.
func (t Teach) Key() Key { return Key{Kind: teachKind, Camera: t.Camera, Retained: true} }

// Pictures are those of all classes.
func (t Teach) Pictures() (n int) {
	for _, c := range t.Classes {
		n += c.Pictures
	}
	return n
}

// AppendJSON appends the teach message (docs/schema/teach.json) to dst.
func (t Teach) AppendJSON(dst []byte) []byte {
	return appendJSON(dst, teachMessage{
		Schema: Schema, Device: t.Device, Camera: t.Camera, Name: t.Name, Version: t.Version, Classes: append([]TaughtClass{}, t.Classes...),
		Pictures: t.Pictures(), Inbox: t.Inbox, Accuracy: t.Accuracy, State: t.State, Progress: t.Progress, Reason: t.Reason, Time: timestamp(t.Time),
	})
}

type teachMessage struct {
	Schema   int           `json:"schema"`
	Device   string        `json:"device"`
	Camera   string        `json:"camera"`
	Name     string        `json:"name"`
	Version  string        `json:"version,omitempty"`
	Classes  []TaughtClass `json:"classes"`
	Pictures int           `json:"pictures"`
	Inbox    int           `json:"inbox"`
	Accuracy *TaughtRight  `json:"accuracy,omitempty"`
	State    TeachState    `json:"state"`
	Progress float64       `json:"progress"`
	Reason   string        `json:"reason,omitempty"`
	Time     string        `json:"time"`
}
