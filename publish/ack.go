package publish

import "time"

var ackKind = Kind{Name: "ack", Topic: "ack", QoS: 1, Live: true}

// AckOutcome is what became of a command.
type AckOutcome string

// The outcomes of commands.
const (
	AckApplied   AckOutcome = "applied"
	AckUnchanged AckOutcome = "unchanged" // it was so already
	AckRefused   AckOutcome = "refused"   // and nothing was done
)

// Ack answers a command, for whoever gave it.
type Ack struct {
	Device  string
	Camera  string
	Command string // paused, enter, …
	ID      string // that the command had; empty: none
	Outcome AckOutcome
	Value   string // that was asked for, cut where it is long
	Reason  string // why it was refused, for people
	Time    time.Time
}

// Key implements Message.
func (a Ack) Key() Key { return Key{Kind: ackKind, Camera: a.Camera} }

// AppendJSON appends the acknowledgement (docs/schema/ack.json) to dst.
func (a Ack) AppendJSON(dst []byte) []byte {
	return appendJSON(dst, ackMessage{
		Schema: Schema, Device: a.Device, Camera: a.Camera, Command: a.Command, ID: a.ID,
		Outcome: a.Outcome, Value: a.Value, Reason: a.Reason, Time: timestamp(a.Time),
	})
}

type ackMessage struct {
	Schema  int        `json:"schema"`
	Device  string     `json:"device"`
	Camera  string     `json:"camera"`
	Command string     `json:"command"`
	ID      string     `json:"id,omitempty"`
	Outcome AckOutcome `json:"outcome"`
	Value   string     `json:"value"`
	Reason  string     `json:"reason,omitempty"`
	Time    string     `json:"time"`
}
