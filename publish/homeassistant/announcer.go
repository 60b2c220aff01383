package homeassistant

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/inceptiond/inceptiond/publish"
)

// Pace says how long an announcer waits.
type Pace struct {
	// Home Assistant was started: a random time between these two until everything is announced again, so that not all
	// devices of a house do so at once.
	Min, Max time.Duration
	// Spacing is the least time between two documents of a topic: of one that comes while Home Assistant still sets up what
	// the one before announced, all entities but one are lost.
	Spacing time.Duration
}

// maxEntries is how many documents there may be, so that a stranger cannot have us remember any number of them.
const maxEntries = 10_000

// DefaultPace is what Home Assistant needs.
var DefaultPace = Pace{Min: time.Second, Max: 10 * time.Second, Spacing: 5 * time.Second}

// Announcer says which document is to be sent when. It has no clock and sends nothing; it may be used by one goroutine at a
// time.
type Announcer struct {
	options Options
	pace    Pace
	entries []*entry  // in the order in which they are sent: the machine's first
	known   bool      // what there is, has been told
	birth   time.Time // when to announce all again; zero: that is not planned
}

// entry is a document and where it stands.
type entry struct {
	Document
	due     due
	gone    bool              // there is nothing to announce at its topic any more
	next    time.Time         // it may not be sent earlier
	echoed  bool              // the broker has given it to us as it is
	retired map[string]string // platforms of components that were announced, and are not there any more, by their keys
}

// due says whether a document is to be sent, and why.
type due int

const (
	notDue  due = iota
	changed     // it says something new
	again       // to whoever is new: a broker, or Home Assistant
)

// NewAnnouncer returns an announcer. sent tells when documents were sent by another one before it; it may be nil.
func NewAnnouncer(o Options, pace Pace, sent map[string]time.Time) *Announcer {
	a := &Announcer{options: o, pace: pace}
	for topic, at := range sent {
		a.entries = append(a.entries, &entry{Document: Document{Topic: topic, Camera: o.camera(topic)}, next: at.Add(pace.Spacing)})
	}
	return a
}

// Describe takes what there is. What it changes is due, and the cameras are returned that it is about; what is gone has an
// empty document.
func (a *Announcer) Describe(i publish.Inventory) (cameras []string) {
	a.known = true
	var entries []*entry
	for _, d := range Documents(a.options, i) {
		e := a.entry(d.Topic)
		if e == nil {
			e = new(entry)
		}
		e.retire(e.says.platforms(), d.says)
		if e.say(d) {
			cameras = append(cameras, d.Camera)
		}
		e.gone = false
		entries = append(entries, e)
	}
	for _, e := range a.entries {
		if !slices.Contains(entries, e) {
			entries = append(entries, e)
			e.vanish()
		}
	}
	a.entries = entries
	return cameras
}

// Connected begins a connection: everything is due, as the broker may be another.
func (a *Announcer) Connected() {
	a.birth = time.Time{}
	for _, e := range a.entries {
		if e.gone || len(e.Payload) > 0 {
			e.due = again
		}
	}
}

// Heard takes a message of the status topic. Home Assistant says there that it was started, and all that is set up by
// discovery is gone; but a retained message is of some time ago. After a while everything is announced again.
func (a *Announcer) Heard(now time.Time, payload []byte, retained bool) {
	if !retained && string(payload) == "online" && a.birth.IsZero() {
		a.birth = now.Add(a.pace.Min + rand.N(max(a.pace.Max-a.pace.Min, 1)))
	}
}

// Found takes what a broker gives us at the topic of a document. If the camera is gone, so is the document that is retained,
// and so are entities that it has had and has no more; what another program has put there, stays.
func (a *Announcer) Found(topic string, payload []byte, retained bool) {
	e := a.entry(topic)
	switch camera := a.options.camera(topic); {
	case e != nil && len(payload) > 0 && bytes.Equal(payload, e.Payload):
		e.echoed = true
	case e != nil && e.gone || !retained || !ours(payload):
	case e != nil:
		e.retire(platformsOf(payload), e.says)
		if len(e.Payload) > 0 { // else nobody has told yet what there is
			e.say(e.Document)
		}
	case a.known && camera != "" && len(a.entries) < maxEntries:
		e = &entry{Document: Document{Topic: topic, Camera: camera}}
		e.vanish()
		a.entries = append(a.entries, e)
	}
}

// Cleared forgets a topic at which there is nothing any more.
func (a *Announcer) Cleared(topic string) {
	a.entries = slices.DeleteFunc(a.entries, func(e *entry) bool { return e.Topic == topic && e.gone && e.due == notDue })
}

// Withdraw has nothing be announced any more: everything is to be emptied, at once.
func (a *Announcer) Withdraw() {
	a.birth = time.Time{}
	for _, e := range a.entries {
		e.vanish()
		e.next = time.Time{}
	}
}

// Again is the next document to send now of those that are said again to someone new: ahead of the rest.
func (a *Announcer) Again(now time.Time) (Document, bool) {
	if !a.birth.IsZero() && !now.Before(a.birth) {
		a.Connected()
	}
	return a.next(now, again)
}

// Changed is the next document to send now of those that say something new: behind what was to be said before.
func (a *Announcer) Changed(now time.Time) (Document, bool) { return a.next(now, changed) }

// Wake is when there will be something to send that is not to be sent yet at now; zero if there is nothing.
func (a *Announcer) Wake(now time.Time) time.Time {
	wake := a.birth
	for _, e := range a.entries {
		if e.due != notDue && now.Before(e.next) && (wake.IsZero() || e.next.Before(wake)) {
			wake = e.next
		}
	}
	return wake
}

// Sent tells when each document was sent last, for the announcer that takes this one's place.
func (a *Announcer) Sent() map[string]time.Time {
	sent := map[string]time.Time{}
	for _, e := range a.entries {
		if !e.next.IsZero() {
			sent[e.Topic] = e.next.Add(-a.pace.Spacing)
		}
	}
	return sent
}

// Unheard are the topics of cameras' documents that were sent, and that the broker has not given back to us.
func (a *Announcer) Unheard() (topics []string) {
	for _, e := range a.entries {
		if e.Camera != "" && !e.gone && !e.echoed && e.due == notDue {
			topics = append(topics, e.Topic)
		}
	}
	return topics
}

// vanish has nothing be announced at e's topic any more.
func (e *entry) vanish() {
	if !e.gone {
		e.gone, e.Payload, e.says, e.retired, e.due = true, nil, document{}, nil, changed
	}
}

// maxRetired is how many components of a device that are gone are told of, so that a stranger's document cannot have us tell of
// any number of them.
const maxRetired = 500

// retire notes the components that were announced, by their platforms, and are not in is.
func (e *entry) retire(was map[string]string, is document) {
	for key, platform := range was {
		if _, there := is.Components[key]; there || len(e.retired) == maxRetired {
			continue
		}
		if e.retired == nil {
			e.retired = map[string]string{}
		}
		e.retired[key] = platform
	}
}

// say has d be what is announced at e's topic. What was announced and is not in it has to go by name: Home Assistant keeps a component
// that is only left out. It tells whether that is something new.
func (e *entry) say(d Document) (news bool) {
	all := maps.Clone(d.says.Components)
	for key, platform := range e.retired {
		if _, there := all[key]; !there {
			all[key] = off(platform)
		}
	}
	d.says.Components = all
	d.Payload = d.says.encode()
	if news = !bytes.Equal(e.Payload, d.Payload); news {
		e.due, e.echoed = max(e.due, changed), false
	}
	e.Document = d
	return news
}

func (a *Announcer) entry(topic string) *entry {
	for _, e := range a.entries {
		if e.Topic == topic {
			return e
		}
	}
	return nil
}

func (a *Announcer) next(now time.Time, why due) (Document, bool) {
	for _, e := range a.entries {
		if e.due == why && !now.Before(e.next) {
			e.due, e.next = notDue, now.Add(a.pace.Spacing)
			return e.Document, true
		}
	}
	return Document{}, false
}
