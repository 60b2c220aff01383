package mqtt

import (
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Only a message at which the broker hangs up each time is refused: neither results of one length, which come all the time, nor
// what happens to be on its way when a broker is restarted now and then.
func TestRefusals(t *testing.T) {
	type end struct {
		acked int // messages, before
		at    message
	}
	results := func(label string, retained bool) message {
		return message{topic: "cam/result", payload: []byte(label), qos: 1, retained: retained}
	}
	for name, test := range map[string]struct {
		ends    []end
		refused int // at which end, from 1; 0: never
	}{
		"the same":                  {[]end{{40, results("a", false)}, {5, results("a", false)}, {5, results("a", false)}}, 3},
		"of one length":             {[]end{{40, results("a", false)}, {5, results("b", false)}, {5, results("c", false)}, {5, results("d", false)}}, 0},
		"retained, each time newer": {[]end{{40, results("a", true)}, {5, results("b", true)}, {5, results("c", true)}}, 3},
		"long after the beginning":  {[]end{{9000, results("a", true)}, {9000, results("b", true)}, {9000, results("c", true)}}, 0},
		"the first of all":          {[]end{{0, results("a", false)}, {0, results("a", false)}, {0, results("a", false)}}, 0},
		"one comes through":         {[]end{{40, results("a", false)}, {5, results("a", false)}, {5, results("b", false)}, {5, results("a", false)}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := openClient(t, testOptions("mqtt://127.0.0.1:1"), testPace)
			var r refusals
			for i, e := range test.ends {
				k := &connection{client: c, acked: e.acked, greeted: 5, inFlight: []flight{{message: e.at}}}
				m := r.judge(k, io.EOF)
				if (m != nil) != (i+1 == test.refused) {
					t.Errorf("end %d: refused is %v", i+1, m)
				}
				if r.careful > 100 {
					t.Errorf("end %d: %d messages are sent one at a time", i+1, r.careful)
				}
			}
		})
	}
}

// Nothing waits for ever behind a message that is too long for the broker: an event, a result, or what is retained.
func TestPacketLimit(t *testing.T) {
	long := strings.Repeat("long", 1000)
	for name, publish := range map[string]func(t *testing.T, c *Client){
		"event":  func(t *testing.T, c *Client) { change(t, c, "cam", long) },
		"result": func(t *testing.T, c *Client) { send(t, c, result("cam", long)) },
		"state":  func(t *testing.T, c *Client) { send(t, c, state(result("cam", long))) },
	} {
		t.Run(name, func(t *testing.T) {
			m := startMosquitto(t, "allow_anonymous true\nmax_packet_size 2000")
			w := watch(t, "tcp://"+m.addr, nil, "", "")
			c, logs := openClient(t, spoolOptions("mqtt://"+m.addr, t.TempDir()), testPace)
			change(t, c, "drive", "before")
			publish(t, c)
			change(t, c, "drive", "behind")
			send(t, c, result("drive", "too"))
			eventually(t, "all that is behind", func() bool {
				return strings.Contains(w.text(), "behind") && strings.Contains(w.text(), "too")
			})
			eventually(t, "no event waits but for that one", func() bool { return c.Stats().Spool.ToSend() == 0 })
			if s := c.Stats(); (s.Spool.Held == 1) != (name == "event") {
				t.Errorf("held: %+v", s.Spool)
			}
			if n := warnings(logs, "hangs up at a message each time"); n != 1 {
				t.Errorf("%d warnings, want 1", n)
			}
			publish(t, c) // of the kind that is known by now
			change(t, c, "drive", "last")
			eventually(t, "the last event", func() bool { return strings.Contains(w.text(), "last") })
			if s := c.Stats(); s.Refused == 0 && s.Spool.Held != 2 {
				t.Errorf("nothing is counted: %+v", s)
			}
		})
	}
}

// A broker that is started again and again refuses nothing, also where the same event is on its way each time that it ends: the
// connection that decides rests before that event, and ends then.
func TestBrokerThatIsStartedAgainAndAgain(t *testing.T) {
	b := startEmbedded(t, "127.0.0.1:0")
	network := startTape(t, b.Addr())
	var sound atomic.Bool
	network.onEvent(func() {
		if !sound.Load() {
			network.cut()
		}
	})
	p := testPace
	p.rest = 2 * time.Second
	c, logs := openClient(t, spoolOptions(network.url(), t.TempDir()), p)
	change(t, c, "cam", "first")
	change(t, c, "cam", "second")
	eventually(t, "many connections that ended", func() bool {
		if c.Stats().Connected {
			time.AfterFunc(50*time.Millisecond, network.cut)
		}
		return c.Stats().Reconnects > 20
	})
	sound.Store(true)
	eventually(t, "both events there", drained(c))
	if n := warnings(logs, "hangs up at a message each time"); n != 0 || c.Stats().Spool.Held != 0 {
		t.Errorf("%d warnings, %+v", n, c.Stats().Spool)
	}
}
