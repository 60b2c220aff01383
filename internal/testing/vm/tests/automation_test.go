package tests

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/demo"
)

// TestAutomation is the whole of it, as people use it: a webcam sees a scene appear; after as many answers as the config wants
// it is decided; a relay switches, a picture arrives, Home Assistant finds the entity, an event is in the spool. The daemon
// is killed, the relay is safe, and what was changed over MQTT is so again.
func TestAutomation(t *testing.T) {
	broker(t)
	scenes := t.TempDir()
	drawScenes(t, scenes, "blue square", "red circle")
	command := uvcam(t, "-only", "mjpg", "-fps", "5", "-sizes", "320x240", "-frames", scenes)
	command("show 1")
	mqtt := subscribe(t)
	s := install(t, `mqtt:
  broker: "mqtt://127.0.0.1"
  commands: [pause, enter]
  homeassistant: {enabled: true}
cameras:
  eye:
    source: v4l2
    v4l2: {device: "`+byID+`", format: MJPG, width: 320, height: 240}
    decision: {need: 3, window: 3, enter: 0.4, leave: 0.3, margin: 0}
    gate: {refresh: 5s}
    snapshot: {mqtt: true, retain: true, disk: true, interval: 0s}
gpio:
  outputs:
    lamp: {line: GPIO27, camera: eye, classes: ["red circle"]}
`)
	pi := header(t) // with the rules that came with the unit
	s.start()
	decided(t, mqtt, 0, "blue square")
	if pi.high(27) {
		t.Error("the lamp is on before anything was decided for it")
	}

	mark := mqtt.end()
	command("show 2")
	d := decided(t, mqtt, mark, "red circle")
	if d.Votes < 3 || d.Window != 3 || d.Previous == nil || *d.Previous != "blue square" {
		t.Errorf("decision %+v", d)
	}
	eventually(t, "the lamp", func() bool { return pi.high(27) })
	mqtt.await(t, mark, "the event", func(line string) bool {
		return message(line, "eye/event", &d) && d.Kind == "decision" && strings.Contains(line, `"value":"red circle"`)
	})
	mqtt.await(t, mark, "the pin's status", func(line string) bool {
		return strings.HasPrefix(line, "inceptiond/vm/gpio ") && strings.Contains(line, `"lamp":{"on":true`)
	})
	seePicture(t)
	if text := retained(t, "homeassistant/device/inceptiond_vm/eye/config"); !bytes.Contains(text, []byte(`"red circle"`)) || !bytes.Contains(text, []byte(`"unique_id":"inceptiond/vm/eye/class"`)) {
		t.Errorf("Home Assistant is told %s", text)
	}
	if found := sh(t, "find /var/lib/inceptiond/snapshots/eye -name '*-red-circle-*.jpg' | wc -l"); found == "0" {
		t.Error("there is no picture on the disk")
	}

	mark = mqtt.end()
	sh(t, "mosquitto_pub -t inceptiond/vm/eye/enter/set -m 0.45")
	mqtt.await(t, mark, "the answer", func(line string) bool {
		return strings.HasPrefix(line, "inceptiond/vm/eye/ack ") && strings.Contains(line, `"outcome":"applied"`)
	})
	mark = mqtt.end()
	sh(t, "kill -9 %s", s.property("MainPID"))
	begin := time.Now()
	eventually(t, "the lamp to be off", func() bool { return !pi.high(27) })
	if took := time.Since(begin); took > 2*time.Second { // one second, and the shell's time in an emulated machine
		t.Errorf("the lamp is on for %v after the daemon was killed", took)
	}
	decided(t, mqtt, mark, "red circle") // it is back
	eventually(t, "the lamp again", func() bool { return pi.high(27) })
	if text := retained(t, "inceptiond/vm/eye/settings"); !bytes.Contains(text, []byte(`"enter":0.45,"changed":["enter"],"kept":true`)) {
		t.Errorf("after the kill the settings are %s", text)
	}
	sh(t, "systemctl stop inceptiond")
	if pi.high(27) {
		t.Error("the lamp is on after the end")
	}
}

// decision is what the test looks at of a decision, and of an event.
type decision struct {
	Kind, Label   string
	Votes, Window int
	Previous      *string
}

// decided waits for a decision for a label.
func decided(t *testing.T, mqtt *tape, mark int, label string) (d decision) {
	t.Helper()
	mqtt.await(t, mark, "the decision "+label, func(line string) bool {
		d = decision{}
		return message(line, "eye/decision", &d) && d.Label == label
	})
	return d
}

// retained is what the broker retains of a topic.
func retained(t *testing.T, topic string) []byte {
	t.Helper()
	var out []byte
	eventually(t, topic, func() (ok bool) {
		var err error
		out, err = exec.Command("mosquitto_sub", "-N", "-C", "1", "-W", "20", "-t", topic).Output()
		return err == nil && len(out) > 0
	})
	return out
}

// seePicture looks at the newest picture: a JPEG of the whole frame.
func seePicture(t *testing.T) {
	t.Helper()
	m, err := jpeg.Decode(bytes.NewReader(retained(t, "inceptiond/vm/eye/snapshot")))
	if err != nil {
		t.Fatal(err)
	}
	if size := m.Bounds().Size(); size != image.Pt(320, 240) {
		t.Errorf("a picture of %v", size)
	}
}

// drawScenes draws a scene of each class into a folder, as JPEGs in that order.
func drawScenes(t *testing.T, folder string, classes ...string) {
	t.Helper()
	src, err := demo.Open(context.Background(), demo.Options{Width: 320, Height: 240, Interval: time.Nanosecond, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var f capture.Frame
	for i := 0; i < len(classes); {
		if err := src.Read(context.Background(), &f); err != nil {
			t.Fatal(err)
		}
		if f.Name != classes[i] {
			continue
		}
		m := image.NewRGBA(image.Rect(0, 0, 320, 240))
		for p := range 320 * 240 {
			copy(m.Pix[4*p:], []byte{f.Pix[3*p], f.Pix[3*p+1], f.Pix[3*p+2], 255})
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%d.jpg", i)), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		i++
	}
}
