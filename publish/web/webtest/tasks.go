package webtest

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/web"
)

// Names of the cameras of the state Tasks, and what they see in each frame.
const (
	Door  = "door"  // who somebody is: Anna, or nobody known
	Field = "field" // areas: grass, and now and then a sheep
	Gym   = "gym"   // a body
	Loud  = "loud"  // more boxes than anybody reads, with labels that want to be more than labels
	Porch = "porch" // a dog, and people, of whom a second model knows one
)

func taskCameras() (list []web.Camera) {
	view := web.View{Fit: "letterbox", Flip: "none", Mask: [][]float64{}, Region: web.Region{Width: 1, Height: 1}}
	for _, c := range [][3]string{
		{Door, "faces", publish.TaskEmbed}, {Field, "land", publish.TaskSegment}, {Gym, "bodies", publish.TaskPose},
		{Loud, "shop", publish.TaskDetect}, {Porch, "coco", publish.TaskDetect},
	} {
		view.Model = c[1]
		list = append(list, web.Camera{Name: c[0], Kind: "demo", Source: "the demo scenes", Model: c[1], Task: c[2], View: view})
	}
	return list
}

// taskModels are the models of the state Tasks.
func taskModels() (list []web.Model) {
	classes := map[string][]string{"coco": {"person", "bicycle", "car", "cat", "dog"}, "land": {"background", "grass", "sheep"}, "faces": {"Anna", "Ben"}}
	for _, c := range taskCameras() {
		list = append(list, web.Model{
			Name: c.Model, File: "/etc/inceptiond/" + c.Model + ".tflite", SHA256: model().SHA256, Width: inputSide, Height: inputSide, Task: c.Task,
			Classes: classes[c.Model], Wanted: "cpu", Engine: "cpu", Memory: 9 << 20, Cameras: []string{c.Name},
		})
	}
	return list
}

// Labels that want to be more than labels.
const (
	Markup = `<img src=x onerror=alert(1)><b>bold</b>`
	Arabic = "كلب \u202eالحديقة"
)

// LongLabel has no end to speak of.
func LongLabel() string { return strings.Repeat("Donaudampfschifffahrtsgesellschaft ", 30) }

// find answers a frame for a camera whose model is no classifier.
func (d *Daemon) find(c web.Camera, p *picture.Picture) {
	f := p.Frame()
	r := found(c, f)
	d.show(r, p, maskOf(c, f))
	d.count(c, r)
}

// found is what a frame is found to show. It moves from frame to frame.
func found(c web.Camera, f *capture.Frame) *publish.Result {
	sway := 0.1 * math.Sin(float64(f.Sequence)/8)
	r := &publish.Result{
		Device: device, Camera: c.Name, Sequence: f.Sequence, Time: f.Time, Monotonic: time.Minute, Engine: "cpu", Task: c.Task,
		Model:  publish.Model{Name: c.Model, SHA256: model().SHA256},
		Stages: publish.Stages{Wait: time.Millisecond, Preprocess: 2 * time.Millisecond, Inference: 35 * time.Millisecond, Total: 40 * time.Millisecond},
		Image:  publish.Size{Width: f.Format.Width, Height: f.Format.Height},
	}
	switch c.Name {
	case Door:
		r.Identity = &publish.Identity{Distance: 0.71, Second: 0.74}
		if shown(f) {
			r.Identity = &publish.Identity{Label: "Anna", Score: 0.88, Distance: 0.31, Second: 0.52}
		}
	case Field:
		r.Segments = []publish.Segment{{Index: 1, Label: "grass", Share: 0.42, Box: [4]float64{0, 0.55, 1, 0.45}}}
		if shown(f) {
			r.Segments = append(r.Segments, publish.Segment{Index: 17, Label: "sheep", Share: 0.11, Box: [4]float64{0.35 + sway, 0.4, 0.3, 0.4}})
		}
	case Gym:
		r.Poses = []publish.PoseFound{body(0.5+sway, 0.62)}
	case Loud:
		for i, label := range []string{Markup, LongLabel(), Arabic, "\n\t\x00 ", "", "dog", "cat", "cup", "cow", "sheep", "bear", "zebra", "kite", "bed", "tv", "oven", "book", "vase", "clock", "car"} {
			x, y := float64(i%5)/5, float64(i/5)/4
			r.Detections = append(r.Detections, publish.Detection{Index: i, Label: label, Score: 1 - float32(i)/40, Box: [4]float64{x, y, 0.19, 0.23}})
		}
		r.Detections[0].Predictions = []publish.Prediction{{Label: LongLabel(), Score: 0.5}}
	case Porch:
		r.Detections = []publish.Detection{
			{Index: 17, Label: "dog", Score: 0.82, Box: [4]float64{0.12 + sway, 0.55, 0.25, 0.4}},
			{Index: 0, Label: "person", Score: 0.77, Box: [4]float64{0.5 + sway, 0.1, 0.2, 0.8}, Identity: &publish.Identity{Label: "Anna", Score: 0.91, Distance: 0.27}},
		}
		if shown(f) {
			r.Detections = append(r.Detections, publish.Detection{
				Index: 0, Label: "person", Score: 0.58, Box: [4]float64{0.78, 0, 0.22, 0.7}, Identity: &publish.Identity{Distance: 0.8},
			})
		}
	}
	for i := range r.Detections {
		r.Counts = counted(r.Counts, &r.Detections[i])
	}
	return r
}

// shown tells whether a frame shows what comes and goes.
func shown(f *capture.Frame) bool { return f.Sequence/sceneFrames%2 == 0 }

// counted counts d, and whom a second model knows.
func counted(list []publish.Count, d *publish.Detection) []publish.Count {
	labels := []string{d.Label}
	if d.Identity != nil && d.Identity.Label != "" {
		labels = append(labels, d.Identity.Label)
	}
next:
	for _, label := range labels {
		for i := range list {
			if list[i].Label == label {
				list[i].N++
				continue next
			}
		}
		list = append(list, publish.Count{Label: label, N: 1})
	}
	return list
}

// body stands upright at x, with a raised hand.
func body(x float64, score float32) publish.PoseFound {
	at := [17][2]float64{
		{0, 0.15}, {0.015, 0.13}, {-0.015, 0.13}, {0.03, 0.14}, {-0.03, 0.14}, {0.07, 0.28}, {-0.07, 0.28}, {0.13, 0.18}, {-0.1, 0.42},
		{0.15, 0.05}, {-0.1, 0.55}, {0.05, 0.55}, {-0.05, 0.55}, {0.06, 0.74}, {-0.05, 0.74}, {0.06, 0.92}, {-0.05, 0.92},
	}
	p := publish.PoseFound{Score: score}
	for i, k := range at {
		p.Keypoints[i] = [3]float32{float32(x + k[0]), float32(k[1]), 0.9}
	}
	p.Keypoints[4][2] = 0.1 // behind the head
	return p
}

// maskOf is which class is where in a frame of Field; nil of the others.
func maskOf(c web.Camera, f *capture.Frame) *publish.Mask {
	if c.Name != Field {
		return nil
	}
	const side = 513
	m := &publish.Mask{Width: side, Height: side, Stride: side, Classes: make([]uint8, side*side), Box: [4]float64{0, 0, 1, 1}}
	sheep := 0.5 + 0.1*math.Sin(float64(f.Sequence)/8)
	for y := range side {
		for x := range side {
			h, v := float64(x)/side, float64(y)/side
			switch a, b := (h-sheep)/0.15, (v-0.6)/0.2; {
			case shown(f) && a*a+b*b < 1:
				m.Classes[y*side+x] = 17
			case v > 0.6+0.05*math.Sin(9*h):
				m.Classes[y*side+x] = 1
			}
		}
	}
	return m
}

// count tells what is counted, or how much there is of what, when that changes.
func (d *Daemon) count(c web.Camera, r *publish.Result) {
	now := publish.Decision{
		Device: device, Camera: c.Name, Sequence: r.Sequence, Time: r.Time, Monotonic: time.Minute, Model: r.Model, Window: 5, Reason: "4 of 5 answers agree",
	}
	switch c.Task {
	case publish.TaskDetect:
		now.Counts = r.Counts
		for _, label := range []string{"Anna", "dog", "person", "cat"} {
			if c.Name == Porch {
				now.Counts = atLeastNone(now.Counts, label)
			}
		}
	case publish.TaskSegment:
		for _, s := range r.Segments {
			now.Shares = append(now.Shares, publish.ShareOf{Label: s.Label, Share: math.Round(20*s.Share) / 20})
		}
	case publish.TaskEmbed:
		now.Label, now.Score, now.Votes = r.Identity.Label, r.Identity.Score, 4
	default:
		return
	}
	key := fmt.Sprint(now.Label, now.Counts, now.Shares)
	d.mu.Lock()
	before, had := d.decided[c.Name]
	d.decided[c.Name] = key
	d.mu.Unlock()
	if key == before {
		return
	}
	d.publish(now)
	if c.Name == Porch {
		n := now.Counts[indexOf(now.Counts, "person")].N
		d.publish(publish.CountEvent(now, publish.CountChange{
			Count: publish.Count{Label: "person", N: n}, Previous: 3 - n, First: !had, Reason: fmt.Sprintf("person 4 of 5 answers with %d", n),
		}))
	}
}

func atLeastNone(list []publish.Count, label string) []publish.Count {
	if indexOf(list, label) < 0 {
		list = append(list, publish.Count{Label: label})
	}
	return list
}

func indexOf(list []publish.Count, label string) int {
	for i, c := range list {
		if c.Label == label {
			return i
		}
	}
	return -1
}
