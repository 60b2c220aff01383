package main_test

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// ofCounts is the config of a camera that counts dogs and cats.
const ofCounts = `
device: wire
mqtt: {broker: 'mqtt://%[1]s', prefix: wire, commands: [pause], spool: {path: spool}}
web: {listen: ''}
models: {coco: {file: '%[2]s/models/zoo/ssd_mobilenet_v1_coco.tflite', labels: '%[2]s/models/zoo/labels/coco_labels.txt', engine: cpu}}
cameras:
  gate:
    source: http
    http: {url: 'http://%[3]s/stream', timeout: 5m}
    model: coco
    objects: {only: [%[4]s]}
    decision: {need: 2, window: 2}
`

// startMosquitto runs a real broker, that forgets everything when it ends, at an address.
func startMosquitto(t *testing.T, address string) (kill func()) {
	t.Helper()
	path, err := exec.LookPath("mosquitto")
	if err != nil {
		shared.Missing(t, "no mosquitto (apt install mosquitto)")
	}
	_, port, _ := net.SplitHostPort(address)
	cmd := exec.Command(path, "-p", port)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		cmd.Process.Kill()
		cmd.Wait()
	}
	t.Cleanup(kill)
	eventually(t, "mosquitto", func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return kill
}

// counting is what a subscriber hears of a camera that counts.
type counting struct {
	t *testing.T
	*recorder
	camera  *webcam
	program *program
}

// start starts the program.
func (c *counting) start(dir string) {
	c.program = startProgram(c.t, dir, "run", "-c", configName, "--output", "json")
}

// reloaded waits until the program has read its config so many times again.
func (c *counting) reloaded(times int) {
	c.t.Helper()
	eventually(c.t, "a reload", func() bool { return strings.Count(c.program.err.String(), "config applied") == times })
}

// show shows a picture as often as it says, and waits for each result.
func (c *counting) show(picture []byte, times int) {
	c.t.Helper()
	for range times {
		before := strings.Count(c.program.out.String(), `"predictions":`)
		c.camera.show(c.t, picture)
		eventually(c.t, "a result", func() bool { return strings.Count(c.program.out.String(), `"predictions":`) > before })
	}
}

// numbers are what was said of a label, in order.
func (c *counting) numbers(label string) (list []string) {
	for _, m := range c.all() {
		if m.topic == "wire/gate/count/"+label && !m.retained {
			list = append(list, m.payload)
		}
	}
	return list
}

// events are the changes of counts: "dog 2 after 1".
func (c *counting) events() (list []string) {
	c.t.Helper()
	for _, m := range c.all() {
		var e struct{ Kind, Label, Value, Previous, Reason string }
		if m.topic != "wire/gate/event" {
			continue
		}
		if err := json.Unmarshal([]byte(m.payload), &e); err != nil {
			c.t.Fatal(err)
		}
		if e.Kind == "count" {
			list = append(list, fmt.Sprintf("%s %s after %s: %s", e.Label, e.Value, e.Previous, e.Reason))
		}
	}
	return list
}

// TestCounts has a real detector count the dogs of a real picture, and a real broker keep the number: from the first decision on, over a
// pause, a broker that is away and has forgotten all, a reload that counts something else, and a start of the daemon.
func TestCounts(t *testing.T) {
	t.Parallel()
	data := shared.Dir(t)
	dogs, err := os.ReadFile(filepath.Join(data, "golden/zoo/pictures/pets.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	nothing := jpegPicture(t, "stripes")
	address, dir := freeAddress(t), t.TempDir()
	kill := startMosquitto(t, address)
	c := &counting{t: t, recorder: record(t, address), camera: startWebcam(t, nil)}
	config := func(only string) string { return fmt.Sprintf(ofCounts, address, data, c.camera.address(), only) }
	writeConfig(t, dir, config("dog, cat"))
	c.start(dir)

	c.show(dogs, 2)
	c.await(t, "wire/gate/count/dog", "2", 1)
	c.await(t, "wire/gate/count/cat", "0", 1)
	c.await(t, "wire/gate/decision", `"counts":{"cat":0,"dog":2}`, 1)
	c.await(t, "wire/gate/event", `"kind":"count"`, 2)
	c.expectKept(address, map[string]string{"wire/gate/count/dog": "2", "wire/gate/count/cat": "0"})
	c.show(nothing, 1) // a vote of two
	c.show(dogs, 1)

	user := new(recorder).connect(t, address)
	user.Publish("wire/gate/paused/set", 1, false, "ON")
	c.await(t, "wire/gate/decision", `"counts":{"cat":0,"dog":0}`, 1)
	c.await(t, "wire/gate/count/dog", "0", 1)
	c.await(t, "wire/gate/status", `"paused"`, 1)
	user.Publish("wire/gate/paused/set", 1, false, "OFF")
	c.show(dogs, 2)
	c.await(t, "wire/gate/count/dog", "2", 2)
	if got := c.numbers("dog"); !slices.Equal(got, []string{"2", "0", "2"}) {
		t.Errorf("dogs: %v", got)
	}

	// What changes while the broker is away comes as events, and the newest as what is kept.
	c.check()
	kill()
	eventually(t, "the daemon to notice", func() bool { return strings.Contains(c.program.err.String(), "connection lost") })
	c.show(nothing, 2)
	c.show(dogs, 2)
	c.show(nothing, 2)
	startMosquitto(t, address)
	c.recorder = record(t, address)
	c.await(t, "wire/gate/event", `"value":"0","previous":"2"`, 2)
	if got, want := c.events(), []string{"dog 0 after 2: dog 0, 2 of 2", "dog 2 after 0: dog 2, 2 of 2", "dog 0 after 2: dog 0, 2 of 2"}; !slices.Equal(got, want) {
		t.Errorf("events after the broker was away\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	c.expectKept(address, map[string]string{"wire/gate/count/dog": "0", "wire/gate/count/cat": "0"})

	// What is not counted any more goes.
	c.program.reload(t, config("dog"))
	eventually(t, "the count of cats to go", func() bool {
		return slices.Equal(c.numbers("cat"), []string{"0", ""}) || slices.Equal(c.numbers("cat"), []string{""})
	})
	c.show(dogs, 2)
	c.await(t, "wire/gate/count/dog", "2", 1)
	c.expectKept(address, map[string]string{"wire/gate/count/dog": "2"})

	// What an older daemon has left holds until something is decided.
	c.program.kill(t)
	c.start(dir)
	eventually(t, "a connection", func() bool { return strings.Contains(c.program.err.String(), "connected") })
	c.expectKept(address, map[string]string{"wire/gate/count/dog": "2"})
	c.show(nothing, 2)
	c.await(t, "wire/gate/event", `"value":"0","previous":null`, 1)
	c.expectKept(address, map[string]string{"wire/gate/count/dog": "0"})

	// A camera that takes the place of another tells of the labels that came to that one.
	all := strings.Replace(config(""), "objects: {only: []}", "objects: {threshold: %v}", 1)
	c.program.reload(t, fmt.Sprintf(all, 0.4))
	c.reloaded(1)
	c.show(dogs, 2)
	c.await(t, "wire/gate/count/dog", "2", 2)
	c.program.reload(t, fmt.Sprintf(all, 0.45))
	c.reloaded(2)
	c.show(nothing, 2)
	c.await(t, "wire/gate/count/dog", "0", 3)
	c.show(dogs, 2)
	c.await(t, "wire/gate/count/dog", "2", 3)

	// What was not known beforehand goes with the daemon that saw it.
	c.program.kill(t)
	c.start(dir)
	c.expectKept(address, map[string]string{})
	c.check()
}

// check holds all messages so far to their schemas, and counts to their QoS.
func (c *counting) check() {
	c.t.Helper()
	all := loadSchemas(c.t)
	for _, m := range c.all() {
		if m.kind() == "set" {
			continue
		}
		all.check(c.t, schemaOf(m), m.payload)
		if strings.Contains(m.topic, "/count/") && m.qos != 1 {
			c.t.Errorf("QoS %d of %s", m.qos, m.topic)
		}
	}
}

// expectKept waits until the broker keeps these counts, and no others.
func (c *counting) expectKept(address string, want map[string]string) {
	c.t.Helper()
	eventually(c.t, fmt.Sprintf("the broker to keep %v", want), func() bool {
		got := map[string]string{}
		for _, m := range late(c.t, address) {
			if strings.Contains(m.topic, "/count/") {
				got[m.topic] = m.payload
			}
		}
		return fmt.Sprint(got) == fmt.Sprint(want)
	})
}
