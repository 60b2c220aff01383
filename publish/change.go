package publish

import (
	"cmp"
	"time"
)

var changeKind = Kind{Name: "change", Topic: "change", QoS: 1, Live: true}

// Change tells those who listen right now that a camera's decision has changed: what rings a bell. It is never kept for
// later: an [Event] is.
type Change struct {
	Device   string
	Camera   string
	Type     string // what kind of change: the label, or ChangeOther where there are too many of them to be listed
	Label    string // what is decided now, or NoLabel
	Previous string // what was decided before, or NoLabel
	Score    *float64
	Reason   string // of the decision, for people
	Time     time.Time
}

// What a Change says where a label cannot be.
const (
	NoLabel     = "none"    // nothing is decided
	ChangeOther = "changed" // the type of all changes of a camera that has too many classes to list
)

// DecisionChange is the change to d. listed tells whether the camera's classes are listed: see ClassNames.
func DecisionChange(d Decision, listed bool) Change {
	c := Change{
		Device: d.Device, Camera: d.Camera, Type: ClassName(d.Label), Label: cmp.Or(d.Label, NoLabel),
		Previous: cmp.Or(d.Previous, NoLabel), Score: scoreOf(d.Label, d.Score), Reason: d.Reason, Time: d.Time,
	}
	if !listed {
		c.Type = ChangeOther
	}
	return c
}

// Key implements Message.
func (c Change) Key() Key { return Key{Kind: changeKind, Camera: c.Camera} }

// AppendJSON appends the change message (docs/schema/change.json) to dst. Its fields become the attributes of an event
// entity of Home Assistant, which is why device and schema are not among them: they would hide names of its own.
func (c Change) AppendJSON(dst []byte) []byte {
	return appendJSON(dst, changeMessage{
		EventType: c.Type, Label: c.Label, Previous: c.Previous, Score: c.Score, Reason: c.Reason, Time: timestamp(c.Time),
	})
}

type changeMessage struct {
	EventType string   `json:"event_type"`
	Label     string   `json:"label"`
	Previous  string   `json:"previous"`
	Score     *float64 `json:"score"`
	Reason    string   `json:"reason"`
	Time      string   `json:"time"`
}
