package service

import (
	"fmt"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/daemon/control"
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

// An output whose classes its camera never decides has the config refused.
func TestPinsOfUnknownClasses(t *testing.T) {
	s := startService(t, fmt.Sprintf(dryPins, "", ""))
	_, status := s.reload(fmt.Sprintf(dryPins, "lamp: {line: GPIO27, camera: a, classes: [red circel]}", ""))
	got := strings.Join(status.Problems, "\n")
	if status.State != publish.ConfigRefused || !strings.Contains(got, `gpio.outputs.lamp.classes: no class or group is called "red circel" (the nearest is "red circle")`) {
		t.Errorf("%s: %s", status.State, got)
	}
}
