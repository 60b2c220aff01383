// Package webtest plays a daemon for the page: cameras in several states, with scenes of package demo as pictures. Tests ask it
// for a frame when they want one (Step); whoever works on the page lets it run (Run), as `go run ./publish/web/webtest/page` does.
package webtest

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/daemon/status"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/web"
)

// State is how the daemon is that is played.
type State string

// The states.
const (
	Full    State = "full"    // cameras in all states there are
	Empty   State = "empty"   // no camera is set up
	Loading State = "loading" // the cameras have shown nothing yet
	Error   State = "error"   // whatever can be wrong is
	Tasks   State = "tasks"   // a camera for each thing that models may be for
)

// States are all of them.
func States() []State { return []State{Full, Empty, Loading, Error, Tasks} }

// Names of the cameras of the state Full.
const (
	Drive = "drive" // online, with a decision
	Gate  = "gate"  // a view of drive
	Yard  = "yard"  // lost
	Hall  = "hall"  // paused
	Shed  = "shed"  // connecting
	Barn  = "barn"  // online, its gate idle: no frame is answered, all can be looked at
)

// device is the machine's name.
const device = "gate-pi"

// Daemon is a daemon that is played.
type Daemon struct {
	state  State
	school *school

	mu       sync.Mutex
	out      publish.Publisher // nil: nobody listens
	rng      *rand.Rand
	sequence uint64
	frame    *picture.Picture // the newest
	watchers map[string][]*watcher
	watches  int               // begun so far
	looked   map[string]uint64 // the frames that were looked at
	decided  map[string]string
	scene    int // the class that is shown
	paused   map[string]bool
	text     []byte // of the config file
	before   []byte // of the one before the last Apply; nil: there is none
	answered uint64
}

var _ web.Daemon = (*Daemon)(nil)

// watcher is somebody who watches.
type watcher struct {
	mu sync.Mutex // held while f is called
	f  func(*picture.Picture, *publish.Result)
}

// New returns a daemon in a state. Equal seeds show equal scenes.
func New(state State, seed uint64) *Daemon {
	d := &Daemon{
		state: state, school: newSchool(state), rng: rand.New(rand.NewPCG(seed, seed)), watchers: map[string][]*watcher{}, looked: map[string]uint64{},
		decided: map[string]string{}, paused: map[string]bool{Hall: true}, text: []byte(configText),
	}
	if state == Empty {
		d.text = []byte("device: " + device + "\n")
	}
	return d
}

// Teacher implements web.Daemon.
func (d *Daemon) Teacher() web.Teacher { return d.school }

// Cameras implements web.Watcher.
func (d *Daemon) Cameras() []web.Camera {
	switch d.state {
	case Empty:
		return nil
	case Tasks:
		return taskCameras()
	}
	whole := web.View{Model: "birds", Fit: "stretch", Flip: "none", Mask: [][]float64{}}
	part := whole
	part.Region = web.Region{X: 0.25, Y: 0.25, Width: 0.5, Height: 0.5}
	return []web.Camera{
		{Name: Barn, Kind: "demo", Source: "the demo scenes", Model: "birds", Task: publish.TaskClassify, View: whole},
		{Name: Drive, Kind: "v4l2", Source: "V4L2 /dev/video0", Model: "birds", Task: publish.TaskClassify, View: whole},
		{Name: Gate, Of: Drive, Kind: "view", Source: "a view of drive", Model: "birds", Task: publish.TaskClassify, View: part},
		{Name: Hall, Kind: "http", Source: "HTTP http://hall.local/stream", Model: "birds", Task: publish.TaskClassify, View: whole},
		{Name: Shed, Kind: "rtsp", Source: "RTSP rtsp://shed.local/1", Model: "birds", Task: publish.TaskClassify, View: whole},
		{Name: Yard, Kind: "v4l2", Source: "V4L2 /dev/video2", Model: "birds", Task: publish.TaskClassify, View: whole},
	}
}

// has tells whether there is a camera of a name.
func (d *Daemon) has(name string) bool {
	return slices.ContainsFunc(d.Cameras(), func(c web.Camera) bool { return c.Name == name })
}

// cameraState is how a camera is, and why.
func (d *Daemon) cameraState(name string) (publish.CameraState, string) {
	switch {
	case d.state == Error && name != Hall:
		return publish.CameraLost, "no such device: is its cable in?"
	case d.state == Loading, name == Shed:
		return publish.CameraConnecting, ""
	case d.paused[name]:
		return publish.CameraPaused, "paused by a command"
	case name == Yard:
		return publish.CameraLost, "open /dev/video2: no such device; plug the camera in again"
	}
	return publish.CameraOnline, ""
}

// online tells whether frames of a camera come.
func (d *Daemon) online(name string) bool {
	is, _ := d.cameraState(name)
	return is == publish.CameraOnline && (name != Gate || !d.paused[Drive])
}

// Overview implements status.Source.
func (d *Daemon) Overview() status.Overview {
	d.mu.Lock()
	defer d.mu.Unlock()
	warm, low := 61.2, d.state == Error
	o := status.Overview{
		Generation: 1, Refused: d.state == Error, Results: d.answered, Broker: status.Broker{Connected: true, Address: "mqtt://broker.local", SpoolBytes: 4096},
		Machine: status.Machine{Temperature: &warm, LowVoltage: &low, Throttled: &low, Duty: 1}, Written: map[string]int64{"settings": 412, "spool": 81920},
	}
	if d.state == Loading {
		o.Generation = 0
	}
	for _, c := range d.Cameras() {
		is, why := d.cameraState(c.Name)
		one := status.Camera{Name: c.Name, View: c.Of, State: is, Reason: why, Gate: publish.GateOpen}
		if d.online(c.Name) {
			one.Frames, one.Results = d.sequence, d.answered
		}
		o.Cameras = append(o.Cameras, one)
	}
	engine := status.Model{Name: "birds", SHA256: model().SHA256, Engine: publish.EngineRunning, Wanted: "cpu", Runs: "cpu"}
	if d.state == Error {
		engine = status.Model{Name: "birds", SHA256: model().SHA256, Engine: publish.EngineDown, Wanted: "edgetpu", Restarts: 7}
		o.Broker.Connected, o.Broker.Address, o.Broker.Waiting, o.Broker.Events = false, "", 17, 3
		o.Stalls = []status.Stall{{Who: "camera yard", Stage: "reading a frame", Since: time.Now().Add(-time.Minute)}}
	}
	o.Models = []status.Model{engine}
	return o
}

// Do implements control.Controller: it pauses cameras, and takes all else as done.
func (d *Daemon) Do(_ context.Context, c control.Command) (control.Outcome, error) {
	if !d.has(c.Camera) {
		return control.Outcome{}, control.ErrNoCamera
	}
	if d.state == Error {
		return control.Outcome{Refused: []string{"the camera is lost: no such device"}}, nil
	}
	if c.Kind != control.Paused {
		return control.Outcome{}, nil
	}
	d.mu.Lock()
	on := c.Value == control.On
	unchanged := d.paused[c.Camera] == on
	d.paused[c.Camera] = on
	d.mu.Unlock()
	d.tellCamera(c.Camera)
	return control.Outcome{Unchanged: unchanged}, nil
}

// Watch implements web.Watcher.
func (d *Daemon) Watch(camera string, f func(*picture.Picture, *publish.Result)) (func(), error) {
	if !d.has(camera) {
		return nil, web.ErrNone
	}
	w := &watcher{f: f}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.watchers[camera] = append(d.watchers[camera], w)
	d.watches++
	return func() {
		d.mu.Lock()
		d.watchers[camera] = slices.DeleteFunc(d.watchers[camera], func(other *watcher) bool { return other == w })
		d.mu.Unlock()
		w.mu.Lock() // waits for a call under way
		defer w.mu.Unlock()
		w.f = nil
	}, nil
}

// Watching is how many watch a camera now.
func (d *Daemon) Watching(camera string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.watchers[camera])
}

// Look implements web.Watcher.
func (d *Daemon) Look(camera string, dst *picture.Picture) (bool, error) {
	if !d.has(camera) {
		return false, web.ErrNone
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.frame == nil || !d.online(camera) || d.looked[camera] == d.sequence {
		return false, nil
	}
	d.looked[camera] = d.sequence
	d.frame.CopyTo(dst)
	return true, nil
}

// Secret is in the config file: only who may change something may see it.
const Secret = "planted-secret"

const configText = `# The cameras of the house. The key of the shed: ` + Secret + `
device: ` + device + `

models:
  birds:
    file: builtin:demo

cameras:
  drive:          # the long one
    source: v4l2
    v4l2: {device: /dev/video0}
    model: birds
  gate:
    source: view
    view: {of: drive}
    model: birds
    region: {x: 0.25, y: 0.25, width: 0.5, height: 0.5}
`

// model is what answers.
func model() publish.Model {
	return publish.Model{Name: "birds", SHA256: strings.Repeat("0123456789abcdef", 4)}
}
