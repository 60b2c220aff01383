package publish

import (
	"context"
	"time"
)

// EventPublisher is a Publisher that also takes events: changes of state, of which none may be lost. The same rules
// hold as for Publish, but that PublishEvent may wait a few milliseconds for the disk.
type EventPublisher interface {
	PublishEvent(ctx context.Context, e Event) error
}

// EventKind says what has changed.
type EventKind string

// The kinds of events.
const (
	EventLabel  EventKind = "label"  // the top class of a camera: Top and Before, instead of Value and Previous
	EventCamera EventKind = "camera" // how a camera is: a CameraState
	EventEngine EventKind = "engine" // what runs the camera's model: an engine's name; empty: nothing
)

// Event is a change of state.
type Event struct {
	Device      string
	Camera      string // empty if it is not about one camera
	Kind        EventKind
	Time        time.Time     // when it happened
	Monotonic   time.Duration // the same moment on the machine's clock since boot (CLOCK_MONOTONIC)
	ClockSynced bool          // the machine's clock was set from a time source: Time can be trusted

	Value    string // what is now
	Previous string // what was before; empty at first
	Reason   string // why, for people; empty if there is nothing to say

	Top    *Prediction // the best class now; nil: none reached the threshold
	Before *Prediction // the best class before; nil: none, or nothing yet
	Model  Model       // that answered; zero if it has no part in the event
}

// Number tells an event from all others of its device: it is sent again under the same one. Within a boot, later events
// have higher sequences.
type Number struct {
	Boot     string // the machine's boot, as the kernel names it (/proc/sys/kernel/random/boot_id)
	Sequence uint64
}

// LabelEvent is the event of r's top class taking the place of before's, the camera's state until then; nil if it had
// none yet.
func LabelEvent(r Result, before *State) Event {
	e := Event{
		Device: r.Device, Camera: r.Camera, Kind: EventLabel,
		Time: r.Time, Monotonic: r.Monotonic, Model: r.Model,
	}
	if now := r.State(); now.Found {
		e.Top = &now.Top
	}
	if before != nil && before.Found {
		top := before.Top
		e.Before = &top
	}
	return e
}

// SpoolState says where events wait for the broker.
type SpoolState string

// The states of a spool.
const (
	SpoolDisk   SpoolState = "disk"   // where they survive a restart
	SpoolMemory SpoolState = "memory" // where they do not: no spool is set up, or the disk is full or broken
)

// SpoolStatus is how the spool of events is.
type SpoolStatus struct {
	Device  string
	State   SpoolState
	Reason  string // why they are in memory, for people
	Waiting int    // events that the broker has not acknowledged
	Bytes   int64  // on the disk
	Dropped SpoolLosses
	Time    time.Time
}

// SpoolLosses count events that were given up, over restarts of the daemon as far as the disk remembers.
type SpoolLosses struct {
	Bytes   uint64 // the oldest, for room on the disk
	Age     uint64 // too old
	Memory  uint64 // the oldest, for room in memory
	Damaged uint64 // unreadable on the disk
}

// AppendJSON appends the event message (docs/schema/event.json) to dst.
func (e Event) AppendJSON(dst []byte, n Number) []byte {
	m := eventMessage{
		Schema: Schema, Device: e.Device, Camera: e.Camera,
		Boot: n.Boot, Sequence: n.Sequence,
		Time: timestamp(e.Time), MonotonicMS: milliseconds(e.Monotonic), ClockSynced: e.ClockSynced,
		Kind: e.Kind, Reason: e.Reason,
	}
	if e.Model != (Model{}) {
		model := modelMessage(e.Model)
		m.Model = &model
	}
	if e.Kind != EventLabel {
		if e.Value != "" {
			m.Value = &e.Value
		}
		if e.Previous != "" {
			m.Previous = &e.Previous
		}
		return appendJSON(dst, m)
	}
	l := labelMessage{eventMessage: m}
	if e.Top != nil {
		score := finite(e.Top.Score)
		l.Value, l.Index, l.Score = &e.Top.Label, &e.Top.Index, &score
	}
	if e.Before != nil {
		l.Previous, l.PreviousIndex = &e.Before.Label, &e.Before.Index
	}
	return appendJSON(dst, l)
}

// AppendJSON appends the spool status message (docs/schema/spool.json) to dst.
func (s SpoolStatus) AppendJSON(dst []byte) []byte {
	return appendJSON(dst, spoolMessage{
		Schema: Schema, Device: s.Device, State: s.State, Reason: s.Reason,
		Waiting: s.Waiting, Bytes: s.Bytes, Dropped: droppedMessage(s.Dropped), Time: timestamp(s.Time),
	})
}

type (
	eventMessage struct {
		Schema      int           `json:"schema"`
		Device      string        `json:"device"`
		Camera      string        `json:"camera,omitempty"`
		Boot        string        `json:"boot"`
		Sequence    uint64        `json:"sequence"`
		Time        string        `json:"time"`
		MonotonicMS float64       `json:"monotonic_ms"`
		ClockSynced bool          `json:"clock_synced"`
		Kind        EventKind     `json:"kind"`
		Value       *string       `json:"value"`
		Previous    *string       `json:"previous"`
		Reason      string        `json:"reason,omitempty"`
		Model       *modelMessage `json:"model,omitempty"`
	}
	labelMessage struct {
		eventMessage
		Index         *int     `json:"index"`
		PreviousIndex *int     `json:"previous_index"`
		Score         *float32 `json:"score"`
	}
	spoolMessage struct {
		Schema  int            `json:"schema"`
		Device  string         `json:"device"`
		State   SpoolState     `json:"state"`
		Reason  string         `json:"reason,omitempty"`
		Waiting int            `json:"waiting"`
		Bytes   int64          `json:"bytes"`
		Dropped droppedMessage `json:"dropped"`
		Time    string         `json:"time"`
	}
	droppedMessage struct {
		Bytes   uint64 `json:"bytes"`
		Age     uint64 `json:"age"`
		Memory  uint64 `json:"memory"`
		Damaged uint64 `json:"damaged"`
	}
)
