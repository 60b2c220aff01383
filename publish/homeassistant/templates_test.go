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

// renderer renders templates with messages as Home Assistant's MQTT integration does: in a sandbox, with the message as value and,
// read as JSON, as value_json, and without space around what comes out.
const renderer = `
import json, sys
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
env = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
cases = json.load(sys.stdin)
json.dump([env.from_string(c["template"]).render(value=c["message"], value_json=json.loads(c["message"])).strip() for c in cases], sys.stdout)
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
	odds := []string{"bird", `<sky> "x" \ {{ 1 }} %}`, "été 犬 😀", "a\nb\t'", "\x00\u2028\x7f"}
	detects, segments, poses := templates(t, gate("dog")), templates(t, sky(odds...)), templates(t, bodies())
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
		{two["broker"], text(publish.System{Broker: "mqtts://b.example:8883"}), "mqtts://b.example:8883"},
		{two["broker"], text(publish.System{}), "None"},
		{two["config"], text(publish.ConfigStatus{State: publish.ConfigRefused}), "ON"},
		{two["config"], text(publish.ConfigStatus{State: publish.ConfigApplied}), "OFF"},
		{detects["count/dog"], text(publish.Counted{N: 12}), "12"},
		{detects["occupancy/dog"], text(publish.Counted{N: 12}), "ON"},
		{detects["occupancy/dog"], text(publish.Counted{}), "OFF"},
		{detects["found"], text(&publish.Result{Task: publish.TaskDetect, Detections: make([]publish.Detection, 21)}), "21"},
		{detects["found"], text(&publish.Result{Task: publish.TaskDetect}), "0"},
		{poses["found"], text(&publish.Result{Task: publish.TaskPose, Poses: make([]publish.PoseFound, 2)}), "2"},
		{segments["share/bird"], text(publish.Decision{}), "None"},
		{segments["share/bird"], text(publish.Decision{Shares: []publish.ShareOf{}}), "0"},
		{two["events_waiting"], text(publish.SpoolStatus{Waiting: 12}), "12"},
	}
	for state, want := range map[string]string{"online": "ON", "lost": "OFF", "connecting": "None", "paused": "None", "ended": "None", "stopped": "None"} {
		tries = append(tries, try{two["camera"], text(publish.CameraStatus{State: publish.CameraState(state)}), want},
			try{two["there"], text(publish.CameraStatus{State: publish.CameraState(state)}), map[bool]string{true: "online", false: "offline"}[state == "online"]})
	}
	for i, level := range publish.Levels(odds) {
		tries = append(tries, try{segments["share/"+level], text(publish.Decision{Shares: []publish.ShareOf{{Label: "other", Share: 0.3}, {Label: odds[i], Share: 0.15}}}), "15"})
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
	for _, all := range []map[string]string{two, detects, segments, poses} {
		for key, template := range all {
			if !tried[template] && !strings.HasSuffix(key, attributes) {
				t.Errorf("the template of %s was not tried", key)
			}
		}
	}
}

// attributes is behind the id of a component whose attributes have a template.
const attributes = " attributes"

// The attributes of what is found are the 20 best, with their boxes or points, and fit into what Home Assistant keeps.
func TestAttributes(t *testing.T) {
	detection := publish.Detection{Index: 89, Label: "toothbrush", Score: 0.87654321, Box: [4]float64{0.1234, 0.1234, 0.1234, 0.1234}, Identity: &publish.Identity{
		Label: "somebody with a long name", Score: 0.1234, Distance: 0.1234, Second: 0.1234}}
	pose := publish.PoseFound{Score: 0.87654321}
	for i := range pose.Keypoints {
		pose.Keypoints[i] = [3]float32{0.1234, 0.1234, 0.1234}
	}
	many := publish.Result{Image: publish.Size{Width: 1920, Height: 1080}}
	for range 25 {
		many.Detections, many.Poses = append(many.Detections, detection), append(many.Poses, pose)
	}
	for task, i := range map[string]publish.Inventory{publish.TaskDetect: gate("dog"), publish.TaskPose: bodies()} {
		r := many
		r.Task = task
		out := render(t, []map[string]string{{"template": templates(t, i)["found"+attributes], "message": text(&r)}})[0]
		var got, all map[string]json.RawMessage
		var list, whole []json.RawMessage
		name := map[string]string{publish.TaskDetect: "detections", publish.TaskPose: "poses"}[task]
		for _, err := range []error{json.Unmarshal([]byte(out), &got), json.Unmarshal([]byte(text(&r)), &all), json.Unmarshal(all[name], &whole), json.Unmarshal(got[name], &list)} {
			if err != nil {
				t.Fatalf("%s: %v: %s", task, err, out)
			}
		}
		if len(got) != 2 || len(list) != 20 || len(whole) != 25 || string(got["image"]) == "" || len(out) > 16384 {
			t.Errorf("%s: %d bytes: %s", task, len(out), out)
		}
	}
}

func text(m publish.JSON) string { return string(m.AppendJSON(nil)) }

// templates are those of the documents that announce i, by the ends of the components' ids; there is the one of the camera's availability.
func templates(t *testing.T, i publish.Inventory) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, document := range homeassistant.Documents(options(), i) {
		var d struct {
			Availability []struct {
				Template string `json:"value_template"`
			}
			Cmps map[string]struct {
				ID         string `json:"unique_id"`
				Template   string `json:"value_template"`
				Attributes string `json:"json_attributes_template"`
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
		for _, c := range d.Cmps {
			key := strings.TrimPrefix(strings.TrimPrefix(c.ID, "inceptiond/gate-pi/"), document.Camera+"/")
			if c.Template != "" {
				found[key] = c.Template
			}
			if c.Attributes != "" {
				found[key+attributes] = c.Attributes
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
