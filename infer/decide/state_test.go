package decide

import (
	"math"
	"slices"
	"testing"
	"time"
)

// A State of other rules, or of nobody's, is taken as far as it makes sense, and what comes after is decided as ever.
func TestRestoreOfAnything(t *testing.T) {
	d := newDecider(t, usual())
	d.Restore(&State{
		Votes: slices.Repeat([]string{"dog", "unicorn", ""}, 2000), Current: "unicorn", Known: true, Previous: "cat", Enter: math.NaN(),
		Since: math.MinInt64, Cooling: []Cooling{{"unicorn", math.MaxInt64}, {"", 7}},
		Top: TopState{Known: true, Found: true, Index: -5},
	})
	if got, changed := d.Interrupt(0, "paused"); got.Label != "" || changed {
		t.Errorf("after a label that there is none of: %+v, changed %t", got, changed)
	}
	for i := range 10 {
		d.Step(time.Duration(i)*time.Second, findings([]int{90, 0, 0, 0, 0, 0}, []int{0, 1, 2, 3, 4, 5}))
	}
	if got := d.State(); got.Current != animals[0] || len(got.Votes) != d.options.Window {
		t.Errorf("ten frames later: %+v", got)
	}

	tally := newTally(t, usual(), true, "dog")
	huge := ItemState{Label: "cat", Votes: slices.Repeat([]int{math.MaxInt, math.MinInt}, 2000), N: math.MaxInt, Previous: math.MinInt, Until: make([]time.Duration, 1e6)}
	tally.Restore(&TallyState{Answers: math.MinInt, Came: math.MaxInt, Told: slices.Repeat([]ItemState{huge, {Label: ""}}, 100), Tried: slices.Repeat([]ItemState{{Label: "rex", N: -1}}, 100)})
	for i := range 10 {
		tally.Step(time.Duration(i)*time.Second, []Seen{{"cat", 0.9}, {"rex", 0.9}})
	}
	tally.Interrupt(time.Minute, "paused")
	if s := tally.State(); len(s.Told) > 1+maxCame || len(s.Tried) > maxCame {
		t.Errorf("%d are told of, %d are tried", len(s.Told), len(s.Tried))
	}
}
