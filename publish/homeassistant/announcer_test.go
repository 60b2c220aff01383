package homeassistant_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/homeassistant"
)

const (
	machine = "homeassistant/device/inceptiond_gate-pi/config"
	front   = "homeassistant/device/inceptiond_gate-pi/front/config"
	yard    = "homeassistant/device/inceptiond_gate-pi/yard/config"
)

// bench is an announcer on a clock of its own, with all that it has sent: "3s again TOPIC", "- TOPIC" if it is empty.
type bench struct {
	*homeassistant.Announcer
	now  time.Time
	sent []string
}

func newBench(delay time.Duration, sent map[string]time.Time) *bench {
	return &bench{
		Announcer: homeassistant.NewAnnouncer(options(), homeassistant.Pace{Min: delay, Max: delay, Spacing: 5 * time.Second}, sent),
		now:       time.Unix(1000, 0),
	}
}

func (b *bench) list(names ...string) {
	var i publish.Inventory
	for _, name := range names {
		i.Cameras = append(i.Cameras, publish.Listed{Name: name, Classes: []string{"dog"}})
	}
	b.Describe(i)
}

// flush sends what is due now.
func (b *bench) flush() {
	note := func(d homeassistant.Document, how string) {
		if len(d.Payload) == 0 {
			how = "-"
		}
		b.sent = append(b.sent, fmt.Sprintf("%v %s %s", b.now.Sub(time.Unix(1000, 0)), how, strings.TrimPrefix(d.Topic, "homeassistant/device/inceptiond_")))
	}
	for d, ok := b.Again(b.now); ok; d, ok = b.Again(b.now) {
		note(d, "again")
	}
	for d, ok := b.Changed(b.now); ok; d, ok = b.Changed(b.now) {
		note(d, "changed")
	}
}

// run lets time pass, and sends whenever there may be something.
func (b *bench) run(d time.Duration) {
	end := b.now.Add(d)
	for b.flush(); ; b.flush() {
		wake := b.Wake(b.now)
		if wake.IsZero() || wake.After(end) {
			b.now = end
			return
		}
		if !wake.After(b.now) {
			panic("woken for nothing")
		}
		b.now = wake
	}
}

func (b *bench) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(b.sent, want) {
		t.Errorf("sent\n%s\nwant\n%s", strings.Join(b.sent, "\n"), strings.Join(want, "\n"))
	}
	b.sent = nil
}

var all = []string{"gate-pi/config", "gate-pi/front/config", "gate-pi/yard/config"}

// at are all documents, sent at a moment.
func at(moment string) (sent []string) {
	for _, topic := range all {
		sent = append(sent, moment+" again "+topic)
	}
	return sent
}

func TestEachConnectionHearsAll(t *testing.T) {
	b := newBench(0, nil)
	b.run(time.Second)
	b.list("front", "yard")
	b.Connected()
	b.run(time.Minute)
	b.expect(t, at("1s")...)
	b.Connected()
	b.run(time.Minute)
	b.expect(t, at("1m1s")...)
	b.run(time.Hour)
	b.expect(t)
}

// A connection that comes soon after another waits: Home Assistant may still be at it.
func TestDocumentsAreSpaced(t *testing.T) {
	b := newBench(0, nil)
	b.list("front", "yard")
	b.Connected()
	b.run(2 * time.Second)
	b.Connected()
	b.run(time.Minute)
	b.expect(t, append(at("0s"), at("5s")...)...)
}

// The last of several descriptions wins.
func TestTheLastDocumentWins(t *testing.T) {
	b := newBench(0, nil)
	b.list("front")
	b.Connected()
	b.run(time.Second)
	b.sent = nil
	for _, classes := range [][]string{{"cat"}, {"cat", "dog"}, {"bird"}} {
		b.Describe(publish.Inventory{Cameras: []publish.Listed{{Name: "front", Classes: classes}}})
		b.flush()
	}
	b.expect(t)
	b.now = b.now.Add(4 * time.Second)
	if d, ok := b.Changed(b.now); !ok || d.Topic != front || !strings.Contains(string(d.Payload), `"options":["bird","none"]`) {
		t.Errorf("%t %s %s", ok, d.Topic, d.Payload)
	}
	b.run(time.Minute)
	b.expect(t)
	b.Describe(publish.Inventory{Cameras: []publish.Listed{{Name: "front", Classes: []string{"bird"}}}})
	b.run(time.Minute)
	b.expect(t) // it says nothing new
}

func TestBirths(t *testing.T) {
	heard := func(b *bench, payload string, retained bool) { b.Heard(b.now, []byte(payload), retained) }
	for name, test := range map[string]struct {
		hear func(b *bench)
		want []string
	}{
		"one":                 {func(b *bench) { heard(b, "online", false) }, at("13s")},
		"retained":            {func(b *bench) { heard(b, "online", true) }, nil},
		"the end":             {func(b *bench) { heard(b, "offline", false) }, nil},
		"something else":      {func(b *bench) { heard(b, "online ", false); heard(b, "", false) }, nil},
		"two in a second":     {func(b *bench) { heard(b, "online", false); b.run(time.Second); heard(b, "online", false) }, at("13s")},
		"before a connection": {func(b *bench) { heard(b, "online", false); b.run(time.Second); b.Connected() }, at("11s")},
		"a flood": {func(b *bench) {
			for range 2000 {
				heard(b, "online", false)
				b.run(time.Millisecond)
			}
		}, at("13s")},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(3*time.Second, nil)
			b.list("front", "yard")
			b.Connected()
			b.run(10 * time.Second)
			b.sent = nil
			test.hear(b)
			b.run(time.Minute)
			b.expect(t, test.want...)
		})
	}
}

// A birth that follows a document at once waits for that one's time.
func TestABirthBehindADocument(t *testing.T) {
	b := newBench(time.Second, nil)
	b.list("front", "yard")
	b.Connected()
	b.run(time.Second)
	b.Heard(b.now, []byte("online"), false)
	b.run(time.Minute)
	b.expect(t, append(at("0s"), at("5s")...)...)
}

// A reload that removes a camera empties its document; one that brings it back announces it anew.
func TestACameraGoes(t *testing.T) {
	b := newBench(0, nil)
	b.list("front", "yard")
	b.Connected()
	b.run(10 * time.Second)
	b.sent = nil
	b.list("front")
	b.run(10 * time.Second)
	b.expect(t, "10s - gate-pi/yard/config")
	b.list("front") // another reload
	b.run(10 * time.Second)
	b.expect(t)
	b.Connected() // before the broker has acknowledged
	b.run(10 * time.Second)
	b.expect(t, "30s again gate-pi/config", "30s again gate-pi/front/config", "30s - gate-pi/yard/config")
	b.Cleared(yard)
	b.Cleared(front)
	b.Connected()
	b.run(10 * time.Second)
	b.expect(t, "40s again gate-pi/config", "40s again gate-pi/front/config")
	b.list("front", "yard")
	b.run(10 * time.Second)
	b.expect(t, "50s changed gate-pi/yard/config")
}

// What is found of a camera that is gone, is emptied: unless it is not ours, or nobody has told what there is.
func TestWhatIsFound(t *testing.T) {
	ours := homeassistant.Documents(options(), publish.Inventory{Cameras: []publish.Listed{{Name: "old"}}})[1]
	b := newBench(0, nil)
	b.Found(ours.Topic, ours.Payload, true)
	b.run(time.Minute)
	b.expect(t)
	b.list("front")
	b.Connected()
	b.run(time.Minute)
	b.sent = nil
	b.Found(front, ours.Payload, true)
	b.Found(ours.Topic, []byte(`{"dev":{},"o":{"name":"another"}}`), true)
	b.Found(ours.Topic, nil, true)
	b.Found(ours.Topic, ours.Payload, false) // somebody has just put it there
	for _, topic := range []string{"homeassistant/device/inceptiond_gate-pi2/old/config", "homeassistant/device/inceptiond_gate-pi//config",
		"homeassistant/device/inceptiond_gate-pi/a/b/config", "homeassistant/device/inceptiond_gate-pi/+/config", "other/config", ""} {
		b.Found(topic, ours.Payload, true)
	}
	b.run(time.Minute)
	b.expect(t)
	b.Found(ours.Topic, ours.Payload[:len(ours.Payload)/2], true) // a long one is cut on its way to us
	b.run(time.Minute)
	b.expect(t, "3m0s - gate-pi/old/config")
}

// counting lists front with labels that it counts.
func (b *bench) counting(labels ...string) {
	b.Describe(publish.Inventory{Cameras: []publish.Listed{{Name: "front", Task: publish.TaskDetect, Counts: labels}}})
}

// retired are the components of front that are told to go, in the document that was announced last, and the labels that it counts.
func (b *bench) retired(t *testing.T) (keys, labels []string) {
	t.Helper()
	b.now = b.now.Add(time.Hour)
	b.Connected()
	for d, ok := b.Again(b.now); ok; d, ok = b.Again(b.now) {
		if d.Camera != "front" {
			continue
		}
		var document struct {
			Components map[string]map[string]any `json:"cmps"`
		}
		if err := json.Unmarshal(d.Payload, &document); err != nil {
			t.Fatal(err)
		}
		for key, c := range document.Components {
			kind, label, _ := strings.Cut(key, "_")
			switch {
			case len(c) == 1 && kind == "count" && c["p"] == "sensor" || len(c) == 1 && kind == "occupancy" && c["p"] == "binary_sensor":
				keys = append(keys, key)
			case kind == "count":
				labels = append(labels, label)
			}
		}
	}
	slices.Sort(keys)
	slices.Sort(labels)
	return keys, labels
}

// Entities of labels that are not counted any more are told to go: Home Assistant keeps what is only left out. So are those that a
// broker still has of an older program; and those that come back are there.
func TestLabelsGo(t *testing.T) {
	gone, mice := []string{"count_cat", "occupancy_cat"}, []string{"count_mouse", "occupancy_mouse"}
	b := newBench(0, nil)
	b.counting("cat", "dog")
	if keys, labels := b.retired(t); len(keys) > 0 || !slices.Equal(labels, []string{"cat", "dog"}) {
		t.Errorf("at first: %q, %q", keys, labels)
	}
	b.counting("dog")
	if keys, labels := b.retired(t); !slices.Equal(keys, gone) || !slices.Equal(labels, []string{"dog"}) {
		t.Errorf("without a cat: %q, %q", keys, labels)
	}
	old := homeassistant.Documents(options(), publish.Inventory{Cameras: []publish.Listed{{Name: "front", Task: publish.TaskDetect, Counts: []string{"mouse", "dog"}}}})[1]
	b.run(time.Hour)
	b.sent = nil
	b.Found(front, old.Payload, false) // somebody has just put it there
	b.Found(front, bytes.ReplaceAll(old.Payload, []byte(`"p":"sensor"`), []byte(`"p":"nonsense"`))[:len(old.Payload)/2], true)
	b.run(time.Hour)
	b.expect(t)
	b.Found(front, old.Payload, true)
	b.Found(front, old.Payload, true)
	b.run(time.Hour)
	b.expect(t, "4h0m0s changed gate-pi/front/config")
	if keys, labels := b.retired(t); !slices.Equal(keys, slices.Concat(gone[:1], mice[:1], gone[1:], mice[1:])) || !slices.Equal(labels, []string{"dog"}) {
		t.Errorf("after an older program: %q, %q", keys, labels)
	}
	b.counting("dog", "cat")
	if keys, labels := b.retired(t); !slices.Equal(keys, mice) || !slices.Equal(labels, []string{"cat", "dog"}) {
		t.Errorf("with the cat again: %q, %q", keys, labels)
	}
	b.list()
	b.counting("dog")
	if keys, _ := b.retired(t); len(keys) > 0 {
		t.Errorf("of a camera that was gone: %q", keys)
	}
}

// What is found before anybody has told what there is, is told to go with the first document.
func TestLabelsGoAtTheStart(t *testing.T) {
	old := homeassistant.Documents(options(), publish.Inventory{Cameras: []publish.Listed{{Name: "front", Task: publish.TaskDetect, Counts: numbers(0, 100)}}})[1]
	b := newBench(0, map[string]time.Time{front: {}})
	b.Found(front, old.Payload, true)
	b.Found(front, bytes.ReplaceAll(old.Payload, []byte(`"count_`), []byte(`"one_`)), true)
	b.Found(front, bytes.ReplaceAll(old.Payload, []byte(`"count_`), []byte(`"two_`)), true)
	b.Found(front, bytes.ReplaceAll(old.Payload, []byte(`"count_`), []byte(`"three_`)), true)
	b.Found(front, bytes.ReplaceAll(old.Payload, []byte(`"count_`), []byte(`"four_`)), true)
	b.run(time.Hour)
	b.expect(t)
	b.counting("dog")
	if keys, _ := b.retired(t); len(keys) < 100 || len(keys) > 200 { // some are of kinds that there are not, and there are 500 at most
		t.Errorf("%d are told to go", len(keys))
	}
}

// Whoever stops announcing empties everything at once.
func TestWithdraw(t *testing.T) {
	b := newBench(0, nil)
	b.list("front")
	b.Connected()
	b.run(time.Second)
	b.sent = nil
	b.Heard(b.now, []byte("online"), false)
	b.Withdraw()
	b.run(time.Minute)
	b.expect(t, "1s - gate-pi/config", "1s - gate-pi/front/config")
}

// Another announcer keeps the distance, and takes out what it does not have.
func TestSuccessor(t *testing.T) {
	before := newBench(0, nil)
	before.list("front", "yard")
	before.Connected()
	before.run(time.Second)
	b := newBench(0, before.Sent())
	b.now = before.now
	b.Connected() // nothing is known yet
	b.run(time.Second)
	b.expect(t)
	b.list("front")
	b.Connected()
	b.run(time.Minute)
	b.expect(t, "5s again gate-pi/config", "5s again gate-pi/front/config", "5s - gate-pi/yard/config")
}

// A broker whose rules do not allow a document acknowledges it, and throws it away.
func TestUnheard(t *testing.T) {
	b := newBench(0, nil)
	b.list("front", "yard")
	if got := b.Unheard(); len(got) > 0 {
		t.Errorf("before they are sent: %q", got)
	}
	b.Connected()
	b.run(time.Minute)
	b.Found(front, homeassistant.Documents(options(), publish.Inventory{Cameras: []publish.Listed{{Name: "front", Classes: []string{"dog"}}}})[1].Payload, true)
	b.Found(yard, []byte("of another time"), true)
	if got := b.Unheard(); !slices.Equal(got, []string{yard}) {
		t.Errorf("unheard: %q", got)
	}
}

func TestBirthsAreAnsweredAtRandom(t *testing.T) {
	moments := map[time.Time]bool{}
	for range 100 {
		b := newBench(0, nil)
		b.Announcer = homeassistant.NewAnnouncer(options(), homeassistant.DefaultPace, nil)
		b.Heard(b.now, []byte("online"), false)
		wake := b.Wake(b.now)
		if d := wake.Sub(b.now); d < time.Second || d > 10*time.Second {
			t.Errorf("after %v", d)
		}
		moments[wake] = true
	}
	if len(moments) < 50 {
		t.Errorf("%d moments of 100 births", len(moments))
	}
}

// FuzzFound has the announcer find whatever a stranger puts on a broker: only what is below its own device is cleared.
func FuzzFound(f *testing.F) {
	f.Add("homeassistant/device/inceptiond_gate-pi/old/config", []byte(`{"o":{"name":"inceptiond"`))
	f.Add("homeassistant/device/inceptiond_gate-pi/a/b/config", []byte(`{"o":{"name":"inceptiond"`))
	f.Fuzz(func(t *testing.T, topic string, payload []byte) {
		b := newBench(0, nil)
		b.list("front")
		b.run(time.Minute)
		b.Found(topic, payload, true)
		d, ok := b.Changed(b.now)
		if ok && (!strings.HasPrefix(d.Topic, "homeassistant/device/inceptiond_gate-pi/") || strings.ContainsAny(d.Topic, "+#") || len(d.Payload) > 0) {
			t.Errorf("%q %q: %+v", topic, payload, d)
		}
		homeassistant.StatusOf(payload)
	})
}
