package mqtt

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// A broker that takes no retained messages gets all messages as they come.
func TestNoRetain(t *testing.T) {
	m := startMosquitto(t, "allow_anonymous true\nretain_available false")
	w := watch(t, "tcp://"+m.addr, nil, "", "")
	c, logs := openClient(t, spoolOptions("mqtt://"+m.addr, t.TempDir()), testPace)
	send(t, c, state(result("cam", "cat")))
	eventually(t, "a state", func() bool { return len(w.on("inceptiond/gate/cam/state")) > 0 })
	change(t, c, "cam", "cat")
	eventually(t, "the event is acknowledged", drained(c))
	if n := warnings(logs, "takes no retained messages"); n != 1 {
		t.Errorf("%d warnings, want 1", n)
	}
	m.kill()
	eventually(t, "the client notices", func() bool { return !c.Stats().Connected })
	m.start(t)
	eventually(t, "connected anew", func() bool { return c.Stats().Connected })
	if n := warnings(logs, "takes no retained messages"); n != 1 {
		t.Errorf("%d warnings after a restart, want 1", n)
	}
	expectFailure(t, testOptions("mqtt://"+m.addr), "retain", "takes no retained messages", "retain_available true")
}

// A broker that hung up once, as one does that is being restarted, is not taken for one that refuses to retain.
func TestHangUpIsNoRefusalToRetain(t *testing.T) {
	var attempts atomic.Int64
	url := rude(t, func(conn net.Conn) {
		if attempts.Add(1) == 1 {
			conn.Close()
			return
		}
		accept(conn, 0)
		io.Copy(io.Discard, conn)
	})
	c, logs := openClient(t, testOptions(url), testPace)
	eventually(t, "connected", func() bool { return c.Stats().Connected })
	if n := attempts.Load(); n != 3 || warnings(logs, "takes no retained messages") > 0 {
		t.Errorf("%d attempts, and a restart was taken for a refusal", n)
	}
}

// A cluster that is about to find its leaders may hang up twice at just those attempts that ask it to retain something: what is retained is
// said there as soon as the mistake may show, and not only on the next connection.
func TestRefusalToRetainIsDoubted(t *testing.T) {
	t.Parallel()
	b := startEmbedded(t, "127.0.0.1:0")
	var attempts atomic.Int64
	url := rude(t, func(conn net.Conn) {
		if n := attempts.Add(1); n == 1 || n == 3 {
			conn.Close()
			return
		}
		out, err := net.Dial("tcp", b.Addr())
		if err != nil {
			return
		}
		defer out.Close()
		go func() { defer conn.Close(); io.Copy(conn, out) }()
		io.Copy(out, conn)
	})
	o := testOptions(url)
	o.KeepAlive = 2 * time.Second
	c, logs := openClient(t, o, testPace)
	send(t, c, state(result("cam", "cat")))
	eventually(t, "the mistake", func() bool { return warnings(logs, "takes no retained messages") == 1 && c.Stats().Connected })
	eventually(t, "a state that is retained", func() bool {
		found := kept(t, b.Addr())
		return found["inceptiond/gate/cam/state"] != "" && found["inceptiond/gate/status"] == online
	})
}
