package publish

import "time"

var engineKind = Kind{Name: "engine-status", Topic: "engine", QoS: 1, Retained: true, Lines: true}

// EngineState says how the engine is that shall run a model.
type EngineState string

// The states of an engine.
const (
	EngineRunning  EngineState = "running"  // it answers
	EngineFallback EngineState = "fallback" // another answers in its place until it is back
	EngineDown     EngineState = "down"     // nothing answers until it is back
)

// EngineStatus is a change in what runs a camera's model, or the second one that looks at what this finds.
type EngineStatus struct {
	Device   string
	Camera   string
	Model    Model
	State    EngineState
	Wanted   string // the engine that shall run the model
	Engine   string // the one that does; empty if nothing does
	Reason   string // why it is not the wanted one, or why that was chosen, for people; empty if there is nothing to say
	Restarts int    // of the wanted engine since the daemon loaded the model
	Time     time.Time
	Then     *EngineStatus // of that second model, without device and camera; nil: there is none
}

// Key implements Message.
func (s EngineStatus) Key() Key { return Key{Kind: engineKind, Camera: s.Camera, Retained: true} }

// AppendJSON appends the engine status message (docs/schema/engine-status.json) to dst.
func (s EngineStatus) AppendJSON(dst []byte) []byte {
	m := engineMessage{Schema: Schema, Device: s.Device, Camera: s.Camera, engineOf: s.of()}
	if s.Then != nil {
		m.Then = new(s.Then.of())
	}
	return appendJSON(dst, m)
}

// of is what s says of one model.
func (s *EngineStatus) of() engineOf {
	return engineOf{
		Model: s.Model, State: s.State, Wanted: s.Wanted, Engine: s.Engine, Reason: s.Reason, Restarts: s.Restarts, Time: timestamp(s.Time),
	}
}

type engineMessage struct {
	Schema int    `json:"schema"`
	Device string `json:"device"`
	Camera string `json:"camera"`
	engineOf
	Then *engineOf `json:"then,omitempty"`
}

type engineOf struct {
	Model    Model       `json:"model"`
	State    EngineState `json:"state"`
	Wanted   string      `json:"wanted"`
	Engine   string      `json:"engine,omitempty"`
	Reason   string      `json:"reason,omitempty"`
	Restarts int         `json:"restarts"`
	Time     string      `json:"time"`
}
