package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/inceptiond/inceptiond/daemon/status"
	"github.com/inceptiond/inceptiond/publish"
)

// overviewTime is how long what the daemon says of itself is good enough for the next who asks.
const overviewTime = 500 * time.Millisecond

// seen is what the daemon said last of itself, for all who ask soon after.
type seen struct {
	mu       sync.Mutex
	at       time.Time
	overview status.Overview
	cameras  []Camera
}

// look asks the daemon how it is, unless that was done just now. Nobody may change what it returns.
func (s *seen) look(d Daemon, enlist func([]Camera)) (status.Overview, []Camera) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); s.at.IsZero() || now.Sub(s.at) >= overviewTime {
		s.overview, s.cameras, s.at = d.Overview(), d.Cameras(), now
		enlist(s.cameras)
	}
	return s.overview, s.cameras
}

// forget has the daemon asked anew: it is another than it said.
func (s *seen) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = time.Time{}
}

// refresh are the cameras that there are now.
func (s *Server) refresh() []Camera {
	_, cameras := s.seen.look(s.daemon, s.memory.enlist)
	return cameras
}

// overview is how all is now.
func (s *Server) overview() status.Overview {
	o, _ := s.seen.look(s.daemon, s.memory.enlist)
	return o
}

// describe adds to news what is about all of the daemon.
func (s *Server) describe(n *live) {
	o := s.overview()
	options := s.options.Load()
	n.Device, n.Version, n.Time = options.Device, options.Version, stamp(time.Now())
	n.Line, n.Well = health(o, time.Now())
	n.Broker = brokerWord(o.Broker)
	n.Teach, n.Why = s.daemon.Teacher() != nil, true
}

func brokerWord(b status.Broker) string {
	switch {
	case b.Off:
		return "off"
	case b.Connected:
		return "connected"
	}
	return "away"
}

// health says in a line how all is.
func health(o status.Overview, now time.Time) (line string, well bool) {
	var ill []string
	for _, stall := range o.Stalls {
		ill = append(ill, stall.About(now))
	}
	if o.Refused {
		ill = append(ill, "the config file is refused")
	}
	for _, c := range o.Cameras {
		if c.State == publish.CameraLost {
			ill = append(ill, c.Name+" lost")
		}
		if c.Lacks != "" {
			ill = append(ill, c.Name+": "+c.Lacks)
		}
	}
	for _, m := range o.Models {
		if m.Engine == publish.EngineFallback || m.Engine == publish.EngineDown {
			ill = append(ill, m.String())
		}
	}
	if !o.Broker.Off && !o.Broker.Connected {
		ill = append(ill, "broker away")
	}
	if o.Machine.LowVoltage != nil && *o.Machine.LowVoltage {
		ill = append(ill, "the supply is too low")
	}
	if t := o.Machine.Temperature; t != nil && o.Machine.Duty < 1 {
		ill = append(ill, fmt.Sprintf("%.1f °C", *t))
	}
	switch {
	case len(ill) > 0:
		return strings.Join(ill, ", "), false
	case o.Generation == 0:
		return "starting", true
	}
	return "all well", true
}

// serveStatus answers how all is, in figures.
func (s *Server) serveStatus(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, s.status())
}

// statusText is what serveStatus answers.
func (s *Server) statusText() []byte {
	text, err := json.MarshalIndent(s.status(), "", "  ")
	if err != nil { // it is nothing but figures and words
		return nil
	}
	return append(text, '\n')
}

// status is how all is, in figures.
func (s *Server) status() statusAnswer {
	o, options, now := s.overview(), s.options.Load(), time.Now()
	line, well := health(o, now)
	is := statusAnswer{
		Device: options.Device, Version: options.Version, Time: stamp(now), Uptime: int64(now.Sub(s.started).Seconds()),
		Line: line, Well: well, Generation: o.Generation, Refused: o.Refused, Results: o.Results, Broker: brokerStatus(o.Broker),
		Machine: machineStatus(o.Machine), Written: o.Written, Viewers: s.viewers.count(now), Page: s.door.state(),
		Cameras: []cameraStatus{}, Models: []modelStatus{}, Stalls: []stallStatus{},
	}
	if is.Written == nil {
		is.Written = map[string]int64{}
	}
	for _, c := range o.Cameras {
		is.Cameras = append(is.Cameras, cameraStatus(c))
	}
	for _, m := range o.Models {
		is.Models = append(is.Models, modelStatus(m))
	}
	for _, stall := range o.Stalls {
		is.Stalls = append(is.Stalls, stallStatus{stall.Who, stall.Stage, stamp(stall.Since)})
	}
	return is
}

// What follows are the types of package status, as answers have them.
type (
	statusAnswer struct {
		Device     string           `json:"device"`
		Version    string           `json:"version"`
		Time       string           `json:"time"`
		Uptime     int64            `json:"uptime_s"`
		Line       string           `json:"line"`
		Well       bool             `json:"well"`
		Generation uint64           `json:"generation"`
		Refused    bool             `json:"refused"`
		Results    uint64           `json:"results"`
		Cameras    []cameraStatus   `json:"cameras"`
		Models     []modelStatus    `json:"models"`
		Broker     brokerStatus     `json:"broker"`
		Stalls     []stallStatus    `json:"stalls"`
		Machine    machineStatus    `json:"machine"`
		Written    map[string]int64 `json:"written"`
		Viewers    int              `json:"viewers"`
		Page       pageStatus       `json:"page"`
	}
	cameraStatus struct {
		Name    string              `json:"name"`
		View    string              `json:"view,omitempty"`
		State   publish.CameraState `json:"state"`
		Reason  string              `json:"reason,omitempty"`
		Frames  uint64              `json:"frames"`
		Bad     uint64              `json:"bad"`
		Failed  uint64              `json:"failed"`
		Gated   uint64              `json:"gated"`
		Dropped uint64              `json:"dropped"`
		Results uint64              `json:"results"`
		Changes uint64              `json:"changes"`
		Gate    publish.GateState   `json:"gate,omitempty"`
		Look    publish.Look        `json:"-"`
		Lacks   string              `json:"lacks,omitempty"`

		HasThen     bool   `json:"then,omitempty"`
		Crops       uint64 `json:"crops,omitempty"`
		CropsFailed uint64 `json:"crops_failed,omitempty"`
	}
	modelStatus struct {
		Name     string              `json:"name"`
		SHA256   string              `json:"sha256"`
		Engine   publish.EngineState `json:"state"`
		Wanted   string              `json:"wanted"`
		Runs     string              `json:"runs,omitempty"`
		Restarts int                 `json:"restarts"`
	}
	brokerStatus struct {
		Off        bool              `json:"off"`
		Connected  bool              `json:"connected"`
		Address    string            `json:"address,omitempty"`
		Waiting    int               `json:"waiting"`
		Dropped    int64             `json:"dropped"`
		Events     int               `json:"events"`
		Held       int               `json:"held"`
		SpoolBytes int64             `json:"spool_bytes"`
		Lost       map[string]uint64 `json:"lost,omitempty"`
		Commands   map[string]int64  `json:"commands,omitempty"`
	}
	stallStatus struct {
		Who   string `json:"who"`
		Stage string `json:"stage"`
		Since string `json:"since"`
	}
	machineStatus struct {
		Temperature *float64 `json:"temperature,omitempty"`
		LowVoltage  *bool    `json:"low_voltage,omitempty"`
		Throttled   *bool    `json:"throttled,omitempty"`
		Duty        float64  `json:"duty"`
	}
	pageStatus struct {
		Listen  string `json:"listen"`            // where the page is, or shall be
		Problem string `json:"problem,omitempty"` // why it is not there
	}
)
