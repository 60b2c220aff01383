package publish

import "time"

var eventKind = Kind{Name: "event", Topic: "event", Scope: OfBoth, QoS: 1}

// EventKind says what has changed. More of them may come.
type EventKind string

// The kinds of events.
const (
	EventLabel  EventKind = "label"  // the top class of a camera: Top and Before, instead of Value and Previous
	EventCamera EventKind = "camera" // how a camera is: a CameraState
	EventEngine EventKind = "engine" // what runs the camera's model: an engine's name; empty: nothing

	// EventDecision is for what a camera is said to show: a label; empty: none.
	EventDecision EventKind = "decision"

	// EventDifferent is for whether a scene looks different from normal: LabelDifferent; empty: it does not, or nobody can tell.
	EventDifferent EventKind = "different"

	// EventCount is for how many things of a Label a camera is said to show: a number as text.
	EventCount EventKind = "count"
)

// Event is a change of state, of which none may be lost.
type Event struct {
	Number Number // given by whoever keeps events until they are delivered; zero before

	Device      string
	Camera      string // empty if it is not about one camera
	Kind        EventKind
	Time        time.Time     // when it happened
	Monotonic   time.Duration // the same moment on the machine's clock since boot (CLOCK_MONOTONIC)
	ClockSynced bool          // the machine's clock was set from a time source: Time can be trusted

	Value    string  // what is now
	Previous string  // what was before; empty at first
	Reason   string  // why, for people; empty if there is nothing to say
	Score    float64 // of Value: EventDecision, 0 to 1; EventDifferent, 1 and more

	Label  string      // EventCount: of what
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

// LabelEvent is the event of now taking the place of before as its camera's state; before is nil if it had none yet.
func LabelEvent(now State, before *State) Event {
	e := Event{
		Device: now.Device, Camera: now.Camera, Kind: EventLabel,
		Time: now.Time, Monotonic: now.Monotonic, Model: now.Model,
	}
	if now.Found {
		e.Top = &now.Top
	}
	if before != nil && before.Found {
		top := before.Top
		e.Before = &top
	}
	return e
}

// DecisionEvent is the event of a decision that has changed.
func DecisionEvent(d Decision) Event {
	return Event{
		Device: d.Device, Camera: d.Camera, Kind: EventDecision, Time: d.Time, Monotonic: d.Monotonic, Model: d.Model,
		Value: d.Label, Previous: d.Previous, Reason: d.Reason, Score: d.Score,
	}
}

// Key implements Message.
func (e Event) Key() Key { return Key{Kind: eventKind, Camera: e.Camera} }

// AppendJSON appends the event message (docs/schema/event.json) to dst.
func (e Event) AppendJSON(dst []byte) []byte {
	m := eventMessage{
		Schema: Schema, Device: e.Device, Camera: e.Camera,
		Boot: e.Number.Boot, Sequence: e.Number.Sequence,
		Time: timestamp(e.Time), MonotonicMS: Milliseconds(e.Monotonic), ClockSynced: e.ClockSynced,
		Kind: e.Kind, Value: orNull(e.Value), Previous: orNull(e.Previous), Reason: e.Reason,
	}
	if e.Model != (Model{}) {
		m.Model = &e.Model
	}
	switch e.Kind {
	case EventLabel:
		return appendJSON(dst, e.label(m))
	case EventDecision, EventDifferent:
		return appendJSON(dst, scoredMessage{m, scoreOf(e.Value, e.Score)})
	case EventCount:
		return appendJSON(dst, countMessage{m, e.Label})
	}
	return appendJSON(dst, m)
}

// label adds to m what a change of the top class has.
func (e *Event) label(m eventMessage) labelMessage {
	l := labelMessage{eventMessage: m}
	if e.Top != nil {
		score := finite(e.Top.Score)
		l.Value, l.Index, l.Score = &e.Top.Label, &e.Top.Index, &score
	}
	if e.Before != nil {
		l.Previous, l.PreviousIndex = &e.Before.Label, &e.Before.Index
	}
	return l
}

type (
	eventMessage struct {
		Schema      int       `json:"schema"`
		Device      string    `json:"device"`
		Camera      string    `json:"camera,omitempty"`
		Boot        string    `json:"boot"`
		Sequence    uint64    `json:"sequence"`
		Time        string    `json:"time"`
		MonotonicMS float64   `json:"monotonic_ms"`
		ClockSynced bool      `json:"clock_synced"`
		Kind        EventKind `json:"kind"`
		Value       *string   `json:"value"`
		Previous    *string   `json:"previous"`
		Reason      string    `json:"reason,omitempty"`
		Model       *Model    `json:"model,omitempty"`
	}
	labelMessage struct {
		eventMessage
		Index         *int     `json:"index"`
		PreviousIndex *int     `json:"previous_index"`
		Score         *float32 `json:"score"`
	}
	scoredMessage struct {
		eventMessage
		Score *float64 `json:"score"`
	}
	countMessage struct {
		eventMessage
		Label string `json:"label"`
	}
)
