// Package governor decides which share of the time models may work, by the machine's heat and power: half of it while it is
// hot, then a quarter, then an eighth. A camera that answers less often is better than a machine that slows itself down, or
// falls over.
//
// A [Governor] is pure: what it looks at is an argument. [Sensors] reads what a Linux machine can tell.
package governor

import (
	"fmt"
	"time"
)

// Every is the time from one look at the machine to the next.
const Every = 10 * time.Second

const (
	maxLevel = 3
	cool     = 5 // °C below the limit, from where on the machine counts as cool
	calm     = 6 // looks in a row at a cool machine, until models work more again
)

// Options say when a machine is in trouble.
type Options struct {
	Limit float64 // °C from which on it is hot; 0: heat does not count
	Power bool    // low voltage counts, and that it slows itself down
}

// Reading is how the machine is. What it cannot tell is nil.
type Reading struct {
	Temperature *float64 // °C, of the hottest zone
	LowVoltage  *bool    // right now
	Throttled   *bool    // it slows itself down right now
}

// State is what models may do.
type State struct {
	Level  int    // 0 to 3
	Reason string // why it is not 0, for people
}

// Duty is the share of the time that models may work: 1, 1/2, 1/4 or 1/8.
func (s State) Duty() float64 { return 1 / float64(int(1)<<s.Level) }

// Rest is how long a model rests after a run.
func (s State) Rest(run time.Duration) time.Duration { return run * time.Duration(int(1)<<s.Level-1) }

// Governor follows a machine. It is not for concurrent use.
type Governor struct {
	options Options
	state   State
	calm    int // looks in a row at a cool machine
}

// New makes a Governor that lets models work all the time.
func New(o Options) *Governor { return &Governor{options: o} }

// Look takes how the machine is now, and says what models may do from now on. It is to be called each [Every].
func (g *Governor) Look(r Reading) State {
	trouble, quiet := g.options.judge(r)
	switch {
	case trouble != "":
		g.calm = 0
		g.state = State{min(g.state.Level+1, maxLevel), trouble}
	case g.state.Level == 0:
	case !quiet:
		g.calm = 0
	default:
		if g.calm++; g.calm == calm {
			g.calm = 0
			if g.state.Level--; g.state.Level == 0 {
				g.state.Reason = ""
			}
		}
	}
	return g.state
}

// judge says what is wrong with the machine, empty if nothing is, and whether all is well enough to work more.
func (o Options) judge(r Reading) (trouble string, quiet bool) {
	is := func(b *bool) bool { return o.Power && b != nil && *b }
	hot := o.Limit > 0 && r.Temperature != nil
	switch {
	case hot && *r.Temperature >= o.Limit:
		return fmt.Sprintf("%.1f °C", *r.Temperature), false
	case is(r.LowVoltage):
		return "low voltage", false
	case is(r.Throttled):
		return "throttled", false
	}
	return "", !hot || *r.Temperature < o.Limit-cool
}
