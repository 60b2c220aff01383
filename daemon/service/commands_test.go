package service

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// settings are those of a camera as they were told, one after the other: "paused enter=0.6 changed [enter] kept".
func (a *atWork) settings(camera string) (list []string) {
	for _, m := range a.record.Messages() {
		if s, ok := m.(publish.Settings); ok && s.Camera == camera {
			text := fmt.Sprintf("enter=%v changed %v", s.Enter, s.Changed)
			if s.Paused {
				text = "paused " + text
			}
			if s.Kept {
				text += " kept"
			}
			list = append(list, text)
		}
	}
	return list
}

// newest are the settings of a camera that were told last.
func (a *atWork) newest(camera string) string {
	list := a.settings(camera)
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1]
}

// tell gives a command, and says what became of it.
func (a *atWork) tell(k control.Kind, camera, value string) string {
	a.t.Helper()
	o, err := a.service.Do(a.t.Context(), control.Command{Kind: k, Camera: camera, Value: value})
	switch {
	case err != nil:
		return "error: " + err.Error()
	case len(o.Refused) > 0:
		return "refused: " + strings.Join(o.Refused, "; ")
	case o.Unchanged:
		return "unchanged"
	}
	return "applied"
}

func TestCommands(t *testing.T) {
	state := t.TempDir()
	t.Setenv("STATE_DIRECTORY", state)
	text := "mqtt: {broker: off}\ncameras:\n  a: {demo: {interval: 10ms}, decision: {enter: %s}}\n  b: {demo: {interval: 1h}}\n"
	s := startService(t, fmt.Sprintf(text, "0.5"))
	for _, step := range []struct {
		kind          control.Kind
		camera, value string
		want          string
	}{
		{control.Enter, "a", "0.6", "applied"},
		{control.Enter, "a", "0.60", "unchanged"},
		{control.Enter, "a", "7", "refused: 7 is out of range (want 0 to 1)"},
		{control.Paused, "b", "ON", "applied"},
		{control.Paused, "b", "ON", "unchanged"},
		{control.Classify, "b", "PRESS", "refused: the camera is off: paused"},
		{control.Classify, "a", "PRESS", "applied"},
		{control.Trigger, "a", "PRESS", "applied"},
		{control.Paused, "c", "ON", "error: there is no such camera: c"},
		{"zoom", "a", "2", `error: service: no command "zoom"`},
	} {
		if got := s.tell(step.kind, step.camera, step.value); got != step.want {
			t.Errorf("%s %s %s: %s, want %s", step.kind, step.camera, step.value, got, step.want)
		}
	}
	if got, want := s.settings("a"), []string{"enter=0.5 changed [] kept", "enter=0.6 changed [enter] kept"}; strings.Join(got, "; ") != strings.Join(want, "; ") {
		t.Errorf("a: %q, want %q", got, want)
	}
	if got := s.newest("b"); got != "paused enter=0.5 changed [paused] kept" {
		t.Errorf("b: %s", got)
	}
	publishtest.Eventually(t, "the pause of b", func() bool { return strings.HasSuffix(s.states("b"), "paused") })
	if text, err := os.ReadFile(filepath.Join(state, "settings.json")); err != nil || !strings.Contains(string(text), `"0.6"`) {
		t.Errorf("on the disk: %s, %v", text, err)
	}

	s.reload(fmt.Sprintf(text, "0.5") + "  c: {demo: {interval: 1h}}\n") // changes nothing of them
	if s.newest("a") != "enter=0.6 changed [enter] kept" || s.newest("b") != "paused enter=0.5 changed [paused] kept" || s.newest("c") != "enter=0.5 changed [] kept" {
		t.Errorf("after a reload: %s; %s; %s", s.newest("a"), s.newest("b"), s.newest("c"))
	}
	s.reload(fmt.Sprintf(text, "0.7")) // the file was edited: it wins
	if got := s.newest("a"); got != "enter=0.7 changed [] kept" {
		t.Errorf("after the file was edited: %s", got)
	}
}

// What was changed outlives the daemon; a camera that was paused begins so.
func TestSettingsOutliveTheDaemon(t *testing.T) {
	t.Setenv("STATE_DIRECTORY", t.TempDir())
	text := "mqtt: {broker: off}\ncameras:\n  a: {demo: {interval: 10ms}}\n"
	t.Run("before", func(t *testing.T) {
		s := startService(t, text)
		if a, b := s.tell(control.Paused, "a", "ON"), s.tell(control.Enter, "a", "0.25"); a != "applied" || b != "applied" {
			t.Errorf("%s, %s", a, b)
		}
	})
	t.Run("after", func(t *testing.T) {
		s := startService(t, text)
		if got := s.newest("a"); got != "paused enter=0.25 changed [paused enter] kept" {
			t.Errorf("settings %s", got)
		}
		if n := len(s.record.Results()); n != 0 {
			t.Errorf("%d results of a paused camera", n)
		}
	})
}

// Without a disk that can be written commands work all the same, and it is told that they are not kept.
func TestSettingsWithoutADisk(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	t.Setenv("STATE_DIRECTORY", state)
	if err := os.WriteFile(state, nil, 0o600); err != nil { // a file where a folder belongs
		t.Fatal(err)
	}
	s := startService(t, "mqtt: {broker: off}\ncameras:\n  a: {demo: {interval: 1h}}\n")
	if got := s.tell(control.Enter, "a", "0.6"); got != "applied" || s.newest("a") != "enter=0.6 changed [enter]" {
		t.Errorf("%s: %s", got, s.newest("a"))
	}
}

// A command that comes before the daemon has begun, or in the wrong moment, hangs nothing.
func TestCommandsWithoutCameras(t *testing.T) {
	c := newCommander(nil, new(publishtest.Recorder))
	rule, _ := control.RuleOf(control.Paused)
	if _, err := c.do(t.Context(), rule, control.Command{Kind: control.Paused, Camera: "a", Value: "ON"}); !errors.Is(err, control.ErrNoCamera) {
		t.Errorf("%v", err)
	}
}
