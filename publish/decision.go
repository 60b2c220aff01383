package publish

import (
	"encoding/json"
	"time"
)

var decisionKind = Kind{Name: "decision", Topic: "decision", QoS: 1, Retained: true}

// Decision is what a camera is said to show, from one moment on: a class or group, or none. Whether its scene looks different
// from normal is decided beside that, and so are each of the counts and shares; where one of them changes alone, the rest is that of
// the decision before.
type Decision struct {
	Device    string
	Camera    string
	Sequence  uint64        // of the frame that decided it; of the last answered one if no frame did
	Time      time.Time     // when that frame arrived, or when it was decided without one
	Monotonic time.Duration // the same moment on the machine's clock since boot (CLOCK_MONOTONIC)

	Label       string    // empty: none
	Score       float64   // of Label in that frame, 0 to 1; 0 without a Label
	Second      string    // the second best in that frame; empty: there is none, or no frame
	SecondScore float64   // 0 to 1
	Votes       int       // for it, among the last answers
	Window      int       // how many of the last answers count
	Previous    string    // what was decided before; empty: none, or nothing yet
	First       bool      // the camera has decided nothing before; it has no place in the JSON
	Different   Look      // whether its scene looks different from normal
	Counts      []Count   // how many things of which label it shows; nil: its model finds no things
	Shares      []ShareOf // how much of which label; nil: its model finds no areas
	Reason      string    // for people
	Model       Model     // that answers
}

// Key implements Message.
func (d Decision) Key() Key { return Key{Kind: decisionKind, Camera: d.Camera, Retained: true} }

// AppendJSON appends the decision message (docs/schema/decision.json) to dst.
func (d Decision) AppendJSON(dst []byte) []byte {
	return appendJSON(dst, decisionMessage{
		Schema: Schema, Device: d.Device, Camera: d.Camera,
		Sequence: d.Sequence, Time: timestamp(d.Time), MonotonicMS: Milliseconds(d.Monotonic),
		Label: orNull(d.Label), Score: scoreOf(d.Label, d.Score),
		Second: orNull(d.Second), SecondScore: scoreOf(d.Second, d.SecondScore),
		Votes: d.Votes, Window: d.Window, Previous: orNull(d.Previous), Reason: d.Reason, Model: d.Model,
		Different: d.Different.raw(), Counts: countsMessage(d.Counts), Shares: sharesMessage(d.Shares),
	})
}

// Voting is where a decision stands after one frame.
type Voting struct {
	Label   string // what is decided; empty: none, or nothing yet
	Vote    string // what this frame is for; empty: none
	Votes   int    // for Vote, among the last answers
	Need    int    // votes that decide it
	Window  int    // how many of the last answers count
	Pending bool   // Vote is not what is decided
	Reason  []byte // for people
}

// message is v as results have it, nil if there is none.
func (v *Voting) message() *votingMessage {
	if v == nil {
		return nil
	}
	return &votingMessage{
		Label: orNull(v.Label), Vote: orNull(v.Vote), Votes: v.Votes, Need: v.Need, Window: v.Window,
		Pending: v.Pending, Reason: string(v.Reason),
	}
}

// orNull is a label in JSON, where none is null.
func orNull(label string) *string {
	if label == "" {
		return nil
	}
	return &label
}

// scoreOf is the score of a label in JSON, where that of none is null.
func scoreOf(label string, score float64) *float64 {
	if label == "" {
		return nil
	}
	return &score
}

type (
	decisionMessage struct {
		Schema      int      `json:"schema"`
		Device      string   `json:"device"`
		Camera      string   `json:"camera"`
		Sequence    uint64   `json:"sequence"`
		Time        string   `json:"time"`
		MonotonicMS float64  `json:"monotonic_ms"`
		Label       *string  `json:"label"`
		Score       *float64 `json:"score"`
		Second      *string  `json:"second"`
		SecondScore *float64 `json:"second_score"`
		Votes       int      `json:"votes"`
		Window      int      `json:"window"`
		Previous    *string  `json:"previous"`
		Reason      string   `json:"reason"`
		Model       Model    `json:"model"`

		Different json.RawMessage    `json:"different,omitempty"`
		Counts    map[string]int     `json:"counts,omitzero"`
		Shares    map[string]float64 `json:"shares,omitzero"`
	}
	votingMessage struct {
		Label   *string `json:"label"`
		Vote    *string `json:"vote"`
		Votes   int     `json:"votes"`
		Need    int     `json:"need"`
		Window  int     `json:"window"`
		Pending bool    `json:"pending"`
		Reason  string  `json:"reason"`
	}
)
