package pipeline

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image/color"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/capturetest"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/infer/failover"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/publish"
)

// found is an object that a scripted detector finds: x, y, width and height are fractions of its input.
type found struct {
	class int
	score float32
	box   [4]float32
}

// The classes of the scripted detector.
const (
	person = iota
	cat
	dog
)

// detector is a model that finds what list says, of each frame.
func detector(list func() []found) *Model {
	const most = 10
	outputs := func(name string, shape ...int) infer.TensorSpec {
		return infer.TensorSpec{Name: name, Shape: shape, Type: infer.Float32}
	}
	put := func(to []byte, i int, v float32) { binary.LittleEndian.PutUint32(to[4*i:], math.Float32bits(v)) }
	e := infertest.NewFake(8, 8)
	e.Outs = []infer.TensorSpec{outputs("boxes", 1, most, 4), outputs("classes", 1, most), outputs("scores", 1, most), outputs("count", 1)}
	e.Answer = func(_ context.Context, _ []byte, outs [][]byte) error {
		objects := list()
		for i, o := range objects {
			for corner, v := range []float32{o.box[1], o.box[0], o.box[1] + o.box[3], o.box[0] + o.box[2]} {
				put(outs[0], 4*i+corner, v)
			}
			put(outs[1], i, float32(o.class))
			put(outs[2], i, o.score)
		}
		put(outs[3], 0, float32(len(objects)))
		return nil
	}
	return NewModel(ModelOptions{
		Name: "things", SHA256: "00", Engine: e, Labels: infer.Labels{"person", "cat", "dog"},
		Task: task.Options{Reading: task.Reading{Kind: task.Detect, Outputs: [4]int{0, 1, 2, 3}, Classes: 3}},
	})
}

// always is a list of objects that is the same for each frame.
func always(list ...found) func() []found { return func() []found { return list } }

// colourist is a second model: it sees what is most of the crop, red, green or blue, by the share of it, and remembers the crops.
type colourist struct {
	*Model
	crops  [][]byte
	before func(ctx context.Context) error // called before a crop is answered; nil: nothing is
}

func newColours() *colourist {
	c := &colourist{}
	e := infertest.NewFake(4, 4, 3)
	e.Answer = func(ctx context.Context, in []byte, outs [][]byte) error {
		c.crops = append(c.crops, bytes.Clone(in))
		if c.before != nil {
			if err := c.before(ctx); err != nil {
				return err
			}
		}
		var sum [3]int
		for i, v := range in {
			sum[i%3] += int(v)
		}
		for i := range sum {
			outs[0][i] = byte(sum[i] / 16)
		}
		return nil
	}
	c.Model = NewModel(ModelOptions{
		Name: "colours", SHA256: "00", Engine: e, Labels: infer.Labels{"red", "green", "blue"},
		Task: task.Options{Reading: task.Reading{Scores: task.Raw}},
	})
	return c
}

// scene is a frame of 80 by 60 pixels: its quarters are red and green above, blue and black below.
func scene() *capture.Frame {
	const w, h = 80, 60
	f := &capture.Frame{Format: capture.Packed(capture.RGB24, w, h), Time: time.Now()}
	for y := range h {
		for x := range w {
			pixel := [3]byte{}
			if quarter := 2*y/h*2 + 2*x/w; quarter < 3 {
				pixel[quarter] = 255
			}
			f.Pix = append(f.Pix, pixel[:]...)
		}
	}
	return f
}

// The middles of the scene's quarters.
var (
	inRed   = [4]float32{0.1, 0.1, 0.25, 0.25}
	inGreen = [4]float32{0.6, 0.1, 0.25, 0.25}
	inBlue  = [4]float32{0.1, 0.6, 0.25, 0.25}
	inBlack = [4]float32{0.6, 0.6, 0.25, 0.25}
)

// twice is a look at the scene by a detector and a second model, for most crops of dogs and cats.
func twice(t testing.TB, first *Model, second *Model, most int, change ...func(*LookOptions)) *Look {
	t.Helper()
	o := LookOptions{
		Model: first, TopK: 2, Threshold: 0.25, Objects: &ObjectOptions{MaxResults: 20},
		Then: &ThenOptions{Model: second, Labels: []string{"dog", "cat"}, MaxCrops: most},
	}
	for _, c := range change {
		c(&o)
	}
	l, err := NewLook(o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// answer is what l says of p.
func answer(t testing.TB, l *Look, p *picture.Picture) Answer {
	t.Helper()
	a, err := l.Answer(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// saysOf is what a second model has said of detections: "dog: red", "cat: ?" of which it was not asked, "dog: -" if it said nothing.
func saysOf(list []publish.Detection) (texts []string) {
	for _, d := range list {
		text := "?"
		switch {
		case len(d.Predictions) > 0:
			text = d.Predictions[0].Label
		case d.Predictions != nil:
			text = "-"
		}
		texts = append(texts, d.Label+": "+text)
	}
	return texts
}

// The second model looks at the best objects of the labels that it is for, at most so many of a frame, and what it says is told and
// counted.
func TestThenLooksAtTheBest(t *testing.T) {
	second := newColours()
	l := twice(t, detector(always(
		found{dog, 0.6, inRed}, found{person, 0.95, inRed}, found{dog, 0.9, inGreen}, found{cat, 0.8, inBlue}, found{dog, 0.7, inBlack},
	)), second.Model, 3)
	a := answer(t, l, picture.Of(scene()))
	if got, want := saysOf(a.Found.Detections), []string{"person: ?", "dog: green", "cat: blue", "dog: -", "dog: ?"}; !slices.Equal(got, want) {
		t.Errorf("said %q, want %q", got, want)
	}
	if a.Then.Crops != 3 || a.Then.Err != nil || a.Then.Took <= 0 || len(second.crops) != 3 {
		t.Errorf("%+v, %d crops", a.Then, len(second.crops))
	}
	want := []publish.Count{{Label: "person", N: 1}, {Label: "dog", N: 3}, {Label: "cat", N: 1}, {Label: "green", N: 1}, {Label: "blue", N: 1}}
	if got := a.Found.Counts; !reflect.DeepEqual(got, want) {
		t.Errorf("counts %v, want %v", got, want)
	}
	if got := a.Found.Detections[1].Predictions; len(got) != 1 || got[0].Score < 0.9 || got[0].Index != 1 {
		t.Errorf("predictions %+v: want green alone, as the others are below the threshold", got)
	}
}

// All objects are looked at if no label is given; where there is nothing to look at the second model has no time.
func TestThenWithoutLabels(t *testing.T) {
	second := newColours()
	list := []found{{person, 0.9, inRed}, {cat, 0.8, inBlue}}
	l := twice(t, detector(func() []found { return list }), second.Model, 5, func(o *LookOptions) { o.Then.Labels = nil })
	if got, want := saysOf(answer(t, l, picture.Of(scene())).Found.Detections), []string{"person: red", "cat: blue"}; !slices.Equal(got, want) {
		t.Errorf("said %q, want %q", got, want)
	}
	list = nil
	if a := answer(t, l, picture.Of(scene())); a.Then != (Second{}) || len(a.Found.Detections)+len(a.Found.Counts) != 0 {
		t.Errorf("%+v of nothing: %+v", a.Then, a.Found)
	}
}

// What the second model calls as the first does is not counted twice.
func TestThenSaysTheSame(t *testing.T) {
	second := newColours()
	second.Labels = infer.Labels{"dog", "green", "blue"}
	l := twice(t, detector(always(found{dog, 0.9, inRed}, found{cat, 0.8, inRed})), second.Model, 5)
	want := []publish.Count{{Label: "dog", N: 2}, {Label: "cat", N: 1}} // the cat is one too, it says
	if got := answer(t, l, picture.Of(scene())).Found.Counts; !reflect.DeepEqual(got, want) {
		t.Errorf("counts %v, want %v", got, want)
	}
}

// A box is where people see it, however the frame is stored and whatever part of it the first model gets.
func TestThenCropsTheUprightFrame(t *testing.T) {
	for _, c := range []struct {
		name    string
		picture picture.Options
		look    preprocess.Options
		box     [4]float32
		want    string
	}{
		{"as it is", picture.Options{}, preprocess.Options{}, inBlue, "blue"},
		{"turned", picture.Options{Rotate: 90}, preprocess.Options{}, inRed, "blue"}, // the lower left corner becomes the upper left
		{"turned, another", picture.Options{Rotate: 90}, preprocess.Options{}, inGreen, "red"},
		{"on its head", picture.Options{Rotate: 180}, preprocess.Options{}, inBlack, "red"},
		{"mirrored", picture.Options{Flip: picture.FlipHorizontal}, preprocess.Options{}, inRed, "green"},
		{"turned and mirrored", picture.Options{Rotate: 270, Flip: picture.FlipVertical}, preprocess.Options{}, inBlue, "green"},
		{"of a region", picture.Options{}, preprocess.Options{Region: preprocess.Region{X: 0.5, Width: 0.5, Height: 0.5}}, inBlack, "green"},
		{"of a region, turned", picture.Options{Rotate: 90}, preprocess.Options{Region: preprocess.Region{Width: 0.5, Height: 0.5}}, inGreen, "blue"},
		{"cropped", picture.Options{}, preprocess.Options{Fit: preprocess.Crop}, inGreen, "green"},
		{"letterbox", picture.Options{}, preprocess.Options{Fit: preprocess.Letterbox}, [4]float32{0.6, 0.2, 0.25, 0.2}, "green"},
	} {
		p, err := picture.New(c.picture)
		if err != nil {
			t.Fatal(err)
		}
		p.Set(scene())
		second := newColours()
		l := twice(t, detector(always(found{dog, 0.9, c.box})), second.Model, 1, func(o *LookOptions) { o.Preprocess = c.look })
		d := answer(t, l, p).Found.Detections
		if got, want := saysOf(d), []string{"dog: " + c.want}; !slices.Equal(got, want) || d[0].Predictions[0].Score < 0.9 {
			t.Errorf("%s: said %q, want %q alone; %+v", c.name, got, want, d)
		}
	}
}

// What a mask hides is black for the second model too.
func TestThenSeesNothingMasked(t *testing.T) {
	p, err := picture.New(picture.Options{Mask: []picture.Polygon{{0, 0, 0.25, 0, 0.25, 0.5, 0, 0.5}}})
	if err != nil {
		t.Fatal(err)
	}
	p.Set(scene())
	second := newColours()
	l := twice(t, detector(always(found{dog, 0.9, [4]float32{0.16, 0.16, 0.18, 0.18}}, found{cat, 0.8, [4]float32{0, 0, 0.15, 0.15}})), second.Model, 2)
	answer(t, l, p)
	half, all := second.crops[0], second.crops[1]
	for i := 0; i < len(half); i += 3 * 4 { // rows of 4 cells
		if row := half[i : i+12]; !bytes.Equal(row[:3], make([]byte, 3)) || row[9] < 200 {
			t.Errorf("a row of the crop that is half masked: %v", row)
		}
	}
	if !bytes.Equal(all, make([]byte, len(all))) {
		t.Errorf("a crop below the mask: %v", all)
	}
}

// A crop has a margin, is as square as the model's input, and stays in the frame.
func TestThenMargin(t *testing.T) {
	classifier, people := newColours().Model, embedder(t, true)
	for _, c := range []struct {
		second    *Model
		box, want [4]float32
	}{
		{classifier, [4]float32{0.4, 0.45, 0.06, 0.08}, [4]float32{0.43 - 0.045, 0.49 - 0.06, 0.09, 0.12}}, // 4.8 pixels a side, and half as much more
		{classifier, [4]float32{0.95, 0.9, 0.05, 0.1}, [4]float32{1 - 0.1125, 1 - 0.15, 0.1125, 0.15}},     // 4 by 6 pixels
		{people, [4]float32{0.4, 0.45, 0.06, 0.08}, [4]float32{0.43 - 0.0375, 0.49 - 0.05, 0.075, 0.1}},
	} {
		l := twice(t, detector(always(found{dog, 0.9, c.box})), c.second, 2)
		answer(t, l, picture.Of(scene()))
		r := l.then.look.pre.Upright(preprocess.Region{Width: 1, Height: 1})
		for i, got := range []float64{r.X, r.Y, r.Width, r.Height} {
			if math.Abs(got-float64(c.want[i])) > 1e-6 {
				t.Errorf("%s: of a box at %v the crop shows %+v, want %v", c.second.Name, c.box, r, c.want)
				break
			}
		}
	}
}

// A second model that fails costs what it would have said of that crop and of those after it, and nothing else; it is logged and counted.
// The next frame is as if nothing had been.
func TestThenFails(t *testing.T) {
	second := newColours()
	second.before = func(context.Context) error {
		if len(second.crops) == 2 {
			return errors.New("engine trouble")
		}
		return nil
	}
	l := twice(t, detector(always(found{dog, 0.9, inRed}, found{dog, 0.8, inGreen}, found{dog, 0.7, inBlue})), second.Model, 3)
	r := newRigOf(t, infertest.NewMean(nil), 0, Options{
		Opener: openers(capturetest.New(t, capturetest.Frames(*scene(), *scene())...)), KeepAll: true, Look: l,
	})
	r.run(t, nil)
	results := r.record.Results()
	if len(results) != 2 {
		t.Fatalf("%d results, want 2", len(results))
	}
	for i, want := range [][]string{{"dog: red", "dog: ?", "dog: ?"}, {"dog: red", "dog: green", "dog: blue"}} {
		if got := saysOf(results[i].Detections); !slices.Equal(got, want) {
			t.Errorf("result %d: said %q, want %q", i, got, want)
		}
		if s := results[i].Stages; s.Then <= 0 || s.Total < s.Preprocess+s.Inference+s.Then {
			t.Errorf("result %d: stages %+v", i, s)
		}
	}
	if logged := r.logs.FilterMessage("crop not classified").All(); len(logged) != 1 || logged[0].ContextMap()["model"] != "colours" {
		t.Errorf("logged %v", logged)
	}
	if s := r.camera.Status(); !s.HasThen || s.Crops != 4 || s.CropsFailed != 1 || s.Failed != 0 || s.Results != 2 {
		t.Errorf("status %+v", s)
	}
}

// hangs is an engine that does not answer within its deadline once it is to hang.
type hangs struct {
	*infertest.Fake
	now      *bool
	deadline time.Duration
}

func (h *hangs) SetDeadline(d time.Duration) { h.deadline = d }

func (h *hangs) Run(ctx context.Context, in []byte, outs [][]byte) (infer.By, error) {
	if *h.now {
		time.Sleep(h.deadline)
		return infer.By{}, errors.New("no answer in time")
	}
	return h.Fake.Run(ctx, in, outs)
}

// A second model has a deadline and a standby as the first one has: what hangs costs that time once, and the standby answers; without one
// the result goes out without that crop.
func TestThenFailsOver(t *testing.T) {
	const deadline = 2 * time.Second
	for _, standby := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			hang := false
			o := failover.Options{Deadline: deadline, Open: func(context.Context) (failover.Primary, error) {
				if hang {
					return nil, errors.New("no such device")
				}
				return &hangs{Fake: newColours().Engine.(*infertest.Fake), now: &hang}, nil
			}}
			if standby {
				o.Standby = newColours().Engine
			}
			e, err := failover.New(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			second := newColours()
			second.Engine = e
			l := twice(t, detector(always(found{dog, 0.9, inRed}, found{cat, 0.8, inBlue})), second.Model, 3)
			hang = true
			a := answer(t, l, picture.Of(scene()))
			want := map[bool][]string{true: {"dog: red", "cat: blue"}, false: {"dog: ?", "cat: ?"}}[standby]
			if got := saysOf(a.Found.Detections); !slices.Equal(got, want) || (a.Then.Err == nil) != standby || a.Then.Took != deadline {
				t.Errorf("standby %v: said %q after %v, %v", standby, got, a.Then.Took, a.Then.Err)
			}
			if a := answer(t, l, picture.Of(scene())); a.Then.Took != 0 && standby || !slices.Equal(saysOf(a.Found.Detections), want) {
				t.Errorf("standby %v, the next frame: %+v", standby, a.Then)
			}
		})
	}
}

// A stop while the second model works ends at once, without an answer to that frame, and is no failure.
func TestStopDuringThen(t *testing.T) {
	second := newColours()
	working := make(chan struct{})
	second.before = func(ctx context.Context) error {
		close(working)
		return infertest.Block(ctx, nil, nil)
	}
	r := newRigOf(t, infertest.NewMean(nil), 0, Options{
		Opener: openers(capturetest.New(t, capturetest.Step{Frame: *scene()}, capturetest.Step{Block: true})),
		Look:   twice(t, detector(always(found{dog, 0.9, inRed})), second.Model, 3),
	})
	r.run(t, func() bool {
		select {
		case <-working:
			return true
		default:
			return false
		}
	})
	if n, s := len(r.record.Results()), r.camera.Status(); n != 0 || s.CropsFailed != 0 {
		t.Errorf("%d results, %+v", n, s)
	}
}

// While the second model works the camera goes on: the next frame answered is the newest, and no crop waits for later.
func TestThenQueuesNothing(t *testing.T) {
	second := newColours()
	started, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	second.before = func(context.Context) error {
		once.Do(func() { close(started); <-release })
		return nil
	}
	src := capturetest.New(t, append(capturetest.Frames(*scene(), *scene(), *scene(), *scene()), capturetest.Step{Block: true})...)
	r := newRigOf(t, infertest.NewMean(nil), 0, Options{
		Opener: openers(heldSource{src, started}), Look: twice(t, detector(always(found{dog, 0.9, inRed}, found{cat, 0.8, inBlue})), second.Model, 3),
	})
	r.run(t, func() bool {
		if r.camera.counts.frames.Load() == 4 {
			select {
			case <-release:
			default:
				close(release)
			}
		}
		return len(r.record.Results()) == 2
	})
	var sequences []uint64
	for _, res := range r.record.Results() {
		sequences = append(sequences, res.Sequence)
	}
	if s := r.camera.Status(); !slices.Equal(sequences, []uint64{1, 4}) || s.Dropped != 2 || len(second.crops) != 4 {
		t.Errorf("results of frames %v, %d crops, %+v", sequences, len(second.crops), s)
	}
}

// The turns of other cameras with the second model count as waiting, and are no stall; a run of it that takes too long is the model's.
func TestThenWaitsForItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		second := newColours()
		second.before = func(context.Context) error {
			time.Sleep(2 * time.Hour)
			return nil
		}
		r := newRigOf(t, infertest.NewMean(nil), 0, Options{
			Opener: openers(), Look: twice(t, detector(always(found{dog, 0.9, inRed})), second.Model, 3),
		})
		second.turn <- struct{}{}
		answers := make(chan Answer)
		go func() { answers <- answer(t, r.camera.look, picture.Of(scene())) }()
		time.Sleep(time.Hour)
		if s := r.camera.Stalls(time.Now()); len(s) != 0 {
			t.Errorf("while it waits: %v", s)
		}
		<-second.turn
		time.Sleep(time.Hour)
		if s := r.camera.Stalls(time.Now()); len(s) != 0 {
			t.Errorf("while the second model works: %v", s)
		}
		if s := second.Stalls(time.Now()); len(s) != 1 || s[0].Stage != atInference.String() {
			t.Errorf("the second model: %v", s)
		}
		if a := <-answers; a.Queued != time.Hour || a.Then.Took != 2*time.Hour || a.Inference != 0 {
			t.Errorf("waited %v, the second model took %v, the first %v", a.Queued, a.Then.Took, a.Inference)
		}
	})
}

// A hot machine has both models rest.
func TestThenRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		second := newColours()
		second.before = func(context.Context) error {
			time.Sleep(time.Second)
			return nil
		}
		second.Rest = func(run time.Duration) time.Duration { return 3 * run }
		l := twice(t, detector(always(found{dog, 0.9, inRed}, found{cat, 0.8, inBlue})), second.Model, 3)
		begin := time.Now()
		answer(t, l, picture.Of(scene()))
		if got := l.restsUntil().Sub(begin); got != time.Second+6*time.Second {
			t.Errorf("rests until %v after the begin", got)
		}
	})
}

// What is wrong with a second model is said with how to mend it.
func TestThenOptions(t *testing.T) {
	first, second := detector(always()), newColours().Model
	of := func(kind task.Kind) *Model {
		o := detector(always()).ModelOptions
		o.Name, o.Task.Kind = "other", kind
		return NewModel(o)
	}
	for want, o := range map[string]LookOptions{
		`then: the task of model "colours" is classify: it finds no objects that a second one could look at (remove then, or give a detector as model)`: {
			Model: second, Then: &ThenOptions{Model: second}},
		`then.labels: no class is called "dgo" (there are person, cat, dog)`: {
			Model: first, Then: &ThenOptions{Model: second, Labels: []string{"cat", "dgo"}}},
		`then.labels: objects.only leaves "dog" out, so that the second model would never see one (add it there, or remove it here)`: {
			Model: first, Objects: &ObjectOptions{MaxResults: 1, Only: []string{"person", "cat"}}, Then: &ThenOptions{Model: second, Labels: []string{"cat", "dog"}}},
		`then.model: the task of model "other" is detect (want a classifier, which says what each object is, or a model that knows people)`:  {Model: first, Then: &ThenOptions{Model: of(task.Detect)}},
		`then.model: the task of model "other" is segment (want a classifier, which says what each object is, or a model that knows people)`: {Model: first, Then: &ThenOptions{Model: of(task.Segment)}},
		`then.model: model "other" knows nobody (name those whom it has been shown as its people, or give a classifier)`:                     {Model: first, Then: &ThenOptions{Model: of(task.Embed)}},
	} {
		o.TopK, o.Then.MaxCrops = 1, 1
		if _, err := NewLook(o); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	if l := twice(t, first, second, 1, func(o *LookOptions) { o.Then.Labels = []string{"2"} }); !l.then.wants(dog) || l.then.wants(cat) || l.then.wants(99) {
		t.Error("a label by its number")
	}
}

// How the engines of both models are is told together, with every change of one of them.
func TestThenEngines(t *testing.T) {
	tellers := map[string]func(publish.EngineStatus){}
	watched := func(m *Model, name string) *Model {
		m.Name = name
		m.Watch = func(tell func(publish.EngineStatus)) (stop func()) {
			tell(publish.EngineStatus{Model: m.identity(), State: publish.EngineRunning, Wanted: name, Engine: name})
			tellers[name] = tell
			return func() { delete(tellers, name) }
		}
		return m
	}
	r := newRigOf(t, infertest.NewMean(nil), 0, Options{
		Opener: openers(), Look: twice(t, watched(detector(always()), "first"), watched(newColours().Model, "second"), 1),
	})
	stop := r.camera.watchEngines()
	tellers["second"](publish.EngineStatus{Model: publish.Model{Name: "second"}, State: publish.EngineFallback, Wanted: "second", Engine: "cpu"})
	tellers["first"](publish.EngineStatus{Model: publish.Model{Name: "first"}, State: publish.EngineDown, Wanted: "first"})
	stop()
	if len(tellers) != 0 {
		t.Errorf("still watched: %v", tellers)
	}
	var got []string
	for _, m := range r.record.Messages() {
		switch m := m.(type) {
		case publish.EngineStatus:
			got = append(got, fmt.Sprintf("%s %s on %q, then %s %s on %q", m.Camera, m.State, m.Engine, m.Then.Model.Name, m.Then.State, m.Then.Engine))
		case publish.Event:
			got = append(got, fmt.Sprintf("%s of %s: %q, was %q", m.Kind, m.Model.Name, m.Value, m.Previous))
		}
	}
	want := []string{
		`front running on "first", then second running on "second"`,
		`front running on "first", then second fallback on "cpu"`,
		`engine of second: "cpu", was "second"`,
		`front down on "", then second fallback on "cpu"`,
		`engine of first: "", was "first"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A taught classifier says nothing of what it does not know.
func TestThenUnknown(t *testing.T) {
	l := twice(t, detector(always(found{dog, 0.9, [4]float32{0.2, 0.2, 0.5, 0.5}})), gateModel(t, 0.05), 1)
	for _, c := range []struct {
		colour color.RGBA
		want   string
		counts int
	}{{red, "dog: open", 2}, {blue, "dog: shut", 2}, {green, "dog: -", 1}} {
		found := answer(t, l, picture.Of(plain(c.colour, 1))).Found
		if got := saysOf(found.Detections); !slices.Equal(got, []string{c.want}) || len(found.Counts) != c.counts {
			t.Errorf("of %v said %q, want %q; counts %v", c.colour, got, c.want, found.Counts)
		}
	}
}

// A model that knows people says who each object is, and who nobody knows is counted under no name.
func TestThenRecognizes(t *testing.T) {
	l := twice(t, detector(always(found{dog, 0.9, inRed}, found{cat, 0.8, inGreen}, found{dog, 0.7, inBlue}, found{dog, 0.6, inBlue})), embedder(t, true), 3)
	a := answer(t, l, picture.Of(scene()))
	var got []string
	for _, d := range a.Found.Detections {
		text := "not asked"
		if d.Identity != nil {
			text = fmt.Sprintf("%q, sure %v", d.Identity.Label, d.Identity.Score > 0.5)
		}
		got = append(got, d.Label+": "+text)
		if d.Predictions != nil {
			t.Errorf("predictions %v", d.Predictions)
		}
	}
	if want := []string{`dog: "anna", sure true`, `cat: "", sure false`, `dog: "bert", sure true`, `dog: not asked`}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if want := []publish.Count{{Label: "dog", N: 3}, {Label: "cat", N: 1}, {Label: "anna", N: 1}, {Label: "bert", N: 1}}; !reflect.DeepEqual(a.Found.Counts, want) {
		t.Errorf("counts %v, want %v", a.Found.Counts, want)
	}
	if a.Found.Identity != nil {
		t.Errorf("the frame itself shows %+v", a.Found.Identity)
	}
}

// What the second model says is decided by votes as the things are, and may switch and picture as they do: its labels are known from the
// start on if they are few. Groups may be made of them.
func TestThenIsDecided(t *testing.T) {
	list := []found{{dog, 0.9, inRed}, {cat, 0.8, inBlue}}
	l := twice(t, detector(func() []found { return list }), newColours().Model, 3, func(o *LookOptions) { o.Objects.Only = []string{"cat", "dog"} })
	r := newRigOf(t, infertest.NewMean(nil), 0, Options{
		Opener: openers(capturetest.New(t, capturetest.Frames(*scene(), *scene(), *scene())...)), KeepAll: true, Look: l,
		Decide: decide.Options{Enter: 0.5, Leave: 0.35, Need: 2, Window: 2, Groups: map[string][]string{"warm": {"red"}}},
	})
	if labels, more := r.camera.Counted(); !slices.Equal(labels, []string{"cat", "dog", "warm", "green", "blue"}) || more {
		t.Errorf("counts %q, and more: %v", labels, more)
	}
	if labels, err := r.camera.FindClasses("gre*"); err != nil || !slices.Equal(labels, []string{"green"}) {
		t.Errorf("gre*: %q, %v", labels, err)
	}
	r.run(t, nil)
	decisions := r.record.Decisions()
	if len(decisions) != 1 {
		t.Fatalf("%d decisions: %+v", len(decisions), decisions)
	}
	want := []publish.Count{{Label: "cat", N: 1}, {Label: "dog", N: 1}, {Label: "warm", N: 1}, {Label: "green"}, {Label: "blue", N: 1}}
	if got := decisions[0].Counts; !reflect.DeepEqual(got, want) {
		t.Errorf("decided %v, want %v", got, want)
	}
}

// Of a second model with many classes those are counted that come.
func TestThenWithManyClasses(t *testing.T) {
	second := newColours()
	for len(second.Labels) < maxSaid+1 {
		second.Labels = append(second.Labels, fmt.Sprint("colour ", len(second.Labels)))
	}
	second.Engine.(*infertest.Fake).Outs[0].Shape = []int{1, len(second.Labels)}
	for _, c := range []struct {
		only, want []string
	}{{nil, nil}, {[]string{"dog"}, []string{"dog"}}} {
		l := twice(t, detector(always(found{dog, 0.9, inRed})), second.Model, 3, func(o *LookOptions) { o.Objects.Only, o.Then.Labels = c.only, nil })
		r := newRigOf(t, infertest.NewMean(nil), 0, Options{
			Opener: openers(capturetest.New(t, capturetest.Frames(*scene())...)), KeepAll: true, Look: l, Decide: bright(1, 1),
		})
		if labels, more := r.camera.Counted(); !slices.Equal(labels, c.want) || !more {
			t.Errorf("only %q: counts %q, and more: %v", c.only, labels, more)
		}
		r.run(t, nil)
		if got, want := r.record.Decisions()[0].Counts, []publish.Count{{Label: "dog", N: 1}, {Label: "red", N: 1}}; !reflect.DeepEqual(got, want) {
			t.Errorf("only %q: decided %v, want %v", c.only, got, want)
		}
	}
}
