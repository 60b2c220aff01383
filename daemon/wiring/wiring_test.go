package wiring

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/publish/metrics"
)

// planOf is the plan of a config with this text.
func planOf(t *testing.T, text string) *plan.Plan {
	t.Helper()
	file := filepath.Join(t.TempDir(), "inceptiond.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := LoadPlan(file, Flags{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What a model is for, and what is listed of the things that it finds.
func TestPlanOfObjects(t *testing.T) {
	p := planOf(t, `
models:
  coco: {file: ssd.tflite, task: detect}
  faces: {file: faces.tflite, decoder: yolo, anchors: [[10, 13], [16, 30]]}
cameras:
  gate: {model: coco, objects: {threshold: 0.4, only: [person, 17], segment_map: true}}
  yard: {model: faces, objects: {max_results: 5}}
  usual: {model: faces}
`)
	if coco, faces := p.Models["coco"], p.Models["faces"]; coco.Task != "detect" || faces.Task != "auto" || faces.Decoder != "yolo" ||
		!reflect.DeepEqual(faces.Anchors, [][]float64{{10, 13}, {16, 30}}) || coco.Anchors != nil {
		t.Errorf("the models are %+v, %+v", coco, faces)
	}
	for camera, want := range map[string]plan.Objects{
		"gate":  {Threshold: 0.4, MaxResults: 20, Only: []string{"person", "17"}, SegmentMap: true, Set: []string{"threshold", "only", "segment_map"}},
		"yard":  {Threshold: 0.5, MaxResults: 5, Set: []string{"max_results"}},
		"usual": {Threshold: 0.5, MaxResults: 20},
	} {
		if got := p.Cameras[camera].Objects; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", camera, got, want)
		}
	}
}

// Whom a model is to recognize, and where these are; the pictures of its cameras are theirs.
func TestPlanOfPeople(t *testing.T) {
	p := planOf(t, `
teach: {folder: /taught}
models:
  faces: {file: faces.tflite, task: embed, people: family, max_distance: 0.5}
  told: {file: faces.tflite, task: embed, publish_embedding: true}
cameras:
  gate: {model: faces, collect: {what: unsure}}
  yard: {model: told}
`)
	if faces, told := p.Models["faces"], p.Models["told"]; faces.People != "/taught/family/current" || faces.MaxDistance != 0.5 || told.People != "" || told.MaxDistance != 0 {
		t.Errorf("the models are %+v, %+v", faces, told)
	}
	if gate, yard := p.Cameras["gate"], p.Cameras["yard"]; gate.Embedding || gate.Taught != "family" || gate.Collect == nil || !yard.Embedding || yard.Taught != "" {
		t.Errorf("the cameras are %+v, %+v", gate, yard)
	}
}

// A view's look is its own, where its frames come from is its camera's.
func TestPlanOfViews(t *testing.T) {
	p := planOf(t, `
models: {cars: {file: cars.tflite}, parcels: {file: parcels.tflite, mean: [127], std: [64]}, unused: {file: unused.tflite}}
cameras:
  a-view: {source: view, view: {of: drive}, model: parcels, top_k: 1, threshold: 0.6, max_rate: 2, fit: crop, region: {x: 0.5, width: 0.5}}
  drive: {source: files, files: {paths: [shots]}, model: cars, rotate: 90, flip: vertical}
  loop: {source: files, files: {paths: [shots], loop: true}, model: cars}
`)
	drive, view := p.Cameras["drive"], p.Cameras["a-view"]
	if drive.View != "" || drive.Opener == nil || !drive.KeepAll || !drive.Finite || !reflect.DeepEqual(drive.Picture, picture.Options{Rotate: 90, Flip: picture.FlipVertical}) {
		t.Errorf("the camera is %+v", drive)
	}
	if view.View != "drive" || view.Kind != "view" || view.Opener != nil || view.KeepAll || view.Finite || !reflect.DeepEqual(view.Picture, picture.Options{}) {
		t.Errorf("the view is %+v", view)
	}
	if view.Model != "parcels" || view.TopK != 1 || view.Threshold != 0.6 || view.MaxRate != 2 {
		t.Errorf("the view's look is %+v", view)
	}
	want := preprocess.Options{Region: preprocess.Region{X: 0.5, Width: 0.5, Height: 1}, Fit: preprocess.Crop, FastDecode: preprocess.FastAuto}
	if fmt.Sprint(view.Preprocess) != fmt.Sprint(want) {
		t.Errorf("the view's preprocessing is %+v, want %+v", view.Preprocess, want)
	}
	if m := p.Models["parcels"]; !slices.Equal(m.Mean, []float32{127}) || !slices.Equal(m.Std, []float32{64}) || m.Scores != task.Auto {
		t.Errorf("the view's model is %+v", m)
	}
	if loop := p.Cameras["loop"]; !loop.KeepAll || loop.Finite {
		t.Errorf("the loop is %+v", loop)
	}
	if got := slices.Sorted(maps.Keys(p.Models)); !slices.Equal(got, []string{"cars", "parcels"}) {
		t.Errorf("models %q, want those that a camera uses", got)
	}
	if got := p.CamerasFirst(); !slices.Equal(got, []string{"drive", "loop", "a-view"}) {
		t.Errorf("in the order %q", got)
	}
	if got := view.String(); got != "a view of drive" {
		t.Errorf("for people: %q", got)
	}
}

// A camera's decision is what its section says; how many votes it takes depends on where the pictures come from, also of a
// view.
func TestPlanOfDecisions(t *testing.T) {
	p := planOf(t, `
cameras:
  drive: {source: v4l2, decision: {enter: 0.6, leave: 0.4, margin: 0.2, dwell: 1s, cooldown: 2s, hold: 3s, label_events: false, others: ignore,
    ignore: [7], groups: {dog: ["*terrier*", 151-268]}, classes: {dog: {enter: 0.7, leave: 0.5, need: 5, dwell: 4s, cooldown: 0s}, 9: {}}}}
  drawn: {source: demo}
  shots: {source: files, files: {paths: [shots]}}
  album: {source: view, view: {of: shots}}
  gate: {source: view, view: {of: drive}, decision: {need: 3, window: 3}}
`)
	enter, leave, dwell, cooldown := 0.7, 0.5, 4*time.Second, time.Duration(0)
	want := decide.Options{
		Enter: 0.6, Leave: 0.4, Margin: 0.2, Need: 4, Window: 5, Dwell: time.Second, Cooldown: 2 * time.Second,
		Ignore: []string{"7"}, IgnoreOthers: true, Groups: map[string][]string{"dog": {"*terrier*", "151-268"}},
		Classes: map[string]decide.Own{"dog": {Enter: &enter, Leave: &leave, Need: 5, Dwell: &dwell, Cooldown: &cooldown}, "9": {}},
	}
	drive := p.Cameras["drive"]
	if !reflect.DeepEqual(drive.Decide, want) || drive.Hold != 3*time.Second || !drive.NoLabelEvents {
		t.Errorf("%+v, hold %v, no label events %t", drive.Decide, drive.Hold, drive.NoLabelEvents)
	}
	for name, want := range map[string][2]int{"drawn": {1, 1}, "shots": {1, 1}, "album": {1, 1}, "gate": {3, 3}} {
		if o := p.Cameras[name].Decide; o.Need != want[0] || o.Window != want[1] || o.Enter != 0.5 || o.Leave != 0.35 || o.Margin != 0.1 {
			t.Errorf("%s: %+v", name, o)
		}
	}
	if gate := p.Cameras["gate"]; gate.Hold != time.Minute || gate.NoLabelEvents || gate.Decide.IgnoreOthers {
		t.Errorf("the defaults are %+v", gate)
	}
}

// Every kind of camera has an opener that says where its frames come from.
func TestPlanOfSources(t *testing.T) {
	for source, want := range map[string]string{
		"demo":   "drawn scenes 640x480, every 1s",
		"v4l2":   "/dev/video0",
		"rpicam": "0",
		"http":   "http://camera.local/stream.mjpg",
		"rtsp":   "rtsp://camera.local/stream",
		"files":  "pictures from /",
	} {
		section := map[string]string{"http": ", http: {url: 'http://camera.local/stream.mjpg?key=secret'}", "rtsp": ", rtsp: {url: 'rtsp://camera.local/stream?key=secret'}", "files": ", files: {paths: [shots]}"}[source]
		c := planOf(t, "cameras: {a: {source: "+source+section+"}}").Cameras["a"]
		if got := c.String(); c.Kind != source || !strings.Contains(got, want) || strings.Contains(got, "secret") {
			t.Errorf("%s is %q, want it to hold %q", source, got, want)
		}
		if c.Opener.Silence() <= 0 {
			t.Errorf("%s may be silent for %v", source, c.Opener.Silence())
		}
		if c.KeepAll != (source == config.SourceFiles) {
			t.Errorf("%s keeps all: %v", source, c.KeepAll)
		}
	}
}

// What only the parts know of is told with line and key, among the mistakes that the file has by itself.
func TestLoadTellsLines(t *testing.T) {
	file := filepath.Join(t.TempDir(), "inceptiond.yaml")
	text := "models:\n  cats:\n    file: pull:mobilenet\n  dogs: {file: 'pull:'}\ncameras:\n  a: {top_k: 0}\n" +
		"  b:\n    source: v4l2\n    hours:\n    - mon-fri 07:30 to 18:00\n    - 7 to 18\n    - [08:00 to 09:00]\n    - mo 07:30 to 18:00\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Load(file, Flags{})
	var bad *config.Error
	if !errors.As(err, &bad) {
		t.Fatalf("got %v, want a *config.Error", err)
	}
	var got []string
	for _, p := range bad.Problems {
		got = append(got, fmt.Sprintf("%d %s", p.Line, p.Key))
	}
	if want := []string{"3 models.cats.file", "4 models.dogs.file", "6 cameras.a.top_k",
		"11 cameras.b.hours[1]", "12 cameras.b.hours[2]", "13 cameras.b.hours[3]"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q:\n%v", got, want, err)
	}
}

// A draft has no model that the mistakes of the file name already: each is told once.
func TestDraftHasNoUnknownModels(t *testing.T) {
	file := filepath.Join(t.TempDir(), "inceptiond.yaml")
	text := "models: {a: {file: 'pull:nope'}, b: {file: b.tflite}, c: {file: 'pull:nope'}}\ncameras: {d: {model: a}, e: {model: x}, f: {model: b}}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := Draft(file)
	if got := slices.Sorted(maps.Keys(p.Models)); !slices.Equal(got, []string{"b"}) || len(p.Idle) != 1 || p.Idle["demo"].File == "" {
		t.Errorf("models %q and %v, want b, and the demo's", got, p.Idle)
	}
}

// Where metrics can be had is the file's to say.
func TestPlanOfMetrics(t *testing.T) {
	c := config.Default()
	c.Device = "gate"
	p, err := Plan(&c)
	if err != nil || p.Metrics.On() {
		t.Errorf("by default: %+v, %v", p.Metrics, err)
	}
	c.Metrics.Listen, c.Metrics.TextFile = "127.0.0.1:9273", "/run/inceptiond/inceptiond.prom"
	want := metrics.Options{Listen: "127.0.0.1:9273", TextFile: "/run/inceptiond/inceptiond.prom", Interval: 15 * time.Second}
	if p, err = Plan(&c); err != nil || p.Metrics != want || !p.Metrics.On() {
		t.Errorf("%+v, %v, want %+v", p.Metrics, err, want)
	}
}
