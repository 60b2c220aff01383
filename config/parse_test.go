package config

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	c, err := Parse("f", []byte(`
device: hall-1
log: {level: debug}
mqtt:
  broker: mqtts://broker.local
  username: hall
  password_file: broker.password
  tls: {ca_file: ca.pem, cert_file: c.pem, key_file: k.pem}
  keep_alive: 1m
  qos: 1
  max_rate: 2.5
  spool: {path: events, max_bytes: 1MiB}
models:
  demo: {threads: 2}
  birds:
    file: /var/lib/inceptiond/birds.tflite
    background: true
    engine: tflite
    fallback: none
    deadline: 2s
    xnnpack: true
    memory_limit: 64MiB
    mean: [127.5]
    std: [127.5]
  hens: {file: hens.tflite, edgetpu: {device: "usb:1", file: hens_edgetpu.tflite}}
cameras:
  door:
    source: v4l2
    v4l2: {device: /dev/v4l/by-id/usb-cam, format: YUYV, rate: 15, controls: {brightness: -3}}
    model: birds
    top_k: 5
    rotate: 180
    region: {x: 0.25, width: 0.75}
  yard:
    source: http
    http: {url: 'https://cam.local/?key=abc', interval: 250ms, max_bytes: 4000000}
    threshold: 0
  pi: {source: rpicam}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Device = "hall-1"
	want.Log.Level = "debug"
	want.MQTT = MQTT{
		Broker: BrokersAt("mqtts://broker.local"), Listen: "127.0.0.1:1883", Username: "hall", PasswordFile: "broker.password",
		TLS:       TLS{CAFile: "ca.pem", CertFile: "c.pem", KeyFile: "k.pem"},
		KeepAlive: time.Minute, QoS: 1, MaxRate: 2.5, Queue: 256,
		Spool:  Spool{Path: "events", MaxBytes: 1 << 20, MaxAge: 7 * 24 * time.Hour, MaxWrites: 60},
		Report: time.Minute, HomeAssistant: HomeAssistant{Prefix: "homeassistant", StatusTopic: "homeassistant/status"},
	}
	demo := want.Models["demo"]
	demo.Threads = 2
	want.Models["demo"] = demo
	want.Models["birds"] = Model{
		File: "/var/lib/inceptiond/birds.tflite", Background: true, MemoryLimit: 64 << 20,
		Engine: "tflite", Fallback: "none", Deadline: 2 * time.Second, XNNPACK: true,
		Mean: []float32{127.5}, Std: []float32{127.5}, Task: "auto", Scores: "auto", Unknown: 0.05, MaxDistance: 0.35,
	}
	want.Models["hens"] = Model{
		File: "hens.tflite", Engine: "auto", Fallback: "cpu", MemoryLimit: 1 << 30, Task: "auto", Scores: "auto", Unknown: 0.05, MaxDistance: 0.35,
		EdgeTPU: &EdgeTPU{Device: "usb:1", File: "hens_edgetpu.tflite"},
	}
	door, yard, pi := Camera{}, Camera{}, Camera{}
	for _, cam := range []*Camera{&door, &yard, &pi} {
		cam.setDefaults()
	}
	door.Source, door.Model, door.TopK, door.Rotate = SourceV4L2, "birds", 5, 180
	door.Region = Region{X: 0.25, Width: 0.75, Height: 1}
	door.V4L2 = &V4L2{
		Device: "/dev/v4l/by-id/usb-cam", Format: "YUYV", Width: 640, Height: 480, Rate: 15,
		Controls: map[string]int32{"brightness": -3}, Timeout: 5 * time.Second,
	}
	yard.Source, yard.Threshold = SourceHTTP, 0
	yard.HTTP = &HTTP{
		URL: "https://cam.local/?key=abc", Interval: 250 * time.Millisecond, MaxBytes: 4000000, Timeout: 10 * time.Second,
	}
	pi.Source = SourceRPiCam
	pi.fillSource()
	want.Cameras = map[string]Camera{"door": door, "yard": yard, "pi": pi}
	if !reflect.DeepEqual(*c, want) {
		t.Errorf("got\n%v\nwant\n%v", c, want)
	}
}

// The default threshold is a probability: with raw scores, which are none, it is 0 unless the file says otherwise.
func TestParseThresholdOfRawScores(t *testing.T) {
	c, err := Parse("f", []byte(`
cameras: {unset: {model: a}, set: {model: a, threshold: 0.1}, other: {model: b}, second: {model: b, then: {model: a}}}
models: {a: {file: a.tflite, scores: raw}, b: {file: b.tflite, scores: softmax}}
`))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{"unset": 0, "set": 0.1, "other": 0.1, "second": 0} {
		if got := c.Cameras[name].Threshold; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestParseNothing(t *testing.T) {
	for _, text := range []string{"{}", "# only a comment\n", "---\n# only a comment\n", "~", "\ufeff# only a comment", "log:\nmqtt:\n  tls:\nmodels:\n"} {
		c, err := Parse("f", []byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if !reflect.DeepEqual(*c, Default()) {
			t.Errorf("%q is not the default", text)
		}
	}
}

// What YAML 1.2 allows is taken, though the library has another mind.
func TestParseHabits(t *testing.T) {
	for name, text := range map[string]string{
		"directive":                      "%YAML 1.2\n---\nmqtt: {queue: 12}\n",
		"directive and comments":         "# mine\n\n%YAML 1.2 # new\r\n---\r\nmqtt: {queue: 12}\r\n...\n",
		"directive behind a byte order":  "\ufeff%YAML 1.1\n--- # top\nmqtt: {queue: 12}\n",
		"tab before a comment":           "mqtt:\n\t# one\n  queue: 12\t# two\n \t # three\n\t\n",
		"tab after a colon":              "mqtt:\t# one\n  queue:\t12\n",
		"tabs around JSON":               "{\n\t\"mqtt\": {\n\t\t\"queue\":\t12\n\t}\n}\n",
		"JSON in one line":               `{"mqtt":{"queue":12}}`,
		"a leading zero":                 "mqtt: {queue: 012}",
		"leading zeros and no octal":     "mqtt: {queue: +0012}",
		"hexadecimal":                    "mqtt: {queue: 0xC}",
		"octal, written as YAML 1.2 has": "mqtt: {queue: 0o14}",
	} {
		c, err := Parse("f", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if c.MQTT.Queue != 12 {
			t.Errorf("%s: %d, want 12", name, c.MQTT.Queue)
		}
	}
	c, err := Parse("f", []byte("cameras:\n  a:\n    source: files\n    files:\n      paths:\n      -\tx\n      - \ty\t# z\n    rotate: 090\n"))
	if err != nil || !reflect.DeepEqual(c.Cameras["a"].Files.Paths, []string{"x", "y"}) || c.Cameras["a"].Rotate != 90 {
		t.Errorf("tabs after dashes: %v, %v", c, err)
	}
}

// An entry without settings is one with the defaults.
func TestParseEmptyEntries(t *testing.T) {
	c, err := Parse("f", []byte("cameras:\n  a:\n  b: {}\n  c: {source: v4l2, v4l2: }\n"))
	if err != nil {
		t.Fatal(err)
	}
	demo := Default().Cameras["demo"]
	if !reflect.DeepEqual(c.Cameras["a"], demo) || !reflect.DeepEqual(c.Cameras["b"], demo) {
		t.Errorf("a and b are not as the demo camera: %v", c)
	}
	if v := c.Cameras["c"].V4L2; v == nil || v.Device != "/dev/video0" {
		t.Errorf("c has no default device: %v", c)
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range badFiles {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Parse("f.yaml", []byte(tt.text))
			if err == nil {
				t.Fatalf("no error; got\n%v", c)
			}
			if c != nil {
				t.Error("a config beside the error")
			}
			if _, ok := err.(*Error); !ok {
				t.Errorf("error is a %T", err)
			}
			if got, want := err.Error(), strings.TrimSpace(tt.want); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestParseTooMuch(t *testing.T) {
	var many strings.Builder
	for range 200 {
		many.WriteString("log:\n")
	}
	_, err := Parse("f", []byte(many.String()))
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != maxProblems+1 || lines[maxProblems] != "f: and more" {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}

	_, err = Parse("f", make([]byte, maxFile+1))
	if want := "f: the file has 1048577 bytes, more than 1048576: is it a config file?"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}

	var cameras strings.Builder
	cameras.WriteString("cameras:\n")
	for i := range maxEntries + 1 {
		cameras.WriteString("  c" + strings.Repeat("x", i%60) + string(rune('a'+i/60)) + ":\n")
	}
	_, err = Parse("f", []byte(cameras.String()))
	if want := "f:102: cameras: more than 100 entries"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}

	for _, open := range []string{"[", "{a: ", "- ", "? "} {
		if _, err := Parse("f", []byte(strings.Repeat(open, 1<<16))); err == nil {
			t.Errorf("no error for deep %q", open)
		}
	}
}

func TestParseAutomation(t *testing.T) {
	c, err := Parse("f", []byte(`
location: {latitude: -33.9, longitude: 151.2}
governor: {limit: 0, power: false}
mqtt: {report: 0s, commands: [pause, enter], homeassistant: {enabled: true, prefix: ha}}
gpio:
  chip: pinctrl-rp1
  inputs: {pir: {line: 17, pull: down}}
  outputs:
    lamp: {line: GPIO27, camera: drive, classes: [dog, 151]}
    alive: {line: "5", mode: heartbeat, safe: on}
metrics: {listen: ":9273"}
web: {listen: "", hosts: [cams.example.org, gate-pi], embed: ["http://homeassistant.local:8123"], tls: {cert_file: page.pem, key_file: key.pem}}
cameras:
  drive:
    source: v4l2
    mask: [[0, 0, 0.5, 0, 0, 0.5]]
    hours: ["mon-fri sunrise to 18:00"]
    decision:
      enter: 0.3
      groups: {dog: ["*terrier*", 151-268, 7]}
      ignore: [background, 0]
      classes: {dog: {enter: 0.7, need: 5, dwell: 10s}}
    gate: {triggers: [pir], mask: [[0, 0, 1, 0, 1, 1, 0, 1]]}
    snapshot: {mqtt: true, keep: {max_files: 10}}
  shots: {source: files, files: {paths: [.]}}
  drawn: {decision: {need: 3, window: 3}}
  look: {source: view, view: {of: shots}}
`))
	if err != nil {
		t.Fatal(err)
	}
	drive := c.Cameras["drive"]
	d, enter, need, dwell := drive.Decision, 0.7, 5, 10*time.Second
	for _, pair := range [][2]any{
		{*c.Location, Location{-33.9, 151.2}}, {c.Governor, Governor{}}, {c.MQTT.Report, time.Duration(0)},
		{c.MQTT.Commands, []string{"pause", "enter"}}, {c.MQTT.HomeAssistant, HomeAssistant{true, "ha", "homeassistant/status"}},
		{c.GPIO.Inputs["pir"], GPIOInput{Line: "17", Pull: "down", Debounce: 50 * time.Millisecond}},
		{c.GPIO.Outputs["lamp"].Classes, []Word{"dog", "151"}}, {c.GPIO.Outputs["alive"].Safe, "on"},
		{c.Web, Web{Hosts: []string{"cams.example.org", "gate-pi"}, Embed: []string{"http://homeassistant.local:8123"}, TLS: WebTLS{"page.pem", "key.pem"}, Rate: 5}},
		{drive.Mask, []Polygon{{0, 0, 0.5, 0, 0, 0.5}}}, {d.Enter, 0.3}, {d.Leave, 0.3}, // which follows enter
		{d.Groups, map[string][]Word{"dog": {"*terrier*", "151-268", "7"}}}, {d.Ignore, []Word{"background", "0"}},
		{d.Classes, map[string]ClassDecision{"dog": {Enter: &enter, Need: &need, Dwell: &dwell}}},
		{drive.Gate.Triggers, []string{"pir"}}, {drive.Gate.Motion, true}, {drive.Snapshot.Keep.MaxFiles, 10}, {drive.Snapshot.Keep.MaxBytes, Size(256 << 20)},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("got %+v, want %+v", pair[0], pair[1])
		}
	}
	for camera, want := range map[string][2]int{"drive": {4, 5}, "shots": {1, 1}, "drawn": {3, 3}, "look": {1, 1}} {
		if need, window := c.Votes(camera); need != want[0] || window != want[1] {
			t.Errorf("%s: %d of %d, want %v", camera, need, window, want)
		}
	}
	if again, err := Parse("printed", c.YAML()); err != nil || !reflect.DeepEqual(again.Cameras["drive"], drive) || !reflect.DeepEqual(again.GPIO, c.GPIO) {
		t.Errorf("printed and read again: %v\n%v", err, again)
	}
}

func TestParseTasks(t *testing.T) {
	c, err := Parse("f", []byte(`
models:
  coco: {file: ssd.tflite, labels: coco.txt, task: detect}
  faces: {file: face.tflite, decoder: blazeface, anchors: [[0.25, 0.5], [0.75, 0.5]]}
  many: {file: face.tflite, decoder: yolo, anchors: [`+strings.Repeat("[10, 13],", 200)+`]}
cameras:
  gate: {model: coco, objects: {threshold: 0.4, max_results: 5, only: [person, 17, "tr*"], segment_map: true}}
  yard: {model: faces}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][2]any{
		{c.Models["coco"].Task, "detect"}, {c.Models["demo"].Task, "auto"}, {c.Models["faces"].Anchors, []Anchor{{0.25, 0.5}, {0.75, 0.5}}},
		{len(c.Models["many"].Anchors), 200}, {c.Cameras["gate"].Objects, Objects{0.4, 5, []Word{"person", "17", "tr*"}, true}},
		{c.Cameras["yard"].Objects, UsualObjects()},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("got %+v, want %+v", pair[0], pair[1])
		}
	}
	if again, err := Parse("printed", c.YAML()); err != nil || !reflect.DeepEqual(again, c) {
		t.Errorf("printed and read again: %v\n%v", err, again)
	}
}

// What names classes and lines may look like a number; the number is what counts, however it is written.
func TestParseWords(t *testing.T) {
	c, err := Parse("f", []byte(`cameras: {a: {decision: {ignore: [7, "7", 012, 0x1F, 151-268, "3.5", "no", no, "*a?"]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Word{"7", "7", "12", "31", "151-268", "3.5", "no", "no", "*a?"}
	if got := c.Cameras["a"].Decision.Ignore; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if again, err := Parse("again", c.YAML()); err != nil || !reflect.DeepEqual(again, c) {
		t.Errorf("printed and read again: %v, %v", again, err)
	}
}

// What others find is told with its line among what is found here, but for a key that could not be read.
func TestParseChecks(t *testing.T) {
	text := "models:\n  birds:\n    file: birds.tflite\n    labels: 3\n  \"a b\": {file: x}\ncameras: {a: {top_k: 0}}\n"
	find := func(c *Config) (found []Problem) {
		for name := range c.Models {
			found = append(found, Problem{Key: Key("models", name, "file"), Message: "is odd"})
		}
		return append(found, Problem{Key: Key("models", "birds", "labels"), Message: "is odd"}, Problem{Key: Key("models", "birds", "engine"), Message: "is odd"})
	}
	_, err := Parse("f", []byte(text), find)
	want := `f:1: models.demo.file: is odd
f:2: models.birds.engine: is odd
f:3: models.birds.file: is odd
f:4: models.birds.labels: want a text, not the number 3 (put it in quotes)
f:5: models."a b": "a b" cannot be a name (want 1 to 64 of a-z, A-Z, 0-9, - and _: it becomes part of a topic)
f:5: models."a b".file: is odd
f:6: cameras.a.top_k: 0 is out of range (want 1 to 100)`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}
