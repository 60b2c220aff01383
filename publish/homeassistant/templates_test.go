package homeassistant_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/homeassistant"
)

// renderer renders templates with messages as Home Assistant's MQTT integration does: in a sandbox, with the message as
// value_json, and without space around what comes out.
const renderer = `
import json, sys
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
env = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
cases = json.load(sys.stdin)
json.dump([env.from_string(c["template"]).render(value_json=json.loads(c["message"])).strip() for c in cases], sys.stdout)
`

// python is one that has Jinja.
func python(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import jinja2").Run() == nil {
			return name
		}
	}
	shared.Missing(t, "no python3 with jinja2 (apt install python3-jinja2)")
	return ""
}

// TestTemplates gives each template what it will be given.
func TestTemplates(t *testing.T) {
	long := strings.Repeat("ü ", 200)
	two, odd := templates(t, drive("cat", "dog")), templates(t, drive("cat", long, " "))
	normal := drive("dog")
	normal.Cameras[0].Normal = true
	looks := templates(t, normal)
	type try struct{ template, message, want string }
	tries := []try{
		{two["class"], text(publish.Decision{Label: "dog", Score: 0.8}), "dog"},
		{two["class"], text(publish.Decision{}), "none"},
		{odd["class"], text(publish.Decision{}), "none"},
		{odd["class"], text(publish.Decision{Label: "cat"}), "cat"},
		{odd["class"], text(publish.Decision{Label: " "}), publish.ClassName(" ")},
		{odd["class"], text(publish.Decision{Label: long}), publish.ClassName(long)},
		{two["confidence"], text(publish.Decision{Label: "dog", Score: 0.8125}), "81.2"},
		{two["confidence"], text(publish.Decision{}), "None"},
		{looks["different"], text(publish.Decision{Different: publish.LookDifferent}), "ON"},
		{looks["different"], text(publish.Decision{Different: publish.LookNormal}), "OFF"},
		{looks["different"], text(publish.Decision{Different: publish.LookUndecided}), "None"},
		{looks["different"], text(publish.Decision{}), "None"},
		{two["gate"], text(publish.GateStatus{State: publish.GateIdle}), "idle"},
		{two["engine"], text(publish.EngineStatus{Engine: "cpu"}), "cpu"},
		{two["engine"], text(publish.EngineStatus{}), "none"},
		{two["rate"], text(publish.Stats{ResultsPerSecond: 2.5}), "2.5"},
		{two["rate"], `{}`, "None"},
		{two["pause"], text(publish.Settings{Paused: true}), "ON"},
		{two["pause"], text(publish.Settings{}), "OFF"},
		{two["enter"], text(publish.Settings{Enter: 0.55}), "0.55"},
		{two["temperature"], text(publish.System{Temperature: new(float64)}), "0"},
		{two["temperature"], text(publish.System{}), "None"},
		{two["duty"], text(publish.System{Duty: 0.125}), "12.5"},
		{two["duty"], `{}`, "None"},
		{two["low_voltage"], text(publish.System{LowVoltage: new(bool)}), "OFF"},
		{two["low_voltage"], `{"low_voltage":true}`, "ON"},
		{two["low_voltage"], text(publish.System{}), "None"},
		{two["config"], text(publish.ConfigStatus{State: publish.ConfigRefused}), "ON"},
		{two["config"], text(publish.ConfigStatus{State: publish.ConfigApplied}), "OFF"},
		{two["events_waiting"], text(publish.SpoolStatus{Waiting: 12}), "12"},
	}
	for state, want := range map[string]string{"online": "ON", "lost": "OFF", "connecting": "None", "paused": "None", "ended": "None", "stopped": "None"} {
		tries = append(tries, try{two["camera"], text(publish.CameraStatus{State: publish.CameraState(state)}), want},
			try{two["there"], text(publish.CameraStatus{State: publish.CameraState(state)}), map[bool]string{true: "online", false: "offline"}[state == "online"]})
	}
	var in []map[string]string
	tried := map[string]bool{}
	for _, c := range tries {
		in, tried[c.template] = append(in, map[string]string{"template": c.template, "message": c.message}), true
	}
	for i, got := range render(t, in) {
		if got != tries[i].want {
			t.Errorf("%s of %s: %q, want %q", tries[i].template, tries[i].message, got, tries[i].want)
		}
	}
	for key, template := range two {
		if !tried[template] {
			t.Errorf("the template of %s was not tried", key)
		}
	}
}

func text(m publish.JSON) string { return string(m.AppendJSON(nil)) }

// templates are those of the documents that announce i, by their components; there is the one of the camera's availability.
func templates(t *testing.T, i publish.Inventory) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, document := range homeassistant.Documents(options(), i) {
		var d struct {
			Availability []struct {
				Template string `json:"value_template"`
			}
			Cmps map[string]struct {
				Template string `json:"value_template"`
			}
		}
		if err := json.Unmarshal(document.Payload, &d); err != nil {
			t.Fatal(err)
		}
		for _, a := range d.Availability {
			if a.Template != "" {
				found["there"] = a.Template
			}
		}
		for key, c := range d.Cmps {
			if c.Template != "" {
				found[key] = c.Template
			}
		}
	}
	return found
}

// render is what comes out of templates.
func render(t *testing.T, cases []map[string]string) (out []string) {
	t.Helper()
	in, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := exec.Command(python(t), "-c", renderer)
	cmd.Stdin, cmd.Stderr, cmd.WaitDelay = bytes.NewReader(in), &stderr, time.Minute
	text, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err == nil && len(out) != len(cases) {
		err = fmt.Errorf("%d of %d", len(out), len(cases))
	}
	if err != nil {
		t.Fatalf("%v: %s", err, &stderr)
	}
	return out
}
