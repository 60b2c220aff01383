package pipeline

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inceptiond/inceptiond/capture/hours"
	"github.com/inceptiond/inceptiond/capture/motion"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/publish"
)

// watchful is a gate that motion opens.
func watchful() *GateOptions {
	return &GateOptions{Motion: &motion.Options{Threshold: 12, Area: 0.005, Frames: 2, Light: 0.6, Learn: 30 * time.Second}}
}

// gated runs a camera with a gate that sees grey levels, one a second, and do beside it, in simulated time.
func gated(t *testing.T, o Options, g glance, levels []int, do func(b *bubble, camera *Camera)) {
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{begin: time.Now()}
		o.Opener = openers(&everySecond{levels})
		g.name, g.decide = "drive", bright(1, 1)
		b.family = newFamily(t, o, g)
		b.start()
		do(b, b.cameras[0])
	})
}

// answered are the moments of the frames that the model had.
func (b *bubble) answered() (list []string) {
	for _, r := range b.record.Results() {
		list = append(list, b.at(r.Time))
	}
	return list
}

// The first frame that can be used passes: a camera must not wait for motion to be online because of a damaged one.
func TestFirstFrameIsDamaged(t *testing.T) {
	for name, gate := range map[string]*GateOptions{"triggers": {Triggers: []string{"pir"}}, "motion": watchful()} {
		gated(t, Options{Gate: gate}, glance{}, []int{-1, -1, 192, 192, 192}, func(b *bubble, camera *Camera) {
			b.until(10 * time.Second)
			if got := b.answered(); !slices.Equal(got, []string{"3s"}) || camera.Status().State != publish.CameraOnline {
				b.t.Errorf("%s: answered at %q, %+v", name, got, camera.Status())
			}
		})
	}
}

// So does the first that the engine answers: else the daemon would wait for motion to be ready.
func TestFirstFrameIsNotAnswered(t *testing.T) {
	runs := 0
	broken := glance{before: func(context.Context) error {
		if runs++; runs < 3 {
			return errors.New("no engine")
		}
		return nil
	}}
	gated(t, Options{Gate: &GateOptions{Triggers: []string{"pir"}}}, broken, slices.Repeat([]int{192}, 9), func(b *bubble, _ *Camera) {
		b.until(8 * time.Second)
		if got := b.answered(); !slices.Equal(got, []string{"3s"}) {
			b.t.Errorf("answered at %q", got)
		}
	})
}

// What is damaged now and then, while nothing moves, is no camera that sends nothing else.
func TestDamagedNowAndThen(t *testing.T) {
	levels := slices.Repeat([]int{100, 100, 100, 100, -1}, 40)
	gated(t, Options{Gate: watchful()}, glance{}, levels, func(b *bubble, camera *Camera) {
		b.until(201 * time.Second)
		if s := camera.Status(); s.State != publish.CameraOnline || s.Bad != 40 {
			b.t.Errorf("%+v", s)
		}
		b.expect("drive", "0s connecting; 1s online", "1s open the first frame; 2s idle no motion for 1s", `1s "" none 1 of 1, 0 0.39 below 0.50`)
	})
}

// What somebody asks for, or an input has seen, is not lost with a damaged frame.
func TestAskedOfADamagedFrame(t *testing.T) {
	for name, ask := range map[string]func(*Camera) error{
		"classify": (*Camera).ClassifyNow,
		"trigger":  func(c *Camera) error { return c.Trigger("pir") },
	} {
		levels := []int{192, 192, 192, -1, 192, 192}
		gated(t, Options{Gate: &GateOptions{Triggers: []string{"pir"}}}, glance{}, levels, func(b *bubble, camera *Camera) {
			b.until(3500 * time.Millisecond)
			if err := ask(camera); err != nil {
				b.t.Error(err)
			}
			b.until(10 * time.Second)
			if got := b.answered(); !slices.Equal(got, []string{"1s", "5s"}) {
				b.t.Errorf("%s: answered at %q", name, got)
			}
		})
	}
}

// What an input has seen right before a pause is no news after it.
func TestTriggerBeforeAPause(t *testing.T) {
	inBubble(t, Options{Gate: &GateOptions{Triggers: []string{"pir"}, Linger: time.Hour}}, func(b *bubble, camera, _ *Camera) {
		b.until(3500 * time.Millisecond)
		if err := camera.Trigger("pir"); err != nil {
			b.t.Error(err)
		}
		camera.SetPaused(true)
		b.until(10500 * time.Millisecond)
		camera.SetPaused(false)
		b.until(20 * time.Second)
		if got := b.results("drive"); len(got) != 2 { // each the first frame after opening
			b.t.Errorf("answered %q", got)
		}
	})
}

// A view has no frames either while its camera is closed, and says so.
func TestAskedOfAViewOfAClosedCamera(t *testing.T) {
	inBubble(t, Options{}, func(b *bubble, camera, look *Camera) {
		camera.SetPaused(true)
		for _, err := range []error{look.ClassifyNow(), look.Trigger("pir"), camera.Trigger("pir")} {
			if !errors.Is(err, ErrClosed) || err.Error() != "the camera is off: paused" {
				t.Errorf("error %v", err)
			}
		}
	})
}

// What is masked for privacy is black in every light: it must not hide that the light of all the rest has changed.
func TestLightBesideAPrivacyMask(t *testing.T) {
	levels := append(slices.Repeat([]int{100}, 20), slices.Repeat([]int{192}, 20)...)
	o := Options{Gate: watchful(), Picture: picture.Options{Mask: []picture.Polygon{{0, 0, 1, 0, 1, 0.74, 0, 0.74}}}}
	gated(t, o, glance{}, levels, func(b *bubble, _ *Camera) {
		b.until(35 * time.Second)
		b.expect("drive", "0s connecting; 1s online",
			"1s open the first frame; 2s idle no motion for 1s; 21s open light; 22s idle no motion for 21s", `1s "" none 1 of 1, 0 0.08 below 0.50`)
	})
	o.Picture.Mask = []picture.Polygon{{0, 0, 1, 0, 1, 1, 0, 1}}
	look, err := NewLook(LookOptions{Model: NewModel(ModelOptions{Name: "mean", SHA256: "00", Engine: infertest.NewMean(nil)}), TopK: 1})
	if err != nil {
		t.Fatal(err)
	}
	o.Look = look
	if _, err := newGating(&o); err == nil {
		t.Error("motion is watched for where all is black")
	}
}

// Hours that do not count for want of a clock are told.
func TestHoursWithoutAClock(t *testing.T) {
	entry, err := hours.Parse("07:30 to 18:00")
	if err != nil {
		t.Fatal(err)
	}
	some := hours.Schedule{Entries: []hours.Entry{entry}}
	unset, set := func() bool { return false }, func() bool { return true }
	for _, test := range []struct {
		hours  Hours
		set    func() bool
		unsure string
		closed string // empty: open
	}{
		{Hours{}, unset, "", ""},
		{Hours{some, true}, unset, "nobody has set the machine's clock: until then the camera is open at any time", ""},
		{Hours{some, false}, unset, "nobody has set the machine's clock: until then the camera is closed at any time", "outside its hours, the clock is not set"},
		{Hours{hours.Schedule{Entries: some.Entries}, true}, set, "", ""},
	} {
		d := newDoor(test.hours, test.set)
		if got := d.unsure(); got != test.unsure {
			t.Errorf("%+v: %q", test.hours, got)
		}
		closed, _, _ := d.look(time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC))
		if got := closedText(closed); got != test.closed {
			t.Errorf("%+v: closed %q", test.hours, got)
		}
	}
}

func closedText(c *Closed) string {
	if c == nil {
		return ""
	}
	return c.Error()
}
