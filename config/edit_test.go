package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// changes reads {"key": value, …}, in this order.
func changesOf(t testing.TB, text string) (list []Change) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		c := Change{Key: key.(string)}
		if err := d.Decode(&c.Value); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		list = append(list, c)
	}
	return list
}

var edits = []struct{ name, text, changes, want string }{
	{"a value", "# top\ndevice: a   # the name\nlog: {level: info}\n", `{"device": "gate-pi"}`, "# top\ndevice: gate-pi   # the name\nlog: {level: info}\n"},
	{"its quotes", "device: 'a'\nmqtt: {prefix: \"x\"}", `{"device": "b", "mqtt.prefix": "y"}`, "device: 'b'\nmqtt: {prefix: \"y\"}"},
	{"a value in force stays as it is", "web: {rate: 5.0}\nmqtt: {report: 1m}\n", `{"web.rate": 5, "mqtt.report": "60s", "log.level": "info"}`, "web: {rate: 5.0}\nmqtt: {report: 1m}\n"},
	{"texts that look like something else", "device: a\n", `{"mqtt.username": "007", "mqtt.client_id": "a: b", "mqtt.prefix": "true", "mqtt.password_file": "say \"#\" \\"}`,
		"device: a\nmqtt:\n  prefix: \"true\"\n  client_id: \"a: b\"\n  username: \"007\"\n  password_file: 'say \"#\" \\'\n"},
	{"numbers", "cameras: {a: {region: {x: 0.1, y: 0}}}\n", `{"cameras.a.region.x": 0.25, "cameras.a.region.width": 0.5, "cameras.a.top_k": 5, "cameras.a.max_rate": 0.0000001}`,
		"cameras: {a: {top_k: 5, region: {x: 0.25, y: 0, width: 0.5}, max_rate: 1e-07}}\n"},
	{"keys where the documentation has them", "cameras:\n  drive:\n    source: v4l2\n    # Upside down.\n    rotate: 180\n", `{"cameras.drive.model": "demo", "cameras.drive.top_k": 5, "cameras.drive.v4l2.device": "/dev/video2"}`,
		"cameras:\n  drive:\n    source: v4l2\n    v4l2:\n      device: /dev/video2\n    top_k: 5\n    # Upside down.\n    rotate: 180\n"},
	{"a camera of several", "cameras:\n\n  # one\n  a:\n    source: v4l2\n    #gate:\n    #  linger: 3s\n\n  # two\n  b: {}\n\nlog:\n  level: info\n", `{"cameras.c": {"source": "rpicam", "region": {"x": 0.5, "width": 0.5}, "hours": ["08:00 to 09:00"]}}`,
		"cameras:\n\n  # one\n  a:\n    source: v4l2\n    #gate:\n    #  linger: 3s\n\n  # two\n  b: {}\n\n  c:\n    source: rpicam\n    region:\n      x: 0.5\n      width: 0.5\n    hours: [08:00 to 09:00]\n\nlog:\n  level: info\n"},
	{"behind what is switched off", "cameras:\n  a:\n    source: v4l2\n    #gate:\n    #  linger: 3s\n\n# Heat.\ngovernor: {limit: 70}\n", `{"cameras.b": {"source": "rpicam"}}`,
		"cameras:\n  a:\n    source: v4l2\n    #gate:\n    #  linger: 3s\n  b:\n    source: rpicam\n\n# Heat.\ngovernor: {limit: 70}\n"},
	{"a camera goes", "cameras:\n  # one\n  a:\n    source: v4l2\n    # off\n    #gate:\n\n  # two\n  b: {}\n", `{"cameras.a": null}`, "cameras:\n  # one\n\n  # two\n  b: {}\n"},
	{"all cameras go", "cameras:\n  a:\n    source: v4l2\nlog: {level: debug}\n", `{"cameras": null}`, "log: {level: debug}\n"},
	{"an empty section", "cameras: {} # none yet\n", `{"cameras.a.source": "v4l2"}`, "cameras: # none yet\n  a:\n    source: v4l2\n"},
	{"a section without a value", "cameras:\n  # yours\n\nlog:\n  level: debug\n", `{"cameras.a.source": "v4l2"}`, "cameras:\n  # yours\n  a:\n    source: v4l2\n\nlog:\n  level: debug\n"},
	{"comments alone", "# all is off\n", `{"device": "a", "cameras.a": {"source": "v4l2"}}`, "# all is off\ndevice: a\ncameras:\n  a:\n    source: v4l2\n"},
	{"nothing in braces", "{}\n", `{"device": "a"}`, "device: a\n"},
	{"nothing in braces over lines", "{\n} # yet\n", `{"device": "a"}`, "{device: a\n} # yet\n"},
	{"nothing is left", "device: a\n", `{"device": null}`, "{}\n"},
	{"other line ends, no end", "\ufeffdevice: a\r\nlog:\r\n    level: info", `{"log.format": "json", "device": "b"}`, "\ufeffdevice: b\r\nlog:\r\n    level: info\r\n    format: json"},
	{"the last line of such a file", "device: a\nlog: {level: debug}", `{"log": null}`, "device: a"},
	{"a list in brackets", "cameras:\n  a: {source: v4l2, hours: [ \"08:00 to 09:00\" , \"10:00 to 11:00\"]}\n", `{"cameras.a.hours": ["08:00 to 09:00", "12:00 to 13:00", "10:00 to 11:00"]}`,
		"cameras:\n  a: {source: v4l2, hours: [ \"08:00 to 09:00\", \"12:00 to 13:00\" , \"10:00 to 11:00\"]}\n"},
	{"one number of a mask", "cameras:\n  a:\n    mask:\n      - [0, 0, 0.5, 0, 0, 0.5]  # the neighbour\n      # the street\n      - [0.5, 0.5, 1, 0.5, 1, 1]\n", `{"cameras.a.mask": [[0, 0, 0.5, 0, 0, 0.5], [0.5, 0.5, 1, 0.5, 1, 0.75]]}`,
		"cameras:\n  a:\n    mask:\n      - [0, 0, 0.5, 0, 0, 0.5]  # the neighbour\n      # the street\n      - [0.5, 0.5, 1, 0.5, 1, 0.75]\n"},
	{"one mask more", "cameras:\n  a:\n    mask:\n    - [0, 0, 0.5, 0, 0, 0.5]  # the neighbour\n    top_k: 2", `{"cameras.a.mask": [[0, 0, 0.5, 0, 0, 0.5], [0, 0, 1, 0, 1, 1]]}`,
		"cameras:\n  a:\n    mask:\n    - [0, 0, 0.5, 0, 0, 0.5]  # the neighbour\n    - [0, 0, 1, 0, 1, 1]\n    top_k: 2"},
	{"one mask less", "cameras:\n  a:\n    mask:\n    - [0, 0, 0.5, 0, 0, 0.5]  # the neighbour\n    - [0, 0, 1, 0, 1, 1]", `{"cameras.a.mask": [[0, 0, 0.5, 0, 0, 0.5]]}`,
		"cameras:\n  a:\n    mask:\n    - [0, 0, 0.5, 0, 0, 0.5]  # the neighbour"},
	{"no mask", "cameras:\n  a:\n    mask: # privacy\n    - [0, 0, 0.5, 0, 0, 0.5]\n    top_k: 2\n", `{"cameras.a.mask": []}`, "cameras:\n  a:\n    mask: [] # privacy\n    top_k: 2\n"},
	{"a section as a whole", "cameras:\n  a:\n    region: # the door\n      x: 0.25 # left\n      y: 0.5\n    model: demo\n", `{"cameras.a.region": {"x": 0.5, "width": 0.5}}`,
		"cameras:\n  a:\n    region: # the door\n      x: 0.5 # left\n      width: 0.5\n    model: demo\n"},
	{"braces over lines", "cameras: {\n  a: {source: v4l2},   # one\n  b: {source: rpicam}  # two\n}\n", `{"cameras.c": {"source": "demo", "top_k": 1}}`,
		"cameras: {\n  a: {source: v4l2},   # one\n  b: {source: rpicam},  # two\n  c: {source: demo, top_k: 1}\n}\n"},
	{"out of braces over lines", "cameras: {\n  a: {source: v4l2},   # one\n  # second\n  b: {source: rpicam}  # two\n}\n", `{"cameras.a": null}`, "cameras: {\n  # second\n  b: {source: rpicam}  # two\n}\n"},
	{"out of braces", "cameras: {a: {}, b: {top_k: 2, model: demo}, c: {}}\n", `{"cameras.a": null, "cameras.b.top_k": null, "cameras.c": null}`, "cameras: {b: {model: demo}}\n"},
	{"the last out of braces", "cameras: {b: {top_k: 2}}\n", `{"cameras.b.top_k": null}`, "cameras: {b: {}}\n"},
	{"JSON", "{\n\t\"device\": \"a\",\n\t\"cameras\": {\n\t\t\"a\": {\"source\": \"v4l2\"}\n\t}\n}\n", `{"cameras.b": {"source": "v4l2", "v4l2": {"device": "/dev/video1"}}, "log.level": "debug"}`,
		"{\n\t\"device\": \"a\",\n\t\"log\": {\"level\": \"debug\"},\n\t\"cameras\": {\n\t\t\"a\": {\"source\": \"v4l2\"},\n\t\t\"b\": {\"source\": \"v4l2\", \"v4l2\": {\"device\": \"/dev/video1\"}}\n\t}\n}\n"},
	{"YAML 1.2 with tabs", "%YAML 1.2\n---\ndevice: a\n\t# a tab\nlog: {level: info}\n...\n", `{"device": "b", "web.listen": ""}`, "%YAML 1.2\n---\ndevice: b\n\t# a tab\nlog: {level: info}\nweb: {listen: \"\"}\n...\n"},
	{"texts over lines", "mqtt:\n  client_id: one\n    two # no\n  prefix: >-\n    a/\n    b\n  username: x\n", `{"mqtt.prefix": "c", "mqtt.client_id": "d"}`, "mqtt:\n  client_id: d # no\n  prefix: c\n  username: x\n"},
	{"special names", "cameras:\n  a:\n    decision:\n      classes:\n        \"golden retriever\": {enter: 0.5}\n", `{"cameras.a.decision.classes.\"golden retriever\".enter": 0.75, "cameras.a.decision.classes.\"a: b\"": {"enter": 0.5}, "cameras.a.decision.classes.7": {"enter": 0.25}}`,
		"cameras:\n  a:\n    decision:\n      classes:\n        \"golden retriever\": {enter: 0.75}\n        \"a: b\": {enter: 0.5}\n        \"7\": {enter: 0.25}\n"},
	{"a blank line between sections", "device: a\n\nlog:\n  level: debug\n", `{"web.listen": "0.0.0.0:8224"}`, "device: a\n\nlog:\n  level: debug\n\nweb:\n  listen: 0.0.0.0:8224\n"},
	{"both of two that depend on each other", "cameras: {a: {source: v4l2}}\n", `{"cameras.a.decision.leave": 0.35, "cameras.a.decision.enter": 0.4}`, "cameras: {a: {source: v4l2, decision: {enter: 0.4}}}\n"},
	{"a secret that is not shown", "cameras: {a: {source: http, http: {url: 'http://h/?key=secret', timeout: 5s}}}\n", `{"cameras.a": {"source": "http", "http": {"url": "http://h/?key=REDACTED", "timeout": "6s"}}}`,
		"cameras: {a: {source: http, http: {url: 'http://h/?key=secret', timeout: 6s}}}\n"},
	{"a value of another kind", "cameras:\n  a:\n    region: 3\n    hours:\n    - x\n    - y\n    mask: {a: 1}\n", `{"cameras.a.region": {"x": 0.5}, "cameras.a.hours": "x", "cameras.a.mask": []}`,
		"cameras:\n  a:\n    region: {x: 0.5}\n    hours: x\n    mask: []\n"},
}

func TestEdit(t *testing.T) {
	for _, tt := range edits {
		got, err := Edit([]byte(tt.text), changesOf(t, tt.changes))
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: %v, got\n%s\nwant\n%s", tt.name, err, got, tt.want)
		}
	}
}

func TestEditRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text, changes, want string }{
		{"no YAML", "a: [\n", `{"device": "a"}`, "config:1: not YAML: did not find expected node content"},
		{"nothing", "", `{"device": "a"}`, "config: the file is empty"},
		{"no key", "{}", `{"": 1}`, "is not a key"},
		{"an entry", "{}", `{"cameras.a.mask[0]": [1]}`, "config: cameras.a.mask[0]: lists are changed as a whole"},
		{"an open quote", "{}", `{"cameras.\"a": {}}`, "not closed"},
		{"no dot", "{}", `{"cameras.\"a\"b": {}}`, "a dot is missing"},
		{"a space", "{}", `{"cameras.my camera": {}}`, "special names in quotes"},
		{"below a value", "device: a", `{"device.x": 1}`, "config: device.x: device is no section"},
		{"below a list", "cameras: {a: {mask: [[1]]}}", `{"cameras.a.mask.x": 1}`, "cameras.a.mask is no section"},
		{"twice", "log: {level: info}\nlog: {}", `{"log.level": "debug"}`, "is in the lines 1 and 2 (keep one of them)"},
		{"a null in a list", "{}", `{"cameras.a.hours": [null]}`, "holds null"},
		{"too deep", "{}", `{"cameras": [[[[[[[[[[[[1]]]]]]]]]]]]}`, "too deep"},
		{"an anchor", "log: &l\n  level: info\nmetrics: *l\n", `{"log.level": "debug"}`, "by hand"},
		{"a secret", "cameras: {a: {source: http, http: {url: 'http://h/?key=secret'}}}", `{"cameras.b": {"http": {"url": "http://h/?key=REDACTED"}}}`, "cameras.b: the value has REDACTED in it"},
		{"a list", "- a\n", `{"device": "a"}`, "is no section"},
	} {
		got, err := Edit([]byte(tt.text), changesOf(t, tt.changes))
		var bad *Error
		if !errors.As(err, &bad) || got != nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %q, %v; want %q", tt.name, got, err, tt.want)
		}
	}
	for _, n := range []int{maxChanges + 1, maxAsked + 1} {
		many := map[string]any{}
		for i := range n {
			many[fmt.Sprint("m", i)] = "x"
		}
		if _, err := Edit([]byte("web: {x: 1}"), []Change{{"web", many}}); err == nil || !strings.Contains(err.Error(), "at once are too many") {
			t.Errorf("too many changes: %v", err)
		}
	}
	if _, err := Edit([]byte("{}"), []Change{{"device", []byte("x")}}); err == nil {
		t.Error("a value that JSON does not have is taken")
	}
}

func TestSplitKey(t *testing.T) {
	for _, path := range [][]string{{"device"}, {"cameras", "drive", "region", "x"}, {"a", "b c.d", "\"", "é", ""}} {
		if got, err := splitKey(Key(path...)); err != nil || !reflect.DeepEqual(got, path) {
			t.Errorf("%q: %q, %v", path, got, err)
		}
	}
}

// What a page has read, written back, changes nothing.
func TestEditKeepsWhatIsInForce(t *testing.T) {
	texts := map[string][]byte{"all": File(), "brief": Brief(), "whole": wholeFile()}
	for _, e := range edits {
		texts[e.name] = []byte(e.text)
	}
	for name, text := range texts {
		c, err := Parse(name, text)
		if err != nil {
			continue // of no use to a page
		}
		said, err := json.Marshal(c.Values())
		if err != nil {
			t.Fatal(err)
		}
		changes := changesOf(t, string(said))
		if _, given := c.Cameras["demo"]; given && !strings.Contains(string(text), "demo:") {
			changes = slices.DeleteFunc(changes, func(c Change) bool { return c.Key == "cameras" }) // the demo camera is there by itself
		}
		if got, err := Edit(text, changes); err != nil || string(got) != string(text) {
			t.Errorf("%s: %v, got\n%s\nwant\n%s", name, err, got, text)
		}
	}
}
