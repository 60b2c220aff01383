package mqtt

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/mqtt/spool"
)

// TestPauses tells the pauses what happens, second by second, and looks at the window that each comes from.
func TestPauses(t *testing.T) {
	const s = time.Second
	type step struct {
		after   time.Duration // the step before, or the start
		lasted  time.Duration // the connection that has ended; 0: an attempt
		refused bool
		least   time.Duration // pause
		most    time.Duration
	}
	lost := func(lasted time.Duration) step { return step{lasted, lasted, false, s / 20, s} }
	between, short := step{s, 0, false, s / 20, s}, step{5 * s, 0, false, 3 * s / 20, 3 * s}
	for name, test := range map[string]struct {
		nodes int
		steps []step
	}{
		"a short outage":       {1, []step{lost(time.Hour), {s, 0, false, s / 20, s}, {s, 0, false, s / 10, 2 * s}, short, short}},
		"a long one":           {1, []step{lost(time.Hour), {time.Minute, 0, false, 3 * s / 5, 12 * s}, {4 * time.Minute, 0, false, 3 * s, time.Minute}, {time.Hour, 0, false, 3 * s, time.Minute}}},
		"from the start":       {1, []step{{10 * time.Minute, 0, false, 3 * s, time.Minute}}},
		"refused":              {1, []step{{5 * s, 0, true, 6 * s * 4 / 5, 6 * s}, short, {time.Minute, 0, true, 6 * s * 4 / 5, 15 * s}}},
		"over":                 {1, []step{lost(time.Hour), {time.Hour, 0, false, 3 * s, time.Minute}, lost(30 * s), short}},
		"made up for in part":  {1, []step{lost(time.Hour), {time.Minute, 0, false, 3 * s / 5, 12 * s}, {2 * s, 2 * s, false, 2 * s / 5, 8 * s}}},
		"node after node":      {1, []step{lost(time.Hour), {s, 0, false, s / 20, s}, lost(20 * s), short, lost(15 * s), lost(8 * s)}},
		"thrown out each time": {1, []step{lost(time.Hour), {time.Minute, 0, false, 3 * s / 5, 12 * s}, {s / 10, s / 10, false, 59 * s / 100, 12 * s}, {10 * s, s / 10, false, 3 * s / 5, 14 * s}}},
		"three addresses": {3, []step{lost(time.Hour), between, between, {s, 0, false, 3 * s / 20, 3 * s}, between, between, {10 * time.Minute, 0, false, 3 * s, time.Minute}, between,
			lost(time.Hour), between, between, {s, 0, false, 3 * s / 20, 3 * s}}},
		"one of three refuses": {3, []step{between, {s, 0, true, s / 20, s}, {s, 0, false, 6 * s * 4 / 5, 6 * s}, between, between, {s, 0, false, 3 * s / 20, 3 * s}}},
	} {
		for range 20 { // there is chance in it
			now := time.Unix(1e9, 0)
			p := pauses{pace: defaultPace, nodes: test.nodes, began: now}
			for i, step := range test.steps {
				now = now.Add(step.after)
				p.ended(now, step.lasted)
				if got := p.next(now, step.refused); got < step.least || got > step.most {
					t.Fatalf("%s: step %d: a pause of %v, want %v to %v", name, i, got, step.least, step.most)
				}
			}
		}
	}
}

// Who has been away for long may wait with what it has to tell.
func TestReplayPause(t *testing.T) {
	now := time.Unix(1e9, 0)
	for _, test := range []struct{ outage, most time.Duration }{{0, time.Second / 8}, {10 * time.Second, 3 * time.Second / 8}, {time.Minute, 3 * time.Second / 2}, {time.Hour, 15 * time.Second / 2}} {
		p := pauses{pace: defaultPace, nodes: 1, began: now.Add(-test.outage)}
		var longest time.Duration
		for range 200 {
			longest = max(longest, p.replayPause(now))
		}
		if longest > test.most || longest < test.most*3/4 {
			t.Errorf("after %v: up to %v, want %v", test.outage, longest, test.most)
		}
	}
}

func TestStartPause(t *testing.T) {
	up := func(d time.Duration) func() spool.Moment {
		return func() spool.Moment { return spool.Moment{Boot: "b", Monotonic: d} }
	}
	for name, test := range map[string]struct {
		url   string
		up    time.Duration
		after uint64
		want  bool
	}{
		"just switched on": {"mqtt://broker.local", 20 * time.Second, 0, true},
		"long since":       {"mqtt://broker.local", 4 * time.Minute, 0, false},
		"a reload":         {"mqtt://broker.local", 20 * time.Second, 7, false},
		"the same machine": {"mqtt://127.0.0.1", 20 * time.Second, 0, false},
		"itself":           {"mqtt://localhost", 20 * time.Second, 0, false},
		"IPv6":             {"mqtt://[::1]", 20 * time.Second, 0, false},
	} {
		o := testOptions(test.url)
		o.Now, o.After = up(test.up), publish.Number{Sequence: test.after}
		o, nodes, err := o.checked()
		if err != nil {
			t.Fatal(err)
		}
		c := newClient(o, nodes, defaultPace, zap.NewNop())
		var longest time.Duration
		for range 200 {
			longest = max(longest, c.startPause())
		}
		if longest > 5*time.Second || (longest > 3*time.Second) != test.want || !test.want && longest > 0 {
			t.Errorf("%s: up to %v", name, longest)
		}
	}
}

// storm is what a broker sees of many clients that lost it at the same time, and find it again after an outage: attempts by the
// second, from its return on, and while it was away.
type storm struct {
	before float64 // attempts a second in the last minute of the outage, or in all of it if it was shorter
	counts []int   // connections in each second after it
}

func simulate(clients int, outage time.Duration) (s storm) {
	const never = time.Hour
	start := time.Unix(1e9, 0)
	back := start.Add(outage)
	window := min(outage, time.Minute)
	attempts := 0
	for range clients {
		now := start
		p := pauses{pace: defaultPace, nodes: 1}
		p.ended(now, never)
		for now = now.Add(p.next(now, false)); now.Before(back); now = now.Add(p.next(now, false)) {
			if back.Sub(now) < window {
				attempts++
			}
			p.ended(now, 0)
		}
		second := int(now.Sub(back) / time.Second)
		s.counts = append(s.counts, make([]int, max(0, second+1-len(s.counts)))...)
		s.counts[second]++
	}
	s.before = float64(attempts) / window.Seconds()
	return s
}

// TestStorm is where the figures of docs/brokers.md come from.
func TestStorm(t *testing.T) {
	const clients = 2000
	for _, test := range []struct {
		outage  time.Duration
		most    int // connections in a second: a sixth more than is usual, and six standard deviations of chance
		seconds int // until all are back
	}{{10 * time.Second, 1300, 3}, {time.Minute, 400, 13}, {time.Hour, 110, 60}} {
		s := simulate(clients, test.outage)
		if peak := slices.Max(s.counts); peak > test.most || len(s.counts) > test.seconds {
			t.Errorf("after %v: %d in a second, all in %d s; want %d and %d s at most", test.outage, peak, len(s.counts), test.most, test.seconds)
		}
		t.Logf("after %v: %.0f attempts a second before, %d connections in the worst second after, all in %d s: %v",
			test.outage, s.before, slices.Max(s.counts), len(s.counts), s.counts)
	}
}

// Chance is even: as many come in the first half of a window as in the second.
func TestJitter(t *testing.T) {
	low := 0
	window := time.Second + rand.N(time.Minute)
	for range 10_000 {
		switch d := jitter(window); {
		case d < window/20 || d > window:
			t.Fatalf("%v of %v", d, window)
		case d < window*21/40:
			low++
		}
	}
	if low < 4700 || low > 5300 {
		t.Errorf("%d of 10000 in the lower half", low)
	}
}
