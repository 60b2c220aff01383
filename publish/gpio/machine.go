package gpio

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/publish"
)

// machine says whether one output is on. It is pure: it has no clock, and switches nothing.
type machine struct {
	o Output

	state publish.CameraState // of the camera; empty: not known yet
	known bool                // something was decided, or none was
	label string              // what; empty: none
	look  publish.Look        // of the scene

	counts []publish.Count // how many things of which label
	open   bool            // there was none of a label that is not among them, until it comes

	on       bool
	switched time.Time // when that was last otherwise
	spent    bool      // it has been on for AtMost, and is still wanted on

	wanted bool      // a pulse is to begin
	until  time.Time // its end

	alive time.Time // the daemon is well, up to then
	begin time.Time // the heartbeat's
}

// newMachine begins with the safe level, as if it had just been switched to that.
func newMachine(o Output, now time.Time) *machine {
	return &machine{o: o, on: o.Safe, switched: now}
}

// hear tells what is known of the camera already.
func (m *machine) hear(camera seen, now time.Time) {
	m.state, m.open = camera.state, camera.open
	m.forget()
	if camera.decision != nil {
		m.decided(camera.decision, now)
	}
}

// become gives the output another use. What is on stays on if it still should.
func (m *machine) become(o Output, camera seen, now time.Time) {
	if o.Mode != m.o.Mode || o.Camera != m.o.Camera {
		m.wanted, m.until, m.alive = false, time.Time{}, time.Time{}
	}
	if o.Mode != m.o.Mode || o.Camera != m.o.Camera || o.AtMost != m.o.AtMost {
		m.spent = false
	}
	m.o = o
	m.hear(camera, now)
}

// outcome is what an output is to be from now on.
type outcome struct {
	on     bool
	beats  bool      // it is on and off in turn; on says which of them now
	reason string    // for people
	next   time.Time // when to ask again, though nothing happens; zero: never
}

// is says how the camera is.
func (m *machine) is(state publish.CameraState) {
	if m.state = state; state == publish.CameraStopped {
		m.forget() // one that starts again decides anew
	}
}

// forget forgets what was decided.
func (m *machine) forget() { m.known, m.label, m.look, m.counts = false, "", publish.LookUnknown, nil }

// decided says what the camera shows from now on. What it has decided first, and the first that is heard of it, says how things
// are, and begins no pulse; nor does what stays as it was.
func (m *machine) decided(d *publish.Decision, now time.Time) {
	news := m.known && (!d.First && d.Label != m.label && m.has(d.Label) ||
		m.look > publish.LookUndecided && d.Different != m.look && m.has(labelOf(d.Different)) ||
		slices.ContainsFunc(d.Counts, m.rises))
	m.known, m.label, m.look, m.counts = true, d.Label, d.Different, d.Counts
	switch {
	case m.o.Mode != Pulse || !m.chosen():
		m.wanted = false
	case news && m.on && now.Before(m.until):
		m.until = now.Add(m.o.Length)
	case news:
		m.wanted = true
	}
}

// chosen tells whether what is decided is one of the classes, or a count of one of them is above 0.
func (m *machine) chosen() bool {
	return m.has(m.label) || m.has(labelOf(m.look)) || slices.ContainsFunc(m.counts, m.there)
}

// there tells whether things are there that are one of the classes.
func (m *machine) there(c publish.Count) bool { return c.N > 0 && m.has(c.Label) }

// rises tells whether there are more of them than before. What is decided first of a label that was expected is no news.
func (m *machine) rises(c publish.Count) bool {
	before := slices.IndexFunc(m.counts, func(b publish.Count) bool { return b.Label == c.Label })
	if before < 0 {
		return m.open && m.there(c)
	}
	return c.N > m.counts[before].N && m.has(c.Label)
}

func (m *machine) has(label string) bool { return label != "" && slices.Contains(m.o.Classes, label) }

// labelOf is what a look is among the classes; empty: nothing.
func labelOf(l publish.Look) string {
	if l == publish.LookDifferent {
		return publish.LabelDifferent
	}
	return ""
}

// stale is how long a sign of life counts. They come at least once a second.
const stale = 3 * time.Second

// beat says that the daemon is well, or is not.
func (m *machine) beat(well bool, now time.Time) {
	switch {
	case !well:
		m.alive = time.Time{}
		return
	case !now.Before(m.alive):
		m.begin = now
	}
	m.alive = now.Add(stale)
}

// step says how the output is now.
func (m *machine) step(now time.Time) outcome {
	switch {
	case m.o.Mode == Heartbeat:
		return m.heartbeat(now)
	case m.state != publish.CameraOnline:
		return m.safe(fmt.Sprintf("%s is %s", m.o.Camera, cmp.Or(m.state, publish.CameraConnecting)), now)
	case !m.known:
		return m.safe(m.o.Camera+": nothing is decided yet", now)
	}
	want := m.wants(now)
	over := m.on && m.o.AtMost > 0 && !now.Before(m.limit())
	if m.spent = want && (m.spent || over); m.spent || over {
		return m.safe(fmt.Sprintf("%s, on for %v, which is the most", m.reason(), m.o.AtMost), now)
	}
	return m.turn(want, now)
}

// wants tells whether the output is wanted on, but for Rest and AtMost.
func (m *machine) wants(now time.Time) bool {
	if m.o.Mode == Follow {
		return m.chosen()
	}
	if m.wanted && !m.on && !now.Before(m.switched.Add(m.o.Rest)) {
		m.wanted, m.until = false, now.Add(m.o.Length)
	}
	return now.Before(m.until)
}

// reason is what is decided: "drive: dog", "drive: dog, different", "gate: dog 2, person 1".
func (m *machine) reason() string {
	var is []string
	for _, c := range m.counts {
		if m.there(c) {
			is = append(is, fmt.Sprint(c.Label, " ", c.N))
		}
	}
	if m.label != "" || len(is) == 0 {
		is = append([]string{cmp.Or(m.label, "none")}, is...)
	}
	if different := labelOf(m.look); different != "" {
		is = append(is, different)
	}
	return m.o.Camera + ": " + strings.Join(is, ", ")
}

// turn switches to what is wanted, after the rest.
func (m *machine) turn(want bool, now time.Time) outcome {
	rested := m.switched.Add(m.o.Rest)
	pulse := m.o.Mode == Pulse // which ends when it is over, and begins after the rest
	if want != m.on && !pulse && now.Before(rested) {
		return outcome{on: m.on, reason: m.resting(), next: sooner(rested, m.limit())}
	}
	m.set(want, now)
	r := outcome{on: want, reason: m.reason(), next: m.limit()}
	switch {
	case pulse && want:
		r.next = sooner(m.until, r.next)
	case m.wanted:
		r.reason, r.next = m.resting(), rested
	}
	return r
}

func (m *machine) resting() string {
	return fmt.Sprintf("%s, after a rest of %v", m.reason(), m.o.Rest)
}

// limit is when an output that is on has been on for AtMost; zero: never.
func (m *machine) limit() time.Time {
	if !m.on || m.o.AtMost == 0 {
		return time.Time{}
	}
	return m.switched.Add(m.o.AtMost)
}

// sooner is the earlier one of two times, of which a zero is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// safe has the output safe at once, and ends a pulse.
func (m *machine) safe(reason string, now time.Time) outcome {
	m.wanted, m.until = false, time.Time{}
	m.set(m.o.Safe, now)
	return outcome{on: m.on, reason: reason}
}

func (m *machine) set(on bool, now time.Time) {
	if on != m.on {
		m.on, m.switched = on, now
	}
}

// half is half of a heartbeat's second.
const half = time.Second / 2

func (m *machine) heartbeat(now time.Time) outcome {
	if !now.Before(m.alive) {
		return m.safe("no sign of life", now)
	}
	halves := now.Sub(m.begin) / half
	m.set(halves%2 == 0, now)
	return outcome{on: m.on, beats: true, reason: "signs of life", next: sooner(m.begin.Add((halves+1)*half), m.alive)}
}
