package publish

import "time"

var stateKind = Kind{Name: "state", Topic: "state", QoS: 1, Retained: true}

// State is the answer that a camera shows until its top label changes.
type State struct {
	Device    string
	Camera    string
	Sequence  uint64        // of the frame that changed it
	Time      time.Time     // when that frame arrived
	Monotonic time.Duration // the same moment on the machine's clock since boot (CLOCK_MONOTONIC)
	Model     Model
	Found     bool       // a class reached the threshold
	Top       Prediction // the best class, if Found
}

// Key implements Message.
func (s State) Key() Key { return Key{Kind: stateKind, Camera: s.Camera, Retained: true} }

// AppendJSON appends the state message (docs/schema/state.json) to dst.
func (s State) AppendJSON(dst []byte) []byte {
	m := stateMessage{
		Schema:      Schema,
		Device:      s.Device,
		Camera:      s.Camera,
		Sequence:    s.Sequence,
		Time:        timestamp(s.Time),
		MonotonicMS: Milliseconds(s.Monotonic),
		Model:       s.Model,
	}
	if s.Found {
		score := finite(s.Top.Score)
		m.Label, m.Index, m.Score = &s.Top.Label, &s.Top.Index, &score
	}
	return appendJSON(dst, m)
}

type stateMessage struct {
	Schema      int      `json:"schema"`
	Device      string   `json:"device"`
	Camera      string   `json:"camera"`
	Sequence    uint64   `json:"sequence"`
	Time        string   `json:"time"`
	MonotonicMS float64  `json:"monotonic_ms"`
	Label       *string  `json:"label"`
	Index       *int     `json:"index"`
	Score       *float32 `json:"score"`
	Model       Model    `json:"model"`
}
