package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/capturetest"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/publish"
)

// bright decides from a grey level of 128 on.
func bright(need, window int) decide.Options {
	return decide.Options{Enter: 0.5, Leave: 0.5, Need: need, Window: window}
}

// told are the messages of a camera that tell of changes, and its results, in order.
func told(messages []publish.Message, camera string) (list []string) {
	for _, m := range messages {
		if m.Key().Camera != camera {
			continue
		}
		switch m := m.(type) {
		case publish.State:
			list = append(list, fmt.Sprint("state ", m.Found))
		case publish.Decision:
			list = append(list, fmt.Sprintf("decision %q after %q: %s", m.Label, m.Previous, m.Reason))
		case *publish.Result:
			list = append(list, fmt.Sprintf("result, %q: %s", m.Decision.Label, m.Decision.Reason))
		case publish.Event:
			if m.Kind != publish.EventCamera {
				list = append(list, fmt.Sprintf("event %s %q", m.Kind, m.Value))
			}
		case *publish.Snapshot:
			list = append(list, fmt.Sprintf("snapshot %q of %d", m.Label, level(m.JPEG)))
		case publish.Change:
			list = append(list, fmt.Sprintf("change %s after %s", m.Label, m.Previous))
		}
	}
	return list
}

// A change of what is decided is told before the frame's result, and its events after it; the first one rings no bell.
func TestDecisionsAreTold(t *testing.T) {
	r := newRigOf(t, infertest.NewMean(nil), 0.5, Options{
		Opener: openers(capturetest.New(t, levels(192, 192, 10, 192, 10, 10)...)), KeepAll: true, Decide: bright(2, 2),
	})
	r.run(t, nil)
	want := []string{
		"state true", `result, "": 0 1 of 2, score 0.75, margin 0.75`, `event label ""`,
		`decision "0" after "": 0 2 of 2, score 0.75, margin 0.75`, `result, "0": 0 2 of 2, score 0.75, margin 0.75`, `event decision "0"`,
		"state false", `result, "0": none 1 of 2, 0 0.03 below 0.50`, `event label ""`,
		"state true", `result, "0": 0 1 of 2, score 0.75, margin 0.75`, `event label ""`,
		"state false", `result, "0": none 1 of 2, 0 0.03 below 0.50`, `event label ""`,
		`decision "" after "0": none 2 of 2, 0 0.03 below 0.50`, `result, "": none 2 of 2, 0 0.03 below 0.50`, `event decision ""`, "change none after 0",
	}
	if got := told(r.record.Messages(), "front"); !slices.Equal(got, want) {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	results, decisions := r.record.Results(), r.record.Decisions()
	d, frame := decisions[0], results[1]
	if !d.First || decisions[1].First || d.Sequence != 2 || !d.Time.Equal(frame.Time) || d.Monotonic != frame.Monotonic || d.Score != 0.75 ||
		d.Votes != 2 || d.Window != 2 || d.Model != frame.Model || d.Device != "test" {
		t.Errorf("the first decision is %+v", d)
	}
	if v := results[0].Decision; v.Votes != 1 || v.Need != 2 || v.Window != 2 || !v.Pending || results[1].Decision.Pending {
		t.Errorf("the first result has %+v", v)
	}
	if n := r.camera.Status().Changes; n != 2 {
		t.Errorf("%d changes", n)
	}
}

// The state is told whether changes of it are events or not.
func TestNoLabelEvents(t *testing.T) {
	r := newRigOf(t, infertest.NewMean(nil), 0.5, Options{
		Opener: openers(capturetest.New(t, levels(192, 10)...)), KeepAll: true, Decide: bright(1, 1), NoLabelEvents: true,
	})
	r.run(t, nil)
	var kinds []string
	for _, e := range r.record.Events() {
		kinds = append(kinds, string(e.Kind))
	}
	if want := []string{"camera", "camera", "decision", "decision", "camera"}; !slices.Equal(kinds, want) || len(r.record.States()) != 2 {
		t.Errorf("events %q (want %q) and %d states", kinds, want, len(r.record.States()))
	}
}

// everySecond is a source that shows frames of grey levels, one a second; at 0 it is lost, and below 0 the frame is damaged.
type everySecond struct{ levels []int }

func (*everySecond) Format() capture.Format { return capturetest.Grey(1).Format }

func (p *everySecond) Read(ctx context.Context, f *capture.Frame) error {
	if err := backoff.Sleep(ctx, time.Second); err != nil {
		return err
	}
	if len(p.levels) == 0 {
		<-ctx.Done()
		return ctx.Err()
	}
	level := p.levels[0]
	p.levels = p.levels[1:]
	if level == 0 {
		return fmt.Errorf("fake: unplugged: %w", capture.ErrLost)
	}
	pix, grey := f.Pix, capturetest.Grey(byte(level))
	*f = grey
	f.Pix, f.Time, f.Sequence = append(pix[:0], grey.Pix...), time.Now(), 1
	if level < 0 {
		f.Pix = f.Pix[:3]
	}
	return nil
}

func (*everySecond) Close() error { return nil }

// reopened opens a source again, but not for a while after it was lost: each entry is how long it is away then.
func reopened(src capture.Source, away ...time.Duration) *opener {
	until, open := time.Now(), false
	return &opener{open: func() (capture.Source, error) {
		if open && len(away) > 0 {
			until, away = time.Now().Add(away[0]), away[1:]
		}
		if open = !time.Now().Before(until); !open {
			return nil, errors.New("fake: away")
		}
		return src, nil
	}}
}

// holding runs a family until it has come to a moment, and returns the decisions of each camera with when they were made.
func holding(t *testing.T, f *family, end time.Duration) map[string]string {
	t.Helper()
	begin := time.Now()
	f.start()
	time.Sleep(end)
	synctest.Wait()
	got := map[string]string{}
	for _, d := range f.record.Decisions() {
		got[d.Camera] += fmt.Sprintf("%.0fs %q (%s) ", d.Time.Sub(begin).Seconds(), d.Label, d.Reason)
	}
	return got
}

// What is decided outlives a camera that is lost, by so long as each look says; back in time, nothing has happened.
func TestHold(t *testing.T) {
	const seen = `"0" (0 1 of 1, score 0.75, margin 0.75) `
	for _, c := range []struct {
		name   string
		levels []int
		away   []time.Duration
		want   map[string]string
	}{
		{"lost for long", []int{192, 0, 192, 192}, []time.Duration{100 * time.Second}, map[string]string{
			"drive": "1s " + seen + `32s "" (lost for 30s) 103s ` + seen, "gate": "1s " + seen + `62s "" (lost for 1m0s) 103s ` + seen,
			"at once": "1s " + seen + `2s "" (lost for 0s) 103s ` + seen,
		}},
		{"back in time", []int{192, 0, 192, 0, 192}, []time.Duration{28 * time.Second, 28 * time.Second}, map[string]string{
			"drive": "1s " + seen, "gate": "1s " + seen,
			"at once": "1s " + seen + `2s "" (lost for 0s) 31s ` + seen + `32s "" (lost for 0s) 61s ` + seen,
		}},
		{"back with rubbish", append([]int{192, 0, -1, -1, -1, -1}, slices.Repeat([]int{-1}, 120)...), []time.Duration{20 * time.Second}, map[string]string{
			"drive": "1s " + seen + `32s "" (lost for 30s) `, "gate": "1s " + seen + `62s "" (lost for 1m0s) `, "at once": "1s " + seen + `2s "" (lost for 0s) `,
		}},
		{"never there", []int{0, 0, 0}, []time.Duration{time.Hour}, map[string]string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFamily(t, Options{Opener: reopened(&everySecond{c.levels}, c.away...)},
					glance{name: "drive", decide: bright(1, 1), hold: 30 * time.Second},
					glance{name: "gate", decide: bright(1, 1), hold: time.Minute}, glance{name: "at once", decide: bright(1, 1)})
				got := holding(t, f, 104*time.Second+500*time.Millisecond)
				for _, name := range []string{"drive", "gate", "at once"} {
					if got[name] != c.want[name] {
						t.Errorf("%s:\n%s\nwant\n%s", name, got[name], c.want[name])
					}
				}
			})
		})
	}
}

// A look that waits for its next turn lets go of what is decided all the same.
func TestHoldWhileResting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFamily(t, Options{Opener: reopened(&everySecond{[]int{192, 0}}, time.Hour)},
			glance{name: "drive", decide: bright(1, 1), hold: 30 * time.Second, rate: 0.001},
			glance{name: "gate", decide: bright(1, 1), hold: time.Minute, rate: 0.001})
		got := holding(t, f, 5*time.Minute)
		if want := `32s "" (lost for 30s) `; !strings.HasSuffix(got["drive"], want) {
			t.Errorf("drive: %s", got["drive"])
		}
		if want := `62s "" (lost for 1m0s) `; !strings.HasSuffix(got["gate"], want) {
			t.Errorf("gate: %s", got["gate"])
		}
	})
}

// An interrupt has the number of the last frame, and the time of its own.
func TestEndDecision(t *testing.T) {
	r := newRigOf(t, infertest.NewMean(nil), 0.5, Options{
		Opener: openers(capturetest.New(t, levels(192, 192)...)), KeepAll: true, Decide: bright(1, 1),
	})
	r.run(t, nil)
	r.camera.EndDecision("classes changed")
	r.camera.EndDecision("classes changed") // changes nothing
	decisions := r.record.Decisions()
	if len(decisions) != 2 {
		t.Fatalf("%d decisions", len(decisions))
	}
	last, frame := decisions[1], r.record.Results()[1]
	if last.Label != "" || last.Previous != "0" || last.Reason != "classes changed" || last.Sequence != 2 || last.Votes != 0 || last.Window != 1 ||
		!last.Time.After(frame.Time) || last.Monotonic <= frame.Monotonic || last.Model != frame.Model {
		t.Errorf("%+v", last)
	}
	events := told(r.record.Messages(), "front")
	if want := []string{`decision "" after "0": classes changed`, `event decision ""`, "change none after 0"}; !slices.Equal(events[len(events)-3:], want) {
		t.Errorf("told %q", events)
	}
}

// What is decided can be changed while the camera works.
func TestSetEnter(t *testing.T) {
	step := make(chan capture.Source)
	r := newRigOf(t, infertest.NewMean(nil), 0.5, Options{
		Opener: &opener{open: func() (capture.Source, error) { return <-step, nil }}, KeepAll: true, Decide: bright(1, 1),
	})
	if got := r.camera.Enter(); got != 0.5 {
		t.Errorf("enter %v at first", got)
	}
	lost := capturetest.Step{Err: capture.ErrLost}
	go func() {
		step <- capturetest.New(t, append(levels(100), lost)...)
		waitResults(t, r, 1)
		r.camera.SetEnter(0.3)
		step <- capturetest.New(t, append(levels(100), lost)...)
		waitResults(t, r, 2)
		r.camera.SetEnter(0.6)
		step <- capturetest.New(t, levels(100, 140, 154)...)
	}()
	r.run(t, nil)
	var reasons []string
	for _, res := range r.record.Results() {
		reasons = append(reasons, string(res.Decision.Reason))
	}
	want := []string{
		"none 1 of 1, 0 0.39 below 0.50", "0 1 of 1, score 0.39, margin 0.39", "none 1 of 1, 0 0.39 below 0.60", "none 1 of 1, 0 0.54 below 0.60",
		"0 1 of 1, score 0.60, margin 0.60",
	}
	if !slices.Equal(reasons, want) {
		t.Errorf("%q\nwant\n%q", reasons, want)
	}
}

// waitResults waits until so many results have come.
func waitResults(t *testing.T, r *rig, n int) {
	for end := time.Now().Add(time.Minute); len(r.record.Results()) < n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Error("no results")
			return
		}
	}
}

// Errors of a decision say where they are, one by one.
func TestDecisionErrors(t *testing.T) {
	engine := infertest.NewFake(1, 1, 3)
	look, err := NewLook(LookOptions{Model: NewModel(ModelOptions{Name: "pets", Labels: infer.Labels{"dog", "cat", "sofa"}, Engine: engine}), TopK: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = New(Options{Look: look, Opener: openers(), Decide: decide.Options{
		Groups: map[string][]string{"pet": {"dog", "catt"}}, Ignore: []string{"sofas"},
	}})
	want := `decision.groups.pet: no class is called "catt" (the nearest is "cat")` + "\n" +
		`decision.ignore: no class or group is called "sofas" (the nearest is "sofa")`
	if err == nil || err.Error() != want {
		t.Errorf("error\n%v\nwant\n%s", err, want)
	}
	c, err := New(Options{Look: look, Opener: openers(), Decide: decide.Options{Groups: map[string][]string{"pet": {"dog", "cat"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Classes(), []string{"pet", "sofa"}; !slices.Equal(got, want) {
		t.Errorf("classes %q, want %q", got, want)
	}
}
