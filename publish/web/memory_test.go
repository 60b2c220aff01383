package web

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/publish"
)

func memoryOf(cameras ...string) *memory {
	m := newMemory("boot", func() uint64 { return 1000 })
	var list []Camera
	var all publish.Inventory
	for _, name := range cameras {
		list = append(list, Camera{Name: name})
		all.Cameras = append(all.Cameras, publish.Listed{Name: name})
	}
	m.take(all, time.Now())
	m.enlist(list)
	return m
}

// TestNewsAreWhatHasChanged tells each change once.
func TestNewsAreWhatHasChanged(t *testing.T) {
	m, now := memoryOf("drive", "yard"), time.Now()
	m.take(publish.CameraStatus{Device: "pi", Camera: "drive", State: publish.CameraOnline, Time: now}, now)
	all := m.news(0, now, false)
	if !all.All || len(all.Cameras) != 2 || all.Cameras[0].Status == nil {
		t.Fatalf("at first: %+v", all)
	}
	if n := m.news(all.version, now, false); n.All || len(n.Cameras) != 0 {
		t.Errorf("nothing has changed, and is told: %+v", n)
	}
	m.take(publish.CameraStatus{Device: "pi", Camera: "yard", State: publish.CameraLost, Reason: "gone", Time: now}, now)
	n := m.news(all.version, now, false)
	if len(n.Cameras) != 1 || n.Cameras[0].Name != "yard" || n.Cameras[0].Status == nil {
		t.Errorf("one is lost: %+v", n)
	}
	if again := m.news(n.version, now, false); len(again.Cameras) != 0 {
		t.Errorf("told twice: %+v", again)
	}
}

// TestNewsOfCamerasThatAreGone also reach who was away when they went.
func TestNewsOfCamerasThatAreGone(t *testing.T) {
	m, now := memoryOf("drive", "yard"), time.Now()
	before := m.news(0, now, false).version
	m.take(publish.Inventory{Cameras: []publish.Listed{{Name: "drive"}}}, now)
	m.enlist([]Camera{{Name: "drive"}})
	n := m.news(before, now, false)
	if len(n.Gone) != 1 || n.Gone[0] != "yard" {
		t.Errorf("gone: %v", n.Gone)
	}
	m.enlist([]Camera{{Name: "drive"}, {Name: "yard"}})
	if n := m.news(before, now, false); len(n.Gone) != 0 || len(n.Cameras) != 1 {
		t.Errorf("back again: %+v", n)
	}
	for i := range 2 * maxGone {
		name := fmt.Sprint("camera", i)
		m.take(publish.CameraStatus{Device: "pi", Camera: name, State: publish.CameraOnline, Time: now}, now)
		m.take(publish.Inventory{Cameras: []publish.Listed{{Name: "drive"}}}, now)
	}
	if n := m.news(before, now, false); !n.All {
		t.Error("more are gone than are remembered, and not all is told")
	}
	if len(m.gone) > maxGone {
		t.Errorf("%d are remembered", len(m.gone))
	}
}

// TestResultsWithoutPictures are there when somebody asks, and wake nobody.
func TestResultsWithoutPictures(t *testing.T) {
	m, now := memoryOf("drive"), time.Now()
	version := m.news(0, now, false).version
	m.take(&publish.Result{Device: "pi", Camera: "drive", Sequence: 7, Time: now}, now)
	if m.wait(version, true) == nil {
		t.Error("a result wakes who waits")
	}
	n := m.news(version, now, false)
	var r struct{ Sequence uint64 }
	if len(n.Cameras) != 1 || json.Unmarshal(n.Cameras[0].Result, &r) != nil || r.Sequence != 7 {
		t.Errorf("news: %+v", n)
	}
}

// TestPictureIsForWhoWantsIt wakes nobody who wants none.
func TestPictureIsForWhoWantsIt(t *testing.T) {
	m, now := memoryOf("drive"), time.Now()
	version := m.news(0, now, false).version
	m.show("drive", &pair{sequence: 3, time: now, result: []byte("{}")})
	if m.wait(version, true) != nil {
		t.Error("who wants pictures is not woken")
	}
	if m.wait(version, false) == nil {
		t.Error("who wants none is woken")
	}
}

// TestLooksHideNoResult from who wants none of them; a camera without answers is seen by all.
func TestLooksHideNoResult(t *testing.T) {
	m, now := memoryOf("drive"), time.Now()
	told := func(since uint64, look bool) string {
		for _, c := range m.news(since, now, look).Cameras {
			if c.Picture != nil {
				return fmt.Sprintf("%d %s", c.Picture.Sequence, c.Result)
			}
		}
		return ""
	}
	look := func(sequence uint64) { m.show("drive", &pair{sequence: sequence, time: now}) }
	look(1)
	if mine, other := told(0, true), told(0, false); mine != "1 null" || other != "1 null" {
		t.Errorf("before the first answer: %s, for others %s", mine, other)
	}
	m.show("drive", &pair{sequence: 2, time: now, result: []byte(`"two"`)})
	if mine, other := told(0, true), told(0, false); mine != `2 "two"` || other != `2 "two"` {
		t.Errorf("answered: %s, for others %s", mine, other)
	}
	version := m.now()
	for i := range uint64(5) {
		look(3 + i)
	}
	if mine, other := told(version, true), told(version, false); mine != "7 null" || other != "" {
		t.Errorf("looked at: %s, for others %s", mine, other)
	}
	if other := told(0, false); other != `2 "two"` || m.find("drive", 2, true).sequence != 2 {
		t.Errorf("for who comes later: %s", other)
	}
	if mine, other := m.find("drive", 99, true).sequence, m.find("drive", 99, false).sequence; mine != 7 || other != 2 {
		t.Errorf("instead of a frame that is gone: %d, for others %d", mine, other)
	}
}

// TestEvents keeps 500, and the pictures of as many as have room.
func TestEvents(t *testing.T) {
	m, now := memoryOf("drive"), time.Now()
	for i := range 700 {
		at := now.Add(time.Duration(i) * time.Second)
		m.take(publish.Event{Device: "pi", Camera: "drive", Kind: publish.EventDecision, Time: at, Value: fmt.Sprint(i)}, at)
		m.take(&publish.Snapshot{Camera: "drive", Time: at, JPEG: make([]byte, 10_000)}, at)
	}
	list, _ := m.list(eventQuery{limit: maxEvents + 1})
	if len(list.Events) != maxEvents || list.More {
		t.Errorf("%d events, more: %v", len(list.Events), list.More)
	}
	pictures := 0
	for i, e := range list.Events {
		if e.Picture {
			pictures++
		}
		if e.Picture != (i < maxEventPicture/10_000) {
			t.Fatalf("event %d: picture: %v", i, e.Picture)
		}
	}
	if m.pictures != pictures*10_000 || m.pictures > maxEventPicture {
		t.Errorf("%d bytes of %d pictures", m.pictures, pictures)
	}
	half, _ := m.list(eventQuery{limit: 100, camera: "drive", kind: "decision"})
	next, _ := m.list(eventQuery{limit: 100, before: m.events[300].Number.Sequence})
	if len(half.Events) != 100 || !half.More || next.Events[0].ID != m.events[299].id() {
		t.Errorf("%d events, more: %v; before 300 is %s", len(half.Events), half.More, next.Events[0].ID)
	}
}

// TestPicturesOfCounts gives the picture of a count to the event of its label, of those that one frame brings.
func TestPicturesOfCounts(t *testing.T) {
	m, now := memoryOf("porch"), time.Now()
	for _, label := range []string{"dog", "person", "cat"} {
		m.take(publish.Event{Device: "pi", Camera: "porch", Kind: publish.EventCount, Time: now, Label: label, Value: "1"}, now)
	}
	m.take(publish.Event{Device: "pi", Camera: "porch", Kind: publish.EventLabel, Time: now, Label: "person"}, now)
	m.take(&publish.Snapshot{Camera: "porch", Time: now, Label: "person", JPEG: []byte("jpeg")}, now)
	list, _ := m.list(eventQuery{limit: 10})
	for _, e := range list.Events {
		if count := strings.Contains(string(e.Event), `"kind":"count"`) && strings.Contains(string(e.Event), `"label":"person"`); e.Picture != count {
			t.Errorf("picture %t: %s", e.Picture, e.Event)
		}
	}
}

// TestRate falls when no more answers come.
func TestRate(t *testing.T) {
	var m meter
	now := time.Now()
	if m.rate(now) != 0 {
		t.Error("a rate of nothing")
	}
	for range 40 {
		now = now.Add(100 * time.Millisecond)
		m.count(now)
	}
	if r := m.rate(now.Add(50 * time.Millisecond)); r < 9.9 || r > 10.1 {
		t.Errorf("rate %v, want 10", r)
	}
	if r := m.rate(now.Add(time.Minute)); r > 0.5 {
		t.Errorf("rate %v after a minute of silence", r)
	}
}

// TestCursors are taken back from who got them, and nothing else is.
func TestCursors(t *testing.T) {
	v, now := newViewers(), time.Now()
	viewer, _ := v.enter(0, now)
	c := cursor{viewer, 42}
	if got := v.parse(v.format(c)); got != c {
		t.Errorf("%v came back as %v", c, got)
	}
	for _, text := range []string{"", ".", "..", "x.1.2", v.instance + ".1", v.instance + ".9.2", v.instance + ".-1.2", v.instance + ".1.x", v.format(c) + ".1"} {
		if got := v.parse(text); got != (cursor{}) {
			t.Errorf("%q is %v", text, got)
		}
	}
}

// TestViewers lets 32 look at once, and others when one has gone.
func TestViewers(t *testing.T) {
	v, now := newViewers(), time.Now()
	var all []uint64
	for range maxViewers {
		who, ok := v.enter(0, now)
		if !ok {
			t.Fatal("sent away")
		}
		all = append(all, who)
	}
	for _, who := range all {
		v.enter(who, now)
	}
	if n := v.count(now); n != maxViewers {
		t.Errorf("%d look", n)
	}
	if _, ok := v.enter(0, now); ok {
		t.Error("one too many")
	}
	if _, ok := v.enter(all[0], now); !ok {
		t.Error("one who looks is sent away")
	}
	later := now.Add(viewerTime + time.Second)
	if _, ok := v.enter(0, later); !ok || v.count(later) != 0 {
		t.Error("those who have gone are counted")
	}
}
