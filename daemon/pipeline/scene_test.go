package pipeline

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture/capturetest"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/publish"
)

const mapSide = 8

// oddEngine has a score, the picture's brightness, and a map at which bright pictures look different in the upper left.
func oddEngine() *infertest.Fake {
	e := infertest.NewFake(8, 8, 1)
	e.Outs = append(e.Outs, infer.TensorSpec{Name: "map", Shape: []int{1, mapSide, mapSide, 2}, Type: infer.Uint8, Scale: 1})
	normal := normalMap()
	e.Answer = func(_ context.Context, in []byte, outs [][]byte) error {
		outs[0][0] = in[0]
		copy(outs[1], normal)
		if in[0] > 100 {
			outs[1][0], outs[1][1] = 10, 100
		}
		return nil
	}
	return e
}

// normalMap is that of a dark picture.
func normalMap() (data []byte) {
	for range mapSide * mapSide {
		data = append(data, 100, 10)
	}
	return data
}

func normalScene(t testing.TB, e infer.Engine) *task.Scene {
	t.Helper()
	l, err := task.NewSceneLearner(e.Outputs()[1], false)
	for range task.MinNormal {
		if err == nil {
			err = l.Add(normalMap())
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.Scene()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// newSceneRig makes a camera that knows what is normal, if it is told.
func newSceneRig(t *testing.T, o Options, told bool) *rig {
	t.Helper()
	e := oddEngine()
	o.Normal = true
	r := newRigOf(t, e, 0.5, o)
	if told {
		options := r.camera.look.options
		options.Scene, options.SceneMap = normalScene(t, e), 1
		look, err := NewLook(options)
		if err != nil {
			t.Fatal(err)
		}
		o.Name, o.Device, o.Look, o.Clock, o.Out, o.Log, o.Often = "front", "test", look, r.camera.clock, r.record, r.camera.log, r.camera.often
		r.camera = newCamera(t, o)
	}
	return r
}

// looks are the looks of all decisions, and the events about them, in order.
func looks(r *rig) (list []string) {
	for _, m := range r.record.Messages() {
		switch m := m.(type) {
		case publish.Decision:
			list = append(list, fmt.Sprintf("%q %d", m.Label, m.Different))
		case publish.Event:
			if m.Kind == publish.EventDifferent {
				list = append(list, fmt.Sprintf("%q after %q: %s", m.Value, m.Previous, m.Reason))
			}
		}
	}
	return list
}

// TestSceneIsDecided: what looks different is decided by votes of its own, in the decision and in an event of its own.
func TestSceneIsDecided(t *testing.T) {
	r := newSceneRig(t, Options{
		Opener: openers(capturetest.New(t, levels(10, 10, 200, 200, 200, 10, 10)...)), KeepAll: true, Decide: decide.Options{Enter: 0.95, Need: 2, Window: 2},
	}, true)
	r.run(t, nil)
	want := []string{
		`"" 2`, `"" after "": none 2 of 2, score 0.00 below 1.00`, // with what is decided of the classes, which is none
		`"" 3`, `"different" after "": different 2 of 2, score 2.16, upper left`,
		`"" 2`, `"" after "different": none 2 of 2, score 0.00 below 1.00`,
	}
	if got := looks(r); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for i, res := range r.record.Results() {
		d := res.Different
		if odd := i >= 2 && i < 5; d == nil || d.Score >= 1 != odd || odd && d.Box != [4]float64{0, 0, 0.125, 0.125} {
			t.Errorf("picture %d: %+v", i, d)
		}
	}
}

// A camera that is to know what is normal, and does not yet, decides nothing of that and says so.
func TestSceneWithoutPictures(t *testing.T) {
	r := newSceneRig(t, Options{Opener: openers(capturetest.New(t, levels(10, 200, 200)...)), KeepAll: true, Decide: bright(1, 1)}, false)
	r.run(t, nil)
	if got, want := looks(r), []string{`"" 1`, `"0" 1`}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, res := range r.record.Results() {
		if res.Different != nil {
			t.Errorf("%+v", res.Different)
		}
	}
	if labels, err := r.camera.FindClasses("Different"); err != nil || !slices.Equal(labels, []string{publish.LabelDifferent}) {
		t.Errorf("%q, %v", labels, err)
	}
	other := newRigOf(t, oddEngine(), 0.5, Options{Opener: openers(), KeepAll: true})
	if labels, err := other.camera.FindClasses("different"); err == nil {
		t.Errorf("a camera without normal pictures: %q", labels)
	}
}

// What interrupts a decision interrupts this one, with or without the other.
func TestSceneIsInterrupted(t *testing.T) {
	for _, enter := range []float64{0.5, 0.95} {
		r := newSceneRig(t, Options{
			Opener: openers(capturetest.New(t, levels(200, 200)...)), KeepAll: true, Decide: decide.Options{Enter: enter, Need: 1, Window: 1},
		}, true)
		r.run(t, nil)
		before := len(r.record.Messages())
		r.camera.EndDecision("paused")
		r.camera.EndDecision("paused again")
		decisions := 0
		for _, m := range r.record.Messages()[before:] {
			if d, ok := m.(publish.Decision); ok {
				decisions++
				if d.Label != "" || d.Different != publish.LookNormal {
					t.Errorf("enter %v: %+v", enter, d)
				}
			}
		}
		got := looks(r)
		if last := got[len(got)-1]; decisions != 1 || last != `"" after "different": paused` {
			t.Errorf("enter %v: %d decisions, %q", enter, decisions, got)
		}
	}
}

// Pictures are made of what looks different, if it is wanted.
func TestSceneSnapshots(t *testing.T) {
	for class, want := range map[string]int{"different": 1, "0": 0} {
		r := newSceneRig(t, Options{
			Opener: openers(capturetest.New(t, levels(10, 200, 200)...)), KeepAll: true, Decide: decide.Options{Enter: 0.95, Need: 1, Window: 1},
			Snapshot: shots(0, class),
		}, true)
		r.run(t, nil)
		n := 0
		for _, m := range r.record.Messages() {
			if s, ok := m.(*publish.Snapshot); ok && s.Label == publish.LabelDifferent {
				n++
			}
		}
		if n != want {
			t.Errorf("classes %q: %d pictures, want %d", class, n, want)
		}
	}
}

// A frame that is compared and changes nothing allocates nothing.
func TestSceneAllocatesNothing(t *testing.T) {
	r := newSceneRig(t, Options{Opener: openers(), Decide: bright(1, 1)}, true)
	c := r.camera
	c.out, c.log = nowhere{}, zap.NewNop()
	c.health.opened(1)
	frame, now := capturetest.Grey(200), time.Now()
	p := picture.Of(&frame)
	c.answerOne(t.Context(), p, now)
	if n := testing.AllocsPerRun(100, func() {
		p.Set(&frame)
		c.answerOne(t.Context(), p, now)
	}); n != 0 || c.result.Different == nil || c.result.Different.Score < 1 {
		t.Errorf("%v allocations a frame, %+v", n, c.result.Different)
	}
}
