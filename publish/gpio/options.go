package gpio

import (
	"time"

	periph "periph.io/x/conn/v3/gpio"
)

// Options say which pins there are. They are data only, and never changed.
type Options struct {
	Device  string // in messages
	Chip    string // by label, path or name; empty: a Raspberry Pi's header, or the only chip
	DryRun  bool   // outputs are said, not switched: their lines are not asked for
	Inputs  map[string]Input
	Outputs map[string]Output
}

// Input is a pin that is read.
type Input struct {
	Line      string // its name or number
	Pull      Pull
	ActiveLow bool
	Debounce  time.Duration // the kernel leaves out what is shorter
}

// Output is a pin that is switched.
type Output struct {
	Line      string // its name or number
	ActiveLow bool
	Safe      bool // on while nothing is known, at the start and at the end
	Mode      Mode
	Camera    string        // whose decisions count; not of a heartbeat
	Classes   []string      // what must be decided
	Length    time.Duration // of a pulse
	Rest      time.Duration // from one switching to the next, at least; of pulses, from the end of one to the next
	AtMost    time.Duration // on for so long without a break, at most; 0: as long as it is wanted
}

// Mode is when an output is on.
type Mode string

// The modes.
const (
	Follow    Mode = "follow"    // while one of the classes is decided
	Pulse     Mode = "pulse"     // for a while once one of them is decided
	Heartbeat Mode = "heartbeat" // half of each second, while all is well
)

// Pull is which resistor keeps an input at a level that nothing else gives it.
type Pull string

// The pulls.
const (
	PullNone Pull = "none"
	PullUp   Pull = "up"
	PullDown Pull = "down"
	PullKeep Pull = "keep" // as it is
)

// periph is the pull as pins take it.
func (p Pull) periph() periph.Pull {
	return map[Pull]periph.Pull{PullNone: periph.Float, PullUp: periph.PullUp, PullDown: periph.PullDown}[p]
}

// level is that of an output which is on or off.
func (o Output) level(on bool) periph.Level { return periph.Level(on != o.ActiveLow) }
