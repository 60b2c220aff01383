// Package status says how all that runs is, at one moment: what the heartbeat judges, and what a person is told.
package status

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/internal/text"
	"github.com/inceptiond/inceptiond/publish"
)

// Source knows how things are.
type Source interface {
	// Overview is how everything is now. It may be called from several goroutines at once, blocks on nothing, and what
	// it returns belongs to the caller.
	Overview() Overview
}

// Overview is how everything is at a moment. Cameras and models are in the order of their names.
type Overview struct {
	Generation uint64 // of the config in force; 0: none yet
	Refused    bool   // the config file as it is now; the one before goes on
	Results    uint64 // handed on since the start
	Cameras    []Camera
	Models     []Model
	Broker     Broker
	Stalls     []Stall // what stands still, and should not
	Machine    Machine
	Written    map[string]int64 // bytes to the disk, by what they are: "spool", "settings", …
}

// Machine is how the machine is. What it cannot tell is nil.
type Machine struct {
	Temperature *float64 // °C, of the hottest zone
	LowVoltage  *bool    // right now
	Throttled   *bool    // it slows itself down right now
	Duty        float64  // share of the time that models may work, 0 to 1
}

// Camera is how a camera is.
type Camera struct {
	Name    string
	View    string // the camera whose frames a view takes; empty: this is no view
	State   publish.CameraState
	Reason  string // the error behind a lost camera
	Frames  uint64 // that came
	Bad     uint64 // of them, damaged
	Failed  uint64 // that no engine answered
	Gated   uint64 // that the gate kept back
	Dropped uint64 // in whose place a newer one was taken
	Results uint64
	Changes uint64            // of what is decided
	Gate    publish.GateState // empty: no frame has come to it yet
	Look    publish.Look      // whether its scene looks different
	Lacks   string            // what it needs to do all that is asked of it; empty: nothing

	HasThen     bool   // a second model looks at what is found
	Crops       uint64 // that it answered
	CropsFailed uint64 // that no engine answered
}

// Model is a loaded model and the engine that runs it.
type Model struct {
	Name   string
	SHA256 string // of its file, in hexadecimal
	Engine publish.EngineState
	Wanted string // the engine that shall run it
	Runs   string // the one that does; empty if Down

	Restarts int // of the wanted one
}

// Broker is how the connection to the broker is.
type Broker struct {
	Off       bool // no MQTT
	Connected bool
	Address   string // that we are connected to, without secrets; empty: none
	Waiting   int    // results

	Dropped    int64             // messages that it never gets: results that fell out of the full queue, and what it refuses
	Events     int               // that are not acknowledged
	Held       int               // those of them that it would not take
	SpoolBytes int64             // on the disk
	Lost       map[string]uint64 // events that were given up, by why
	Commands   map[string]int64  // of subscribers, by what became of them
}

// Stall is a stage that takes longer than it may.
type Stall struct {
	Who   string // "camera front", "model demo"
	Stage string // what it is doing
	Since time.Time
}

// String ends with what it was doing when it stopped: "camera front: reading a frame".
func (s Stall) String() string { return s.Who + ": " + s.Stage }

// About says it as of now: "camera front has stood still for 40s: reading a frame".
func (s Stall) About(now time.Time) string {
	return fmt.Sprintf("%s has stood still for %v: %s", s.Who, now.Sub(s.Since).Round(time.Second), s.Stage)
}

// Settled tells whether each camera has either had its first result or is in trouble, of its own or of the camera whose
// view it is, which must not keep the service from starting: missing, or nothing but damaged frames.
func (o Overview) Settled() bool {
	troubled := map[string]bool{}
	for _, c := range o.Cameras {
		troubled[c.Name] = c.troubled()
	}
	return o.Generation > 0 && !slices.ContainsFunc(o.Cameras, func(c Camera) bool {
		return c.Results == 0 && !troubled[c.Name] && !(c.View != "" && troubled[c.View])
	})
}

// troubled tells whether a camera that has had no result may have none for long.
func (c Camera) troubled() bool {
	switch c.State {
	case publish.CameraLost, publish.CameraPaused, publish.CameraEnded, publish.CameraStopped:
		return true
	}
	return c.Bad > 0
}

// Failing tells whether frames come, and no result has come of one: then a start does not get ahead.
func (o Overview) Failing() bool {
	return slices.ContainsFunc(o.Cameras, func(c Camera) bool { return c.Failed > 0 && c.Results == 0 })
}

// Line is o for people, in a line, but for what takes two overviews to know: the results per second go in where rate is.
func (o Overview) Line(now time.Time, rate string) string {
	var parts []string
	for _, s := range o.Stalls {
		parts = append(parts, s.About(now))
	}
	if o.Refused {
		parts = append(parts, "the config file is refused (see the log)")
	}
	parts = append(parts, o.camerasLine())
	for _, c := range o.Cameras {
		if c.Lacks != "" {
			parts = append(parts, c.Name+": "+c.Lacks)
		}
	}
	if rate != "" {
		parts = append(parts, rate)
	}
	for _, m := range o.Models {
		parts = append(parts, m.String())
	}
	return strings.Join(append(parts, o.Broker.String()), ", ")
}

// camerasLine is "3 cameras online" or "2 of 3 cameras online (yard lost)".
func (o Overview) camerasLine() string {
	var others []string
	for _, c := range o.Cameras {
		if c.State != publish.CameraOnline {
			others = append(others, fmt.Sprintf("%s %s", c.Name, c.State))
		}
	}
	all := text.Plural(len(o.Cameras), "camera")
	if len(others) == 0 {
		return all + " online"
	}
	return fmt.Sprintf("%d of %s online (%s)", len(o.Cameras)-len(others), all, strings.Join(others, ", "))
}

// String is "birds on edgetpu" or "birds on cpu (edgetpu lost)".
func (m Model) String() string {
	switch m.Engine {
	case publish.EngineFallback:
		return fmt.Sprintf("%s on %s (%s lost)", m.Name, m.Runs, m.Wanted)
	case publish.EngineDown:
		return fmt.Sprintf("%s on nothing (%s lost)", m.Name, m.Wanted)
	}
	return m.Name + " on " + m.Runs
}

// String is "broker connected", "broker connected, 2 events held (see the log)", "broker away, 3 results waiting" or "broker off".
func (b Broker) String() string {
	switch {
	case b.Off:
		return "broker off"
	case b.Connected && b.Held > 0:
		return fmt.Sprintf("broker connected, %s held (see the log)", text.Plural(b.Held, "event"))
	case b.Connected:
		return "broker connected"
	}
	return fmt.Sprintf("broker away, %s waiting", text.Plural(b.Waiting, "result"))
}
