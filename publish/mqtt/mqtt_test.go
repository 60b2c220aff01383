package mqtt

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

func containsAny(s string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(s, part) })
}

// brokers are what the tests of ordinary life run against. restart forgets all retained messages.
var brokers = map[string]func(t *testing.T) (addr string, kill, restart func()){
	"embedded": func(t *testing.T) (string, func(), func()) {
		b := startEmbedded(t, "127.0.0.1:"+freeport.Find(t))
		return b.Addr(), func() { b.Close() }, func() { startEmbedded(t, b.Addr()) }
	},
	"mosquitto": func(t *testing.T) (string, func(), func()) {
		m := startMosquitto(t, "allow_anonymous true")
		return m.addr, m.kill, func() { m.start(t) }
	},
}

func eachBroker(t *testing.T, test func(t *testing.T, addr string, kill, restart func())) {
	for name, start := range brokers {
		t.Run(name, func(t *testing.T) {
			addr, kill, restart := start(t)
			test(t, addr, kill, restart)
		})
	}
}

func TestClientConforms(t *testing.T) {
	b := startEmbedded(t, "127.0.0.1:0")
	for qos := range byte(3) {
		t.Run(fmt.Sprintf("QoS %d", qos), func(t *testing.T) {
			publishtest.Publisher(t, publishtest.All, func(t *testing.T) (publish.Publisher, func() string) {
				o := testOptions("mqtt://" + b.Addr())
				o.QoS, o.Prefix = qos, strings.ReplaceAll(t.Name(), "#", "")
				w := watch(t, "tcp://"+b.Addr(), nil, "", "")
				c, _ := openClient(t, o, testPace)
				return c, func() string { return w.below(o.Prefix + "/") }
			})
		})
	}
}

func TestOrdinaryLife(t *testing.T) {
	eachBroker(t, func(t *testing.T, addr string, _, _ func()) {
		w := watch(t, "tcp://"+addr, nil, "", "")
		c, _ := openClient(t, testOptions("mqtt://"+addr), testPace)
		w.expect(t, "inceptiond/gate/status", "online")

		var want []string
		before := "none yet"
		for i, label := range []string{"ring", "ring", "disc", "", "ring"} {
			r := result("cam", label)
			r.Sequence = uint64(i)
			if label == "" {
				r.Predictions = nil
			}
			want = append(want, string(r.AppendJSON(nil)))
			if label != before {
				send(t, c, state(r))
			}
			before = label
			send(t, c, r)
			eventually(t, "all sent", func() bool { // the state on the broker is the newest only when there is time
				return len(w.on("inceptiond/gate/cam/result")) == i+1 && c.Stats().Waiting == 0
			})
		}
		w.expect(t, "inceptiond/gate/cam/result", want...)
		w.expect(t, "inceptiond/gate/cam/state", `"label":"ring"`, `"label":"disc"`, `"label":null`, `"label":"ring"`)
		if err := c.Publish(t.Context(), status(publish.CameraStopped, "")); err != nil {
			t.Fatal(err)
		}
		closeInTime(t, c)
		w.expect(t, "inceptiond/gate/cam/status", `"state":"stopped"`)
		w.expect(t, "inceptiond/gate/status", "online", "offline")

		late := watch(t, "tcp://"+addr, nil, "", "")
		eventually(t, "four retained messages", func() bool { return len(late.retained()) >= 4 })
		got := late.retained()
		for topic, part := range map[string]string{
			"inceptiond/gate/status":     "offline",
			"inceptiond/gate/cam/status": `"state":"stopped"`,
			"inceptiond/gate/cam/state":  `"label":"ring"`,
		} {
			if !strings.Contains(got[topic], part) {
				t.Errorf("retained on %s: %q, want %s", topic, got[topic], part)
			}
		}
		if _, ok := got["inceptiond/gate/cam/result"]; ok {
			t.Error("a result is retained")
		}
		if s := c.Stats(); s.Published < 11 || s.Dropped != 0 || s.Connected || s.Reconnects != 0 {
			t.Errorf("stats: %+v", s)
		}
	})
}

func TestLastWillWhenTheCableIsCut(t *testing.T) {
	eachBroker(t, func(t *testing.T, addr string, _, _ func()) {
		cable := startProxy(t, addr)
		w := watch(t, "tcp://"+addr, nil, "", "")
		c, logs := openClient(t, testOptions("mqtt://"+cable.Addr().String()), testPace)
		send(t, c, result("cam", "before"))
		w.expect(t, "inceptiond/gate/cam/result", "before")
		cable.cut()
		// The will goes out and the client comes back; a take-over by the new connection may say online first.
		eventually(t, "offline and online again", func() bool {
			seen := w.on("inceptiond/gate/status")
			return slices.Contains(seen, "offline") && len(seen) >= 3
		})
		send(t, c, result("cam", "after"))
		eventually(t, "the result after the cut", func() bool { return strings.Contains(w.text(), "after") })
		if s := c.Stats(); s.Reconnects < 1 || !s.Connected {
			t.Errorf("stats: %+v", s)
		}
		if n := warnings(logs, "connection lost"); n != 1 {
			t.Errorf("%d warnings of the loss, want 1", n)
		}
	})
}

func TestBrokerIsRestarted(t *testing.T) {
	eachBroker(t, func(t *testing.T, addr string, kill, restart func()) {
		w := watch(t, "tcp://"+addr, nil, "", "")
		c, logs := openClient(t, testOptions("mqtt://"+addr), testPace)
		if err := c.Publish(t.Context(), status(publish.CameraOnline, "")); err != nil {
			t.Fatal(err)
		}
		send(t, c, result("cam", "before"))
		send(t, c, state(result("cam", "before")))
		w.expect(t, "inceptiond/gate/cam/result", "before")
		w.expect(t, "inceptiond/gate/cam/state", "before")
		w.expect(t, "inceptiond/gate/cam/status", "online")
		eventually(t, "five acknowledgements", func() bool { return c.Stats().Published == 5 }) // else sent again

		kill()
		eventually(t, "the client notices", func() bool { return !c.Stats().Connected })
		for i := range 5 {
			r := result("cam", fmt.Sprintf("during-%d", i))
			send(t, c, state(r))
			send(t, c, r)
		}
		eventually(t, "a warning", func() bool { return warnings(logs, "nothing listens there") == 1 })

		c.out.mu.Lock() // nothing is sent until the new watcher is there
		restart()
		w = watch(t, "tcp://"+addr, nil, "", "")
		c.out.mu.Unlock()
		w.expect(t, "inceptiond/gate/cam/result", "during-0", "during-1", "during-2", "during-3", "during-4")
		w.expect(t, "inceptiond/gate/status", "online")
		w.expect(t, "inceptiond/gate/cam/state", "during-4")
		w.expect(t, "inceptiond/gate/cam/status", "online")
		if n := warnings(logs, "nothing listens there"); n != 1 {
			t.Errorf("%d warnings that the broker is down, want 1", n)
		}
	})
}

func TestBrokerDownAtStart(t *testing.T) {
	addr := "127.0.0.1:" + freeport.Find(t)
	c, logs := openClient(t, testOptions("mqtt://"+addr), testPace)
	send(t, c, result("cam", "early"))
	eventually(t, "a few attempts", func() bool { return logs.FilterMessageSnippet("nothing listens").Len() >= 3 })
	c.out.mu.Lock()
	startEmbedded(t, addr)
	w := watch(t, "tcp://"+addr, nil, "", "")
	c.out.mu.Unlock()
	w.expect(t, "inceptiond/gate/cam/result", "early")
	if s := c.Stats(); s.Reconnects != 0 {
		t.Errorf("stats: %+v", s)
	}
}

func TestBrokerAwayDropsTheOldest(t *testing.T) {
	addr := "127.0.0.1:" + freeport.Find(t)
	o := testOptions("mqtt://" + addr)
	o.Queue = 3
	c, logs := openClient(t, o, testPace)
	for i := range 10 {
		send(t, c, result("cam", fmt.Sprintf("label-%d", i)))
	}
	if s := c.Stats(); s.Dropped != 7 || s.Waiting != 3 {
		t.Errorf("stats: %+v", s)
	}
	if n := warnings(logs, "the oldest results are dropped"); n != 1 {
		t.Errorf("%d warnings of drops, want 1", n)
	}
	c.out.mu.Lock()
	startEmbedded(t, addr)
	w := watch(t, "tcp://"+addr, nil, "", "")
	c.out.mu.Unlock()
	w.expect(t, "inceptiond/gate/cam/result", "label-7", "label-8", "label-9")
}

func TestCloseSendsWhatWaits(t *testing.T) {
	b := startEmbedded(t, "127.0.0.1:0")
	w := watch(t, "tcp://"+b.Addr(), nil, "", "")
	c, _ := openClient(t, testOptions("mqtt://"+b.Addr()), testPace)
	var want []string
	for i := range 50 { // before the connection stands
		want = append(want, fmt.Sprintf("label-%d\"", i))
		send(t, c, result("cam", fmt.Sprintf("label-%d", i)))
	}
	closeInTime(t, c)
	w.expect(t, "inceptiond/gate/cam/result", want...)
	w.expect(t, "inceptiond/gate/status", "online", "offline")
	if err := c.Publish(t.Context(), result("cam", "late")); !errors.Is(err, publish.ErrClosed) {
		t.Errorf("Publish after Close: %v", err)
	}
}

// Servers that are no use. Publish stays quick, Close too, and nothing leaks.
func TestHopelessBrokers(t *testing.T) {
	deaf := func(conn net.Conn) { conn.(*net.TCPConn).SetReadBuffer(4096) }
	for name, handle := range map[string]func(net.Conn){
		"accepts and never answers":   func(conn net.Conn) { io.Copy(io.Discard, conn) },
		"accepts and never reads":     deaf,
		"hangs up":                    func(conn net.Conn) { conn.Close() },
		"is no broker":                func(conn net.Conn) { io.WriteString(conn, "SSH-2.0-OpenSSH_9.2\r\n") },
		"refuses with unknown code":   func(conn net.Conn) { accept(conn, 77) },
		"never acknowledges":          func(conn net.Conn) { accept(conn, 0); io.Copy(io.Discard, conn) },
		"stops reading after CONNACK": func(conn net.Conn) { accept(conn, 0); deaf(conn) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // they mostly wait
			p := testPace
			p.connect, p.write, p.ack = 300*time.Millisecond, 300*time.Millisecond, 300*time.Millisecond
			o := testOptions(rude(t, handle))
			o.Queue = 20
			if strings.HasPrefix(name, "stops") {
				o.QoS = 0 // no acknowledgement holds us back: the socket's buffers fill up
			}
			c, logs := openClient(t, o, p)
			r := result("cam", strings.Repeat("long label ", 10_000))
			start := time.Now()
			for range 100 {
				send(t, c, r)
			}
			if took := time.Since(start); took > 15*time.Second { // waiting for the network would take twice that
				t.Errorf("100 results took %v", took)
			}
			eventually(t, "a warning about the connection", func() bool {
				return warnings(logs, "") > warnings(logs, "are dropped")
			})
			send(t, c, r)
			closeInTime(t, c)
		})
	}
}

// Nothing is published, and the other end is gone without a word: only the keep-alive can tell.
func TestSilentConnectionIsNoticed(t *testing.T) {
	t.Parallel()
	var published atomic.Bool
	o := testOptions(scripted(t, func(_ net.Conn, kind byte, _ []byte) bool {
		return kind>>4 != 8 && (kind>>4 != 3 || published.Swap(true)) // SUBACK, one PUBACK for online, then none, and no PINGRESP
	}))
	o.KeepAlive = time.Second
	c, logs := openClient(t, o, testPace)
	eventually(t, "connected", func() bool { return c.Stats().Published == 1 })
	eventually(t, "noticed", func() bool { return warnings(logs, "connection lost") == 1 })
}

func TestUnacknowledgedResultsAreSentAgain(t *testing.T) {
	b := startEmbedded(t, "127.0.0.1:0")
	w := watch(t, "tcp://"+b.Addr(), nil, "", "")
	cable := startProxy(t, b.Addr())
	calls := make(chan struct{}, 1)
	calls <- struct{}{}
	url := rude(t, func(conn net.Conn) {
		select {
		case <-calls: // the first connection swallows everything
			accept(conn, 0)
			io.Copy(io.Discard, conn)
		default:
			cable.carry(conn)
		}
	})
	p := testPace
	p.ack = 200 * time.Millisecond
	c, _ := openClient(t, testOptions(url), p)
	for i := range 3 {
		send(t, c, result("cam", fmt.Sprintf("label-%d", i)))
	}
	w.expect(t, "inceptiond/gate/cam/result", "label-0", "label-1", "label-2")
	if s := c.Stats(); s.Reconnects != 1 || s.Dropped != 0 {
		t.Errorf("stats: %+v", s)
	}
}

func TestRefusalsSayWhatToMend(t *testing.T) {
	for code, says := range map[byte]string{
		1: "does not speak MQTT 3.1.1",
		2: "refuses our client id",
		3: "takes no clients",
		4: "refuses our login",
		5: "refuses our login",
	} {
		_, logs := openClient(t, testOptions(rude(t, func(conn net.Conn) { accept(conn, code); conn.Close() })), testPace)
		eventually(t, says, func() bool { return logs.FilterMessageSnippet(says).Len() >= 2 })
		if n := warnings(logs, says); n != 1 {
			t.Errorf("code %d: %d warnings, want 1", code, n)
		}
	}
}

func TestCloseWhileWaitingToRetry(t *testing.T) {
	p := testPace
	p.retryMin, p.retryMax = time.Hour, time.Hour
	c, logs := openClient(t, testOptions("mqtt://127.0.0.1:"+freeport.Find(t)), p)
	eventually(t, "a warning", func() bool { return warnings(logs, "nothing listens") == 1 })
	start := time.Now()
	closeInTime(t, c)
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("Close took %v without anything to wait for", took)
	}
}

func TestTwoClientsInOneProcess(t *testing.T) {
	b := startEmbedded(t, "127.0.0.1:0")
	w := watch(t, "tcp://"+b.Addr(), nil, "", "")
	for _, device := range []string{"one", "two"} {
		o := testOptions("mqtt://" + b.Addr())
		o.Device = device
		c, _ := openClient(t, o, testPace)
		send(t, c, result("cam", "of-"+device))
	}
	w.expect(t, "inceptiond/one/cam/result", "of-one")
	w.expect(t, "inceptiond/two/cam/result", "of-two")
}

func TestWebsocket(t *testing.T) {
	b := startEmbedded(t, "127.0.0.1:0")
	w := watch(t, "tcp://"+b.Addr(), nil, "", "")
	server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		bridge(answer, request, b.Addr())
	}))
	t.Cleanup(server.Close)
	c, _ := openClient(t, testOptions("ws"+strings.TrimPrefix(server.URL, "http")+"/mqtt"), testPace)
	send(t, c, result("cam", "over http"))
	w.expect(t, "inceptiond/gate/cam/result", "over http")
	closeInTime(t, c)
	w.expect(t, "inceptiond/gate/status", "online", "offline")
}

// bridge carries MQTT between a websocket and a broker's TCP port.
func bridge(answer http.ResponseWriter, request *http.Request, addr string) {
	upgrader := websocket.Upgrader{Subprotocols: []string{"mqtt"}}
	ws, err := upgrader.Upgrade(answer, request, nil)
	if err != nil {
		return
	}
	defer ws.Close()
	tcp, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	var down sync.WaitGroup
	down.Go(func() {
		defer ws.Close()
		buf := make([]byte, 4096)
		for {
			n, err := tcp.Read(buf)
			if err != nil || ws.WriteMessage(websocket.BinaryMessage, buf[:n]) != nil {
				return
			}
		}
	})
	for {
		_, data, err := ws.ReadMessage()
		if err != nil {
			break
		}
		if _, err := tcp.Write(data); err != nil {
			break
		}
	}
	tcp.Close()
	down.Wait()
}
