package pipeline

import (
	"fmt"
	"time"

	"github.com/inceptiond/inceptiond/capture/motion"
	"github.com/inceptiond/inceptiond/publish"
)

// GateOptions say which frames the model gets. nil, in place of them: all.
type GateOptions struct {
	Linger   time.Duration   // frames pass so long after motion or a trigger
	Refresh  time.Duration   // one passes at least so often; 0: none
	Triggers []string        // inputs that open the gate
	Motion   *motion.Options // what counts as motion; nil: none does
}

// gate says which frames of a camera the model gets, one after the other. It is pure: the time is an argument. The zero
// value lets all pass.
type gate struct {
	options *GateOptions

	begun  bool      // a frame was answered since the camera was opened
	until  time.Time // it is open as long: motion or a trigger was there
	passed time.Time // when the last frame did, that was answered
	moved  time.Time // when motion or a trigger was last there, or the first frame passed
	lit    time.Time // when a frame last passed for a change of light
	owed   bool      // one is to pass for such a change
	cause  string    // of the last motion or trigger: what opened it
}

// asked is what a frame is asked for by others than the gate.
type asked struct {
	classify bool   // somebody wants it to be classified
	pending  string // the class that is about to be decided; "" if none is
	trigger  string // the input that was there since the frame before; "" if none was
	motion   motion.Verdict
}

// verdict is whether a frame passes, and how the gate is with it.
type verdict struct {
	pass   bool
	state  publish.GateState
	cause  string // what state and reason come from; the same cause is no news
	reason string
}

// reopen begins anew, as the camera was closed: the first frame passes.
func (g *gate) reopen() { *g = gate{options: g.options} }

// look judges a frame. It allocates nothing but for the reason of what is new, which before, the cause of the frame before,
// tells.
func (g *gate) look(now time.Time, a *asked, before string) verdict {
	v := g.judge(now, a)
	if v.cause != before {
		v.reason = g.reason(now, v.cause, a)
	}
	return v
}

// answered takes note that the frame that was let pass at a moment was answered. Of one that nobody could read or answer this
// is not called: then the next one passes in its place.
func (g *gate) answered(at time.Time) {
	g.passed = at
	g.owed = false
	if !g.begun {
		g.begun, g.moved = true, at
	}
}

// The causes of what a gate does with a frame; a trigger's is its name in front of causeTrigger.
const (
	causeAll     = "all"
	causeFirst   = "first"
	causeAsked   = "asked"
	causePending = "pending"
	causeMotion  = "motion"
	causeTrigger = "trigger "
	causeLight   = "light"
	causeIdle    = "idle"
)

// judge follows the order of what lets a frame pass.
func (g *gate) judge(now time.Time, a *asked) verdict {
	g.note(now, a)
	open := func(cause string) verdict { return verdict{pass: true, state: publish.GateOpen, cause: cause} }
	switch {
	case g.options == nil, g.options.Motion == nil && len(g.options.Triggers) == 0 && !now.Before(g.until):
		return open(causeAll)
	case !g.begun:
		return open(causeFirst)
	case a.classify:
		return open(causeAsked)
	case a.pending != "":
		return open(causePending)
	case now.Before(g.until):
		return open(g.cause)
	case g.owed:
		g.lit = now
		return open(causeLight)
	}
	refresh := g.options.Refresh > 0 && now.Sub(g.passed) >= g.options.Refresh
	return verdict{pass: refresh, state: publish.GateIdle, cause: causeIdle}
}

// note takes motion and triggers.
func (g *gate) note(now time.Time, a *asked) {
	cause := ""
	switch {
	case g.options == nil:
	case a.trigger != "":
		cause = causeTrigger + a.trigger
	case a.motion.Motion:
		cause = causeMotion
	}
	if a.motion.Light && now.Sub(g.lit) >= time.Second {
		g.owed = true
	}
	if cause == "" {
		return
	}
	g.moved = now
	if !now.Before(g.until) { // else what opened it is still the reason
		g.cause = cause
	}
	g.until = now.Add(max(g.options.Linger, 1)) // this frame passes in any case
}

// reason is why the gate is as it is, for people.
func (g *gate) reason(now time.Time, cause string, a *asked) string {
	switch cause {
	case causeAll:
		return ""
	case causeFirst:
		return "the first frame"
	case causeAsked:
		return "somebody asked"
	case causePending:
		return a.pending + " is pending"
	case causeMotion:
		return fmt.Sprintf("motion %.1f %%", 100*a.motion.Area)
	case causeIdle:
		return g.idle(now)
	}
	return cause
}

// idle is why no frame passes, and which all the same.
func (g *gate) idle(now time.Time) string {
	text := "no motion"
	if g.options.Motion == nil {
		text = "no trigger"
	}
	text += fmt.Sprintf(" for %v", now.Sub(g.moved).Truncate(time.Second))
	if g.options.Refresh > 0 {
		text += fmt.Sprintf(", a frame every %v", g.options.Refresh)
	}
	return text
}
