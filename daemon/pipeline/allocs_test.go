package pipeline

import (
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture/capturetest"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/internal/clock"
	"github.com/inceptiond/inceptiond/publish"
)

// A frame that the gate keeps back allocates nothing, also if it is looked at.
func TestGatedFrameAllocatesNothing(t *testing.T) {
	clock, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	look, err := NewLook(LookOptions{Model: NewModel(ModelOptions{Name: "mean", Engine: infertest.NewMean(nil)}), TopK: 1})
	if err != nil {
		t.Fatal(err)
	}
	c := newCamera(t, Options{
		Name: "front", Device: "test", Opener: openers(), Look: look, Clock: clock, Out: nowhere{}, Log: zap.NewNop(), Often: zap.NewNop(), Gate: watchful(), Decide: bright(1, 1),
		Picture: picture.Options{Mask: []picture.Polygon{{0, 0, 0.5, 0, 0.5, 0.5}}},
	})
	c.health.opened(1)
	frame, now := capturetest.Grey(7), time.Now()
	frame.Sequence = 1
	p := picture.Of(&frame)
	if !c.answerOne(t.Context(), p, now) || c.answerOne(t.Context(), p, now.Add(time.Second)) {
		t.Fatal("the first frame passes, and the second does not")
	}
	got := testing.AllocsPerRun(100, func() {
		now = now.Add(10 * time.Second)
		p.Set(&frame)
		c.answerOne(t.Context(), p, now)
	})
	if got != 0 || c.Status().Gated != 102 || c.Status().Results != 1 {
		t.Errorf("%v allocations a frame, %+v", got, c.Status())
	}
}

// From the hub to the publishers a frame that changes nothing allocates nothing, whatever stages it goes through.
func TestFrameAllocatesNothing(t *testing.T) {
	clock, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	look, err := NewLook(LookOptions{Model: NewModel(ModelOptions{Name: "mean", Engine: infertest.NewMean(nil)}), TopK: 1})
	if err != nil {
		t.Fatal(err)
	}
	c := newCamera(t, Options{
		Name: "front", Device: "test", Opener: openers(), Look: look, Clock: clock, Out: nowhere{}, Log: zap.NewNop(), Often: zap.NewNop(),
		Snapshot: &SnapshotOptions{Picture: picture.EncoderOptions{Quality: 80}, MQTT: true, Disk: true},
	})
	c.Attach()
	c.health.opened(1)
	frame := capturetest.Grey(7)
	var p *picture.Picture
	frames := func() float64 {
		return testing.AllocsPerRun(100, func() { // and once before
			c.reading.enter(atRead)
			to := c.hub.Blank().Frame()
			pix := append(to.Pix[:0], frame.Pix...)
			frame.Sequence++
			*to = frame
			to.Pix, to.Time = pix, time.Now()
			if err := c.offer(t.Context()); err != nil {
				t.Fatal(err)
			}
			if p, err = c.take(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			c.answerOne(t.Context(), p, time.Now())
			c.snapping.take(p, look, true)
		})
	}
	if got := frames(); got != 0 {
		t.Errorf("%v allocations a frame", got)
	}
	var seen, looked picture.Picture
	stop := c.Watch(func(p *picture.Picture, _ *publish.Result) {
		p.CopyTo(&seen)
		c.Look(&looked)
	})
	if got := frames(); got != 0 || looked.Frame().Sequence != seen.Frame().Sequence {
		t.Errorf("%v allocations a frame that is watched", got)
	}
	stop()
	if got := frames(); got != 0 {
		t.Errorf("%v allocations a frame that is watched no more", got)
	}
	c.Record(func(*Recorded) bool { return true })()
	if got := frames(); got != 0 {
		t.Errorf("%v allocations a frame that is recorded no more", got)
	}
	if n := c.Status().Results; n != 404 {
		t.Errorf("%d results, want 404", n)
	}
}

// Nor does a frame with crops, once those before it were as large, and as many.
func TestCropsAllocateNothing(t *testing.T) {
	clock, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	second, frames := infertest.NewFake(4, 4, 3), 0
	list := []found{{dog, 0.9, [4]float32{0, 0.1, 0.05, 0.3}}, {cat, 0.8, [4]float32{0.1, 0, 0.1, 0.2}}, {dog, 0.7, [4]float32{0, 0, 1, 1}}}
	first := detector(func() []found { // now here, now there, small and large
		frames++
		at := float32(frames%7) / 10
		list[0].box[0], list[0].box[2], list[1].box[1] = at, 0.05+at/3, at
		return list
	})
	look := twice(t, first, NewModel(ModelOptions{Name: "second", Engine: second, Labels: infer.Labels{"a", "b", "c"}}), 3, func(o *LookOptions) {
		o.Threshold = 0
		o.Then.Labels = nil
	})
	c := newCamera(t, Options{
		Name: "front", Device: "test", Opener: openers(), Look: look, Clock: clock, Out: nowhere{}, Log: zap.NewNop(), Often: zap.NewNop(), Decide: bright(1, 1),
	})
	c.health.opened(1)
	frame := scene()
	frame.Sequence = 1
	p := picture.Of(frame)
	few := func() {
		for range 14 {
			p.Set(frame)
			c.answerOne(t.Context(), p, time.Now())
		}
	}
	if n := testing.AllocsPerRun(10, few); n != 0 {
		t.Errorf("%v allocations in 14 frames", n)
	}
	if s := c.Status(); s.Results != 11*14 || s.Crops != 11*14*3 {
		t.Errorf("%+v", s)
	}
}
