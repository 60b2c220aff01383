package doctor

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRunKeepsTheOrderAndTheWorstState(t *testing.T) {
	first := make(chan struct{})
	checks := []Check{
		{Area: "a", Name: "slow", Run: func(context.Context) []Finding {
			<-first // the second has begun
			return []Finding{{State: OK, Found: "1"}, {Check: "named", State: Warning, Found: "2"}}
		}},
		{Area: "b", Name: "quick", Run: func(context.Context) []Finding {
			close(first)
			return ok("%d", 3)
		}},
		{Area: "b", Name: "silent", Run: func(context.Context) []Finding { return nil }},
	}
	var got []Finding
	if worst := Run(t.Context(), checks, func(f Finding) { got = append(got, f) }); worst != Warning {
		t.Errorf("worst state %q", worst)
	}
	want := []Finding{
		{Area: "a", Check: "slow", State: OK, Found: "1"},
		{Area: "a", Check: "named", State: Warning, Found: "2"},
		{Area: "b", Check: "quick", State: OK, Found: "3"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

// A check that hangs and does not heed its context is a fault, and holds up nobody.
func TestRunLeavesWhatHangs(t *testing.T) {
	hang := make(chan struct{})
	defer close(hang)
	check := Check{Area: "a", Name: "stuck", Limit: time.Millisecond, Run: func(context.Context) []Finding {
		<-hang
		return nil
	}}
	var got []Finding
	begin := time.Now()
	worst := Run(t.Context(), []Check{check}, func(f Finding) { got = append(got, f) })
	if worst != Fault || len(got) != 1 || !strings.Contains(got[0].Found, "no answer within 1ms") || got[0].Fix == "" {
		t.Errorf("%q %+v", worst, got)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestStateOrder(t *testing.T) {
	states := []State{OK, Note, Warning, Fault}
	for i, a := range states {
		for j, b := range states {
			if a.worse(b) != (i > j) {
				t.Errorf("%q worse than %q: %v", a, b, a.worse(b))
			}
		}
	}
}
