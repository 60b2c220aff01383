package decide

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Options say what is decided. They are data only: what is equal decides the same.
type Options struct {
	Threshold float32 // the lowest score of a top class; not a number: none is

	Enter  float64 // a candidate is decided from this score on
	Leave  float64 // and stays so down to this one; at most Enter
	Margin float64 // by which the best candidate leads the second, at least

	Need   int // so many of the last answers must agree: above half of Window, which is rounded up, or 1 of 1
	Window int // the last answers that count; with Need 0 too: 1 of 1

	Dwell    time.Duration // what is decided stays at least so long
	Cooldown time.Duration // what was left is not decided again for so long

	Ignore       []string            // candidates that compete but are never decided, as in Groups
	IgnoreOthers bool                // all classes outside Groups are such
	Groups       map[string][]string // several classes as one: names, in which * and ? match, numbers "7", ranges "151-268"
	Classes      map[string]Own      // own values of candidates, by names as in Groups

	Unknown bool // there is one more candidate, Unknown, for answers that say so
}

// Unknown is the candidate for what none of the classes is.
const Unknown = "unknown"

// Own are the values of one candidate; what is nil or 0 is as for all.
type Own struct {
	Enter, Leave    *float64
	Need            int
	Dwell, Cooldown *time.Duration
}

// OptionError is about one option that cannot be used.
type OptionError struct {
	Key string // groups.dog
	Err error
}

func (e *OptionError) Error() string { return e.Key + ": " + e.Err.Error() }

// Unwrap returns e.Err.
func (e *OptionError) Unwrap() error { return e.Err }

// wrong is an OptionError with a text.
func wrong(key, format string, args ...any) error {
	return &OptionError{key, fmt.Errorf(format, args...)}
}

// rules are what holds for one candidate.
type rules struct {
	enter, leave    Score
	need            int
	dwell, cooldown time.Duration
}

// rules are those of a candidate with values of its own. Leave gives way to Enter.
func (o *Options) rules(own Own) rules {
	r := rules{
		enter: toScore(or(own.Enter, o.Enter)), leave: toScore(or(own.Leave, o.Leave)),
		need: cmp.Or(own.Need, o.Need), dwell: or(own.Dwell, o.Dwell), cooldown: or(own.Cooldown, o.Cooldown),
	}
	r.leave = min(r.leave, r.enter)
	return r
}

// or is *p, or other without one.
func or[T any](p *T, other T) T {
	if p == nil {
		return other
	}
	return *p
}

// check looks at all numbers that are for all candidates.
func (o *Options) check() error {
	return errors.Join(
		checkShare("enter", o.Enter), checkShare("leave", o.Leave), checkShare("margin", o.Margin),
		checkLeave("leave", o.Leave, o.Enter), checkNeed("need", o.Need, o.Window),
		checkTime("dwell", o.Dwell), checkTime("cooldown", o.Cooldown),
	)
}

// check looks at the numbers of one candidate, whose key in Classes is given.
func (own *Own) check(key string, o *Options) error {
	err := errors.Join(checkShare(key+".enter", or(own.Enter, 0)), checkShare(key+".leave", or(own.Leave, 0)),
		checkTime(key+".dwell", or(own.Dwell, 0)), checkTime(key+".cooldown", or(own.Cooldown, 0)))
	if own.Leave != nil {
		err = errors.Join(err, checkLeave(key+".leave", *own.Leave, or(own.Enter, o.Enter)))
	}
	if own.Need != 0 {
		err = errors.Join(err, checkNeed(key+".need", own.Need, o.Window))
	}
	return err
}

func checkShare(key string, v float64) error {
	if v >= 0 && v <= 1 {
		return nil
	}
	return wrong(key, "%v is out of range (want 0 to 1)", v)
}

func checkLeave(key string, leave, enter float64) error {
	if toScore(leave) <= toScore(enter) {
		return nil
	}
	return wrong(key, "%v is above enter, %v: what is decided would be left at once (want at most enter)", leave, enter)
}

// checkNeed wants more than half of the window, rounded up: else two classes that take turns would flap.
func checkNeed(key string, need, window int) error {
	switch least := (window+1)/2 + 1; {
	case window < 1 || window > maxWindow:
		return wrong("window", "%d is out of range (want 1 to %d)", window, maxWindow)
	case need == 1 && window == 1, need >= least && need <= window:
		return nil
	default:
		return wrong(key, "%d of %d is not possible (want %s: above half of the window, rounded up)", need, window, between(min(least, window), window))
	}
}

// between is "3" or "3 to 5".
func between(least, most int) string {
	if least == most {
		return strconv.Itoa(most)
	}
	return fmt.Sprintf("%d to %d", least, most)
}

// maxWindow is the most answers that may count: with more, nothing would ever be decided at a camera's pace.
const maxWindow = 1000

func checkTime(key string, d time.Duration) error {
	if d >= 0 && d <= maxTime {
		return nil
	}
	return wrong(key, "%v is out of range (want 0s to %v)", d, maxTime)
}

// maxTime is the longest dwell and cooldown: a year.
const maxTime = 365 * 24 * time.Hour
