package mqtt

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	nats "github.com/nats-io/nats-server/v2/server"
	"go.uber.org/zap/zaptest/observer"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/homeassistant"
)

// fleetExamples is the folder of the files that docs/brokers.md gives to people.
const fleetExamples = "../../docs/examples/brokers/"

// fleetBrokers start brokers as those files say, and return their addresses. Two devices are known there, gate and yard, a viewer,
// kitchen, who may command, and homeassistant.
var fleetBrokers = map[string]struct {
	start        func(t *testing.T) (addr string)
	keepsSession bool // also if somebody else comes under its client id
}{
	"mosquitto": {fleetMosquitto, false},
	"RabbitMQ":  {fleetRabbitMQ, true},
	"NATS":      {fleetNATS, true},
}

// TestFleet holds the examples' access rules against a device that misbehaves: nothing of what it does reaches anybody, and a device
// that behaves has all that it needs.
func TestFleet(t *testing.T) {
	if testing.Short() {
		t.Skip("RabbitMQ takes its time to start")
	}
	t.Parallel() // it mostly waits
	for name, b := range fleetBrokers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := b.start(t)
			t.Run("rights", func(t *testing.T) { fleetHasItsRights(t, addr) })
			t.Run("misbehaves", func(t *testing.T) { oneMisbehaves(t, addr) })
			t.Run("session", func(t *testing.T) { sessionIsTaken(t, addr, b.keepsSession) })
			t.Run("floods", func(t *testing.T) { oneFloods(t, addr) })
		})
	}
}

// fleetUsers are those of the example, by name.
func fleetUsers(t *testing.T) (passwords map[string]string) {
	t.Helper()
	passwords = map[string]string{}
	for line := range strings.Lines(fleetExample(t, "users")) {
		if f := strings.Fields(line); len(f) == 3 {
			passwords[f[1]] = f[2]
		}
	}
	return passwords
}

func fleetExample(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(fleetExamples + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// fleetScript runs a script of the examples with their users.
func fleetScript(t *testing.T, name string) (out []byte) {
	t.Helper()
	script := exec.Command(fleetExamples + name)
	var said bytes.Buffer
	script.Stdin, script.Stderr = strings.NewReader(fleetExample(t, "users")), &said
	out, err := script.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", name, err, &said)
	}
	return out
}

// fleetMosquitto has its listener and its files elsewhere.
func fleetMosquitto(t *testing.T) string {
	m, _, _ := middleMosquitto(t)
	return m.addr
}

// middleMosquitto is a mosquitto of the example with some more texts of its file replaced, its address for TLS, and who signs certificates.
func middleMosquitto(t *testing.T, pairs ...string) (m *mosquitto, encrypted string, ca *authority) {
	t.Helper()
	ca = newAuthority(t)
	cert, key := ca.issue(t, "broker", "127.0.0.1")
	var users []string
	for name, password := range fleetUsers(t) {
		users = append(users, name, password)
	}
	acl := filepath.Join(t.TempDir(), "acl")
	if err := os.WriteFile(acl, []byte(fleetExample(t, "mosquitto.acl")), 0o600); err != nil {
		t.Fatal(err)
	}
	port := freeport.Find(t)
	m = startMosquitto(t, persistent(t)+fleetConfig(t, "mosquitto.conf", append(pairs, "/etc/mosquitto/certs/ca.pem", ca.file,
		"/etc/mosquitto/certs/broker.pem", cert, "/etc/mosquitto/certs/broker.key", key, "/etc/mosquitto/fleet.passwd", passwords(t, users...),
		"/etc/mosquitto/fleet.acl", acl, "listener 8883", "listener "+port+" 127.0.0.1")...))
	return m, "127.0.0.1:" + port, ca
}

// Who a device is, its certificate says. One that has the prefix of another is told.
func TestFleetByCertificate(t *testing.T) {
	t.Parallel()
	m, encrypted, ca := middleMosquitto(t, "#require_certificate", "require_certificate", "#use_identity", "use_identity")
	w := listensAs(t, m.addr, "viewer", "inceptiond/#")
	speak := func(name string) (*observer.ObservedLogs, Options) {
		cert, key := ca.issue(t, name, name)
		o := prefixed(t, "mqtts://"+encrypted)
		o.Prefix, o.ClientID, o.Ask = "inceptiond/gate", "inceptiond-"+name, true
		o.TLS = TLS{CAFile: ca.file, CertFile: cert, KeyFile: key}
		c, logs := openClient(t, o, testPace)
		change(t, c, "cam", "said by "+name)
		eventually(t, "acknowledged", drained(c))
		return logs, o
	}
	logs, _ := speak("yard")
	if warnings(logs, "does not let us write below inceptiond/gate/doctor/") != 1 {
		t.Errorf("logged: %v", logs.All())
	}
	_, o := speak("gate")
	w.expect(t, "inceptiond/gate/cam/event", "said by gate")
	nothingIsWrong(t, o)
}

// fleetConfig is a file of the examples in which texts are replaced: what is about another machine.
func fleetConfig(t *testing.T, name string, pairs ...string) string {
	t.Helper()
	text := fleetExample(t, name)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Errorf("%s has no %q", name, pairs[i])
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

func fleetRabbitMQ(t *testing.T) string {
	r := startRabbitMQ(t, 1, rabbitExample(t)...)
	r.control(t, fleetScript(t, "rabbitmq-users.sh"), "import_definitions")
	return r.nodes[0].addr
}

// fleetNATS is alone, and so has one copy of everything.
func fleetNATS(t *testing.T) string {
	dir, port := t.TempDir(), freeport.Find(t)
	if err := os.WriteFile(filepath.Join(dir, "nats-users.conf"), fleetScript(t, "nats-users.sh"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := fleetConfig(t, "nats.conf", "/var/lib/nats", filepath.Join(dir, "store"), "port: 1883", "listen: 127.0.0.1:"+port,
		"stream_replicas: 3", "stream_replicas: 1")
	text = regexp.MustCompile(`(?ms)^cluster \{.*?^\}`).ReplaceAllString(text, "listen: 127.0.0.1:-1")
	file := filepath.Join(dir, "nats.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := nats.ProcessConfigFile(file)
	if err != nil {
		t.Fatal(err)
	}
	o.NoSigs, o.NoLog = true, true
	s, err := nats.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	awaitPort(t, "127.0.0.1:"+port)
	return "127.0.0.1:" + port
}

// fleetDevice is a device as the daemon would have it, with all that it may do.
func fleetDevice(t *testing.T, addr, name string) (*Client, *obedient, Options) {
	t.Helper()
	o := spoolOptions("mqtt://"+addr, t.TempDir())
	told := new(obedient)
	o.Device, o.ClientID, o.Username = name, "inceptiond-"+name+"-01234567", name
	password := fleetUsers(t)[name]
	o.Password = func() (string, error) { return password, nil }
	o.Ask, o.Sweep, o.Commands, o.Control = true, true, []string{"pause", "enter"}, told
	o.HomeAssistant = &homeassistant.Options{Version: "1.0.0"}
	c, logs := openClient(t, o, testPace)
	t.Cleanup(func() {
		for _, e := range logs.All() {
			if t.Failed() || e.Level > 0 {
				t.Log(name, e.Message, e.ContextMap())
			}
		}
	})
	return c, told, o
}

// person is a client of a user.
func person(t *testing.T, addr, user, id string, change func(*paho.ClientOptions)) paho.Client {
	t.Helper()
	o := paho.NewClientOptions().AddBroker("tcp://" + addr).SetClientID(id).SetUsername(user).SetPassword(fleetUsers(t)[user]).
		SetAutoReconnect(false).SetStore(noStore{}).SetWriteTimeout(5 * time.Second)
	if change != nil {
		change(o)
	}
	c := paho.NewClient(o)
	await(t, c.Connect())
	t.Cleanup(func() { c.Disconnect(50) })
	return c
}

// listensAs is what somebody hears.
func listensAs(t *testing.T, addr, user, filter string) *watcher {
	t.Helper()
	w := new(watcher)
	token := person(t, addr, user, user+"-"+rand.Text(), nil).Subscribe(filter, 1, w.hear)
	await(t, token)
	if codes := token.(*paho.SubscribeToken).Result(); codes[filter] != 1 {
		t.Fatalf("%s may not read %s: %v", user, filter, codes)
	}
	return w
}

// fleetHasItsRights: a device says all that it has to, and hears its commands; who reads hears it, and who commands may.
func fleetHasItsRights(t *testing.T, addr string) {
	w, home := listensAs(t, addr, "viewer", "inceptiond/#"), listensAs(t, addr, "homeassistant", "homeassistant/#")
	c, told, o := fleetDevice(t, addr, "gate")
	send(t, c, of("dog", "cat"))
	send(t, c, state(result("cam", "dog")))
	change(t, c, "cam", "lost")
	eventually(t, "online", func() bool { return slices.Contains(w.on("inceptiond/gate/status"), online) })
	eventually(t, "the state", func() bool { return strings.Contains(w.below("inceptiond/gate/cam/state"), "dog") })
	w.expect(t, "inceptiond/gate/cam/event", "lost")
	eventually(t, "discovery", func() bool {
		return len(home.on(machineTopic)) > 0 && len(home.on(camTopic)) > 0
	})
	for _, user := range []string{"kitchen", "homeassistant"} {
		before := len(told.commands())
		await(t, person(t, addr, user, user+"-"+rand.Text(), nil).Publish("inceptiond/gate/cam/paused/set", 1, false, "ON"))
		eventually(t, "a command of "+user, func() bool { return len(told.commands()) > before })
	}
	before := len(home.on(machineTopic))
	await(t, person(t, addr, "homeassistant", "homeassistant-"+rand.Text(), nil).Publish("homeassistant/status", 1, false, "online"))
	eventually(t, "discovery once more", func() bool { return len(home.on(machineTopic)) > before })
	nothingIsWrong(t, o)
}

// nothingIsWrong is what `inceptiond doctor` finds of the broker of o.
func nothingIsWrong(t *testing.T, o Options) {
	t.Helper()
	r, err := Probe(t.Context(), o, Wanted{Inventory: publish.Inventory{Cameras: []publish.Listed{{Name: "cam"}}}, Largest: 256 << 10})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.failed(); err != nil || r.Other {
		t.Errorf("the doctor says %+v", r)
	}
	if r.Rights != nil && len(r.Rights.Advice) > 0 {
		t.Errorf("the doctor says of rights %+v", r.Rights.Advice)
	}
}

const roguish = "said by another"

// deeds are what a device with the name yard might try against one that is called gate, each on a connection of its own, which the
// broker may end.
var deeds = map[string]func(c paho.Client) paho.Token{
	"status": func(c paho.Client) paho.Token {
		return c.Publish("inceptiond/gate/status", 1, true, "offline "+roguish)
	},
	"event":            func(c paho.Client) paho.Token { return c.Publish("inceptiond/gate/cam/event", 1, false, roguish) },
	"event, QoS 0":     func(c paho.Client) paho.Token { return c.Publish("inceptiond/gate/cam/event", 0, false, roguish) },
	"event, QoS 2":     func(c paho.Client) paho.Token { return c.Publish("inceptiond/gate/cam/event", 2, false, roguish) },
	"clears":           func(c paho.Client) paho.Token { return c.Publish("inceptiond/gate/cam/state", 1, true, "") },
	"commands":         func(c paho.Client) paho.Token { return c.Publish("inceptiond/gate/cam/paused/set", 1, false, "ON") },
	"clears discovery": func(c paho.Client) paho.Token { return c.Publish(machineTopic, 1, true, "") },
	"discovery":        func(c paho.Client) paho.Token { return c.Publish("homeassistant/switch/x/config", 1, true, roguish) },
	"birth":            func(c paho.Client) paho.Token { return c.Publish("homeassistant/status", 1, true, roguish) },
	"level above":      func(c paho.Client) paho.Token { return c.Publish("inceptiond", 1, true, roguish) },
	"begins the same":  func(c paho.Client) paho.Token { return c.Publish("inceptiond/yardman/status", 1, true, roguish) },
	"server": func(c paho.Client) paho.Token {
		return c.Publish("$JS/API/STREAM/PURGE/$MQTT_rmsgs", 1, false, roguish)
	},
	"messages": func(c paho.Client) paho.Token {
		return c.Publish("$MQTT/msgs/inceptiond/gate/cam/event", 1, false, roguish)
	},
}

// curious are filters that such a device would listen to.
var curious = []string{
	"#", "+/#", "inceptiond/#", "inceptiond/gate/#", "inceptiond/+/+/event", "inceptiond/gate/cam/state", "homeassistant/#",
	"$share/x/inceptiond/gate/#", "$SYS/#", "$MQTT/#", "$JS/#", "$queue/inceptiond/gate/#",
}

// oneMisbehaves: whatever yard tries, nobody hears it, it hears nobody, and what gate has said stays.
func oneMisbehaves(t *testing.T, addr string) {
	w, home := listensAs(t, addr, "viewer", "inceptiond/#"), listensAs(t, addr, "homeassistant", "homeassistant/#")
	c, told, o := fleetDevice(t, addr, "gate")
	send(t, c, of("dog", "cat"))
	send(t, c, state(result("cam", "dog")))
	eventually(t, "discovery", func() bool { return len(home.on(machineTopic)) > 0 && len(home.on(camTopic)) > 0 })
	ear := new(watcher)
	for i, filter := range curious { // a broker may refuse, hang up, or let it and send nothing
		yard(t, addr, i, nil).Subscribe(filter, 1, ear.hear).WaitTimeout(2 * time.Second)
	}
	number := 100 // each has an id of its own: NATS holds one up that is back at once
	for name, do := range deeds {
		number++
		token := do(yard(t, addr, number, nil))
		if !token.WaitTimeout(10 * time.Second) {
			t.Logf("%s: not answered", name)
		}
	}
	dies(t, addr)
	change(t, c, "cam", "behind")
	w.expect(t, "inceptiond/gate/cam/event", "behind")
	if text := w.text() + home.text(); strings.Contains(text, roguish) {
		t.Errorf("heard: %s", text)
	}
	if len(told.commands()) > 0 {
		t.Errorf("commands: %v", told.commands())
	}
	if text := ear.text(); text != "" {
		t.Errorf("another device has heard %s", text)
	}
	later := person(t, addr, "homeassistant", "homeassistant-"+rand.Text(), nil)
	for topic, want := range map[string]string{
		"inceptiond/gate/status": online, "inceptiond/gate/cam/state": "dog", machineTopic: "gate", camTopic: "cam",
	} {
		retainedFor(t, later, topic, func(payload string) bool { return strings.Contains(payload, want) })
	}
	nothingIsWrong(t, o)
}

// yard is a connection of the device that misbehaves.
func yard(t *testing.T, addr string, number int, change func(*paho.ClientOptions)) paho.Client {
	t.Helper()
	return person(t, addr, "yard", fmt.Sprintf("inceptiond-yard-%08x", number), change)
}

// dies is a connection of yard's whose last will is in gate's name.
func dies(t *testing.T, addr string) {
	t.Helper()
	var conn net.Conn
	yard(t, addr, 99, func(o *paho.ClientOptions) {
		o.SetWill("inceptiond/gate/status", offline+" "+roguish, 1, true)
		o.SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (c net.Conn, err error) {
			conn, err = net.Dial("tcp", addr)
			return conn, err
		})
	})
	conn.Close()
}

// oneFloods: yard sends as much as it can below its own prefix, messages that are too large, and wrong passwords, and takes gate's
// client id, which it cannot know. All that gate says comes through, in order.
func oneFloods(t *testing.T, addr string) {
	heard := make(map[string][]event)
	var mu sync.Mutex
	await(t, person(t, addr, "viewer", "viewer-"+rand.Text(), nil).Subscribe("inceptiond/+/+/event", 1, func(_ paho.Client, m paho.Message) {
		mu.Lock()
		defer mu.Unlock()
		if e, err := parseEvent(m.Payload()); err == nil {
			heard[m.Topic()] = append(heard[m.Topic()], e)
		}
	}))
	var large atomic.Int64
	await(t, person(t, addr, "viewer", "viewer-"+rand.Text(), nil).Subscribe("inceptiond/yard/#", 0, func(_ paho.Client, m paho.Message) {
		large.Store(max(large.Load(), int64(len(m.Payload()))))
	}))
	c, _, o := fleetDevice(t, addr, "gate")
	eventually(t, "a connection", func() bool { return c.Stats().Connected })
	ctx, cancel := context.WithCancel(t.Context())
	var flood sync.WaitGroup
	for i := range 3 {
		flood.Go(func() { pours(ctx, t, addr, i) })
	}
	stop := load(t, c, 20*time.Millisecond)
	for i := range 20 {
		guess := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + addr).SetClientID(fmt.Sprint("guess-", i)).SetUsername("gate").SetPassword("wrong"))
		if guess.Connect().WaitTimeout(5*time.Second) && guess.IsConnected() {
			t.Error("let in with a wrong password")
		}
	}
	for i := range 3 {
		yard(t, addr, 200+i, nil).Publish("inceptiond/yard/cam/snapshot", 1, false, make([]byte, 2<<20)).WaitTimeout(2 * time.Second)
		takesID(addr, o.ClientID, fleetUsers(t)["yard"])
	}
	want := stop()
	cancel()
	flood.Wait()
	var err error
	defer func() {
		if err != nil {
			t.Log(err)
		}
	}()
	eventually(t, "all events", func() bool {
		mu.Lock()
		defer mu.Unlock()
		var all []event
		for i := range 3 {
			all = append(all, heard[fmt.Sprintf("inceptiond/gate/cam%d/event", i)]...)
		}
		_, err = checkEvents(all, want)
		return err == nil
	})
	if large.Load() > 1<<20 {
		t.Errorf("a message of %d bytes came through", large.Load())
	}
	eventually(t, "a connection", func() bool { return c.Stats().Connected })
	nothingIsWrong(t, o)
}

// takesID connects as yard with the client id of somebody else, if the broker lets it, and speaks in gate's name.
func takesID(addr, id, password string) {
	c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + addr).SetClientID(id).SetUsername("yard").SetPassword(password).SetAutoReconnect(false))
	if token := c.Connect(); token.WaitTimeout(5*time.Second) && token.Error() == nil {
		c.Publish("inceptiond/gate/status", 1, true, roguish).WaitTimeout(time.Second)
	}
	c.Disconnect(50)
}

// pours sends as much as it can.
func pours(ctx context.Context, t *testing.T, addr string, number int) {
	payload := make([]byte, 4096)
	for ctx.Err() == nil {
		c := yard(t, addr, 300+number, nil)
		for ctx.Err() == nil && c.IsConnectionOpen() {
			token := c.Publish("inceptiond/yard/cam/result", byte(number%2), false, payload)
			if number > 0 {
				token.WaitTimeout(time.Second)
			}
		}
		c.Disconnect(0)
	}
}

// sessionIsTaken: who has a session with a broker and is away is not robbed by somebody else who comes under the same client id. With
// some brokers, what has waited is gone then.
func sessionIsTaken(t *testing.T, addr string, keeps bool) {
	const id = "viewer-session"
	own, ear := new(watcher), new(watcher)
	with := func(w *watcher) func(*paho.ClientOptions) {
		return func(o *paho.ClientOptions) { o.SetCleanSession(false).SetDefaultPublishHandler(w.hear) }
	}
	viewer := person(t, addr, "viewer", id, with(own))
	await(t, viewer.Subscribe("inceptiond/+/+/event", 1, nil))
	viewer.Disconnect(50)
	c, _, _ := fleetDevice(t, addr, "gate")
	change(t, c, "cam", "while away")
	eventually(t, "acknowledged", drained(c))
	thief := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + addr).SetClientID(id).SetUsername("yard").SetPassword(fleetUsers(t)["yard"]).
		SetAutoReconnect(false).SetCleanSession(false).SetDefaultPublishHandler(ear.hear))
	if token := thief.Connect(); token.WaitTimeout(time.Minute) && token.Error() == nil {
		await(t, thief.Subscribe("inceptiond/yard/#", 1, ear.hear))
		await(t, thief.Publish("inceptiond/yard/cam/result", 1, false, "mark"))
		eventually(t, "the mark", func() bool { return len(ear.on("inceptiond/yard/cam/result")) > 0 })
	}
	thief.Disconnect(50)
	if text := ear.below("inceptiond/gate"); text != "" {
		t.Errorf("stolen: %s", text)
	}
	person(t, addr, "viewer", id, with(own))
	change(t, c, "cam", "behind")
	eventually(t, "the event", func() bool { return strings.Contains(own.text(), "behind") || !keeps })
	if keeps && !strings.Contains(own.text(), "while away") {
		t.Errorf("lost with its session: %s", own.text())
	}
}
