package config

import "time"

// Default is what the daemon does without a file: it classifies the scenes of the demo source with the demo model and
// publishes to its own broker.
func Default() Config {
	c := Config{
		Log: Log{Level: "info", Format: "auto"},
		MQTT: MQTT{
			Broker:    BrokersAt(BrokerEmbedded),
			Listen:    "127.0.0.1:1883",
			KeepAlive: 30 * time.Second,
			Queue:     256,
			Spool:     Spool{MaxBytes: 16 << 20, MaxAge: 7 * 24 * time.Hour, MaxWrites: 60},

			Report:        time.Minute,
			HomeAssistant: HomeAssistant{Prefix: "homeassistant", StatusTopic: "homeassistant/status"},
		},
		Models:   defaultModels(),
		Cameras:  map[string]Camera{},
		Governor: Governor{Limit: 80, Power: true},
		Metrics:  Metrics{Interval: 15 * time.Second},
		Web:      Web{Listen: "127.0.0.1:8224", Rate: 5},
		Teach:    Teach{MaxPictures: 200, MaxBytes: 256 << 20},
	}
	var demo Camera
	demo.setDefaults()
	demo.fillSource()
	c.Cameras["demo"] = demo
	return c
}

func defaultModels() map[string]Model {
	var demo Model
	demo.setDefaults()
	demo.File, demo.Labels = builtinPrefix+"demo", builtinPrefix+"demo"
	return map[string]Model{"demo": demo}
}

// defaulter is a section that may appear any number of times; the decoder fills each with the defaults first.
type defaulter interface{ setDefaults() }

// usualUnknown is the share of known pictures that may be called unknown.
const usualUnknown = 0.05

// usualMaxDistance is the distance up to which somebody is recognized: docs/people.md has what it was measured with.
const usualMaxDistance = 0.35

// UsualModel is a model of which nothing is set.
func UsualModel() (m Model) {
	m.setDefaults()
	return m
}

func (m *Model) setDefaults() {
	*m = Model{Engine: "auto", Fallback: "cpu", MemoryLimit: 1 << 30, Task: "auto", Scores: "auto", Unknown: usualUnknown, MaxDistance: usualMaxDistance}
}

func (c *Camera) setDefaults() {
	*c = Camera{
		Source:    SourceDemo,
		Model:     "demo",
		TopK:      3,
		Threshold: 0.1,
		Region:    Region{Width: 1, Height: 1},
		Flip:      "none",
		Fit:       "stretch",

		FastDecode:   SwitchAuto,
		Objects:      *withDefaults(&Objects{}),
		Decision:     *withDefaults(&Decision{}),
		WithoutClock: "open",
		Collect:      Collect{What: CollectOff},
	}
}

// fillSource adds the section of the chosen source if the file left it out.
func (c *Camera) fillSource() {
	switch {
	case c.Source == SourceDemo && c.Demo == nil:
		c.Demo = withDefaults(&Demo{})
	case c.Source == SourceV4L2 && c.V4L2 == nil:
		c.V4L2 = withDefaults(&V4L2{})
	case c.Source == SourceRPiCam && c.RPiCam == nil:
		c.RPiCam = withDefaults(&RPiCam{})
	case c.Source == SourceHTTP && c.HTTP == nil:
		c.HTTP = withDefaults(&HTTP{})
	case c.Source == SourceRTSP && c.RTSP == nil:
		c.RTSP = withDefaults(&RTSP{})
	case c.Source == SourceFiles && c.Files == nil:
		c.Files = withDefaults(&Files{})
	case c.Source == SourceView && c.View == nil:
		c.View = withDefaults(&View{})
	}
}

func withDefaults[T defaulter](t T) T {
	t.setDefaults()
	return t
}

func (o *Objects) setDefaults() { *o = Objects{Threshold: 0.5, MaxResults: 20} }

func (t *Then) setDefaults() { *t = Then{MaxCrops: 3} }

// UsualObjects is what holds for the objects of a camera whose section says nothing of them.
func UsualObjects() Objects { return *withDefaults(&Objects{}) }

func (e *EdgeTPU) setDefaults() { *e = EdgeTPU{Device: "any"} }

func (d *Demo) setDefaults() {
	*d = Demo{Width: 640, Height: 480, Interval: time.Second}
}

func (v *V4L2) setDefaults() {
	*v = V4L2{Device: "/dev/video0", Format: "auto", Width: 640, Height: 480, Timeout: 5 * time.Second}
}

func (r *RPiCam) setDefaults() {
	*r = RPiCam{Width: 640, Height: 480, Rate: 10, Timeout: 5 * time.Second}
}

func (h *HTTP) setDefaults() {
	*h = HTTP{Interval: time.Second, MaxBytes: 16 << 20, Timeout: 10 * time.Second}
}

func (r *RTSP) setDefaults() {
	*r = RTSP{Transport: "tcp", Timeout: 10 * time.Second}
}

func (f *Files) setDefaults() {
	*f = Files{Interval: time.Second}
}

func (v *View) setDefaults() { *v = View{} }
