package publish

import "time"

var configKind = Kind{Name: "config-status", Topic: "config", Scope: OfDevice, QoS: 1, Retained: true}

// ConfigState is what became of the config file when it was last read.
type ConfigState string

// The states of the config.
const (
	ConfigApplied ConfigState = "applied" // it is in force
	ConfigRefused ConfigState = "refused" // it cannot be used; the one before goes on
)

// ConfigStatus is the outcome of reading the config file, at the start or for a reload.
type ConfigStatus struct {
	Device   string
	Boot     string // the machine's boot, as in events
	State    ConfigState
	Problems []string // all that is wrong with a refused file, a line each
	Models   []Model  // that the device runs, in the order of their names
	Time     time.Time
}

// Key implements Message.
func (s ConfigStatus) Key() Key { return Key{Kind: configKind, Retained: true} }

// AppendJSON appends the config status message (docs/schema/config-status.json) to dst.
func (s ConfigStatus) AppendJSON(dst []byte) []byte {
	return appendJSON(dst, configMessage{
		Schema: Schema, Device: s.Device, Boot: s.Boot,
		State: s.State, Problems: s.Problems, Models: s.Models, Time: timestamp(s.Time),
	})
}

type configMessage struct {
	Schema   int         `json:"schema"`
	Device   string      `json:"device"`
	Boot     string      `json:"boot"`
	State    ConfigState `json:"state"`
	Problems []string    `json:"problems,omitempty"`
	Models   []Model     `json:"models,omitempty"`
	Time     string      `json:"time"`
}
