// Package doctor looks a machine over: whether it has what inceptiond needs, and how to mend what is wrong.
//
// A [Check] looks at one thing and returns a list of type [Finding]. [Run] runs many at once, each with a limit of time, and
// hands on what they found in the order of the checks. The checks of the machine itself are here: they read the files
// in which Linux says how it is, below a [Root], so that tests can have a machine of their own. [Examine] runs them, and
// those of the cameras, models and the broker that a plan names.
package doctor

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// State says how bad a finding is.
type State string

// The states, the best first.
const (
	OK      State = "ok"
	Note    State = "note"    // good to know; nothing is wrong
	Warning State = "warning" // it works, but may not for long, or not well
	Fault   State = "fault"   // it does not work
)

// worse orders states.
func (s State) worse(than State) bool {
	rank := map[State]int{OK: 0, Note: 1, Warning: 2, Fault: 3}
	return rank[s] > rank[than]
}

// Finding is what a check found. Its JSON is docs/schema/doctor.json.
type Finding struct {
	Area  string `json:"area"`  // of Check
	Check string `json:"check"` // what was checked; empty: the Check's name
	State State  `json:"state"`
	Found string `json:"found"`         // in words
	Fix   string `json:"fix,omitempty"` // what to do about it; always set if the state is Warning or Fault
}

// Check looks at one thing.
type Check struct {
	Area  string        // "config", "camera", "model", "broker", "gpio", "metrics", "page" or "system"
	Name  string        // what is checked: "clock"
	Limit time.Duration // for Run; 0: 5 seconds
	Run   func(context.Context) []Finding
}

const defaultLimit = 5 * time.Second

// Run runs all checks at once and calls tell with what they found, in their order, as soon as it is known. A check that
// does not end in time is a fault, and is left behind: what hangs may be a driver. Run returns the worst state.
func Run(ctx context.Context, checks []Check, tell func(Finding)) State {
	results := make([]chan []Finding, len(checks))
	for i, c := range checks {
		results[i] = make(chan []Finding, 1)
		go func() { results[i] <- c.bounded(ctx) }()
	}
	worst := OK
	for i, c := range checks {
		for _, f := range <-results[i] {
			f.Area, f.Check = c.Area, cmp.Or(f.Check, c.Name)
			if f.State.worse(worst) {
				worst = f.State
			}
			tell(f)
		}
	}
	return worst
}

// bounded is Run's, with its limit and, as a driver that hangs does not heed contexts, half a second more.
func (c Check) bounded(ctx context.Context) []Finding {
	limit := cmp.Or(c.Limit, defaultLimit)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	done := make(chan []Finding, 1)
	go func() { done <- c.Run(ctx) }()
	select {
	case findings := <-done:
		return findings
	case <-time.After(limit + time.Second/2):
		return []Finding{{State: Fault, Found: fmt.Sprintf("no answer within %v", limit),
			Fix: "something hangs, a driver perhaps: look at `dmesg | tail`, and start the machine anew if it stays so"}}
	}
}

// ok is the result of a check that found nothing wrong.
func ok(format string, args ...any) []Finding { return one(OK, "", format, args...) }

// one is the result of a check with one finding.
func one(state State, fix, format string, args ...any) []Finding {
	return []Finding{{State: state, Found: fmt.Sprintf(format, args...), Fix: fix}}
}

// Root is the folder that stands for /. Empty is the machine itself.
type Root string

// path is where the machine's path lies.
func (r Root) path(path string) string { return filepath.Join(cmp.Or(string(r), "/"), path) }

// text is what a file says, without white space around it; empty if it cannot be read. Strings of the device tree end
// with a zero byte.
func (r Root) text(path string) string {
	data, err := os.ReadFile(r.path(path))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(strings.TrimRight(string(data), "\x00"))
}
