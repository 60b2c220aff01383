package pipeline

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/capturetest"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/daemon/bundle"
	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/internal/clock"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// taped is a camera whose detector finds what a script says, with a second model, a mask and votes; and what it publishes.
type taped struct {
	*Camera
	look *Look
	out  *publishtest.Recorder
	at   int // of the script
}

// script is what there is to see, frame after frame.
func script() [][]found {
	cat := found{cat, 0.9, inRed}
	dog := found{dog, 0.8, inBlue}
	return [][]found{{cat}, {cat, dog}, {cat, dog}, {cat, dog}, {dog}, {dog}, {}, {dog, dog}, {dog, dog}, {dog, dog}}
}

func newTaped(t testing.TB) *taped {
	t.Helper()
	clock, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	c := &taped{out: new(publishtest.Recorder)}
	first := detector(func() []found { return script()[c.at%len(script())] })
	c.look = twice(t, first, newColours().Model, 2)
	c.Camera = newCamera(t, Options{
		Name: "front", Device: "test", Opener: openers(), Look: c.look, Clock: clock, Out: c.out, Log: zap.NewNop(), Often: zap.NewNop(),
		Picture: tapedPicture(), Decide: decide.Options{Enter: 0.5, Leave: 0.4, Need: 2, Window: 2, Cooldown: time.Minute},
	})
	return c
}

// tapedPicture are the camera's options.
func tapedPicture() picture.Options {
	return picture.Options{Rotate: 90, Mask: []picture.Polygon{{0.9, 0.9, 1, 0.9, 1, 1}}}
}

// show shows the camera the scene of the script's place at, at a moment.
func (c *taped) show(t testing.TB, at int, moment time.Time) {
	t.Helper()
	p, err := picture.New(tapedPicture())
	if err != nil {
		t.Fatal(err)
	}
	f := scene()
	f.Sequence, f.Time, f.Name = uint64(at+1), moment, "scene"
	p.Set(f)
	c.see(t, p)
}

func (c *taped) see(t testing.TB, p *picture.Picture) {
	t.Helper()
	c.at = int(p.Frame().Sequence) - 1
	if !c.answerOne(t.Context(), p, p.Frame().Time) {
		t.Fatal("not answered")
	}
}

// line is a step as a bundle has it.
func line(r *Recorded) string {
	r.Hash()
	return string(bundle.AppendStep(nil, &r.Step))
}

// What is recorded can be done again by another camera that carries over what the first one did, to the same steps.
func TestRecordAndAgain(t *testing.T) {
	c, begin := newTaped(t), time.Now().Round(0)
	moment := func(i int) time.Time { return begin.Add(time.Duration(i) * time.Second) }
	for i := range 2 {
		c.show(t, i, moment(i))
	}
	before := len(c.out.Messages())
	var steps []*Recorded
	var tensor []byte
	stop := c.Record(func(r *Recorded) bool {
		if len(steps) == 0 {
			tensor = bytes.Clone(c.look.Input())
		}
		steps = append(steps, r)
		return len(steps) < 8
	})
	for i := 2; i < 10; i++ {
		if i == 6 {
			c.EndDecision("paused")
		}
		c.show(t, i, moment(i))
	}
	stop()
	if len(steps) != 8 || steps[0].Start == nil || steps[1].Start != nil || steps[0].Sequence != 3 || steps[4].Interrupt != "paused" {
		t.Fatalf("%d steps: %+v", len(steps), steps)
	}
	var want []string
	for _, r := range steps {
		want = append(want, line(r))
	}
	if steps[0].Tensor != bundle.Hash(tensor) || len(steps[0].Crops) != 2 || len(steps[0].Outputs) != 4 || steps[0].SHA256 != bundle.Hash(steps[0].Frame) {
		t.Errorf("the first step: %+v", steps[0].Step)
	}
	checkMessages(t, steps, c.out.Messages()[before:])

	start, err := json.Marshal(steps[0].Start)
	if err != nil {
		t.Fatal(err)
	}
	var carried Carried
	if err := json.Unmarshal(start, &carried); err != nil {
		t.Fatal(err)
	}
	other := newTaped(t)
	other.clock = recordedClock(steps)
	other.Carry(&carried)
	var got []string
	other.Record(func(r *Recorded) bool {
		got = append(got, line(r))
		return true
	})
	for _, r := range steps {
		if r.Interrupt != "" {
			other.EndDecisionAt(r.Time, r.Interrupt)
			continue
		}
		p, err := Again(&r.Step, r.Frame, tapedPicture())
		if err != nil {
			t.Fatal(err)
		}
		other.at, other.cause = int(r.Sequence)-1, r.Gate
		if err := other.Replay(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("step %d\n got %s\nwant %s", i, got[i], want[i])
		}
	}
}

// recordedClock tells the times of steps as they were told.
type recordedClock []*Recorded

func (c recordedClock) SinceBoot(t time.Time) time.Duration {
	return c[slices.IndexFunc(c, func(r *Recorded) bool { return r.Time.Equal(t) })].Monotonic
}

// checkMessages wants the messages of steps to be those that were published, but for the machine's part of them.
func checkMessages(t *testing.T, steps []*Recorded, published []publish.Message) {
	t.Helper()
	i, kinds := 0, map[string]int{}
	for _, r := range steps {
		for _, m := range r.Messages {
			for published[i].Key().Kind.Name == "gate" {
				i++
			}
			if topic := published[i].Key().Topic(); m.Topic != topic || !json.Valid(m.Payload) || strings.Contains(string(m.Payload), `"clock_synced":true`) {
				t.Errorf("message %d is %s (%s), published was %s", i, m.Topic, m.Payload, topic)
			}
			kinds[published[i].Key().Kind.Name]++
			i++
		}
	}
	for _, kind := range []string{"result", "decision", "count", "event"} {
		if kinds[kind] == 0 {
			t.Errorf("no %s: %v", kind, kinds)
		}
	}
}

// A recording ends when it is stopped, or when nobody wants more, and another takes its place.
func TestRecordEnds(t *testing.T) {
	c, now := newTaped(t), time.Now()
	var first, second int
	stop := c.Record(func(*Recorded) bool { first++; return true })
	c.show(t, 0, now)
	stop()
	stop()
	c.show(t, 1, now)
	stop = c.Record(func(*Recorded) bool { first++; return true })
	c.Record(func(*Recorded) bool { second++; return second < 2 })
	stop()
	for i := range 4 {
		c.show(t, i, now)
	}
	if first != 1 || second != 2 || c.recorder.Load() != nil || c.look.tape != nil || c.look.then.look.tape != nil {
		t.Errorf("%d and %d steps", first, second)
	}
}

// A frame that no engine answers is no step, and says nothing to the next one.
func TestRecordSkipsFailures(t *testing.T) {
	e := infertest.NewMean(nil)
	r := newRig(t, e, 0)
	c := r.camera
	c.health.opened(1)
	var steps []*Recorded
	c.Record(func(r *Recorded) bool { steps = append(steps, r); return true })
	good, bad := capturetest.Grey(7), capture.Frame{Format: capture.Packed(capture.GREY, 64, 64), Pix: []byte{1}}
	for _, f := range []capture.Frame{good, bad, good} {
		f.Time = time.Now()
		c.answerOne(t.Context(), picture.Of(&f), f.Time)
	}
	if len(steps) != 2 || steps[0].Format != "GREY" || steps[1].Start != nil || len(steps[1].tensors) != 1 {
		t.Errorf("%d steps", len(steps))
	}
}

// Of a JPEG with a mask what was decoded is recorded, without one the JPEG; and both give the same tensor again.
func TestRecordJPEG(t *testing.T) {
	for _, o := range []picture.Options{{Rotate: 180}, {Rotate: 180, Mask: []picture.Polygon{{0, 0, 0.5, 0, 0.5, 0.5}}}} {
		r := newRig(t, infertest.NewMean(nil), 0)
		c := r.camera
		var steps []*Recorded
		record := func() { c.Record(func(r *Recorded) bool { steps = append(steps, r); return false }) }
		p, err := picture.New(o)
		if err != nil {
			t.Fatal(err)
		}
		enc, err := picture.NewEncoder(picture.EncoderOptions{Quality: 80})
		if err != nil {
			t.Fatal(err)
		}
		jpg, err := enc.Encode(picture.Of(scene()))
		if err != nil {
			t.Fatal(err)
		}
		p.Set(&capture.Frame{Format: capture.Packed(capture.MJPG, 80, 60), Pix: jpg, Sequence: 1, Time: time.Now().Round(0)})
		record()
		c.answerOne(t.Context(), p, time.Now())
		again, err := Again(&steps[0].Step, slices.Clone(steps[0].Frame), o)
		if err != nil {
			t.Fatal(err)
		}
		record()
		c.answerOne(t.Context(), again, time.Now())
		for _, r := range steps {
			r.Hash()
		}
		if masked := len(o.Mask) > 0; masked != (steps[0].Format == bundle.FormatPlanes) || !masked && steps[0].Format != bundle.FormatJPEG {
			t.Errorf("mask %t: %s", masked, steps[0].Format)
		}
		if len(steps) != 2 || steps[0].Tensor != steps[1].Tensor {
			t.Errorf("%s: tensors %s and %s", steps[0].Format, steps[0].Tensor, steps[1].Tensor)
		}
		if steps[0].Format == bundle.FormatJPEG && steps[1].SHA256 != steps[0].SHA256 {
			t.Error("the JPEG changes")
		}
	}
}

// What a bundle says of a frame may come from anywhere.
func FuzzAgain(f *testing.F) {
	f.Add([]byte(`{"format":"GREY","width":2,"height":1,"stride":2}`), []byte("ab"))
	f.Add([]byte(`{"format":"planes","width":2,"height":1,"levels":[{"reduction":1,"colour":"grey","width":2,"height":1,"sub_x":1,"sub_y":1}]}`), []byte("ab"))
	f.Add([]byte(`{"format":"JPEG","width":2,"height":1}`), []byte("\xff\xd8\xff\xd9"))
	f.Fuzz(func(t *testing.T, text, data []byte) {
		var s bundle.Step
		if json.Unmarshal(text, &s) != nil || s.Width > 256 || s.Height > 256 {
			return
		}
		p, err := Again(&s, data, picture.Options{})
		if err != nil {
			return
		}
		if w, h, err := p.Size(); err == nil && w*h < 1<<16 {
			_, _ = p.Planes(1)
		}
	})
}
