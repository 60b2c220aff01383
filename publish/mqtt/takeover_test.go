package mqtt

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"go.uber.org/zap/zaptest/observer"
)

// rival is another client with the id of ours, which comes back whenever it was thrown out.
func rival(t *testing.T, addr, id string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	accepted := make(chan struct{}, 1)
	var running sync.WaitGroup
	running.Go(func() {
		for ctx.Err() == nil {
			haveID(ctx, addr, id, accepted)
			time.Sleep(100 * time.Millisecond)
		}
	})
	<-accepted
	stop = func() {
		cancel()
		running.Wait()
	}
	t.Cleanup(stop)
	return stop
}

// haveID is a client until the broker throws it out.
func haveID(ctx context.Context, addr, id string, accepted chan<- struct{}) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	p := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	p.ProtocolName, p.ProtocolVersion, p.CleanSession, p.ClientIdentifier, p.Keepalive = "MQTT", 4, true, id, 600
	p.Write(conn)
	for {
		if _, err := packets.ReadPacket(conn); err != nil {
			return
		}
		select {
		case accepted <- struct{}{}:
		default:
		}
	}
}

// takenLogs counts the warnings of a taken id.
func takenLogs(logs *observer.ObservedLogs) (proven, believed int) {
	return warnings(logs, "another client uses our client id"), warnings(logs, "another client seems to use our client id")
}

// Two clients with one id: that is said, with what helps, and they do not hammer the broker. Where one of them is gone, the other
// goes on.
func TestTakenID(t *testing.T) {
	addr := startMosquitto(t, "allow_anonymous true").addr
	stop := rival(t, addr, "inceptiond-gate")
	p := testPace
	p.watch = 10 * time.Second
	c, logs := openClient(t, spoolOptions("mqtt://"+addr, t.TempDir()), p)
	change(t, c, "cam", "one")
	eventually(t, "a warning", func() bool { proven, _ := takenLogs(logs); return proven > 0 })
	before := c.Stats().Reconnects
	time.Sleep(5 * p.takenMax)
	if n := c.Stats().Reconnects - before; n > 8 {
		t.Errorf("%d connections more", n)
	}
	if proven, believed := takenLogs(logs); proven != 1 || believed != 0 {
		t.Errorf("%d and %d warnings", proven, believed)
	}
	stop()
	w := watch(t, "tcp://"+addr, nil, "", "")
	change(t, c, "cam", "two")
	eventually(t, "the last event", func() bool { return strings.Contains(w.text(), `"two"`) })
}

// What is no takeover is not taken for one.
func TestTakeovers(t *testing.T) {
	type end struct {
		lasted  time.Duration
		err     error
		acked   int
		waiting int
		suspect int // strikes of a message
	}
	good := end{time.Second, io.EOF, 3, 0, 0}
	for name, test := range map[string]struct {
		ends  []end
		found bool
		watch bool
	}{
		"none":                     {nil, false, false},
		"one":                      {[]end{good}, false, false},
		"two":                      {[]end{good, good}, false, false},
		"three":                    {[]end{good, good, good}, false, true},
		"four":                     {[]end{good, good, {time.Minute, syscall.ECONNRESET, 1, 5, 0}, good}, true, true},
		"a good life in between":   {[]end{good, good, {2 * time.Minute, io.EOF, 9, 0, 0}, good, good, good}, false, true},
		"no acknowledgement":       {[]end{good, good, good, {time.Second, errNoAck, 3, 1, 0}}, false, false},
		"a question":               {[]end{good, good, good, {time.Second, errAskAgain, 3, 0, 0}, good}, true, true},
		"at the first message":     {[]end{{0, io.EOF, 0, 1, 0}, {0, io.EOF, 0, 1, 0}, {0, io.EOF, 0, 1, 0}, {0, io.EOF, 0, 1, 0}}, false, true},
		"at one message each time": {[]end{good, {time.Second, io.EOF, 3, 1, 1}, {time.Second, io.EOF, 3, 1, 2}, good}, false, false},
	} {
		c := &Client{}
		for _, e := range test.ends {
			c.refusals.strikes = e.suspect
			c.takeovers.judge(&connection{client: c, acked: e.acked, inFlight: make([]flight, e.waiting)}, e.lasted, e.err)
		}
		if c.takeovers.found() != test.found || (c.takeovers.strikes >= watchStrikes) != test.watch {
			t.Errorf("%s: %+v", name, c.takeovers)
		}
	}
	tk := takeovers{strikes: 3, calm: 3, proven: true}
	tk.reset()
	if tk.found() || tk.strikes > 0 {
		t.Errorf("%+v", tk)
	}
}
