package mqtt

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/publish"
)

// weather is a message of a kind that only this file knows.
type weather struct{ station, name, text string }

var weatherKind = publish.Kind{Name: "weather", Topic: "weather", Scope: publish.OfBoth, QoS: 1}

func (w weather) Key() publish.Key {
	return publish.Key{Kind: weatherKind, Camera: w.station, Name: w.name, Retained: w.name != ""}
}

func (w weather) AppendJSON(dst []byte) []byte { return fmt.Appendf(dst, `{"text":%q}`, w.text) }

// A kind of message that is new needs nothing here to get onto the wire, retained or not.
func TestNewKindOfMessage(t *testing.T) {
	b := startEmbedded(t, "127.0.0.1:0")
	w := watch(t, "tcp://"+b.Addr(), nil, "", "")
	c, _ := openClient(t, testOptions("mqtt://"+b.Addr()), testPace)
	for _, m := range []weather{
		{"", "", "rain"}, {"cam", "", "wind"}, {"cam", "", "wind again"}, {"cam", "tomorrow", "snow"}, {"", "tomorrow", "hail"},
	} {
		send(t, c, m)
	}
	w.expect(t, "inceptiond/gate/weather", "rain")
	w.expect(t, "inceptiond/gate/cam/weather", "wind", "wind again")
	w.expect(t, "inceptiond/gate/cam/weather/tomorrow", "snow")
	w.expect(t, "inceptiond/gate/weather/tomorrow", "hail")
	late := watch(t, "tcp://"+b.Addr(), nil, "", "-")
	eventually(t, "what is retained", func() bool { return len(late.retained()) >= 4 }) // and the status and the spool's
	for topic, kept := range map[string]bool{
		"inceptiond/gate/weather": false, "inceptiond/gate/cam/weather": false,
		"inceptiond/gate/cam/weather/tomorrow": true, "inceptiond/gate/weather/tomorrow": true,
	} {
		if _, ok := late.retained()[topic]; ok != kept {
			t.Errorf("%s: retained %t, want %t", topic, ok, kept)
		}
	}
	for _, m := range []weather{{"a/b", "", "x"}, {"cam", "+", "x"}, {"cam", "to/morrow", "x"}} {
		if err := c.Publish(t.Context(), m); err == nil {
			t.Errorf("%+v: no error", m)
		}
	}
}

// The newest message of a topic takes the place of the one before, and has its place in the order; those of kinds that
// are in no table come last.
func TestOutboxKeepsTheNewestOfEachKey(t *testing.T) {
	b := testOutbox(func(*Options) {})
	now := time.Now()
	for i := range 3 {
		for _, m := range []publish.JSON{
			weather{"", "z", fmt.Sprint(i)}, weather{"x", "z", fmt.Sprint(i)}, state(result("x", fmt.Sprint(i))),
			publish.CameraStatus{Camera: "y", Reason: fmt.Sprint(i)}, publish.CameraStatus{Camera: "x", Reason: fmt.Sprint(i)},
			publish.ConfigStatus{Problems: []string{fmt.Sprint(i)}}, publish.EngineStatus{Camera: "x", Reason: fmt.Sprint(i)},
		} {
			if _, err := b.put(m, now); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.putOwn(publish.SpoolStatus{Reason: "2"})
	b.renew()
	want := []string{"p/status", "p/config", "p/spool", "p/weather/z", "p/x/status", "p/x/engine", "p/x/state", "p/x/weather/z", "p/y/status"}
	for i, topic := range want {
		m, ok := b.takeRetained()
		if !ok || m.topic != topic || !m.retained || m.qos != 1 || i > 0 && !strings.Contains(string(m.payload), `"2"`) {
			t.Errorf("message %d: %+v, want the newest of %s", i, m, topic)
		}
	}
	if m, ok := b.takeRetained(); ok {
		t.Errorf("one more: %+v", m)
	}
}

// A kind may have a pause; what comes meanwhile is sent after it, the newest only.
func TestOutboxPause(t *testing.T) {
	b := testOutbox(func(*Options) {})
	for i := range 3 {
		b.putOwn(publish.SpoolStatus{Waiting: i})
	}
	if m, ok := b.takeRetained(); !ok || !strings.Contains(string(m.payload), `"waiting":2`) {
		t.Errorf("first: %s", m.payload)
	}
	b.putOwn(publish.SpoolStatus{Waiting: 3})
	if m, ok := b.takeRetained(); ok {
		t.Errorf("at once: %s", m.payload)
	}
	b.renew() // a connection of its own
	if m, _ := b.takeRetained(); m.topic != "p/status" {
		t.Errorf("on a new connection: %+v", m)
	}
	if m, ok := b.takeRetained(); !ok || !strings.Contains(string(m.payload), `"waiting":3`) {
		t.Errorf("on a new connection: %s", m.payload)
	}
	b.putOwn(publish.SpoolStatus{Waiting: 4})
	for len(b.filled) > 0 {
		<-b.filled
	}
	if _, ok := b.takeRetained(); ok {
		t.Error("at once on a new connection")
	}
	<-b.filled // a signal when it may be sent
	if m, ok := b.takeRetained(); !ok || !strings.Contains(string(m.payload), `"waiting":4`) {
		t.Errorf("after the pause: %s", m.payload)
	}
	b.putOwn(publish.SpoolStatus{Waiting: 5})
	b.close()
	if m, ok := b.takeRetained(); !ok || !strings.Contains(string(m.payload), `"waiting":5`) {
		t.Errorf("at the end: %s", m.payload)
	}
}

// Of the pictures of a camera only the newest waits.
func TestOutboxKeepsTheNewestPicture(t *testing.T) {
	b := testOutbox(func(o *Options) { o.Queue = 10 })
	b.renew()
	for i := range 3 {
		for _, camera := range []string{"x", "y"} {
			for _, m := range []publish.Message{&publish.Snapshot{Camera: camera, JPEG: []byte{byte(i)}, MQTT: true}, result(camera, "cat")} {
				if dropped, err := b.put(m, time.Now()); dropped > 0 || err != nil {
					t.Fatal(dropped, err)
				}
			}
		}
	}
	var got []string
	for m, ok := b.takeQueued(); ok; m, ok = b.takeQueued() {
		if strings.HasSuffix(m.topic, "/snapshot") {
			got = append(got, fmt.Sprint(m.topic, m.payload))
		}
	}
	if want := []string{"p/x/snapshot[2]", "p/y/snapshot[2]"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// What is for now is sent if there is a connection, and never kept for another one.
func TestOutboxKeepsNothingLive(t *testing.T) {
	b := testOutbox(func(o *Options) { o.Queue = 10 })
	picture := func(retain bool) *publish.Snapshot {
		return &publish.Snapshot{Camera: "x", JPEG: []byte{0xff, 0xd8}, MQTT: true, Retain: retain}
	}
	live := []publish.Message{publish.Change{Camera: "x"}, publish.Ack{Camera: "x"}, publish.Stats{Camera: "x"}, publish.System{}, picture(false)}
	put := func(messages ...publish.Message) {
		t.Helper()
		for _, m := range messages {
			if _, err := b.put(m, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
	}
	put(live...)
	put(picture(true))
	if n := b.waiting(); n != 0 {
		t.Errorf("%d wait for a first connection", n)
	}
	b.renew()
	put(live...)
	put(result("x", "cat"))
	if n := b.waiting(); n != len(live)+1 {
		t.Errorf("%d of %d wait on a connection", n, len(live)+1)
	}
	first, _ := b.takeQueued()
	b.giveBack([]message{first})
	if m, ok := b.takeQueued(); !ok || m.topic != "p/x/result" || b.waiting() != 0 {
		t.Errorf("after the connection: %+v, and %d more", m, b.waiting())
	}
	b.renew()
	b.takeRetained()
	if m, ok := b.takeRetained(); !ok || m.topic != "p/x/snapshot" || !m.retained || string(m.payload) != "\xff\xd8" {
		t.Errorf("retained: %+v", m)
	}
}
