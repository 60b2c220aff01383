package publish

import "time"

// A quarter of a second's pause: a pin that switches faster is not told each time.
var gpioKind = Kind{Name: "gpio", Topic: "gpio", Scope: OfDevice, QoS: 1, Retained: true, Pause: time.Second / 4}

// GPIOStatus is how the pins are.
type GPIOStatus struct {
	Device  string
	DryRun  bool                  // outputs are said, not switched
	Inputs  map[string]GPIOInput  // by name; never changed once they were published
	Outputs map[string]GPIOOutput // likewise
	Time    time.Time
}

// GPIOInput is how an input is.
type GPIOInput struct {
	Active bool   `json:"active"`
	Error  string `json:"error,omitempty"` // why it cannot be read, for people
}

// GPIOOutput is how an output is.
type GPIOOutput struct {
	On     bool   `json:"on"`
	Reason string `json:"reason,omitempty"` // why, for people: drive: dog
	Error  string `json:"error,omitempty"`  // why it cannot be switched, for people
}

// Key implements Message.
func (g GPIOStatus) Key() Key { return Key{Kind: gpioKind, Retained: true} }

// AppendJSON appends the gpio message (docs/schema/gpio.json) to dst.
func (g GPIOStatus) AppendJSON(dst []byte) []byte {
	m := gpioMessage{
		Schema: Schema, Device: g.Device, DryRun: g.DryRun,
		Inputs: g.Inputs, Outputs: g.Outputs, Time: timestamp(g.Time),
	}
	if m.Inputs == nil {
		m.Inputs = map[string]GPIOInput{}
	}
	if m.Outputs == nil {
		m.Outputs = map[string]GPIOOutput{}
	}
	return appendJSON(dst, m)
}

type gpioMessage struct {
	Schema  int                   `json:"schema"`
	Device  string                `json:"device"`
	DryRun  bool                  `json:"dry_run"`
	Inputs  map[string]GPIOInput  `json:"inputs"`
	Outputs map[string]GPIOOutput `json:"outputs"`
	Time    string                `json:"time"`
}
