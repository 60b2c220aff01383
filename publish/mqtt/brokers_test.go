package mqtt

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	nats "github.com/nats-io/nats-server/v2/server"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/mqtt/mqtt5"
	"go.uber.org/zap"
)

// realBroker is a broker that people have, with a port for all and one for TLS.
type realBroker struct {
	plain, encrypted string
	ca               string // PEM file
	five             bool   // it speaks MQTT 5, and holds what is not released
}

// realBrokers start the brokers.
var realBrokers = map[string]func(t *testing.T) realBroker{
	"mosquitto": realMosquitto,
	"RabbitMQ":  realRabbitMQ,
	"NATS":      realNATS,
}

// TestRealBrokers holds the client to what it promises, with the brokers that people have.
func TestRealBrokers(t *testing.T) {
	for name, start := range realBrokers {
		t.Run(name, func(t *testing.T) {
			b := start(t)
			for name, test := range map[string]func(t *testing.T, b realBroker){
				"events": brokerTakesEvents, "results": brokerTakesResults, "retained": brokerRetains, "will": brokerSendsWill,
				"TLS": brokerWithTLS, "reconnect": brokerSeesUsAgain, "end": brokerHearsTheEnd,
				"questions": brokerIsAsked, "id": brokerHasTwoOfOneID,
			} {
				t.Run(name, func(t *testing.T) { test(t, b) })
			}
		})
	}
}

// prefixed are options with topics and a client id of the test's own.
func prefixed(t *testing.T, url string) Options {
	o := spoolOptions(url, t.TempDir())
	o.Prefix = "test/" + strings.NewReplacer("/", "-", ".", "-", "#", "-").Replace(t.Name())
	o.ClientID = strings.ReplaceAll(o.Prefix, "/", "-")
	return o
}

func brokerTakesEvents(t *testing.T, b realBroker) {
	o := prefixed(t, "mqtt://"+b.plain)
	w := watch(t, "tcp://"+b.plain, nil, "", "")
	c, _ := openClient(t, o, testPace)
	var want []string
	for i := range 200 {
		change(t, c, "cam", fmt.Sprint(i))
		want = append(want, fmt.Sprintf(`"value":"%d"`, i))
	}
	w.expect(t, o.Prefix+"/cam/event", want...)
	eventually(t, "all acknowledged", drained(c))
}

func brokerTakesResults(t *testing.T, b realBroker) {
	for qos := range byte(3) {
		t.Run(fmt.Sprint("QoS ", qos), func(t *testing.T) {
			o := prefixed(t, "mqtt://"+b.plain)
			o.QoS, o.Prefix = qos, strings.ReplaceAll(o.Prefix, " ", "")
			w := watch(t, "tcp://"+b.plain, nil, "", "")
			c, _ := openClient(t, o, testPace)
			var want []string
			for i := range 50 {
				send(t, c, result("cam", fmt.Sprint("label-", i, "-")))
				want = append(want, fmt.Sprint("label-", i, "-"))
			}
			w.expect(t, o.Prefix+"/cam/result", want...)
			eventually(t, "all acknowledged", func() bool { s := c.Stats(); return s.Waiting == 0 && s.Published >= 50 })
		})
	}
}

// retainedOn waits for what the broker retains on a topic, where RabbitMQ wants the whole topic.
func retainedOn(t *testing.T, b realBroker, topic string, good func(payload string) bool) {
	t.Helper()
	c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + b.plain).SetClientID(fmt.Sprint("later", time.Now().UnixNano())))
	await(t, c.Connect())
	defer c.Disconnect(100)
	retainedFor(t, c, topic, good)
}

// retainedFor waits for what c gets to see of it.
func retainedFor(t *testing.T, c paho.Client, topic string, good func(payload string) bool) {
	t.Helper()
	got := make(chan string, 100)
	for end := time.Now().Add(time.Minute); ; {
		await(t, c.Subscribe(topic, 1, func(_ paho.Client, m paho.Message) {
			if m.Retained() {
				got <- string(m.Payload())
			}
		}))
		var last string
		select {
		case last = <-got:
		case <-time.After(200 * time.Millisecond):
		}
		if good(last) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s: retained is %q", topic, last)
		}
		await(t, c.Unsubscribe(topic))
	}
}

func brokerRetains(t *testing.T, b realBroker) {
	o := prefixed(t, "mqtt://"+b.plain)
	c, _ := openClient(t, o, testPace)
	send(t, c, state(result("cam", "dog")))
	send(t, c, status(publish.CameraOnline, ""))
	has := func(part string) func(string) bool { return func(s string) bool { return strings.Contains(s, part) } }
	retainedOn(t, b, o.Prefix+"/cam/state", has("dog"))
	retainedOn(t, b, o.Prefix+"/cam/status", has("online"))
	retainedOn(t, b, o.Prefix+"/status", has(online))
	c.Leave()
	closeInTime(t, c)
	retainedOn(t, b, o.Prefix+"/status", has(offline))
	retainedOn(t, b, o.Prefix+"/cam/state", func(s string) bool { return s == "" })
}

func brokerSendsWill(t *testing.T, b realBroker) {
	p := startProxy(t, b.plain)
	o := prefixed(t, "mqtt://"+p.Addr().String())
	w := watch(t, "tcp://"+b.plain, nil, "", "")
	c, _ := openClient(t, o, testPace)
	w.expect(t, o.Prefix+"/status", online)
	p.Listener.Close()
	p.cut()
	w.expect(t, o.Prefix+"/status", online, offline)
	_ = c
}

func brokerWithTLS(t *testing.T, b realBroker) {
	o := prefixed(t, "mqtts://"+b.encrypted)
	o.TLS.CAFile = b.ca
	c, _ := openClient(t, o, testPace)
	config, err := o.TLS.config(c.node().url)
	if err != nil {
		t.Fatal(err)
	}
	w := watch(t, "ssl://"+b.encrypted, config, "", "")
	change(t, c, "cam", "secret")
	w.expect(t, o.Prefix+"/cam/event", "secret")
}

// Cut off again and again, the client is there again, and loses nothing.
func brokerSeesUsAgain(t *testing.T, b realBroker) {
	p := startProxy(t, b.plain)
	o := prefixed(t, "mqtt://"+p.Addr().String())
	w := watch(t, "tcp://"+b.plain, nil, "", "")
	c, _ := openClient(t, o, testPace)
	var want []string
	for i := range 60 {
		change(t, c, "cam", fmt.Sprint(i))
		want = append(want, fmt.Sprint(i))
		if i%20 == 10 {
			eventually(t, "a connection", func() bool { return c.Stats().Connected })
			p.cut()
		}
	}
	eventually(t, "all acknowledged", drained(c))
	eventually(t, "all events", func() bool {
		var got []string
		for _, text := range w.on(o.Prefix + "/cam/event") {
			var e struct{ Value string }
			if json.Unmarshal([]byte(text), &e) == nil && !slices.Contains(got, e.Value) {
				got = append(got, e.Value)
			}
		}
		return slices.Equal(got, want)
	})
}

// Whatever a broker makes of our questions: nobody hears them, nothing stays, and nothing false comes of it.
func brokerIsAsked(t *testing.T, b realBroker) {
	for name, url := range map[string]string{"plain": "mqtt://" + b.plain, "encrypted": "mqtts://" + b.encrypted} {
		t.Run(name, func(t *testing.T) {
			o := prefixed(t, url)
			if name == "encrypted" {
				o.TLS.CAFile = b.ca
			}
			o, nodes, err := o.checked()
			if err != nil {
				t.Fatal(err)
			}
			w := watch(t, "tcp://"+b.plain, nil, "", "")
			c := newClient(o, nodes, testPace, zap.NewNop())
			dial, login, err := c.asker(t.Context(), o.ClientID)
			if err != nil {
				t.Fatal(err)
			}
			var topics []string
			for i := range 50 {
				topics = append(topics, fmt.Sprintf("%s/%d", o.Prefix, i))
			}
			q := mqtt5.Question{Own: o.Prefix + "/own", Topics: topics, Filters: []string{o.Prefix + "/#"}, Payload: 16384}
			a, err := mqtt5.Ask(t.Context(), dial, login, q)
			t.Logf("%d answers, %+v, %v", len(a.Write), a.Read, err)
			if asked := err == nil && len(a.Write) == 50 && a.Read[o.Prefix+"/#"]; asked != b.five || !asked && err != mqtt5.ErrUnspoken {
				t.Errorf("%+v, %v", a, err)
			}
			if len(denied(a.Write)) > 0 || a.Limit > 0 {
				t.Errorf("false: %+v", a)
			}
			other, _ := openClient(t, prefixed(t, "mqtt://"+b.plain), testPace) // behind all that was asked
			change(t, other, "cam", "behind")
			eventually(t, "a message behind", func() bool { return strings.Contains(w.below(other.options.Prefix), "behind") })
			heard := map[string]bool{"own": b.five}
			for i := range 50 {
				heard[fmt.Sprint(i)] = false
			}
			for level, want := range heard {
				if got := len(w.on(o.Prefix+"/"+level)) > 0; got != want {
					t.Errorf("heard on %s: %q", level, w.on(o.Prefix+"/"+level))
				}
			}
			for _, level := range []string{"own", "0"} {
				retainedOn(t, b, o.Prefix+"/"+level, func(payload string) bool { return payload == "" })
			}
		})
	}
}

// Whether a broker says so or not, it is noticed that another client has our id; and events come through all the same.
func brokerHasTwoOfOneID(t *testing.T, b realBroker) {
	o := prefixed(t, "mqtt://"+b.plain)
	w := watch(t, "tcp://"+b.plain, nil, "", "")
	stop := rival(t, b.plain, o.ClientID)
	p := testPace
	p.watch = 10 * time.Second
	c, logs := openClient(t, o, p)
	eventually(t, "a warning", func() bool {
		proven, believed := takenLogs(logs)
		return proven+believed == 1
	})
	change(t, c, "cam", "through")
	stop()
	eventually(t, "the event", func() bool { return len(w.on(o.Prefix+"/cam/event")) > 0 })
}

// The last events come before offline, and it is ours and not the will: a busy broker gets the time to take them.
func brokerHearsTheEnd(t *testing.T, b realBroker) {
	p := patientPace()
	w := watch(t, "tcp://"+b.plain, nil, "", "")
	stop := keepBusy()
	defer stop()
	for i := range 12 {
		o := prefixed(t, "mqtt://"+b.plain)
		o.Prefix += fmt.Sprint("/", i)
		c, logs := openClient(t, o, p)
		w.expect(t, o.Prefix+"/status", online)
		change(t, c, "cam", "online")
		for j := range 20 {
			send(t, c, result("cam", fmt.Sprint(j)))
		}
		change(t, c, "cam", "stopped")
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		eventually(t, "offline", func() bool { return len(w.on(o.Prefix+"/status")) >= 2 })
		if got := w.on(o.Prefix + "/cam/event"); len(got) != 2 || !strings.Contains(got[1], "stopped") {
			t.Errorf("round %d: the events before offline are %q", i, got)
		}
		if n := c.Stats().Spool.Waiting; n != 0 {
			t.Errorf("round %d: %d events wait for the next start: %v", i, n, logs.All())
		}
	}
}

// keepBusy takes the machine's processors, as cameras and models do.
func keepBusy() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var busy sync.WaitGroup
	for range 4 {
		busy.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
			}
		})
	}
	return func() {
		cancel()
		busy.Wait()
	}
}

func realMosquitto(t *testing.T) realBroker {
	ca := newAuthority(t)
	cert, key := ca.issue(t, "broker", "127.0.0.1")
	port := freeport.Find(t)
	m := startMosquitto(t, fmt.Sprintf("allow_anonymous true\nmax_queued_messages 0\nlistener %s 127.0.0.1\ncertfile %s\nkeyfile %s\nallow_anonymous true", port, cert, key))
	return realBroker{m.addr, "127.0.0.1:" + port, ca.file, true}
}

// realNATS runs a NATS server in this process.
func realNATS(t *testing.T) realBroker {
	ca := newAuthority(t)
	cert, key := ca.issue(t, "broker", "127.0.0.1")
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	start := func(config *tls.Config) (addr string) {
		port := freeport.Find(t)
		o := &nats.Options{
			ServerName: "test", Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir(),
			MQTT: nats.MQTTOpts{Host: "127.0.0.1", TLSConfig: config, TLSTimeout: 10},
		}
		if _, err := fmt.Sscan(port, &o.MQTT.Port); err != nil {
			t.Fatal(err)
		}
		s, err := nats.NewServer(o)
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		t.Cleanup(func() {
			s.Shutdown()
			s.WaitForShutdown()
		})
		if !s.ReadyForConnections(time.Minute) {
			t.Fatal("NATS does not listen")
		}
		awaitPort(t, "127.0.0.1:"+port)
		return "127.0.0.1:" + port
	}
	return realBroker{start(nil), start(&tls.Config{Certificates: []tls.Certificate{pair}}), ca.file, false}
}

// awaitPort waits until somebody listens, for two minutes at most: RabbitMQ takes ten seconds on two idle processors.
func awaitPort(t *testing.T, addr string) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !listens(addr); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("nobody listens at %s", addr)
		}
	}
}

func listens(addr string) bool {
	conn, err := net.Dial("tcp", addr)
	if err == nil {
		conn.Close()
	}
	return err == nil
}
