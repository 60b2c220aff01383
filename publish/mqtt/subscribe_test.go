package mqtt

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// listener is a handler that notes what it gets, as topic, payload and marks.
type listener struct {
	mu  sync.Mutex
	got []string
}

func (l *listener) handle(_ context.Context, in Incoming) {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := in.Topic + " " + string(in.Payload)
	if in.Retained {
		text += " retained"
	}
	if in.Duplicate {
		text += " duplicate"
	}
	l.got = append(l.got, text)
}

func (l *listener) heard() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.got)
}

// expect waits until l has heard exactly this.
func (l *listener) expect(t *testing.T, want ...string) {
	t.Helper()
	eventually(t, strings.Join(want, ", "), func() bool { return len(l.heard()) >= len(want) })
	if got := l.heard(); !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
}

// startSpeaker is another client of the broker that publishes.
func startSpeaker(t *testing.T, addr string) (say func(topic string, retained bool, payload string)) {
	t.Helper()
	c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + addr).SetClientID("speaker-" + t.Name()).SetAutoReconnect(false))
	await(t, c.Connect())
	t.Cleanup(func() { c.Disconnect(100) })
	return func(topic string, retained bool, payload string) {
		t.Helper()
		await(t, c.Publish(topic, 1, retained, payload))
	}
}

// listening are options with one subscription, whose handler is h.
func listening(broker string, h func(context.Context, Incoming)) Options {
	o := testOptions(broker)
	o.Subscribe = []Subscription{{Filter: "+/paused/set", QoS: 1, Handle: h}}
	return o
}

func TestSubscriptions(t *testing.T) {
	eachBroker(t, func(t *testing.T, addr string, kill, restart func()) {
		say := startSpeaker(t, addr)
		say("inceptiond/gate/cam/paused/set", true, "OLD")
		say("inceptiond/gate/settled", false, "") // a broker acknowledges a message before it hands it on, but takes them in turn
		var l, home listener
		o := listening("mqtt://"+addr, l.handle)
		o.Subscribe = append(o.Subscribe, Subscription{Filter: "homeassistant/status", Absolute: true, Handle: home.handle})
		c, _ := openClient(t, o, testPace)
		l.expect(t, "cam/paused/set OLD retained")

		want := []string{"cam/paused/set OLD retained"}
		for i := range maxIncoming / 2 { // in order
			say("inceptiond/gate/cam/paused/set", false, fmt.Sprint(i))
			want = append(want, fmt.Sprint("cam/paused/set ", i))
		}
		say("inceptiond/gate/cam/enter/set", false, "not subscribed to")
		say("inceptiond/other/cam/paused/set", false, "of another device")
		say("inceptiond/gate/drive/paused/set", false, "\xff\x00")
		l.expect(t, append(want, "drive/paused/set \xff\x00")...)
		say("homeassistant/status", false, "online")
		home.expect(t, "homeassistant/status online")
		if s := c.Stats(); s.Handled != int64(len(want)+2) || s.Ignored != 0 {
			t.Errorf("stats: %+v", s)
		}

		kill()
		eventually(t, "the client notices", func() bool { return !c.Stats().Connected })
		restart()
		say = startSpeaker(t, addr)
		eventually(t, "subscribed anew", func() bool {
			say("inceptiond/gate/cam/paused/set", false, "NEW")
			return slices.Contains(l.heard(), "cam/paused/set NEW")
		})
		closeInTime(t, c)
		before := len(l.heard())
		say("inceptiond/gate/cam/paused/set", false, "LATE")
		if got := l.heard(); len(got) != before || slices.Contains(got, "cam/paused/set LATE") {
			t.Errorf("heard after Close: %q", got)
		}
	})
}

// A handler that hangs costs the messages for which there is no room, and nothing else.
func TestHandlerThatHangs(t *testing.T) {
	b := startEmbedded(t, "127.0.0.1:0")
	w := watch(t, "tcp://"+b.Addr(), nil, "", "")
	say := startSpeaker(t, b.Addr())
	release := make(chan struct{})
	var calls, late atomic.Int64
	var closed atomic.Bool
	c, logs := openClient(t, listening("mqtt://"+b.Addr(), func(context.Context, Incoming) {
		calls.Add(1)
		if closed.Load() {
			late.Add(1)
		}
		<-release
	}), testPace)
	eventually(t, "the first call", func() bool {
		say("inceptiond/gate/cam/paused/set", false, "ON")
		return calls.Load() > 0
	})
	for range 2 * maxIncoming {
		say("inceptiond/gate/cam/paused/set", false, "ON")
	}
	send(t, c, result("cam", "meanwhile"))
	w.expect(t, "inceptiond/gate/cam/result", "meanwhile")
	eventually(t, "messages without room", func() bool { return c.Stats().Ignored >= maxIncoming })
	if n := warnings(logs, "is ignored"); n != 1 {
		t.Errorf("%d warnings, want 1", n)
	}
	closeInTime(t, c)
	closed.Store(true)
	close(release)
	<-c.inbox.done
	if calls.Load() != 1 || late.Load() != 0 {
		t.Errorf("%d calls, %d of them after Close", calls.Load(), late.Load())
	}
	if s := c.Stats(); !strings.Contains(w.text(), "offline") || s.Handled != 1 || s.Reconnects != 0 {
		t.Errorf("not closed in good order: %+v", s)
	}
}

// Close ends the context of a handler, and waits for it.
func TestHandlerEndsWithItsContext(t *testing.T) {
	b := startEmbedded(t, "127.0.0.1:0")
	say := startSpeaker(t, b.Addr())
	started, ended := make(chan struct{}), make(chan struct{})
	var once sync.Once
	c, _ := openClient(t, listening("mqtt://"+b.Addr(), func(ctx context.Context, _ Incoming) {
		once.Do(func() { close(started) })
		<-ctx.Done()
		close(ended)
	}), testPace)
	eventually(t, "a call", func() bool {
		say("inceptiond/gate/cam/paused/set", false, "ON")
		select {
		case <-started:
			return true
		default:
			return false
		}
	})
	closeInTime(t, c)
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Error("the handler was not told")
	}
}

// Many connections come and go while messages arrive and results leave.
func TestSubscriptionsOverReconnects(t *testing.T) {
	b := startEmbedded(t, "127.0.0.1:0")
	cable := startProxy(t, b.Addr())
	say := startSpeaker(t, b.Addr())
	w := watch(t, "tcp://"+b.Addr(), nil, "", "")
	var l listener
	var c *Client
	ready := make(chan struct{})
	o := listening("mqtt://"+cable.Addr().String(), func(ctx context.Context, in Incoming) {
		<-ready
		l.handle(ctx, in)
		if err := c.Publish(ctx, publishtest.Result("cam", "answer-"+string(in.Payload)+".")); err != nil { // as a command is answered
			t.Error(err)
		}
	})
	c, _ = openClient(t, o, testPace)
	close(ready)
	for round := range 20 {
		eventually(t, "a message of this connection", func() bool {
			say("inceptiond/gate/cam/paused/set", false, fmt.Sprint(round))
			return slices.Contains(l.heard(), fmt.Sprint("cam/paused/set ", round))
		})
		eventually(t, "its answer", func() bool { return strings.Contains(w.text(), fmt.Sprintf("answer-%d.", round)) })
		cable.cut()
	}
}

// scripted is a broker that answers each packet as a test says, and else as a broker does.
func scripted(t *testing.T, answer func(conn net.Conn, kind byte, body []byte) (handled bool)) string {
	return rude(t, func(conn net.Conn) {
		accept(conn, 0)
		r := bufio.NewReader(conn)
		for {
			packet, size, err := readPacket(r)
			if err != nil {
				return
			}
			kind, body := packet[0], packet[1+size:]
			switch {
			case answer(conn, kind, body):
			case kind>>4 == 3: // PUBLISH
				_, id, _ := parsePublish(kind, body)
				conn.Write([]byte{0x40, 2, byte(id >> 8), byte(id)})
			case kind>>4 == 8: // SUBSCRIBE
				conn.Write([]byte{0x90, 3, body[0], body[1], 1})
			case kind>>4 == 14: // DISCONNECT
				conn.Close()
				return
			}
		}
	})
}

func TestRefusedSubscription(t *testing.T) {
	url := scripted(t, func(conn net.Conn, kind byte, body []byte) bool {
		if kind>>4 == 8 {
			conn.Write([]byte{0x90, 3, body[0], body[1], subscribeRefused})
		}
		return kind>>4 == 8
	})
	c, logs := openClient(t, listening(url, new(listener).handle), testPace)
	eventually(t, "a warning", func() bool { return warnings(logs, "refuses a subscription") == 1 })
	mend := logs.FilterMessageSnippet("refuses a subscription").All()[0].ContextMap()["mend"]
	if want := "let everybody read it (mosquitto: topic read inceptiond/gate/+/paused/set in acl_file)"; !strings.Contains(fmt.Sprint(mend), want) {
		t.Errorf("mend: %q, want %q", mend, want)
	}
	before := c.Stats().Published
	send(t, c, result("cam", "all the same"))
	eventually(t, "a result", func() bool { return c.Stats().Published > before })
	if s := c.Stats(); !s.Connected || s.Reconnects != 0 {
		t.Errorf("stats: %+v", s)
	}
}

// publishPacket is a PUBLISH with QoS 0.
func publishPacket(flags byte, topic string, payload []byte) []byte {
	body := append([]byte{byte(len(topic) >> 8), byte(len(topic))}, topic...)
	body = append(body, payload...)
	packet := []byte{0x30 | flags}
	for n := len(body); ; n >>= 7 {
		if n < 0x80 {
			return append(append(packet, byte(n)), body...)
		}
		packet = append(packet, byte(n)|0x80)
	}
}

func TestHostileMessages(t *testing.T) {
	const good = "inceptiond/gate/cam/paused/set"
	const duplicate = 8
	url := scripted(t, func(conn net.Conn, kind byte, body []byte) bool {
		if kind>>4 != 8 {
			return false
		}
		conn.Write([]byte{0x90, 3, body[0], body[1], 1})
		for _, packet := range [][]byte{
			publishPacket(0, good, bytes.Repeat([]byte("x"), maxPayload+1)),
			publishPacket(0, good, bytes.Repeat([]byte("x"), 1<<20)),
			publishPacket(0, "inceptiond/gate/\xff/paused/set", nil),
			publishPacket(0, "inceptiond/gate/a\x00b/paused/set", nil),
			publishPacket(0, "inceptiond/gate/+/paused/set", nil),
			publishPacket(0, "", []byte("no topic")),
			publishPacket(0, "nobody/asked/for/this", nil),
			publishPacket(0, good+"/below", nil),
			publishPacket(0, good, nil),
			publishPacket(duplicate, good, []byte("twice")),
			publishPacket(0, "inceptiond/gate//paused/set", []byte("an empty level")),
		} {
			conn.Write(packet)
		}
		return true
	})
	var l listener
	c, _ := openClient(t, listening(url, l.handle), testPace)
	l.expect(t, "cam/paused/set ", "cam/paused/set twice duplicate", "/paused/set an empty level")
	if s := c.Stats(); s.Ignored != 5 || s.Handled != 3 || s.Reconnects != 0 {
		t.Errorf("stats: %+v", s)
	}
}

// Answers that would be the end of paho's goroutines cost the connection.
func TestHostileAnswers(t *testing.T) {
	for name, codes := range map[string][]byte{"none": {}, "too many": {1, 1, 1, 1}, "hundreds": make([]byte, 100)} {
		t.Run(name, func(t *testing.T) {
			var connections atomic.Int64
			url := scripted(t, func(conn net.Conn, kind byte, body []byte) bool {
				if kind>>4 != 8 || connections.Add(1) > 3 {
					return false
				}
				conn.Write(append([]byte{0x90, byte(2 + len(codes)), body[0], body[1]}, codes...))
				return true
			})
			c, logs := openClient(t, listening(url, new(listener).handle), testPace)
			eventually(t, "a warning", func() bool { return warnings(logs, "") > 0 })
			send(t, c, result("cam", "in the end"))
			eventually(t, "a result", func() bool { return c.Stats().Published > 0 && c.Stats().Waiting == 0 })
		})
	}
}

func TestSubscriptionsAreChecked(t *testing.T) {
	handle := new(listener).handle
	for name, test := range map[string]struct {
		s  Subscription
		ok bool
	}{
		"good":             {Subscription{Filter: "+/paused/set", QoS: 1, Handle: handle}, true},
		"absolute":         {Subscription{Filter: "homeassistant/status", Absolute: true, Handle: handle}, true},
		"all":              {Subscription{Filter: "#", Handle: handle}, true},
		"empty":            {Subscription{Handle: handle}, false},
		"no handler":       {Subscription{Filter: "a"}, false},
		"QoS 3":            {Subscription{Filter: "a", QoS: 3, Handle: handle}, false},
		"half a level":     {Subscription{Filter: "a+/set", Handle: handle}, false},
		"# in the middle":  {Subscription{Filter: "#/set", Handle: handle}, false},
		"# behind a level": {Subscription{Filter: "a/b#", Handle: handle}, false},
		"not UTF-8":        {Subscription{Filter: "a\xff", Handle: handle}, false},
		"too long":         {Subscription{Filter: strings.Repeat("a/", 40_000), Handle: handle}, false},
	} {
		o := testOptions("mqtt://h")
		o.Subscribe = []Subscription{test.s}
		if err := Check(o); (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
