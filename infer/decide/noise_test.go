package decide

import (
	"math"
	"math/rand"
	"testing"
)

// The rates of change that the choice of a rule rests on: of 36,000 frames (an hour at 10 a second) each shows, with a
// chance of a tenth, the other of two classes. The first decision counts as a change.
var noise = []struct{ need, window, want int }{{1, 1, 6445}, {2, 3, 1155}, {3, 4, 177}, {3, 3, 47}, {4, 5, 19}}

const noisyFrames = 36_000

// wrongFrames draws which frames are.
func wrongFrames(seed int64) func(int) bool {
	random := rand.New(rand.NewSource(seed)) // whose numbers never change
	frames := make([]bool, noisyFrames)
	for i := range frames {
		frames[i] = random.Float64() < 0.1
	}
	return func(i int) bool { return frames[i] }
}

// One run gives the figures of the design.
func TestNoise(t *testing.T) {
	frames := wrongFrames(1)
	for _, c := range noise {
		if got := changes(t, c.need, c.window, noisyFrames, frames); got != c.want {
			t.Errorf("%d of %d: %d changes, want %d", c.need, c.window, got, c.want)
		}
	}
}

// Other runs scatter around what the rule gives in the mean, by chance: where changes are rare, a lot.
func TestNoiseInTheMean(t *testing.T) {
	const runs = 5
	mean := map[[2]int]float64{}
	for seed := range int64(runs) {
		frames := wrongFrames(100 + seed)
		for _, c := range noise {
			mean[[2]int{c.need, c.window}] += float64(changes(t, c.need, c.window, noisyFrames, frames)) / runs
		}
	}
	// Of two independent frames one is wrong with 2·p·q; that two of three change takes right, one of each, wrong, or the
	// other way round, with 4·p²·q².
	const p, q = 0.1, 0.9
	for rule, want := range map[[2]int]float64{{1, 1}: 2 * p * q * noisyFrames, {2, 3}: 4 * p * p * q * q * noisyFrames} {
		if got := mean[rule]; math.Abs(got-want) > want/10 {
			t.Errorf("%v: %.0f changes in the mean, want %.0f", rule, got, want)
		}
	}
	for i, c := range noise[1:] {
		less, more := mean[[2]int{c.need, c.window}], mean[[2]int{noise[i].need, noise[i].window}]
		if less >= more {
			t.Errorf("%d of %d changes as often (%.0f) as the rule before it (%.0f)", c.need, c.window, less, more)
		}
	}
}
