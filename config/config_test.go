package config

import (
	"bytes"
	"reflect"
	"regexp"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestFileIsDefault(t *testing.T) {
	c, err := Parse("inceptiond.yaml", File())
	if err != nil {
		t.Fatal(err)
	}
	if want := Default(); !reflect.DeepEqual(*c, want) {
		t.Errorf("the file says\n%v\nbut the default is\n%v", c, want)
	}
}

func TestDefaultIsValid(t *testing.T) {
	c := Default()
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}

func TestDefaultSharesNothing(t *testing.T) {
	a, b := Default(), Default()
	a.Cameras["demo"].Demo.Width = 1
	a.Models["demo"] = Model{}
	if !reflect.DeepEqual(b, Default()) {
		t.Error("a change to one Default shows in another")
	}
}

// wholeFile is the default file with its examples switched on: a # right before a key, or before deeper indentation.
func wholeFile() []byte {
	return regexp.MustCompile(`(?m)^( *)#(  |[a-z])`).ReplaceAll(File(), []byte("$1$2"))
}

func TestFileDocumentsEveryKey(t *testing.T) {
	var doc yaml.Node
	if err := yaml.Unmarshal(wholeFile(), &doc); err != nil {
		t.Fatal(err)
	}
	documented(t, doc.Content[0], "", reflect.TypeFor[Config]())
}

// documented checks that the section n has every key of the struct typ, in its order, and each with a comment.
func documented(t *testing.T, n *yaml.Node, key string, typ reflect.Type) {
	t.Helper()
	var names []string
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		names = append(names, name.Value)
		if name.HeadComment == "" {
			t.Errorf("line %d: %s has no comment", name.Line, join(key, name.Value))
		}
		field := slices.Index(fieldNames(typ), name.Value)
		if field < 0 {
			continue // the comparison below reports it
		}
		sub := typ.Field(field).Type
		if sub.Kind() == reflect.Map && sub.Elem().Kind() == reflect.Struct {
			value, sub = value.Content[1], sub.Elem() // the one entry, demo
		}
		if sub.Kind() == reflect.Struct && value.Style&yaml.FlowStyle != 0 { // an example in a line
			for _, key := range fieldNames(sub) {
				if !regexp.MustCompile(`\b` + key + `\b`).MatchString(name.HeadComment) {
					t.Errorf("line %d: the comment does not name %s", name.Line, key)
				}
			}
			continue
		}
		if sub.Kind() == reflect.Pointer {
			sub = sub.Elem()
		}
		if sub.Kind() == reflect.Struct {
			documented(t, value, join(key, name.Value), sub)
		}
	}
	if want := fieldNames(typ); !slices.Equal(names, want) {
		t.Errorf("section %q has the keys\n%v\nwant\n%v", key, names, want)
	}
}

// The examples that are switched off in the file say the defaults, where there is one.
func TestFileExamples(t *testing.T) {
	root, problem := parseYAML(wholeFile())
	if problem != nil {
		t.Fatal(problem)
	}
	var c Config
	d := decoder{lines: map[string]int{}}
	d.config(root, &c)
	if len(d.problems) > 0 {
		t.Fatal(newError("inceptiond.yaml", d.problems))
	}
	got := c.Cameras["demo"]
	v4l2, rpicam, http, rtsp, files := withDefaults(&V4L2{}), withDefaults(&RPiCam{}), withDefaults(&HTTP{}), withDefaults(&RTSP{}), withDefaults(&Files{})
	rtsp.URL = "rtsp://camera.local/stream"
	http.URL, files.Paths = "http://camera.local/stream.mjpg", []string{"pictures", "shots/*.jpg"}
	for _, pair := range [][2]any{{got.V4L2, v4l2}, {got.RPiCam, rpicam}, {got.HTTP, http}, {got.RTSP, rtsp}, {got.Files, files}, {got.View, &View{Of: "drive"}}, {c.Models["demo"].EdgeTPU, &EdgeTPU{Device: "any", File: "birds_edgetpu.tflite"}}} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("the file says\n%+v\nbut the default is\n%+v", pair[0], pair[1])
		}
	}
	pir, lamp := GPIOInput{}, GPIOOutput{}
	pir.setDefaults()
	lamp.setDefaults()
	pir.Line = "GPIO17"
	lamp.Line, lamp.Camera, lamp.Classes = "GPIO27", "drive", []Word{"dog"}
	enter := 0.7
	for _, pair := range [][2]any{
		{got.Then, &Then{Model: "birds", MaxCrops: 3}}, {got.Gate, withDefaults(&Gate{})}, {got.Snapshot, withDefaults(&Snapshot{})}, {c.Location, &Location{52.52, 13.405}},
		{c.GPIO.Inputs, map[string]GPIOInput{"pir": pir}}, {c.GPIO.Outputs, map[string]GPIOOutput{"lamp": lamp}},
		{got.Decision.Classes, map[string]ClassDecision{"dog": {Enter: &enter}}},
		{got.Decision.Groups, map[string][]Word{"dog": {"*terrier*", "golden retriever", "151-268"}}},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("the file says\n%+v\nbut the default is\n%+v", pair[0], pair[1])
		}
	}
	for _, source := range []string{SourceV4L2, SourceRPiCam, SourceHTTP, SourceRTSP, SourceFiles, SourceView} {
		one := Camera{Source: source, V4L2: got.V4L2, RPiCam: got.RPiCam, HTTP: got.HTTP, RTSP: got.RTSP, Files: got.Files, View: got.View}
		var k checker
		k.settings(source, &one)
		if len(k.problems) > 0 {
			t.Error(newError("inceptiond.yaml", k.problems))
		}
	}
}

// What a newcomer sees first is short, and says the same.
func TestBrief(t *testing.T) {
	c, err := Parse("inceptiond.yaml", Brief())
	if err != nil {
		t.Fatal(err)
	}
	if want := Default(); !reflect.DeepEqual(*c, want) {
		t.Errorf("the brief file says\n%v\nbut the default is\n%v", c, want)
	}
	active := len(regexp.MustCompile(`(?m)^ *[^ #\n]`).FindAll(Brief(), -1))
	if active < 60 || active >= 120 {
		t.Errorf("%d lines of active text", active)
	}
	if brief, all := bytes.Count(Brief(), []byte("\n")), bytes.Count(File(), []byte("\n")); brief > all-60 {
		t.Errorf("%d lines of %d are left", brief, all)
	}
	for _, want := range []string{"#v4l2:\n    #  # A name", "    # Which frames the model gets. Without this section: all. With it: those with motion, and some.\n    #gate: …\n", "#inputs: …\n"} {
		if !bytes.Contains(Brief(), []byte(want)) {
			t.Errorf("%q is not in it:\n%s", want, Brief())
		}
	}
}
