package mqtt

import (
	"strings"
	"testing"
)

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
