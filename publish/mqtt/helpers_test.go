package mqtt

import (
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/broker"
	"github.com/inceptiond/inceptiond/publish/homeassistant"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// pahoLogs is what paho says in all tests.
var pahoLogs *observer.ObservedLogs

func TestMain(m *testing.M) {
	if args := os.Getenv(childEnv); args != "" {
		child(strings.Fields(args))
	}
	core, logs := observer.New(zap.DebugLevel)
	pahoLogs = logs
	BridgeLogs(zap.New(core))
	BridgeLogs(zap.NewExample()) // no effect: paho is bridged once
	goleak.VerifyTestMain(m)
}

var (
	eventually = publishtest.Eventually
	result     = publishtest.Result
	state      = publishtest.State
)

// testPace is patient with a busy machine where waiting is the exception, and quick where it is the rule.
var testPace = pace{
	connect: 5 * time.Second, ask: 20 * time.Second, fresh: time.Minute, askMin: 50 * time.Millisecond, askMax: 200 * time.Millisecond,
	watch: 200 * time.Millisecond, taken: 40 * time.Millisecond, takenMax: 80 * time.Millisecond, write: 2 * time.Second, ack: 5 * time.Second,
	late: time.Minute, repeat: 50 * time.Millisecond, silence: time.Hour, rest: 300 * time.Millisecond,
	between: 5 * time.Millisecond, retryMin: 10 * time.Millisecond, retryMax: 60 * time.Millisecond, refused: 20 * time.Millisecond, stable: time.Hour,
	home:   homeassistant.Pace{Min: 10 * time.Millisecond, Max: 20 * time.Millisecond, Spacing: 100 * time.Millisecond},
	replay: time.Millisecond, sweep: 200 * time.Millisecond,
	flush: 500 * time.Millisecond, close: 800 * time.Millisecond,
}

// patientPace is the default pace, with the time for Close that tests need which others run beside.
func patientPace() pace {
	p := defaultPace
	p.flush, p.close = 10*p.flush, 10*p.close
	return p
}

func testOptions(broker string) Options {
	return Options{Brokers: []Address{{URL: broker}}, Device: "gate", QoS: 1}
}

// openClient returns a client at test pace that is closed, in time, when the test ends.
func openClient(t *testing.T, o Options, p pace) (*Client, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zap.DebugLevel)
	c, err := open(o, p, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		closeInTime(t, c)
		<-c.done
	})
	return c, logs
}

func closeInTime(t *testing.T, c *Client) {
	t.Helper()
	start := time.Now()
	if err := c.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if took := time.Since(start); took > 3*time.Second { // 0.9 s of timers, and a machine that has other work
		t.Errorf("Close took %v", took)
	}
}

// send publishes m and fails the test when that takes long.
func send(t *testing.T, c *Client, m publish.Message) {
	t.Helper()
	start := time.Now()
	if err := c.Publish(t.Context(), m); err != nil {
		t.Fatalf("Publish: %v", err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("Publish took %v", took)
	}
}

func status(state publish.CameraState, reason string) publish.CameraStatus {
	return publish.CameraStatus{Device: "gate", Camera: "cam", State: state, Reason: reason, Time: time.Now()}
}

// startEmbedded starts the embedded broker; listen is 127.0.0.1:0 for a free port.
func startEmbedded(t *testing.T, listen string) *broker.Broker {
	t.Helper()
	b, err := broker.Start(broker.Options{Listen: listen}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// watcher is another client of the broker that notes all messages.
type watcher struct {
	mu       sync.Mutex
	messages []paho.Message
}

// watch subscribes to everything.
func watch(t *testing.T, url string, config *tls.Config, user, password string) *watcher {
	t.Helper()
	w := new(watcher)
	o := paho.NewClientOptions().AddBroker(url).SetClientID("watcher-" + rand.Text()).SetAutoReconnect(false).
		SetTLSConfig(config).SetUsername(user).SetPassword(password).SetCleanSession(true)
	c := paho.NewClient(o)
	await(t, c.Connect())
	t.Cleanup(func() { c.Disconnect(100) })
	await(t, c.Subscribe("#", 2, w.hear))
	return w
}

// hear notes a message.
func (w *watcher) hear(_ paho.Client, m paho.Message) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.messages = append(w.messages, m)
}

func await(t *testing.T, token paho.Token) {
	t.Helper()
	if !token.WaitTimeout(time.Minute) || token.Error() != nil {
		t.Fatalf("watcher: %v", token.Error())
	}
}

// on returns the payloads that came on topic while we watched, in order. The embedded broker may send a message that
// arrives during SUBSCRIBE twice, live and retained; only the first counts.
func (w *watcher) on(topic string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var payloads []string
	for _, m := range w.messages {
		if m.Topic() == topic && !m.Retained() {
			payloads = append(payloads, string(m.Payload()))
		}
	}
	return payloads
}

// retained returns the payloads that the broker had kept, by topic.
func (w *watcher) retained() map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	payloads := map[string]string{}
	for _, m := range w.messages {
		if m.Retained() {
			payloads[m.Topic()] = string(m.Payload())
		}
	}
	return payloads
}

func (w *watcher) text() string { return w.below("") }

// below is the text of all messages whose topics begin with prefix.
func (w *watcher) below(prefix string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var b strings.Builder
	for _, m := range w.messages {
		if strings.HasPrefix(m.Topic(), prefix) {
			b.Write(m.Payload())
		}
	}
	return b.String()
}

// expect waits until topic has seen exactly these payloads, by the part that each must contain.
func (w *watcher) expect(t *testing.T, topic string, parts ...string) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d messages on %s", len(parts), topic), func() bool { return len(w.on(topic)) >= len(parts) })
	got := w.on(topic)
	if !slices.EqualFunc(got, parts, strings.Contains) {
		t.Errorf("%s: got %q, want %q", topic, got, parts)
	}
}

// proxy stands between client and broker, and can cut the cable.
type proxy struct {
	net.Listener
	target string
	mu     sync.Mutex
	conns  []net.Conn
}

func startProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{Listener: l, target: target}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { p.carry(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.cut()
		running.Wait()
	})
	return p
}

func (p *proxy) carry(in net.Conn) {
	defer in.Close()
	out, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer out.Close()
	p.mu.Lock()
	p.conns = append(p.conns, in, out)
	p.mu.Unlock()
	var back sync.WaitGroup
	back.Go(func() {
		io.Copy(in, out)
		in.Close()
	})
	io.Copy(out, in)
	out.Close()
	back.Wait()
}

// cut closes all connections without a word.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		conn.Close()
	}
	p.conns = nil
}

// rude is a server that is no good broker: handle gets each connection.
func rude(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var conns []net.Conn
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, conn)
			mu.Unlock()
			running.Go(func() { handle(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, conn := range conns {
			conn.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	return "mqtt://" + l.Addr().String()
}

// accept reads CONNECT and answers with CONNACK.
func accept(conn net.Conn, code byte) {
	var head [2]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return
	}
	io.CopyN(io.Discard, conn, int64(head[1])) // a CONNECT under 128 bytes
	conn.Write([]byte{0x20, 2, 0, code})
}

// warnings are the messages logged above debug level that contain part.
func warnings(logs *observer.ObservedLogs, part string) int {
	return logs.Filter(func(e observer.LoggedEntry) bool {
		return e.Level > zap.DebugLevel && strings.Contains(e.Message, part)
	}).Len()
}
