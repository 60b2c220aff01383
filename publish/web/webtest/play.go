package webtest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/demo"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/publish"
)

// sceneFrames is how many frames show an object of the same class.
const sceneFrames = 30

// Begin tells out how all is, and whatever happens from now on.
func (d *Daemon) Begin(out publish.Publisher) {
	d.mu.Lock()
	d.out = out
	d.mu.Unlock()
	var all publish.Inventory
	for _, c := range d.Cameras() {
		all.Cameras = append(all.Cameras, publish.Listed{Name: c.Name, Classes: demo.Labels()})
	}
	d.publish(all)
	for _, c := range d.Cameras() {
		d.tellCamera(c.Name)
		d.publish(d.engine(c.Name))
		d.publish(publish.Settings{Device: device, Camera: c.Name, Paused: c.Name == Hall, Enter: 0.6, Kept: true, Time: time.Now()})
		if d.state == Full {
			d.publish(d.gate(c.Name))
		}
	}
}

// Run plays, with so many frames a second, until ctx ends.
func (d *Daemon) Run(ctx context.Context, rate float64) {
	tick := time.NewTicker(time.Duration(float64(time.Second) / rate))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			d.Step()
		}
	}
}

// Step shows the next frame to the model, and to whoever watches.
func (d *Daemon) Step() {
	d.school.step()
	if d.state == Empty || d.state == Loading {
		return
	}
	d.mu.Lock()
	f := &capture.Frame{}
	if d.sequence%sceneFrames == 0 {
		d.scene = d.rng.IntN(len(demo.Labels()))
	}
	demo.Draw(d.rng, d.scene, 640, 480, f)
	d.sequence++
	f.Sequence, f.Time = d.sequence, time.Now()
	d.frame = picture.Of(f)
	p, label := d.frame, f.Name
	d.mu.Unlock()
	for _, c := range d.Cameras() {
		d.mu.Lock()
		online := d.online(c.Name) && c.Name != Barn
		d.mu.Unlock()
		switch {
		case online && c.Task == publish.TaskClassify:
			d.answer(c.Name, label, p)
		case online:
			d.find(c, p)
		}
	}
}

// answer tells what a frame is found to show.
func (d *Daemon) answer(camera, label string, p *picture.Picture) {
	r := d.result(camera, label, p.Frame())
	d.show(r, p, nil)
	d.mu.Lock()
	before := d.decided[camera]
	d.decided[camera] = label
	d.mu.Unlock()
	if before != label {
		d.decide(camera, label, before, p)
	}
}

// show tells a result, and shows it, with its mask, to who watches the camera.
func (d *Daemon) show(r *publish.Result, p *picture.Picture, mask *publish.Mask) {
	d.publish(r)
	d.mu.Lock()
	d.answered++
	watchers := slices.Clone(d.watchers[r.Camera])
	d.mu.Unlock()
	r.Mask = mask
	for _, w := range watchers {
		w.mu.Lock()
		if w.f != nil {
			w.f(p, r)
		}
		w.mu.Unlock()
	}
}

// decide tells a change of what a camera shows.
func (d *Daemon) decide(camera, label, before string, p *picture.Picture) {
	f := p.Frame()
	now := publish.Decision{
		Device: device, Camera: camera, Sequence: f.Sequence, Time: f.Time, Monotonic: time.Minute, Label: label, Score: 0.81, Second: "none of these",
		SecondScore: 0.3, Votes: 4, Window: 5, Previous: before, First: before == "", Reason: fmt.Sprintf("%s 4 of 5, score 0.81, margin 0.51", label), Model: model(),
	}
	d.publish(now)
	d.publish(publish.DecisionEvent(now))
	d.publish(&publish.Snapshot{Device: device, Camera: camera, Sequence: f.Sequence, Label: label, Time: f.Time, Synced: true, JPEG: snapshot(p)})
}

// result is the answer to a frame.
func (d *Daemon) result(camera, label string, f *capture.Frame) *publish.Result {
	labels := demo.Labels()
	best := slices.Index(labels, label)
	second := (best + 1) % len(labels)
	score := 0.75 + 0.2*float32(f.Sequence%7)/7
	return &publish.Result{
		Device: device, Camera: camera, Sequence: f.Sequence, Time: f.Time, Monotonic: time.Minute, Model: model(), Engine: "cpu",
		Stages: publish.Stages{Wait: time.Millisecond, Preprocess: 2 * time.Millisecond, Inference: 35 * time.Millisecond, Total: 40 * time.Millisecond},
		Predictions: []publish.Prediction{
			{Index: best, Label: label, Score: score}, {Index: second, Label: labels[second], Score: (1 - score) / 2},
		},
		Decision: &publish.Voting{Label: label, Vote: label, Votes: 4, Need: 4, Window: 5, Reason: []byte(label + " 4 of 5")},
	}
}

// tellCamera tells how a camera is.
func (d *Daemon) tellCamera(name string) {
	d.mu.Lock()
	is, why := d.cameraState(name)
	paused := d.paused[name]
	d.mu.Unlock()
	d.publish(publish.CameraStatus{Device: device, Camera: name, State: is, Reason: why, Time: time.Now()})
	d.publish(publish.Settings{Device: device, Camera: name, Paused: paused, Enter: 0.6, Kept: true, Time: time.Now()})
	if is == publish.CameraLost || is == publish.CameraPaused {
		d.publish(publish.Event{
			Device: device, Camera: name, Kind: publish.EventCamera, Time: time.Now(), Monotonic: time.Minute,
			Value: string(is), Previous: string(publish.CameraOnline), Reason: why,
		})
	}
}

func (d *Daemon) engine(camera string) publish.EngineStatus {
	e := publish.EngineStatus{Device: device, Camera: camera, Model: model(), State: publish.EngineRunning, Wanted: "cpu", Engine: "cpu", Time: time.Now()}
	if d.state == Error {
		e.State, e.Wanted, e.Engine, e.Reason = publish.EngineDown, "edgetpu", "", "no Edge TPU is plugged in"
	}
	return e
}

func (d *Daemon) gate(camera string) publish.GateStatus {
	g := publish.GateStatus{Device: device, Camera: camera, State: publish.GateOpen, Duty: 1, Time: time.Now()}
	if camera == Barn {
		g.State, g.Reason = publish.GateIdle, "no motion for 42s"
	}
	return g
}

func (d *Daemon) publish(m publish.Message) {
	d.mu.Lock()
	out := d.out
	d.mu.Unlock()
	if out != nil {
		_ = out.Publish(context.Background(), m) // a page that was closed hears nothing
	}
}
