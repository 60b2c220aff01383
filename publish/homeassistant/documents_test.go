package homeassistant_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/homeassistant"
)

var update = flag.Bool("update", false, "write the golden files, and the tables of docs/homeassistant.md")

// options have everything on.
func options() homeassistant.Options {
	return homeassistant.Options{
		Discovery: "homeassistant", StatusTopic: "homeassistant/status", Device: "gate-pi", Prefix: "inceptiond/gate-pi", Version: "1.0.0",
		Report: time.Minute, Commands: []string{"pause", "enter", "classify", "trigger", "snapshot"},
	}
}

// drive is an inventory of one camera that has everything.
func drive(classes ...string) publish.Inventory {
	return publish.Inventory{Cameras: []publish.Listed{{Name: "drive", Classes: classes, Snapshots: true}}}
}

// gate is an inventory of one camera that counts things, sky of one that tells shares, and bodies of one that finds those.
func gate(labels ...string) publish.Inventory {
	return publish.Inventory{Cameras: []publish.Listed{{Name: "gate", Task: publish.TaskDetect, Classes: []string{"person", "dog"}, Counts: labels}}}
}

func sky(labels ...string) publish.Inventory {
	return publish.Inventory{Cameras: []publish.Listed{{Name: "sky", Task: publish.TaskSegment, Shares: labels, SegmentMap: true}}}
}

func bodies() publish.Inventory {
	return publish.Inventory{Cameras: []publish.Listed{{Name: "gym", Task: publish.TaskPose}}}
}

// numbers are the classes of a model without labels, from a number on.
func numbers(from, n int) (classes []string) {
	for i := range n {
		classes = append(classes, fmt.Sprint(from+i))
	}
	return classes
}

// described is what golden files show: an inventory as somebody announces it.
type described struct {
	options   homeassistant.Options
	inventory publish.Inventory
}

func descriptions() map[string]described {
	with := func(i publish.Inventory, change func(o *homeassistant.Options, i *publish.Inventory)) described {
		o := options()
		change(&o, &i)
		return described{o, i}
	}
	nothing := func(*homeassistant.Options, *publish.Inventory) {}
	return map[string]described{
		"two-candidates":  with(drive("cat", "dog"), nothing),
		"1-candidate":     with(drive("dog"), nothing),
		"100-candidates":  with(drive(numbers(1, 100)...), nothing),
		"101-candidates":  with(drive(numbers(1, 101)...), nothing),
		"no-labels":       with(drive(numbers(0, 3)...), nothing),
		"no-candidates":   with(drive(), nothing),
		"labels":          with(drive(" dog ", "dog", "none", "None", "", "  ", "<&> \"ü\"", strings.Repeat("long ", 60)), nothing),
		"no-commands":     with(drive("dog"), func(o *homeassistant.Options, _ *publish.Inventory) { o.Commands = nil }),
		"normal":          with(drive("dog"), func(_ *homeassistant.Options, i *publish.Inventory) { i.Cameras[0].Normal = true }),
		"no-snapshots":    with(drive("dog"), func(_ *homeassistant.Options, i *publish.Inventory) { i.Cameras[0].Snapshots = false }),
		"no-reports":      with(drive("dog"), func(o *homeassistant.Options, _ *publish.Inventory) { o.Report = 0 }),
		"reports-of-50ms": with(drive("dog"), func(o *homeassistant.Options, _ *publish.Inventory) { o.Report = 50 * time.Millisecond }),
		"page":            with(drive("dog"), func(_ *homeassistant.Options, i *publish.Inventory) { i.Page = "https://gate-pi.local:8224/" }),
		"detector":        with(gate("person", "Dog", "dog", "t-shirt 2", "犬", "10"), nothing),
		"detector-more":   with(gate(), func(_ *homeassistant.Options, i *publish.Inventory) { i.Cameras[0].CountsMore = true }),
		"segmenter":       with(sky("bird", `"<sky>" \ {{ 1 }}`), nothing),
		"pose":            with(bodies(), nothing),
		"embed-of-nobody": with(gate(), func(_ *homeassistant.Options, i *publish.Inventory) { i.Cameras[0].Task = publish.TaskEmbed }),
		"people":          with(drive("anna", "ben"), func(_ *homeassistant.Options, i *publish.Inventory) { i.Cameras[0].Task = publish.TaskEmbed }),
		"underscores": with(publish.Inventory{Cameras: []publish.Listed{{Name: "b_c"}, {Name: "c"}, {Name: "no name"}}},
			func(o *homeassistant.Options, _ *publish.Inventory) {
				o.Device, o.Prefix, o.Discovery = "a_b", "x/y", "ha/here"
			}),
	}
}

// TestDocuments holds the documents to their golden files, and to the schema.
func TestDocuments(t *testing.T) {
	schema := loadSchema(t, "")
	topic := loadSchema(t, "#/$defs/config_topic")
	for name, d := range descriptions() {
		documents := homeassistant.Documents(d.options, d.inventory)
		if documents[0].Camera != "" {
			t.Errorf("%s: the machine's document is not the first", name)
		}
		var got bytes.Buffer
		ids := map[string]bool{}
		for _, document := range documents {
			validate(t, name, topic, quoted(t, document.Topic))
			validate(t, name, schema, document.Payload)
			checkDocument(t, name, d.options, document, ids)
			fmt.Fprintln(&got, document.Topic)
			if err := json.Indent(&got, document.Payload, "", "  "); err != nil {
				t.Fatal(err)
			}
			got.WriteString("\n")
		}
		golden(t, name, got.Bytes())
	}
}

// checkDocument looks at what the schema cannot see.
func checkDocument(t *testing.T, name string, o homeassistant.Options, d homeassistant.Document, ids map[string]bool) {
	t.Helper()
	var document struct {
		Cmps map[string]struct {
			ID         string `json:"unique_id"`
			State      string `json:"state_topic"`
			Command    string `json:"command_topic"`
			Image      string `json:"image_topic"`
			Attributes string `json:"json_attributes_topic"`
		}
	}
	if err := json.Unmarshal(d.Payload, &document); err != nil {
		t.Fatal(err)
	}
	below := o.Prefix + "/"
	if d.Camera != "" {
		below += d.Camera + "/"
	}
	for key, c := range document.Cmps {
		if c.ID != "" && ids[c.ID] {
			t.Errorf("%s: the id %s twice", name, c.ID)
		}
		ids[c.ID] = true
		for _, topic := range []string{c.State, c.Command, c.Image, c.Attributes} {
			level := strings.TrimPrefix(topic, below)
			if topic != "" && (level == topic || !isOurs(level)) {
				t.Errorf("%s: %s has the topic %s", name, key, topic)
			}
		}
	}
}

// isOurs tells whether level is the last of the topics of some kind, with a name if those have one, or a command.
func isOurs(level string) bool {
	if strings.HasSuffix(level, "/set") {
		return slices.Contains([]string{"paused/set", "classify/set", "enter/set"}, level)
	}
	level, name, named := strings.Cut(level, "/")
	return slices.ContainsFunc(publish.Kinds(), func(k publish.Kind) bool {
		return k.Topic == level && named == (k.Names != "") && (name != "") == named && !strings.Contains(name, "/")
	})
}

// TestExample holds a camera's document to the one that was tried with Home Assistant.
func TestExample(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(shared.Dir(t), "design", "automation.md"))
	if err != nil {
		shared.Missing(t, err.Error())
	}
	_, rest, _ := strings.Cut(string(text), "```json\n{\"dev\":")
	example, _, found := strings.Cut(rest, "\n```")
	if !found {
		t.Fatal("there is no example any more")
	}
	var got, want map[string]any
	if err := json.Unmarshal([]byte(`{"dev":`+example), &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(homeassistant.Documents(options(), drive("cat", "dog"))[1].Payload, &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"gate", "different", "segment_map", "found"} { // which it leaves to us
		delete(got["cmps"].(map[string]any), key)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// What is off stays as a component that removes it: Home Assistant looks for one of the same platform.
func TestOffIsSaid(t *testing.T) {
	o := options()
	o.Commands, o.Report = nil, 0
	documents := homeassistant.Documents(o, publish.Inventory{Cameras: []publish.Listed{{Name: "drive"}}})
	platforms := map[string]string{"low_voltage": "binary_sensor", "image": "image", "pause": "switch", "classify": "button", "enter": "number", "segment_map": "image"}
	for i, keys := range [][]string{{"temperature", "duty", "low_voltage", "broker"}, {"image", "rate", "pause", "classify", "enter", "segment_map", "found"}} {
		var d struct{ Cmps map[string]json.RawMessage }
		if err := json.Unmarshal(documents[i].Payload, &d); err != nil {
			t.Fatal(err)
		}
		for _, key := range keys {
			if string(d.Cmps[key]) != fmt.Sprintf(`{"p":%q}`, cmp.Or(platforms[key], "sensor")) {
				t.Errorf("%s: %s", key, d.Cmps[key])
			}
		}
	}
}

func TestStatusOf(t *testing.T) {
	o := options()
	o.Prefix = `a "b" <&>`
	for _, d := range homeassistant.Documents(o, drive("dog")) {
		if got := homeassistant.StatusOf(d.Payload[:len(d.Payload)*2/3]); got != o.Prefix+"/status" {
			t.Errorf("%q", got)
		}
	}
	for _, other := range []string{"", "{}", "online", `{"availability":[{"topic":"x`, `{"availability":[{"topic":"x"}]}`} {
		if got := homeassistant.StatusOf([]byte(other)); got != "" {
			t.Errorf("%s: %q", other, got)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	good := homeassistant.Options{Device: "gate-pi"}.WithDefaults()
	if err := good.Check(); err != nil || good.Discovery != "homeassistant" || good.StatusTopic != "homeassistant/status" {
		t.Errorf("%+v: %v", good, err)
	}
	for name, change := range map[string]func(o *homeassistant.Options){
		"device":       func(o *homeassistant.Options) { o.Device = "gate pi" },
		"no device":    func(o *homeassistant.Options) { o.Device = "" },
		"status topic": func(o *homeassistant.Options) { o.StatusTopic = "homeassistant/#" },
		"report":       func(o *homeassistant.Options) { o.Report = -1 },
	} {
		bad := good
		if change(&bad); bad.Check() == nil {
			t.Errorf("%s: no error of %+v", name, bad)
		}
	}
}

// FuzzDocuments has classes of all kinds be announced.
func FuzzDocuments(f *testing.F) {
	f.Add("cat\ndog")
	f.Add("\x00\n \n\xff\n{{ 1 }}\n" + strings.Repeat("x", 300))
	schema := loadSchema(f, "")
	f.Fuzz(func(t *testing.T, classes string) {
		labels := strings.Split(classes, "\n")
		i := publish.Inventory{Cameras: slices.Concat(drive(labels...).Cameras, gate(labels...).Cameras, sky(labels...).Cameras)}
		for _, d := range homeassistant.Documents(options(), i) {
			validate(t, "fuzz", schema, d.Payload)
		}
	})
}

// loadSchema is the schema of documents, or a part of it. It is older than what is not about classes: what tasks.md has beside it is
// let in here.
func loadSchema(t testing.TB, part string) *jsonschema.Schema {
	t.Helper()
	file := filepath.Join(shared.Dir(t), "design", "homeassistant.schema.json")
	text, err := os.ReadFile(file)
	if err != nil {
		shared.Missing(t, err.Error())
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	properties := func(of string) map[string]any {
		return value.(map[string]any)["$defs"].(map[string]any)[of].(map[string]any)["properties"].(map[string]any)
	}
	properties("binary_sensor")["device_class"] = map[string]any{"enum": []any{"connectivity", "problem", "occupancy"}}
	properties("image")["content_type"] = map[string]any{"enum": []any{"image/jpeg", "image/png"}}
	properties("sensor")["enabled_by_default"] = map[string]any{"const": false}
	properties("sensor")["json_attributes_template"] = map[string]any{"$ref": "#/$defs/template"}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(file, value); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(file + part)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t testing.TB, name string, s *jsonschema.Schema, document []byte) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(value); err != nil {
		t.Errorf("%s: %s: %v", name, document, err)
	}
}

func quoted(t *testing.T, text string) []byte {
	t.Helper()
	q, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not as in %s (go test -update writes it anew):\n%s", name, file, got)
	}
}
