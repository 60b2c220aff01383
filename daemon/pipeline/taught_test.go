package pipeline

import (
	"image/color"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/internal/clock"
	"github.com/inceptiond/inceptiond/internal/testing/taught"
	"github.com/inceptiond/inceptiond/publish"
)

// The colours that a gate's model was taught, and one that it was not.
var (
	red   = color.RGBA{200, 40, 40, 255}
	blue  = color.RGBA{30, 60, 200, 255}
	green = color.RGBA{20, 220, 60, 255}
)

// gateModel is a model that was taught to tell a red from a blue gate.
func gateModel(t *testing.T, unknown float64) *Model {
	t.Helper()
	teach := t.TempDir()
	taught.Version(t, teach, "gate", taught.Class{Label: "open", Colour: red}, taught.Class{Label: "shut", Colour: blue})
	o := engines.Options{Engine: engines.CPU, Threads: 1, Unknown: unknown}
	o.SetTaught(store.Path(teach, "gate"))
	m, err := engines.Load(t.Context(), "gate", o, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return NewModel(ModelOptions{
		Name: m.Name, SHA256: m.SHA256, Labels: m.Labels, Engine: m.Engine, Task: m.Task(), Probabilities: m.Reading.Probabilities,
	})
}

// plain is a frame of one colour.
func plain(c color.RGBA, sequence uint64) *capture.Frame {
	const w, h = 24, 24
	f := &capture.Frame{Format: capture.Packed(capture.RGB24, w, h), Sequence: sequence, Time: time.Now()}
	for range w * h {
		f.Pix = append(f.Pix, c.R, c.G, c.B)
	}
	return f
}

// gateCamera is a camera with a model that was taught; it answers when it is told to.
func gateCamera(t *testing.T, o Options, unknown float64) *Camera {
	t.Helper()
	clock, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	look, err := NewLook(LookOptions{Model: gateModel(t, unknown), TopK: 2})
	if err != nil {
		t.Fatal(err)
	}
	o.Name, o.Device, o.Opener, o.Look, o.Clock, o.Log, o.Often = "front", "test", openers(), look, clock, zap.NewNop(), zap.NewNop()
	if o.Out == nil {
		o.Out = nowhere{}
	}
	o.Decide = bright(1, 1)
	c := newCamera(t, o)
	c.Attach()
	c.health.opened(1)
	return c
}

// What a taught model has never seen is unknown, and so decided; its predictions stay its own.
func TestUnknownFrames(t *testing.T) {
	c := gateCamera(t, Options{}, 0.05)
	if got := c.Classes(); len(got) != 3 || got[2] != "unknown" {
		t.Errorf("classes %q", got)
	}
	var got publish.Result
	c.Watch(func(_ *picture.Picture, r *publish.Result) {
		got = *r
		familiar, voting := *r.Familiarity, *r.Decision
		got.Familiarity, got.Decision = &familiar, &voting
	})
	for i, test := range []struct {
		colour           color.RGBA
		decided, nearest string
		familiar         bool
	}{
		{red, "open", "open", true}, {blue, "shut", "shut", true}, {green, "unknown", "", false}, {red, "open", "open", true},
	} {
		c.answerOne(t.Context(), picture.Of(plain(test.colour, uint64(i+1))), time.Now())
		f := got.Familiarity
		if got.Decision.Label != test.decided || len(got.Predictions) != 2 || len(f.NearestID) != 64 || (f.Familiar > 0.1) != test.familiar ||
			test.nearest != "" && f.NearestClass != test.nearest {
			t.Errorf("%d: decided %q, want %q; %+v, %+v", i, got.Decision.Label, test.decided, got.Predictions, f)
		}
	}
	off := gateCamera(t, Options{}, 0)
	if got := off.Classes(); len(got) != 2 {
		t.Errorf("with unknown: 0, classes %q", got)
	}
	off.answerOne(t.Context(), picture.Of(plain(green, 1)), time.Now())
	if label := off.voting.Label; label == "unknown" || off.result.Familiarity.Familiar > 0.1 {
		t.Errorf("with unknown: 0, decided %q, %+v", label, off.result.Familiarity)
	}
}

func TestTaughtFrameAllocatesNothing(t *testing.T) {
	c := gateCamera(t, Options{}, 0.05)
	p := picture.Of(plain(red, 1))
	if got := testing.AllocsPerRun(100, func() { c.answerOne(t.Context(), p, time.Now()) }); got != 0 {
		t.Errorf("%v allocations a frame", got)
	}
	if n := c.Status().Results; n != 101 {
		t.Errorf("%d results", n)
	}
}
