package broker_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/publish/broker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = time.Minute

func start(t *testing.T) *broker.Broker {
	t.Helper()
	b, err := broker.Start(broker.Options{Listen: "127.0.0.1:0"}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeInTime(t, b) })
	return b
}

func closeInTime(t *testing.T, b *broker.Broker) {
	t.Helper()
	start := time.Now()
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 3*time.Second { // half a second of timers, and a machine that has other work
		t.Errorf("Close took %v", took)
	}
}

// connect returns a client, and its end of the connection for rude tests.
func connect(t *testing.T, b *broker.Broker, id string, set func(*paho.ClientOptions)) (paho.Client, net.Conn) {
	t.Helper()
	conn, err := net.Dial("tcp", b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	o := paho.NewClientOptions().AddBroker("tcp://" + b.Addr()).SetClientID(id).SetAutoReconnect(false).
		SetCustomOpenConnectionFn(func(_ *url.URL, _ paho.ClientOptions) (net.Conn, error) { return conn, nil })
	if set != nil {
		set(o)
	}
	c := paho.NewClient(o)
	done(t, "connect", c.Connect())
	t.Cleanup(func() { c.Disconnect(100) })
	return c, conn
}

func done(t *testing.T, what string, token paho.Token) {
	t.Helper()
	if !token.WaitTimeout(patience) {
		t.Fatalf("%s: no answer", what)
	}
	if err := token.Error(); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// subscribe returns what comes on topic.
func subscribe(t *testing.T, c paho.Client, topic string) <-chan paho.Message {
	t.Helper()
	messages := make(chan paho.Message, 16)
	done(t, "subscribe", c.Subscribe(topic, 1, func(_ paho.Client, m paho.Message) { messages <- m }))
	return messages
}

func next(t *testing.T, messages <-chan paho.Message) paho.Message {
	t.Helper()
	select {
	case m := <-messages:
		return m
	case <-time.After(patience):
		t.Fatal("no message")
		return nil
	}
}

func TestRetainedMessagesReachLaterSubscribers(t *testing.T) {
	b := start(t)
	publisher, _ := connect(t, b, "publisher", nil)
	for qos := range byte(3) {
		topic := "t/" + string('0'+rune(qos))
		done(t, "publish", publisher.Publish(topic, qos, true, "old"))
		done(t, "publish", publisher.Publish(topic, qos, true, "kept"))
		done(t, "publish", publisher.Publish("t/end", 1, false, "")) // acknowledged when those before it have arrived
		subscriber, _ := connect(t, b, "subscriber"+topic, nil)
		m := next(t, subscribe(t, subscriber, topic))
		if string(m.Payload()) != "kept" || !m.Retained() {
			t.Errorf("QoS %d: got %q, retained %t", qos, m.Payload(), m.Retained())
		}
	}
}

func TestLastWillIsSentAndRetained(t *testing.T) {
	b := start(t)
	watcher, _ := connect(t, b, "watcher", nil)
	messages := subscribe(t, watcher, "status")
	_, conn := connect(t, b, "victim", func(o *paho.ClientOptions) { o.SetWill("status", "offline", 1, true) })
	conn.Close()
	if m := next(t, messages); string(m.Payload()) != "offline" {
		t.Errorf("will: %q", m.Payload())
	}
	late, _ := connect(t, b, "late", nil)
	if m := next(t, subscribe(t, late, "status")); string(m.Payload()) != "offline" || !m.Retained() {
		t.Errorf("retained will: %q, retained %t", m.Payload(), m.Retained())
	}
}

func TestListensOnLoopbackOnly(t *testing.T) {
	for _, listen := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:1883", "example.org:1883", "127.0.0.1", ""} {
		b, err := broker.Start(broker.Options{Listen: listen}, zap.NewNop())
		if err == nil {
			b.Close()
			t.Errorf("%q: no error", listen)
			continue
		}
		if !strings.HasPrefix(err.Error(), "broker: listen on ") || !strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("%q: %v does not say what would work", listen, err)
		}
	}
}

func TestPortTakenSaysWhatToDo(t *testing.T) {
	b := start(t)
	_, err := broker.Start(broker.Options{Listen: b.Addr()}, zap.NewNop())
	if !errors.Is(err, syscall.EADDRINUSE) {
		t.Fatalf("got %v", err)
	}
	for _, hint := range []string{"mqtt.listen", "mqtt.broker: mqtt://" + b.Addr()} {
		if !strings.Contains(err.Error(), hint) {
			t.Errorf("%v does not mention %s", err, hint)
		}
	}
}

func TestCloseFreesThePortWhateverTheClientsDo(t *testing.T) {
	b, err := broker.Start(broker.Options{Listen: "127.0.0.1:" + freeport.Find(t)}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	silent, err := net.Dial("tcp", b.Addr()) // never says CONNECT
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	deaf(t, b)
	busy, _ := connect(t, b, "busy", nil)
	subscribe(t, busy, "#")
	closeInTime(t, b)
	closeInTime(t, b)
	again, err := broker.Start(broker.Options{Listen: b.Addr()}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	closeInTime(t, again)
}

// A DISCONNECT from the server is no MQTT 3.1.1.
func TestCloseHangsUpWithoutAWord(t *testing.T) {
	b := start(t)
	conn := subscribeRaw(t, b, "polite")
	closeInTime(t, b)
	if got, err := io.ReadAll(conn); len(got) > 0 || err != nil {
		t.Errorf("got %x, %v; want the end", got, err)
	}
}

// deaf subscribes, never reads again, and has the broker stuck in a write.
func deaf(t *testing.T, b *broker.Broker) {
	t.Helper()
	subscribeRaw(t, b, "deaf")
	loud, _ := connect(t, b, "loud", nil)
	big := make([]byte, 1<<20)
	for range 16 { // more than the socket buffers of both sides hold
		done(t, "publish", loud.Publish("big", 1, false, big))
	}
}

// subscribeRaw is a client without a library, subscribed to everything. Its id has at most 100 characters.
func subscribeRaw(t *testing.T, b *broker.Broker, id string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	connectPacket := "\x10" + string(rune(12+len(id))) + "\x00\x04MQTT\x04\x02\x00\x00\x00" + string(rune(len(id))) + id
	subscribePacket := "\x82\x06\x00\x01\x00\x01#\x00"
	if _, err := io.WriteString(conn, connectPacket+subscribePacket); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 4+5) // CONNACK, SUBACK
	if _, err := io.ReadFull(conn, answer); err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestLogHasNoPasswords(t *testing.T) {
	core, logs := observer.New(zap.DebugLevel)
	b, err := broker.Start(broker.Options{Listen: "127.0.0.1:0"}, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	connect(t, b, "client", func(o *paho.ClientOptions) { o.SetUsername("u").SetPassword("se-cret") })
	conn, err := net.Dial("tcp", b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	packet := "\x10\x1c\x00\x04MQTT\x04\xc2\x00\x00\x00\x04rude\x00\x01u\x00\x07se-cret"
	if _, err := io.WriteString(conn, packet+packet); err != nil { // a second CONNECT is an error that gets logged
		t.Fatal(err)
	}
	io.Copy(io.Discard, conn) // until the broker has thrown us out
	closeInTime(t, b)
	if logs.Len() == 0 {
		t.Fatal("nothing was logged")
	}
	for _, entry := range logs.All() {
		if entry.Level != zap.DebugLevel {
			t.Errorf("logged at %v: %s", entry.Level, entry.Message)
		}
		for key, value := range entry.ContextMap() {
			if s, ok := value.(string); ok && strings.Contains(s, "se-cret") {
				t.Errorf("%s: %s holds the password: %s", entry.Message, key, s)
			}
		}
	}
}

// Subscriptions and retained messages on the same topics, all at once: for the race detector.
func TestRetainedMessagesOfManyClients(t *testing.T) {
	b := start(t)
	var wg sync.WaitGroup
	for i := range 4 {
		publisher, conn := connect(t, b, fmt.Sprint("publisher", i), func(o *paho.ClientOptions) {
			o.SetWill(fmt.Sprint("a/will/", i), "x", 0, true)
		})
		wg.Go(func() {
			for n := range 500 {
				publisher.Publish(fmt.Sprintf("a/%d/%d", i, n%2), 0, true, "x").WaitTimeout(patience)
			}
			conn.Close()
		})
		subscriber, _ := connect(t, b, fmt.Sprint("subscriber", i), nil)
		wg.Go(func() {
			for range 100 {
				subscriber.Subscribe("a/#", 0, nil).WaitTimeout(patience)
			}
		})
	}
	wg.Wait()
	late, _ := connect(t, b, "late", nil)
	for i := range 4 {
		next(t, subscribe(t, late, fmt.Sprint("a/will/", i)))
	}
}
