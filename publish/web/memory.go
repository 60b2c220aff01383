package web

import (
	"slices"
	"sync"
	"time"

	"github.com/inceptiond/inceptiond/publish"
)

// How much is remembered.
const (
	maxEvents       = 500
	maxEventPicture = 2 << 20 // bytes of the pictures of all events
	maxGone         = 100     // cameras that are no more
	keptPictures    = 3       // of a camera: whoever asks late for one gets it
)

// memory is what was published, as far as the page shows it: the last message of each kind and camera, the last events, and
// the pictures that are shown now. Whatever changes has a version, which grows. It may be used from several goroutines at once.
type memory struct {
	boot  string                         // of the events' numbers
	since func() uint64                  // of the first event's: no daemon before us in this boot has given it
	album func(*publish.Snapshot) string // the ID of a picture on the disk; nil: none is kept

	mu       sync.Mutex
	version  uint64        // of the last change
	told     uint64        // of the last one that somebody waits for
	shown    uint64        // of the last new picture
	floor    uint64        // who knows less has to be told all
	changed  chan struct{} // closed with the next of those changes; nil: nobody waits
	cameras  map[string]*memories
	gone     map[string]uint64 // cameras that are no more, by the version since when
	roster   []rosterEntry     // in the order of their names
	events   []*happened       // the oldest first
	past     []bygone          // of events before them, the oldest first
	number   uint64            // of the last event
	pictures int               // bytes
}

// memories are those of a camera.
type memories struct {
	messages map[string]*remembered // by the kind's name
	result   answered               // the newest
	resultAt uint64
	rate     meter
	pairs    []*pair // pictures with their results, the newest last
	pairAt   uint64  // when the newest came
	looks    []*pair // pictures that were not answered, the newest last: for who wants every one, and if there are no others
	lookAt   uint64  // when the newest came
}

// remembered is a message and its version.
type remembered struct {
	publish.JSON
	version uint64
	text    []byte // nil: nobody has asked for it yet
}

// happened is an event, its picture if there is one, and the version of the later of the two.
type happened struct {
	publish.Event
	text    []byte
	jpeg    []byte
	kept    string // the ID of its picture on the disk; empty: there is none
	version uint64
}

// bygone is an event that is not remembered, as a picture of it is kept: whoever has seen the event does not want to see it again.
type bygone struct {
	number uint64
	kept   string
}

func newMemory(boot string, since func() uint64) *memory {
	return &memory{boot: boot, since: since, cameras: map[string]*memories{}, gone: map[string]uint64{}}
}

// take remembers a message. Results cost no allocation: mostly nobody looks.
func (m *memory) take(message publish.Message, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch message := message.(type) {
	case *publish.Result:
		c := m.camera(message.Camera)
		m.version++
		c.resultAt = m.version
		c.result.set(message)
		c.rate.count(now)
	case publish.Event:
		m.happen(message)
	case *publish.Snapshot:
		m.picture(message)
	case publish.Inventory:
		m.keep(message)
	case publish.CameraStatus, publish.Decision, publish.GateStatus, publish.Settings, publish.EngineStatus:
		key := message.Key()
		m.camera(key.Camera).messages[key.Kind.Name] = &remembered{JSON: message.(publish.JSON), version: m.tell()}
	}
}

// tell makes the version of a change that somebody waits for, and wakes who does.
func (m *memory) tell() uint64 {
	m.version++
	m.told = m.version
	m.wake()
	return m.version
}

func (m *memory) wake() {
	if m.changed != nil {
		close(m.changed)
		m.changed = nil
	}
}

// camera is what is remembered of a camera.
func (m *memory) camera(name string) *memories {
	c := m.cameras[name]
	if c == nil {
		c = &memories{messages: map[string]*remembered{}}
		m.cameras[name] = c
		delete(m.gone, name)
	}
	return c
}

// keep forgets the cameras that an inventory does not have.
func (m *memory) keep(i publish.Inventory) {
	for name := range m.cameras {
		if !i.Has(name) {
			delete(m.cameras, name)
			m.gone[name] = m.tell()
		}
	}
	m.roster = slices.DeleteFunc(m.roster, func(e rosterEntry) bool { return !i.Has(e.Name) })
	if len(m.gone) > maxGone {
		clear(m.gone)
		m.floor = m.version
	}
}

// happen remembers an event.
func (m *memory) happen(e publish.Event) {
	m.number = max(m.number+1, m.since())
	if e.Number == (publish.Number{}) {
		e.Number = publish.Number{Boot: m.boot, Sequence: m.number}
	}
	m.events = append(m.events, &happened{Event: e, version: m.tell()})
	if len(m.events) > maxEvents {
		m.pass(m.events[0])
		m.events = slices.Delete(m.events, 0, 1)
	}
}

// pass forgets an event but for its picture on the disk.
func (m *memory) pass(h *happened) {
	m.pictures -= len(h.jpeg)
	if h.kept == "" {
		return
	}
	m.past = append(m.past, bygone{h.Number.Sequence, h.kept})
	if len(m.past) > maxEvents {
		m.past = slices.Delete(m.past, 0, 1)
	}
}

// picture gives the event of a frame its picture, and takes the oldest pictures away if there are too many.
func (m *memory) picture(s *publish.Snapshot) {
	for _, h := range slices.Backward(m.events) {
		if h.Camera != s.Camera || !h.pictured(s) || !h.Time.Equal(s.Time) || h.jpeg != nil {
			continue
		}
		if s.Disk && m.album != nil {
			h.kept = m.album(s)
		}
		if len(s.JPEG) <= maxEventPicture {
			h.jpeg, h.version = s.JPEG, m.tell()
			m.pictures += len(s.JPEG)
		}
		break
	}
	for _, h := range m.events {
		if m.pictures <= maxEventPicture {
			return
		}
		m.pictures -= len(h.jpeg)
		h.jpeg = nil
	}
}

// pictured tells whether s may be a picture of the event: it is one of what is decided, and the one that the picture was made of.
func (h *happened) pictured(s *publish.Snapshot) bool {
	switch h.Kind {
	case publish.EventDecision, publish.EventDifferent:
		return s.Label == "" || s.Label == h.Value
	case publish.EventCount:
		return s.Label == h.Label
	}
	return false
}

// textOf is a message in JSON.
func (r *remembered) textOf() []byte {
	if r.text == nil {
		r.text = r.AppendJSON(nil)
	}
	return r.text
}

// answered is a result in memory of its own, which is used again and again.
type answered struct {
	publish.Result
	voting    publish.Voting
	different publish.Different
	familiar  publish.Familiarity
}

func (a *answered) set(r *publish.Result) {
	room, reason := a.Result, a.voting.Reason
	a.Result = *r
	a.Result.Own(&room)
	a.voting = publish.Voting{Reason: reason}
	if r.Familiarity != nil {
		a.familiar = *r.Familiarity
		a.Familiarity = &a.familiar
	}
	if r.Decision != nil {
		a.voting = *r.Decision
		a.voting.Reason = append(reason[:0], r.Decision.Reason...)
		a.Decision = &a.voting
	}
	if r.Different != nil {
		a.different = *r.Different
		a.Result.Different = &a.different
	}
}

// metered is how many answers the rate is the mean of.
const metered = 16

// meter tells how many answers come a second.
type meter struct {
	times [metered]time.Time
	n     int // counted
}

func (m *meter) count(now time.Time) {
	m.times[m.n%metered] = now
	m.n++
}

// rate is answers a second, as of now: it falls when none come any more.
func (m *meter) rate(now time.Time) float64 {
	k := min(m.n, metered)
	if k < 2 {
		return 0
	}
	last, first := m.times[(m.n-1)%metered], m.times[m.n%metered]
	if m.n <= metered {
		first = m.times[0]
	}
	span := last.Sub(first)
	if silent := now.Sub(last); silent > 2*span/time.Duration(k-1) {
		span += silent
	}
	if span <= 0 {
		return 0
	}
	return float64(k-1) / span.Seconds()
}
