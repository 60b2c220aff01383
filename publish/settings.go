package publish

import "time"

var settingsKind = Kind{Name: "settings", Topic: "settings", QoS: 1, Retained: true}

// Settings are those of a camera that may be changed while it runs, as they are in force.
type Settings struct {
	Device  string
	Camera  string
	Paused  bool
	Enter   float64  // the score from which on a class is decided
	Changed []string // those that are not as the config says
	Kept    bool     // all that was changed survives a restart: false while it cannot be written
	Time    time.Time
}

// Key implements Message.
func (s Settings) Key() Key { return Key{Kind: settingsKind, Camera: s.Camera, Retained: true} }

// AppendJSON appends the settings message (docs/schema/settings.json) to dst.
func (s Settings) AppendJSON(dst []byte) []byte {
	return appendJSON(dst, settingsMessage{
		Schema: Schema, Device: s.Device, Camera: s.Camera, Paused: s.Paused, Enter: s.Enter,
		Changed: append([]string{}, s.Changed...), Kept: s.Kept, Time: timestamp(s.Time),
	})
}

type settingsMessage struct {
	Schema  int      `json:"schema"`
	Device  string   `json:"device"`
	Camera  string   `json:"camera"`
	Paused  bool     `json:"paused"`
	Enter   float64  `json:"enter"`
	Changed []string `json:"changed"`
	Kept    bool     `json:"kept"`
	Time    string   `json:"time"`
}
