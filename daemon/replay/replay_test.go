package replay_test

import (
	"encoding/json"
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/daemon/bundle"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/daemon/replay"
	"github.com/inceptiond/inceptiond/daemon/service"
	"github.com/inceptiond/inceptiond/daemon/wiring"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/internal/testing/graphs"
)

var update = flag.Bool("update", false, "write testdata anew")

// moment is when the first frame of all bundles of these tests came.
var moment = time.Date(2026, 11, 29, 10, 0, 0, 123456789, time.UTC)

// ticking is a clock that began an hour before that.
type ticking struct{}

func (ticking) SinceBoot(t time.Time) time.Duration { return time.Hour + t.Sub(moment) }

// written is a model in a file of a new folder.
func written(t testing.TB, m *model.Model) (path string) {
	t.Helper()
	data, err := write.Model(m)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "net.tflite")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// event is what happens to the camera of a test: a frame, or the end of what was decided.
type event struct {
	frame     *capture.Frame
	interrupt string
}

// recorded is a camera that is recorded.
type recorded struct {
	*pipeline.Camera
	name    string
	picture picture.Options
	files   *bundle.Bundle // of all cameras
	lines   []byte
	frames  int
}

// take keeps a step.
func (c *recorded) take(t testing.TB, r *pipeline.Recorded) bool {
	r.Hash()
	if r.Start != nil {
		start, err := json.Marshal(r.Start)
		if err == nil {
			err = c.files.Add(bundle.StartName(c.name), "", start)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if r.Frame != nil {
		c.frames++
		r.File = bundle.FrameName(c.name, c.frames, r.Extension())
		if err := c.files.Add(r.File, "", r.Frame); err != nil {
			t.Fatal(err)
		}
	}
	c.lines = bundle.AppendStep(c.lines, &r.Step)
	return true
}

// happen has the i-th event happen to the camera.
func (c *recorded) happen(t testing.TB, e event, i int) {
	t.Helper()
	at := moment.Add(time.Duration(i) * time.Second)
	if e.frame == nil {
		c.EndDecisionAt(at, e.interrupt)
		return
	}
	p, err := picture.New(c.picture)
	if err != nil {
		t.Fatal(err)
	}
	f := *e.frame
	f.Pix, f.Sequence, f.Time = slices.Clone(f.Pix), uint64(i+1), at
	p.Set(&f)
	if err := c.Replay(t.Context(), p); err != nil {
		t.Fatal(err)
	}
}

// record is a bundle of what cameras of a config made of events, a second apart, the first of which are not in it.
func record(t testing.TB, config string, events []event, skip int) *bundle.Bundle {
	t.Helper()
	c, err := wiring.Bundled([]byte(config), "", "")
	if err != nil {
		t.Fatal(err)
	}
	p, err := wiring.Plan(c)
	if err != nil {
		t.Fatal(err)
	}
	a, err := service.Assemble(t.Context(), p, ticking{}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	set := kernel.Best()
	m := bundle.Manifest{Created: moment, Device: "test", Version: "1", OS: "linux", Arch: "amd64", Kernels: set.Name, Fused: set.Fused}
	for name := range p.Models {
		m.Models = append(m.Models, bundle.Model{Name: name, File: c.Models[name].File, SHA256: a.Model(name).SHA256})
	}
	add := func(b *bundle.Bundle, name string, data []byte) {
		t.Helper()
		if err := b.Add(name, "", data); err != nil {
			t.Fatal(err)
		}
	}
	files := bundle.New(bundle.Manifest{})
	var tapes []*recorded
	for _, name := range slices.Sorted(maps.Keys(p.Cameras)) {
		tapes = append(tapes, &recorded{Camera: a.Camera(name), name: name, picture: p.Cameras[name].Picture, files: files})
	}
	for i, e := range events { // which happen to each camera in turn
		for _, r := range tapes {
			if i == skip {
				defer r.Record(func(s *pipeline.Recorded) bool { return r.take(t, s) })()
			}
			r.happen(t, e, i)
		}
	}
	for _, r := range tapes {
		add(files, bundle.StepsName(r.name), r.lines)
		m.Cameras = append(m.Cameras, bundle.Camera{Name: r.name, Model: p.Cameras[r.name].Model, Frames: r.frames})
	}
	b := bundle.New(m)
	add(b, bundle.ConfigName, []byte(config))
	for _, f := range files.Manifest.Files {
		data, _ := files.File(f.Name)
		add(b, f.Name, data)
	}
	return b
}

// again is the report of a replay with the bundle's own config, changed by a function.
func again(t *testing.T, b *bundle.Bundle, change func(config string) string, o replay.Options) *replay.Report {
	t.Helper()
	text, _ := b.File(bundle.ConfigName)
	config := string(text)
	if change != nil {
		config = change(config)
	}
	c, err := wiring.Bundled([]byte(config), "test", "")
	if err != nil {
		t.Fatal(err)
	}
	p, err := wiring.Plan(c)
	if err != nil {
		t.Fatal(err)
	}
	return compared(t, b, p, o)
}

// compared is the report of a replay with a plan.
func compared(t *testing.T, b *bundle.Bundle, p *plan.Plan, o replay.Options) *replay.Report {
	t.Helper()
	o.Log = zap.NewNop()
	was, err := replay.Recorded(b)
	if err != nil {
		t.Fatal(err)
	}
	is, err := replay.Run(t.Context(), b, p, o)
	if err != nil {
		t.Fatal(err)
	}
	return replay.Compare(was, is)
}

// plain is a frame of one colour, but for a corner of grey noise that differs from frame to frame.
func plain(r, g, b byte) event {
	const width, height = 48, 36
	f := capture.Frame{Format: capture.Packed(capture.RGB24, width, height)}
	for i := range width * height {
		if i%width < width/4 && i/width < height/4 {
			f.Pix = append(f.Pix, byte(i), byte(i*7), byte(i*3)+r)
			continue
		}
		f.Pix = append(f.Pix, r, g, b)
	}
	return event{frame: &f}
}

var red, green, blue = plain(200, 60, 50), plain(40, 190, 60), plain(30, 50, 210)

const coloursConfig = `
mqtt: {broker: "off"}
web: {listen: ""}
models:
  colours: {file: FILE, labels: LABELS}
cameras:
  door:
    source: demo
    model: colours
    decision: {enter: 0.5, leave: 0.4, need: 2, window: 2, cooldown: 2s}
`

// colours is a bundle of a model of float32.
func colours(t testing.TB) *bundle.Bundle {
	t.Helper()
	labels := filepath.Join(t.TempDir(), "labels.txt")
	if err := os.WriteFile(labels, []byte("red\ngreen\nblue\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	config := strings.NewReplacer("FILE", written(t, graphs.Colours()), "LABELS", labels).Replace(coloursConfig)
	return record(t, config, []event{red, red, green, green, red, blue, {interrupt: "paused"}, blue, blue, red, red}, 2)
}

// A replay on the same machine gives the same bytes, in the middle of what a camera does.
func TestSame(t *testing.T) {
	b := colours(t)
	r := again(t, b, nil, replay.Options{})
	if len(r.Cameras) != 1 || !r.Same || !r.Cameras[0].Exact || r.Cameras[0].Frames != 8 || r.Cameras[0].Changes < 3 {
		t.Errorf("%+v", r)
	}
}

// What is different is told at the first stage where it is, and at the first frame.
func TestStages(t *testing.T) {
	b := colours(t)
	other := graphs.Colours()
	other.Tensors[len(other.Tensors)-3].Data[2] ^= 0x40 // a weight of the last layer
	others := written(t, other)
	for name, c := range map[string]struct {
		from, to string
		stage    replay.Stage
		frame    int
	}{
		"region":    {"model: colours", "model: colours\n    region: {x: 0, y: 0, width: 0.25, height: 0.25}", replay.Tensor, 1},
		"mean, std": {"labels:", "mean: [0], std: [1], labels:", replay.Tensor, 1},
		"model":     {"file: ", "file: " + others + " #", replay.Outputs, 1},
		"threshold": {"model: colours", "model: colours\n    threshold: 0.99", replay.Findings, 1},
		"votes":     {"need: 2, window: 2", "need: 3, window: 3", replay.Decision, 1},
		"cooldown":  {"cooldown: 2s", "cooldown: 9s", replay.Decision, 3},
		"events":    {"cooldown: 2s", "cooldown: 2s, label_events: false", replay.Messages, 1},
	} {
		r := again(t, b, func(config string) string {
			changed := strings.Replace(config, c.from, c.to, 1)
			if name == "model" {
				changed = strings.Replace(changed, " #", "} #", 1)
			}
			return changed
		}, replay.Options{})
		first := r.Cameras[0].First
		if r.Same || len(first) == 0 || first[0].Stage != c.stage || first[0].Frame != c.frame {
			t.Errorf("%s: same %t, first %+v (want the stage %s of frame %d)", name, r.Same, first, c.stage, c.frame)
		}
	}
}

// Kernels of every set give the same bytes as long as they are of the same kind, and else the same decisions, by numbers that are told to
// be nearly the same. Those of the kind that was recorded are taken if that is asked for.
func TestKernels(t *testing.T) {
	b := colours(t)
	best := kernel.Best().Fused
	for _, name := range kernel.Names() {
		t.Setenv("INCEPTIOND_KERNELS", name)
		set, err := kernel.ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		r := again(t, b, nil, replay.Options{})
		if m := r.Models[0]; !r.Same || m.B.Kernel != name || m.Loose != (set.Fused != best) || !m.Loose && !r.Cameras[0].Exact {
			t.Errorf("%s: %+v, %+v", name, m, r.Cameras[0])
		}
		if c := r.Cameras[0]; set.Fused != best && (c.Exact || !(c.Rounded > 0)) {
			t.Errorf("%s: no last place differs, so that nothing is tried here", name)
		}
		if r := again(t, b, nil, replay.Options{Fused: &best}); !r.Same || !r.Cameras[0].Exact || r.Models[0].Loose {
			t.Errorf("%s, where those that were recorded are wanted: %+v", name, r)
		}
	}
}

// What a replay says, for people and in JSON.
func TestOutcome(t *testing.T) {
	b := colours(t)
	here := replay.Machine{Version: "2", OS: "linux", Arch: "arm", Kernels: "neon"}
	out := &replay.Outcome{
		Device: "test\x1b[2J", Created: moment, Bundle: replay.Machine{Version: "1", OS: "linux", Arch: "amd64", Kernels: "avx2"}, Here: here,
		Report: again(t, b, nil, replay.Options{}),
		Inputs: []replay.Input{{Camera: "door", Tensor: "float32 [1 24 24 3]", Least: -1, Most: 1}},
		Tried: &replay.Tried{
			File: "try.yaml", Inputs: []replay.Input{}, Settings: []replay.Setting{{Key: "cameras.door.decision.cooldown", A: "2s", B: "9s"}},
			Report: again(t, b, func(s string) string { return strings.Replace(s, "cooldown: 2s", "cooldown: 9s", 1) }, replay.Options{Other: true}),
		},
	}
	for i, m := range []*replay.ModelReport{&out.Report.Models[0], &out.Tried.Report.Models[0]} { // what depends on the machine
		m.A.File, m.B.File, m.A.Kernel, m.B.Kernel, m.Loose = "net.tflite", "net.tflite", "avx2", "neon", i == 0
	}
	var text, data strings.Builder
	if err := errors.Join(out.Text(&text), out.JSON(&data)); err != nil {
		t.Fatal(err)
	}
	golden(t, "outcome.txt", text.String())
	golden(t, "outcome.json", data.String())
	schema, err := jsonschema.NewCompiler().Compile("../../docs/schema/replay.json")
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(data.String()))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		t.Error(err)
	}
}

// golden compares a text with that of a file, or makes it anew.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s (make it anew with -update):\n%s\nwant\n%s", name, got, want)
	}
}
