package pipeline

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/hours"
	"github.com/inceptiond/inceptiond/capture/motion"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/publish"
)

// bubble runs a family in simulated time, and tells what happened in it, camera by camera: "1s online".
type bubble struct {
	*family
	begin time.Time
	opens int
}

// inBubble runs a camera that shows frame after frame of a grey level, one a second, with one view, and do beside it.
func inBubble(t *testing.T, o Options, do func(b *bubble, camera, look *Camera)) {
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{begin: time.Now()}
		o.Opener = &opener{open: func() (capture.Source, error) {
			b.opens++
			return &everySecond{slices.Repeat([]int{192}, 10_000)}, nil
		}}
		b.family = newFamily(t, o, glance{name: "drive", decide: bright(1, 1)}, glance{name: "door", decide: bright(1, 1)})
		for _, c := range b.cameras {
			c.door.set = func() bool { return true }
		}
		b.start()
		do(b, b.cameras[0], b.cameras[1])
	})
}

// until sleeps until a moment after the beginning.
func (b *bubble) until(d time.Duration) {
	time.Sleep(time.Until(b.begin.Add(d)))
	synctest.Wait()
}

// at is a moment after the beginning.
func (b *bubble) at(t time.Time) string { return fmt.Sprintf("%.0fs", t.Sub(b.begin).Seconds()) }

// expect compares what a camera has told of itself, its gate and its decisions.
func (b *bubble) expect(camera, states, gates, decisions string) {
	b.t.Helper()
	var gotStates, gotGates, gotDecisions []string
	for _, m := range b.record.Messages() {
		if m.Key().Camera != camera {
			continue
		}
		switch m := m.(type) {
		case publish.CameraStatus:
			gotStates = append(gotStates, strings.TrimSpace(fmt.Sprintf("%s %s %s", b.at(m.Time), m.State, m.Reason)))
		case publish.GateStatus:
			gotGates = append(gotGates, strings.TrimSpace(fmt.Sprintf("%s %s %s", b.at(m.Time), m.State, m.Reason)))
		case publish.Decision:
			gotDecisions = append(gotDecisions, fmt.Sprintf("%s %q %s", b.at(m.Time), m.Label, m.Reason))
		}
	}
	for _, pair := range [][2]string{
		{strings.Join(gotStates, "; "), states}, {strings.Join(gotGates, "; "), gates}, {strings.Join(gotDecisions, "; "), decisions},
	} {
		if pair[0] != pair[1] {
			b.t.Errorf("%s:\n%s\nwant\n%s", camera, pair[0], pair[1])
		}
	}
}

const seenBy = `"0" 0 1 of 1, score 0.75, margin 0.75`

// A camera that is paused closes its source, and so are its views; what was decided holds no more.
func TestPause(t *testing.T) {
	inBubble(t, Options{}, func(b *bubble, camera, _ *Camera) {
		b.until(3500 * time.Millisecond)
		camera.SetPaused(true)
		camera.SetPaused(true)
		b.until(10500 * time.Millisecond)
		if n := len(b.record.Results()); n != 6 || !camera.Paused() || camera.Stalls(time.Now().Add(time.Hour)) != nil {
			b.t.Errorf("%d results, paused %t, stalls %v", n, camera.Paused(), camera.Stalls(time.Now().Add(time.Hour)))
		}
		if err := camera.ClassifyNow(); err == nil || err.Error() != "the camera is off: paused" {
			b.t.Errorf("classify: %v", err)
		}
		camera.SetPaused(false)
		b.until(12500 * time.Millisecond)
		b.expect("drive", "0s connecting; 1s online; 4s paused paused; 10s connecting; 12s online",
			"1s open; 4s off paused; 12s open", "1s "+seenBy+`; 4s "" paused; 12s `+seenBy)
		b.expect("door", "0s connecting; 1s online; 4s paused paused; 12s online",
			"1s open; 4s off paused; 12s open", "1s "+seenBy+`; 4s "" paused; 12s `+seenBy)
		if b.opens != 2 {
			b.t.Errorf("the source was opened %d times", b.opens)
		}
	})
}

// A view that is paused closes nothing but itself.
func TestPauseOfAView(t *testing.T) {
	inBubble(t, Options{KeepAll: true}, func(b *bubble, _, look *Camera) {
		b.until(3500 * time.Millisecond)
		look.SetPaused(true)
		b.until(10500 * time.Millisecond)
		if n := len(b.results("drive")); n != 10 {
			b.t.Errorf("the camera has %d results", n)
		}
		if n := len(b.results("door")); n != 3 {
			b.t.Errorf("the view has %d results", n)
		}
		look.SetPaused(false)
		b.until(12500 * time.Millisecond)
		b.expect("drive", "0s connecting; 1s online", "1s open", "1s "+seenBy)
		b.expect("door", "0s connecting; 1s online; 4s paused paused; 10s connecting; 11s online",
			"1s open; 4s off paused; 11s open", "1s "+seenBy+`; 4s "" paused; 11s `+seenBy)
		if b.opens != 1 {
			b.t.Errorf("the source was opened %d times", b.opens)
		}
	})
}

// A camera that begins paused opens nothing, and one that is stopped while it is paused ends.
func TestPausedFromTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFamily(t, Options{Opener: openers()}, glance{name: "drive", decide: bright(1, 1)})
		f.cameras[0].SetPaused(true)
		f.start()
		time.Sleep(time.Hour)
		if s := f.cameras[0].Status(); s.State != publish.CameraPaused || s.Reason != "paused" || s.Frames != 0 {
			t.Errorf("%+v", s)
		}
		if g := f.cameras[0].Gate(); g.State != publish.GateOff {
			t.Errorf("%+v", g)
		}
		f.stops[0]()
		f.wait()
	})
}

// Outside its hours a camera is closed, and its status says when it opens.
func TestHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now().Local()
		clock := func(d time.Duration) string { return now.Add(d).Format("15:04") }
		entry, err := hours.Parse(clock(2*time.Minute) + " to " + clock(4*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		b := &bubble{begin: now}
		b.family = newFamily(t, Options{
			Opener: openers(&everySecond{slices.Repeat([]int{192}, 10_000)}),
			Hours:  Hours{Schedule: hours.Schedule{Entries: []hours.Entry{entry}}},
		}, glance{name: "drive", decide: bright(1, 1)})
		var set atomic.Bool
		b.cameras[0].door.set = set.Load
		b.start()
		b.until(10 * time.Second)
		set.Store(true) // which is noticed within half a minute
		b.until(50 * time.Second)
		set.Store(false) // the network has gone: the clock goes on
		b.until(5*time.Minute + time.Second)
		opens := func(d time.Duration) string { return now.Add(d).Truncate(time.Minute).UTC().Format(time.RFC3339) }
		first, second := opens(2*time.Minute), opens(24*time.Hour+2*time.Minute)
		b.expect("drive",
			"0s connecting; 0s paused outside its hours, the clock is not set; 30s paused outside its hours, opens "+first+"; 120s connecting; 121s online; 240s paused outside its hours, opens "+second,
			"0s off the clock is not set; 30s off opens "+first+"; 121s open; 240s off opens "+second,
			"121s "+seenBy+`; 240s "" outside its hours`)
		if closed := newDoor(Hours{b.cameras[0].door.hours.Schedule, true}, func() bool { return false }).Closed(); closed != nil {
			t.Errorf("without a clock, open: %v", closed)
		}
	})
}

// The gate lets the first frame pass, what somebody asks for, and what a trigger or a change of light brings.
func TestGatedCamera(t *testing.T) {
	gate := &GateOptions{Linger: 5 * time.Second, Triggers: []string{"pir"}, Motion: &motion.Options{
		Threshold: 12, Area: 0.005, Frames: 2, Light: 0.6, Learn: 30 * time.Second,
	}}
	synctest.Test(t, func(t *testing.T) {
		levels := slices.Repeat([]int{100}, 10_000)
		for i := 39; i < len(levels); i++ {
			levels[i] = 192 // the light goes on with frame 40
		}
		b := &bubble{begin: time.Now()}
		b.family = newFamily(t, Options{Opener: openers(&everySecond{levels}), Gate: gate}, glance{name: "drive", decide: bright(1, 1)})
		camera := b.cameras[0]
		b.start()
		b.until(10500 * time.Millisecond)
		if err := camera.ClassifyNow(); err != nil {
			t.Fatal(err)
		}
		b.until(20500 * time.Millisecond)
		if err := camera.Trigger("pir"); err != nil {
			t.Fatal(err)
		}
		b.until(45500 * time.Millisecond)
		var got []string
		for _, r := range b.record.Results() {
			got = append(got, b.at(r.Time))
		}
		if want := []string{"1s", "11s", "21s", "22s", "23s", "24s", "25s", "40s"}; !slices.Equal(got, want) {
			t.Errorf("results at %q, want %q", got, want)
		}
		b.expect("drive", "0s connecting; 1s online",
			"1s open the first frame; 2s idle no motion for 1s; 11s open somebody asked; 12s idle no motion for 11s; "+
				"21s open trigger pir; 26s idle no motion for 5s; 40s open light; 41s idle no motion for 20s",
			`1s "" none 1 of 1, 0 0.39 below 0.50; 40s `+seenBy)
		if s := camera.Status(); s.Gated != 45-8 || s.Frames != 45 || s.Dropped != 0 || s.Gate != publish.GateIdle {
			t.Errorf("%+v", s)
		}
	})
}

// A frame that is damaged costs nothing but itself, also where the gate looks at it first.
func TestGateOfDamagedFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{begin: time.Now()}
		b.family = newFamily(t, Options{Opener: openers(&everySecond{[]int{-1, 192, -1, 192}}), Gate: &GateOptions{
			Refresh: time.Millisecond, Motion: &motion.Options{Threshold: 12, Area: 0.005, Frames: 2, Light: 0.6, Learn: 30 * time.Second},
		}}, glance{name: "drive", decide: bright(1, 1)})
		b.start()
		b.until(5 * time.Second)
		if s := b.cameras[0].Status(); s.Bad != 2 || s.Results != 2 || s.Failed != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// A model that has to rest makes all of its cameras wait, also those that have a rate of their own.
func TestModelRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{begin: time.Now()}
		b.family = newFamily(t, Options{Opener: openers(&everySecond{slices.Repeat([]int{192}, 1000)})},
			glance{name: "drive", decide: bright(1, 1), before: func(ctx context.Context) error { return backoff.Sleep(ctx, time.Second) }})
		b.cameras[0].look.options.Model.Rest = func(run time.Duration) time.Duration { return 3 * run }
		b.start()
		b.until(101 * time.Second)
		if s := b.cameras[0].Status(); s.Frames-s.Results-s.Dropped > 2 || s.Gate != publish.GateOpen { // at work, and waiting
			t.Errorf("%+v", s)
		}
		if n := len(b.record.Results()); n < 20 || n > 26 {
			t.Errorf("%d results in 100 s, each of which takes 1 s, and 3 s of rest", n)
		}
		b.cameras[0].SetDuty(0.25, "81.2 °C")
		b.cameras[0].SetDuty(0.25, "81.2 °C")
		b.expect("drive", "0s connecting; 1s online", "1s open; 101s open", "1s "+seenBy)
		if g := b.cameras[0].Gate(); g.Duty != 0.25 || g.DutyReason != "81.2 °C" {
			t.Errorf("%+v", g)
		}
	})
}

func TestGateWithNothingToWatch(t *testing.T) {
	look, err := NewLook(LookOptions{Model: NewModel(ModelOptions{Name: "mean", SHA256: "00", Engine: infertest.NewMean(nil)}), TopK: 1})
	if err != nil {
		t.Fatal(err)
	}
	all := [][]float64{{0, 0, 1, 0, 1, 1, 0, 1}}
	_, err = New(Options{Look: look, Decide: bright(1, 1), Gate: &GateOptions{Motion: &motion.Options{Learn: time.Second, Mask: all}}})
	if err == nil || !strings.Contains(err.Error(), "gate.mask") {
		t.Errorf("%v", err)
	}
}

// The mask of a gate is of the picture, and what is watched a part of it.
func TestMaskOfAPart(t *testing.T) {
	got := within([][]float64{{0.5, 0.5, 1, 0.5, 1, 1}}, picture.Region{X: 0.5, Y: 0.25, Width: 0.5, Height: 0.5})
	if want := [][]float64{{0, 0.5, 1, 0.5, 1, 1.5}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
