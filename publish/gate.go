package publish

import "time"

// A second's pause, as motion comes and goes.
var gateKind = Kind{Name: "gate", Topic: "gate", QoS: 1, Retained: true, Pause: time.Second}

// GateState says which frames of a camera the model gets.
type GateState string

// The states of a gate.
const (
	GateOpen GateState = "open" // all, as often as the model can
	GateIdle GateState = "idle" // none but one now and then: nothing moves
	GateOff  GateState = "off"  // none, and the camera is closed: it is paused, or outside its hours
)

// GateStatus is a change in which frames the model gets.
type GateStatus struct {
	Device     string
	Camera     string
	State      GateState
	Reason     string  // why, for people; empty if there is nothing to say
	Duty       float64 // share of the time that the model may work: 1, or less while the machine is hot
	DutyReason string  // why it is less than 1, for people
	Time       time.Time
}

// Key implements Message.
func (g GateStatus) Key() Key { return Key{Kind: gateKind, Camera: g.Camera, Retained: true} }

// AppendJSON appends the gate message (docs/schema/gate.json) to dst.
func (g GateStatus) AppendJSON(dst []byte) []byte {
	return appendJSON(dst, gateMessage{
		Schema: Schema, Device: g.Device, Camera: g.Camera, State: g.State, Reason: g.Reason,
		Duty: g.Duty, DutyReason: g.DutyReason, Time: timestamp(g.Time),
	})
}

type gateMessage struct {
	Schema     int       `json:"schema"`
	Device     string    `json:"device"`
	Camera     string    `json:"camera"`
	State      GateState `json:"state"`
	Reason     string    `json:"reason,omitempty"`
	Duty       float64   `json:"duty"`
	DutyReason string    `json:"duty_reason,omitempty"`
	Time       string    `json:"time"`
}
