package config

import (
	"math"
	"time"
)

// Decision says what it takes until a class is decided, and until it is not any more.
type Decision struct {
	Enter       float64                  `yaml:"enter"`       // least score of a class that is decided
	Leave       float64                  `yaml:"leave"`       // least score of one that stays; at most Enter
	Margin      float64                  `yaml:"margin"`      // by which the best leads the second, at least
	Need        int                      `yaml:"need"`        // votes that make a change; 0: see Votes
	Window      int                      `yaml:"window"`      // of so many; 0: see Votes
	Dwell       time.Duration            `yaml:"dwell"`       // what is decided stays so long
	Cooldown    time.Duration            `yaml:"cooldown"`    // what was left is not decided again for so long
	Hold        time.Duration            `yaml:"hold"`        // a lost camera keeps its decision so long
	Ignore      []Word                   `yaml:"ignore,flow"` // classes that compete and are never decided
	Others      string                   `yaml:"others"`      // "keep" or "ignore": the classes outside of Groups
	Groups      map[string][]Word        `yaml:"groups,omitempty"`
	Classes     map[string]ClassDecision `yaml:"classes,omitempty"` // by the name of a class or group
	LabelEvents bool                     `yaml:"label_events"`      // each change of the top class is an event
}

// ClassDecision is what is different for one class. nil: as for all others.
type ClassDecision struct {
	Enter    *float64       `yaml:"enter,omitempty"`
	Leave    *float64       `yaml:"leave,omitempty"`
	Need     *int           `yaml:"need,omitempty"`
	Dwell    *time.Duration `yaml:"dwell,omitempty"`
	Cooldown *time.Duration `yaml:"cooldown,omitempty"`
}

// Word is a text that may look like a number in the file.
type Word string

// Votes is how many of a camera's last answers make a change: what the file says, else 4 of 5, and 1 of 1 where every
// picture stands for itself.
func (c *Config) Votes(camera string) (need, window int) {
	cam := c.Cameras[camera]
	if d := cam.Decision; d.Need != 0 && d.Window != 0 {
		return d.Need, d.Window
	}
	if cam.Source == SourceView && cam.View != nil {
		cam = c.Cameras[cam.View.Of]
	}
	if cam.Source == SourceFiles || cam.Source == SourceDemo {
		return 1, 1
	}
	return 4, 5
}

// Gate says which frames the model gets.
type Gate struct {
	Linger    time.Duration `yaml:"linger"`        // frames pass so long after motion or a trigger
	Refresh   time.Duration `yaml:"refresh"`       // one passes at least so often; 0: none
	Triggers  []string      `yaml:"triggers,flow"` // keys of GPIO.Inputs
	Motion    bool          `yaml:"motion"`        // motion opens the gate
	Threshold int           `yaml:"threshold"`     // of brightness, 0 to 255, by which a cell changes
	Area      float64       `yaml:"area"`          // share of the cells that change
	Frames    int           `yaml:"frames"`        // looks in a row
	Light     float64       `yaml:"light"`         // a larger share is a change of light
	Learn     time.Duration `yaml:"learn"`         // what stays so long is background
	Mask      []Polygon     `yaml:"mask,flow"`     // where motion does not count
}

// Snapshot says what becomes of the pictures of changes.
type Snapshot struct {
	Classes  []Word        `yaml:"classes,flow"` // whose decisions are worth a picture; empty: all
	Picture  string        `yaml:"picture"`      // "frame" or "region"
	Width    int           `yaml:"width"`        // pixels, at most
	Quality  int           `yaml:"quality"`      // of the JPEG, 1 to 100
	Interval time.Duration `yaml:"interval"`     // from one to the next, at least
	MQTT     bool          `yaml:"mqtt"`
	Retain   bool          `yaml:"retain"`
	MaxBytes Size          `yaml:"max_bytes"` // of one
	Disk     bool          `yaml:"disk"`
	Folder   string        `yaml:"folder"` // empty: snapshots in the StateDirectory
	Keep     Keep          `yaml:"keep"`
	Budget   Size          `yaml:"budget"` // bytes a day on the disk
	Why      bool          `yaml:"why"`    // with each, where the model looked
}

// The values of Collect.What.
const (
	CollectOff     = "off"
	CollectUnsure  = "unsure"  // pictures that the model is not sure of
	CollectChanges = "changes" // those of changes
)

// Collect says which pictures of a camera wait for a label, so that a model can be taught with them.
type Collect struct {
	What string `yaml:"what"` // CollectOff, CollectUnsure or CollectChanges
	Name string `yaml:"name"` // what they are for; empty: the camera's model, which was taught
}

// Normal says which pictures show what a camera's scene looks like when all is well.
type Normal struct {
	Name  string `yaml:"name"`  // what they were taught as; empty: none do
	Loose bool   `yaml:"loose"` // parts lie anywhere
}

// Keep says how many snapshots stay on the disk. The oldest go.
type Keep struct {
	MaxFiles int           `yaml:"max_files"`
	MaxBytes Size          `yaml:"max_bytes"`
	MaxAge   time.Duration `yaml:"max_age"`
}

// Location is where the machine is, in degrees: north and east are positive. What the file leaves out is not a number.
type Location struct {
	Latitude  float64 `yaml:"latitude"`
	Longitude float64 `yaml:"longitude"`
}

// Governor says when models work less.
type Governor struct {
	Limit float64 `yaml:"limit"` // °C; 0: never
	Power bool    `yaml:"power"` // also while a Raspberry Pi has low voltage or is throttled
}

// The values of GPIOOutput.Mode.
const (
	ModeFollow    = "follow"    // on while decided
	ModePulse     = "pulse"     // on for a while when decided
	ModeHeartbeat = "heartbeat" // on and off while all is well
)

// GPIO is about pins.
type GPIO struct {
	Chip    string                `yaml:"chip"`    // label or path; empty: a Raspberry Pi's header
	DryRun  bool                  `yaml:"dry_run"` // outputs are said, not switched
	Inputs  map[string]GPIOInput  `yaml:"inputs,omitempty"`
	Outputs map[string]GPIOOutput `yaml:"outputs,omitempty"`
}

// GPIOInput is a pin that is read.
type GPIOInput struct {
	Line      Word          `yaml:"line"` // name or number
	Pull      string        `yaml:"pull"` // "none", "up", "down" or "keep"
	ActiveLow bool          `yaml:"active_low"`
	Debounce  time.Duration `yaml:"debounce"` // shorter changes do not count
}

// GPIOOutput is a pin that is switched.
type GPIOOutput struct {
	Line      Word          `yaml:"line"` // name or number
	ActiveLow bool          `yaml:"active_low"`
	Safe      string        `yaml:"safe"` // "off" or "on": while nothing is known
	Mode      string        `yaml:"mode"` // ModeFollow, ModePulse or ModeHeartbeat
	Camera    string        `yaml:"camera"`
	Classes   []Word        `yaml:"classes,flow"`
	Length    time.Duration `yaml:"length"`  // of a pulse
	Rest      time.Duration `yaml:"rest"`    // between two switchings, at least
	AtMost    time.Duration `yaml:"at_most"` // on for so long, at most; 0: any
}

// Metrics says where Prometheus finds figures.
type Metrics struct {
	Listen   string        `yaml:"listen"`   // host:port; empty: none
	TextFile string        `yaml:"textfile"` // a .prom file; empty: none
	Interval time.Duration `yaml:"interval"` // from one text file to the next
}

func (d *Decision) setDefaults() {
	*d = Decision{Enter: 0.5, Leave: 0.35, Margin: 0.1, Hold: time.Minute, Others: "keep", LabelEvents: true}
}

func (g *Gate) setDefaults() {
	*g = Gate{Linger: 10 * time.Second, Refresh: time.Minute, Motion: true, Threshold: 12, Area: 0.005, Frames: 2, Light: 0.6, Learn: 30 * time.Second}
}

func (s *Snapshot) setDefaults() {
	*s = Snapshot{
		Picture: "frame", Width: 640, Quality: 80, Interval: 10 * time.Second, MaxBytes: 256 << 10,
		Keep: Keep{MaxFiles: 1000, MaxBytes: 256 << 20, MaxAge: 7 * 24 * time.Hour}, Budget: 64 << 20,
	}
}

// UsualSnapshot is what holds for the pictures of a camera whose section says nothing of them.
func UsualSnapshot() Snapshot { return *withDefaults(&Snapshot{}) }

func (l *Location) setDefaults() { *l = Location{Latitude: math.NaN(), Longitude: math.NaN()} } // there are none

func (i *GPIOInput) setDefaults() { *i = GPIOInput{Pull: "down", Debounce: 50 * time.Millisecond} }

func (o *GPIOOutput) setDefaults() {
	*o = GPIOOutput{Safe: "off", Mode: ModeFollow, Length: time.Second, Rest: time.Second}
}
