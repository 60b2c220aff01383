package service

import (
	"fmt"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// pins are how the pins are by now.
func (a *atWork) pins() (last publish.GPIOStatus) {
	for _, m := range a.record.Messages() {
		if s, ok := m.(publish.GPIOStatus); ok {
			last = s
		}
	}
	return last
}

// awaitPin waits until an output is as said: "true a: circle".
func (a *atWork) awaitPin(name, want string) {
	a.t.Helper()
	got := ""
	defer func() {
		if a.t.Failed() {
			a.t.Logf("%s was %s at last", name, got)
		}
	}()
	publishtest.Eventually(a.t, name+" to be "+want, func() bool {
		out, ok := a.pins().Outputs[name]
		got = fmt.Sprint(out.On, " ", out.Reason)
		return ok && got == want
	})
}

// dryPins is a config of a camera a, and of outputs that are told only.
const dryPins = "mqtt: {broker: off}\ngpio: {dry_run: true, outputs: {%s}}\n" +
	"cameras:\n  a: {demo: {interval: 1h}, decision: {enter: 0.1, leave: 0.1, margin: 0%s}}\n"

// An output follows its camera from the start to the end, and over reloads.
func TestPins(t *testing.T) {
	lamp := "lamp: {line: GPIO27, camera: a, classes: ['*'], rest: 0s}"
	s := startService(t, fmt.Sprintf(dryPins, lamp, ""))
	label := s.awaitDecision("a", 0)[0].Label
	s.awaitPin("lamp", "true a: "+label)

	entry, _ := s.reload(fmt.Sprintf(dryPins, lamp+", beat: {line: GPIO4, mode: heartbeat}", ""))
	check(t, entry, map[string]string{"cameras_kept": "[a]"})
	s.awaitPin("beat", "true signs of life")
	s.awaitPin("lamp", "true a: "+label)
	for _, m := range s.record.Messages() {
		p, ok := m.(publish.GPIOStatus)
		if _, reloaded := p.Outputs["beat"]; ok && reloaded && !p.Outputs["lamp"].On {
			t.Errorf("the reload switches the lamp off: %+v", p)
		}
	}

	s.reload(fmt.Sprintf(dryPins, lamp, ", groups: {shape: ['*']}"))
	s.awaitPin("lamp", "true a: shape")

	s.reload("mqtt: {broker: off}\ncameras:\n  a: {demo: {interval: 1h}}\n")
	publishtest.Eventually(t, "no pins", func() bool { p := s.pins(); return len(p.Outputs) == 0 })

	s.reload(fmt.Sprintf(dryPins, lamp, ", groups: {shape: ['*']}"))
	s.awaitPin("lamp", "true a: shape")
	if _, err := s.service.Do(t.Context(), control.Command{Kind: control.Shutdown}); err != nil {
		t.Fatal(err)
	}
	<-s.service.ended
	s.awaitPin("lamp", "false the daemon has stopped")
}

// ofDogs is a config of a detector that sees two dogs, and of an output that follows counts.
const ofDogs = `
mqtt: {broker: off}
gpio: {dry_run: true, outputs: {lamp: {line: GPIO27, camera: gate, classes: [%[2]s], rest: 0s}}}
models: {coco: {file: '%[1]s/models/zoo/ssd_mobilenet_v1_coco.tflite', labels: '%[1]s/models/zoo/labels/coco_labels.txt', engine: cpu}}
cameras: {gate: {source: files, model: coco, files: {paths: ['%[1]s/golden/zoo/pictures/pets.jpg'], loop: true, interval: 200ms}, objects: {only: [%[3]s]}}}
`

// An output follows what a real detector counts; one that waits for what is not counted has the config refused, and what is counted is
// listed.
func TestPinsFollowCounts(t *testing.T) {
	s := startService(t, fmt.Sprintf(ofDogs, shared.Dir(t), "dog, person", "dog, person"))
	s.awaitPin("lamp", "true gate: dog 2")
	_, status := s.reload(fmt.Sprintf(ofDogs, shared.Dir(t), "dog, cat", "dog, person"))
	got := strings.Join(status.Problems, "\n")
	if status.State != publish.ConfigRefused || !strings.Contains(got, `gpio.outputs.lamp.classes: "cat" is not counted: counted are dog, person`) {
		t.Errorf("%s: %s", status.State, got)
	}
	s.reload(fmt.Sprintf(ofDogs, shared.Dir(t), "cat", "dog, cat"))
	s.awaitPin("lamp", "false gate: none")
}

// An output whose classes its camera never decides has the config refused.
func TestPinsOfUnknownClasses(t *testing.T) {
	s := startService(t, fmt.Sprintf(dryPins, "", ""))
	_, status := s.reload(fmt.Sprintf(dryPins, "lamp: {line: GPIO27, camera: a, classes: [red circel]}", ""))
	got := strings.Join(status.Problems, "\n")
	if status.State != publish.ConfigRefused || !strings.Contains(got, `gpio.outputs.lamp.classes: no class or group is called "red circel" (the nearest is "red circle")`) {
		t.Errorf("%s: %s", status.State, got)
	}
}

// An input opens the gates that name it, and no other.
func TestPinsOpenGates(t *testing.T) {
	gate := "gate: {motion: false, refresh: 0s, linger: 1h, triggers: [%s]}"
	s := startService(t, "mqtt: {broker: off}\ngpio: {chip: nowhere, inputs: {pir: {line: GPIO17}, door: {line: GPIO4}}}\n"+
		"cameras:\n  a: {demo: {interval: 10ms}, "+fmt.Sprintf(gate, "pir")+"}\n  b: {demo: {interval: 10ms}, "+fmt.Sprintf(gate, "door")+"}\n")
	gates := func(camera string) (last string) {
		for _, m := range s.record.Messages() {
			if g, ok := m.(publish.GateStatus); ok && g.Camera == camera {
				last = string(g.State) + " " + g.Reason
			}
		}
		return last
	}
	for _, camera := range []string{"a", "b"} {
		publishtest.Eventually(t, "the gate of "+camera+" to be idle", func() bool { return strings.HasPrefix(gates(camera), "idle ") })
	}
	s.service.commands.trigger("pir")
	publishtest.Eventually(t, "an open gate", func() bool { return gates("a") == "open trigger pir" })
	if got := gates("b"); !strings.HasPrefix(got, "idle ") {
		t.Errorf("the other gate is %s", got)
	}
	if p := s.pins(); p.Inputs["pir"].Error == "" { // no machine has that chip
		t.Errorf("%+v", p)
	}
}
