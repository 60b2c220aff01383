package pipeline

import (
	"context"
	"flag"
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/motion"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/internal/clock"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

var dayLength = flag.Duration("day", 2*time.Hour, "how much TestDay shows of its day, from six in the morning on")

const (
	dayRate  = 200 * time.Millisecond // from frame to frame
	dayWrong = 0.05                   // share of the answers that are wrong
)

// visit is somebody who comes by.
type visit struct {
	from, until time.Duration
	class       int  // of dayClasses
	stays       bool // in the middle, for a while
}

var dayClasses = infer.Labels{"empty", "person", "dog"}

// day is a scene with a script: noise, a lamp that flickers, clouds, dawn and dusk, lights that are switched, leaves, and those who
// come by. It is a source of grey frames of 64 by 48, as fine as motion is looked at; its first pixel tells the model, and
// nobody else, who is there.
type day struct {
	random   *rand.Rand
	noise    [4096]float64
	visits   []visit
	switches []time.Duration // of the light
	now      time.Duration   // of the frame at hand
	end      time.Duration
	count    uint64
}

func newDay(seed uint64, end time.Duration) *day {
	d := &day{random: rand.New(rand.NewPCG(seed, 1)), end: end}
	for i := range d.noise {
		d.noise[i] = d.random.NormFloat64()
	}
	for at := 5 * time.Minute; at < end-5*time.Minute; {
		v := visit{from: at, until: at + d.between(6*time.Second, 20*time.Second), class: 1 + d.random.IntN(2), stays: d.random.IntN(6) == 0}
		if v.stays {
			v.until += d.between(time.Minute, 3*time.Minute)
		}
		d.visits = append(d.visits, v)
		at = v.until + d.between(8*time.Minute, 40*time.Minute)
	}
	for at := 2 * time.Minute; at < end; at += d.between(time.Hour, 3*time.Hour) {
		d.switches = append(d.switches, at)
	}
	return d
}

func (d *day) between(a, b time.Duration) time.Duration {
	return a + time.Duration(d.random.Int64N(int64(b-a)))
}

// there is who is there at a moment; nil: nobody.
func (d *day) there(at time.Duration) *visit {
	for i := range d.visits {
		if v := &d.visits[i]; at >= v.from && at < v.until {
			return v
		}
	}
	return nil
}

// light is the brightness of the whole scene: the sun's, with clouds by day, and a lamp's.
func (d *day) light() float64 {
	hours := 6 + d.now.Hours()
	sun := math.Max(math.Sin((hours-6)/12*math.Pi), 0)
	clouds := 10 * sun * math.Sin(2*math.Pi*d.now.Seconds()/97)
	lamp := 0.0
	for i, at := range d.switches {
		if d.now >= at && i%2 == 0 {
			lamp = 60
		} else if d.now >= at {
			lamp = 0
		}
	}
	return 40 + 60*sun + clouds + lamp
}

// Format implements capture.Source.
func (d *day) Format() capture.Format {
	return capture.Packed(capture.GREY, motion.Width, motion.Height)
}

// Close implements capture.Source.
func (d *day) Close() error { return nil }

// Read draws the next frame.
func (d *day) Read(ctx context.Context, f *capture.Frame) error {
	if err := backoff.Sleep(ctx, dayRate); err != nil {
		return err
	}
	if d.now += dayRate; d.now >= d.end {
		<-ctx.Done()
		return ctx.Err()
	}
	d.count++
	pix := f.Pix
	if len(pix) != motion.Cells {
		pix = make([]byte, motion.Cells)
	}
	*f = capture.Frame{Pix: pix, Format: d.Format(), Time: time.Now(), Sequence: d.count}
	d.draw(pix)
	return nil
}

func (d *day) draw(pix []byte) {
	light, visitor, second := d.light(), d.there(d.now), d.now.Seconds()
	flicker := 0.0
	if minute := int(d.now.Minutes()) % 240; minute >= 60 && minute < 90 { // a screen
		flicker = 15 * float64(1-2*(d.count%2))
	}
	at, offset := 0.0, d.random.IntN(len(d.noise))
	if visitor != nil {
		at = visitor.place(d.now)
	}
	for i := range pix {
		x, y := i%motion.Width, i/motion.Width
		v := light + float64((x*7+y*13)%50) + 3*d.noise[(i+offset)%len(d.noise)]
		if x >= 40 && x < 50 && y < 8 {
			v += flicker
		}
		if x < 10 && y > 36 { // leaves
			v += 10 * math.Sin(second*2.3+float64(x))
		}
		if visitor != nil && visitor.covers(x, y, at) {
			v = light + 70 + float64((x*5+y*3)%20)
		}
		pix[i] = byte(min(max(v, 0), 255))
	}
	pix[0] = 0
	if visitor != nil {
		pix[0] = byte(100 * visitor.class)
	}
}

// place is how far the visitor has come across the scene, from 0 to 1: one who stays stands in the middle most of the time.
func (v *visit) place(now time.Duration) float64 {
	at := float64(now-v.from) / float64(v.until-v.from)
	if !v.stays {
		return at
	}
	const walk = 3 * time.Second
	switch {
	case now-v.from < walk:
		return float64(now-v.from) / float64(2*walk)
	case v.until-now < walk:
		return 1 - float64(v.until-now)/float64(2*walk)
	}
	return 0.5
}

// covers tells whether the visitor is at a place.
func (v *visit) covers(x, y int, at float64) bool {
	width, height := 6, 20
	if v.class == 2 {
		width, height = 9, 7
	}
	left := int(at*float64(motion.Width+width)) - width
	return x >= left && x < left+width && y >= 40-height && y < 40
}

// answers is a model that is right but for now and then.
func (d *day) answers(seed uint64) *infertest.Fake {
	random := rand.New(rand.NewPCG(seed, 2))
	e := infertest.NewFake(motion.Height, motion.Width, len(dayClasses))
	e.In = infer.TensorSpec{Name: "in", Shape: []int{1, motion.Height, motion.Width, 1}, Type: infer.Uint8, Scale: 1}
	e.Answer = func(_ context.Context, in []byte, outs [][]byte) error {
		class := (int(in[0]) + 50) / 100
		if random.Float64() < dayWrong {
			class = random.IntN(len(dayClasses))
		}
		copy(outs[0], []byte{10, 10, 10})
		outs[0][class] = 210
		return nil
	}
	return e
}

// TestDay shows a day to a whole camera, with gate and decision: who comes by is decided, and decided no more when gone, and
// nothing else is, whatever light, noise and a model with wrong answers do. Nearly all frames cost no inference.
func TestDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		length := *dayLength
		if testing.Short() {
			length = min(length, time.Hour)
		}
		d := newDay(1, length)
		record := showDay(t, d)
		decisions := record.Decisions()
		missed, wrong := d.judge(decisions)
		results := len(record.Results())
		share := float64(results) / float64(d.count)
		t.Logf("%v: %d frames, %d results (%.2f %%), %d visits, %d decisions, missed %d, false %d",
			length, d.count, results, 100*share, len(d.visits), len(decisions), missed, wrong)
		if missed > 0 || wrong > 0 || share > 0.03 || len(d.visits) == 0 {
			t.Errorf("missed %d, false %d, %.2f %% of the frames cost an inference", missed, wrong, 100*share)
			for _, decision := range decisions {
				t.Logf("%v %q %s", decision.Time.Sub(begin), decision.Label, decision.Reason)
			}
		}
	})
}

// begin is when time begins in a bubble of synctest.
var begin = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// showDay runs a camera with the defaults of the config until the day ends.
func showDay(t *testing.T, d *day) *publishtest.Recorder {
	t.Helper()
	look, err := NewLook(LookOptions{Model: NewModel(ModelOptions{Name: "who", SHA256: "00", Engine: d.answers(1), Labels: dayClasses}), TopK: 1})
	if err != nil {
		t.Fatal(err)
	}
	now, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	record := new(publishtest.Recorder)
	c := newCamera(t, Options{
		Name: "drive", Device: "test", Opener: openers(d), Look: look, Clock: now, Out: record, Log: zap.NewNop(), Often: zap.NewNop(),
		Decide: decide.Options{Enter: 0.5, Leave: 0.35, Margin: 0.1, Need: 4, Window: 5, Ignore: []string{"empty"}}, NoLabelEvents: true,
		Gate: &GateOptions{Linger: 10 * time.Second, Refresh: time.Minute, Motion: &motion.Options{
			Threshold: 12, Area: 0.005, Frames: 2, Light: 0.6, Learn: 30 * time.Second,
		}},
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { c.Run(ctx); close(ended) }()
	time.Sleep(d.end)
	cancel()
	<-ended
	return record
}

// judge counts the changes that should be and are not, and those that are and should not be. A visitor is decided while there,
// and no more within half a minute after.
func (d *day) judge(decisions []publish.Decision) (missed, wrong int) {
	const patience = 30 * time.Second
	var want []string
	for _, v := range d.visits {
		want = append(want, dayClasses[v.class], "")
	}
	if len(decisions) > 0 && decisions[0].First && decisions[0].Label == "" {
		decisions = decisions[1:]
	}
	for i, decision := range decisions {
		at := decision.Time.Sub(begin)
		if i >= len(want) || decision.Label != want[i] {
			wrong++
			continue
		}
		if v := d.visits[i/2]; i%2 == 0 && (at < v.from || at > v.until) || i%2 == 1 && (at < v.until || at > v.until+patience) {
			wrong++
		}
	}
	return max(len(want)-len(decisions), 0), wrong
}

// The script has all that it is to have.
func TestDayIsEventful(t *testing.T) {
	d := newDay(1, 24*time.Hour)
	classes, stays := map[int]int{}, 0
	for _, v := range d.visits {
		classes[v.class]++
		if v.stays {
			stays++
		}
	}
	if classes[1] < 10 || classes[2] < 10 || stays < 3 || len(d.switches) < 6 {
		t.Errorf("visits %v, %d stay, %d switches", classes, stays, len(d.switches))
	}
}
