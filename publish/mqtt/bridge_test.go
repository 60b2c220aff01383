package mqtt

import (
	"crypto/rand"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
)

// startBridge starts the mosquitto of the device gate, which hands on to the one at middle.
func startBridge(t *testing.T, middle, ca string) *mosquitto {
	t.Helper()
	return startMosquitto(t, persistent(t)+fleetConfig(t, "bridge.conf", "listener 1883", "listener "+freeport.Find(t), "broker.example:8883", middle,
		"/etc/mosquitto/certs/ca.pem", ca, "restart_timeout 5 30", "restart_timeout 1"))
}

// persistent is what Debian's mosquitto.conf says.
func persistent(t *testing.T) string {
	return fmt.Sprintf("persistence true\npersistence_location %s/\n", t.TempDir())
}

// end ends mosquitto as its service does.
func (m *mosquitto) end() {
	m.process.Process.Signal(syscall.SIGTERM)
	m.process.Wait()
}

// goOn publishes some changes of three cameras.
func goOn(t *testing.T, c *Client, word string) (all []string) {
	t.Helper()
	for i := range 60 {
		camera, value := fmt.Sprint("cam", i%3), fmt.Sprint(word, "-", i)
		change(t, c, camera, value)
		all = append(all, camera+" "+value)
	}
	return all
}

// TestBridge: a device has a mosquitto of its own, which hands on to one in the middle, as docs/examples/brokers/bridge.conf says. What
// happens while the middle is away, and while each of them is started anew, comes through, in order; and so do commands.
func TestBridge(t *testing.T) {
	t.Parallel() // it mostly waits
	middle, encrypted, ca := middleMosquitto(t)
	here := startBridge(t, encrypted, ca.file)
	session := consume(t, []Address{{URL: "mqtt://" + middle.addr}}, "inceptiond/gate", "viewer", fleetUsers(t)["viewer"])
	w, home := listensAs(t, middle.addr, "viewer", "inceptiond/#"), listensAs(t, middle.addr, "homeassistant", "homeassistant/#")
	c, told, o := fleetDevice(t, here.addr, "gate")
	send(t, c, of("dog", "cat"))
	send(t, c, state(result("cam", "dog")))
	eventually(t, "discovery", func() bool { return len(home.on(machineTopic)) > 0 && len(home.on(camTopic)) > 0 })
	await(t, person(t, middle.addr, "kitchen", "kitchen-"+rand.Text(), nil).Publish("inceptiond/gate/cam/paused/set", 1, false, "ON"))
	eventually(t, "a command's answer", func() bool { return len(told.commands()) == 1 && len(w.on("inceptiond/gate/cam/ack")) == 1 })
	want := goOn(t, c, "before")

	middle.end()
	want = append(want, goOn(t, c, "away")...)
	eventually(t, "the device's own broker has all", drained(c))
	here.end()
	here.start(t)
	want = append(want, goOn(t, c, "anew")...)
	eventually(t, "the device's own broker has all", drained(c))
	middle.start(t)
	want = append(want, goOn(t, c, "back")...)
	duplicates := session.await(t, "inceptiond/gate", want)
	t.Logf("%d events, 0 lost, %d more than once", len(want), duplicates)

	later := person(t, middle.addr, "homeassistant", "homeassistant-"+rand.Text(), nil)
	for topic, want := range map[string]string{
		"inceptiond/gate/status": online, "inceptiond/gate/cam/state": "dog", "inceptiond/gate/bridge": "1", machineTopic: "gate",
	} {
		retainedFor(t, later, topic, func(payload string) bool { return strings.Contains(payload, want) })
	}
	if n := len(told.commands()); n != 1 {
		t.Errorf("%d commands", n)
	}
	nothingIsWrong(t, o)
	here.kill()
	retainedFor(t, later, "inceptiond/gate/bridge", func(payload string) bool { return payload == "0" })
}

// What is called otherwise in the middle: topics begin with another prefix there.
func TestBridgeWithAnotherPrefix(t *testing.T) {
	t.Parallel()
	middle := startMosquitto(t, "allow_anonymous true")
	text := fleetConfig(t, "bridge.conf", "listener 1883", "listener "+freeport.Find(t), "broker.example:8883", middle.addr,
		"bridge_cafile /etc/mosquitto/certs/ca.pem", "", "restart_timeout 5 30", "restart_timeout 1",
		"inceptiond/gate/ inceptiond/gate/", "inceptiond/gate/ hall/7/gate/")
	here := startMosquitto(t, text)
	w := watch(t, "tcp://"+middle.addr, nil, "", "")
	var o obedient
	c, _ := openClient(t, commanded("mqtt://"+here.addr, &o, "pause"), testPace)
	send(t, c, of("dog"))
	change(t, c, "cam", "lost")
	w.expect(t, "hall/7/gate/cam/event", "lost")
	say := startSpeaker(t, middle.addr)
	eventually(t, "a command", func() bool { // both may just be subscribing
		say("hall/7/gate/cam/paused/set", false, "ON")
		time.Sleep(200 * time.Millisecond)
		return len(o.commands()) > 0
	})
	eventually(t, "its answer", func() bool { return len(w.on("hall/7/gate/cam/ack")) > 0 })
}
