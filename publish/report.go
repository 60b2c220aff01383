package publish

import "time"

var (
	statsKind  = Kind{Name: "stats", Topic: "stats", Live: true, Report: true}
	systemKind = Kind{Name: "system", Topic: "system", Scope: OfDevice, Live: true, Report: true}
)

// Stats is what a camera did since the report before.
type Stats struct {
	Device           string
	Camera           string
	FramesPerSecond  float64
	ResultsPerSecond float64
	CropsPerSecond   *float64 // that a second model answered; nil: there is none
	Time             time.Time
}

// Key implements Message.
func (s Stats) Key() Key { return Key{Kind: statsKind, Camera: s.Camera} }

// AppendJSON appends the stats message (docs/schema/stats.json) to dst.
func (s Stats) AppendJSON(dst []byte) []byte {
	m := statsMessage{
		Schema: Schema, Device: s.Device, Camera: s.Camera,
		FramesPerSecond: hundredths(s.FramesPerSecond), ResultsPerSecond: hundredths(s.ResultsPerSecond), Time: timestamp(s.Time),
	}
	if crops := s.CropsPerSecond; crops != nil {
		m.CropsPerSecond = new(hundredths(*crops))
	}
	return appendJSON(dst, m)
}

// System is how the machine is. What nobody can tell is nil.
type System struct {
	Device      string
	Temperature *float64 // °C, of the hottest zone
	LowVoltage  *bool
	Throttled   *bool
	Duty        float64 // share of the time that models may work, 0 to 1
	Broker      string  // the address of the broker that is connected, without secrets; empty: none is
	Time        time.Time
}

// Key implements Message.
func (s System) Key() Key { return Key{Kind: systemKind} }

// AppendJSON appends the system message (docs/schema/system.json) to dst.
func (s System) AppendJSON(dst []byte) []byte {
	m := systemMessage{
		Schema: Schema, Device: s.Device, LowVoltage: s.LowVoltage, Throttled: s.Throttled, Duty: s.Duty, Broker: s.Broker, Time: timestamp(s.Time),
	}
	if s.Temperature != nil {
		t := hundredths(*s.Temperature)
		m.Temperature = &t
	}
	return appendJSON(dst, m)
}

type (
	statsMessage struct {
		Schema           int      `json:"schema"`
		Device           string   `json:"device"`
		Camera           string   `json:"camera"`
		FramesPerSecond  float64  `json:"frames_per_second"`
		ResultsPerSecond float64  `json:"results_per_second"`
		CropsPerSecond   *float64 `json:"crops_per_second,omitempty"`
		Time             string   `json:"time"`
	}
	systemMessage struct {
		Schema      int      `json:"schema"`
		Device      string   `json:"device"`
		Temperature *float64 `json:"temperature,omitempty"`
		LowVoltage  *bool    `json:"low_voltage,omitempty"`
		Throttled   *bool    `json:"throttled,omitempty"`
		Duty        float64  `json:"duty"`
		Broker      string   `json:"broker,omitempty"`
		Time        string   `json:"time"`
	}
)
