package replay_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/bundle"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/daemon/replay"
	"github.com/inceptiond/inceptiond/daemon/wiring"
	"github.com/inceptiond/inceptiond/internal/testing/graphs"
)

// changed is a bundle with other contents of files, or without those of which nothing is given, that is whole as far as hashes tell.
func changed(t testing.TB, b *bundle.Bundle, files map[string][]byte) *bundle.Bundle {
	t.Helper()
	m := b.Manifest
	next := bundle.New(m)
	for _, f := range m.Files {
		data, _ := b.File(f.Name)
		if other, there := files[f.Name]; there {
			data = other
		}
		if data == nil {
			continue
		}
		if err := next.Add(f.Name, f.About, data); err != nil {
			t.Fatal(err)
		}
	}
	return next
}

// steps are the lines of a camera's steps after a change of the first of them.
func firstStep(t testing.TB, b *bundle.Bundle, camera string, change func(*bundle.Step)) []byte {
	t.Helper()
	steps, err := b.Steps(camera)
	if err != nil {
		t.Fatal(err)
	}
	change(&steps[0])
	var lines []byte
	for i := range steps {
		lines = bundle.AppendStep(lines, &steps[i])
	}
	return lines
}

// A step that says of its frame what cannot be costs that frame, and is told.
func TestHostileFrames(t *testing.T) {
	b := colours(t)
	name := bundle.StepsName("door")
	for what, change := range map[string]func(*bundle.Step){
		"format that nobody knows": func(s *bundle.Step) { s.Format = "H264" },
		"picture of a web page":    func(s *bundle.Step) { s.Format, s.Stride = "PNG", 0 },
		"JPEG that is none":        func(s *bundle.Step) { s.Format, s.Stride = bundle.FormatJPEG, 0 },
		"more pixels than bytes":   func(s *bundle.Step) { s.Width, s.Stride = 4096, 3*4096 },
		"rows that overlap":        func(s *bundle.Step) { s.Stride = 1 },
		"rows of no size":          func(s *bundle.Step) { s.Stride = -1 << 30 },
		"planes of another size": func(s *bundle.Step) {
			s.Format, s.Stride = bundle.FormatPlanes, 0
			s.Levels = []bundle.Level{{Reduction: 1, Colour: "ycc", Width: 16000, Height: 16000, SubX: 1, SubY: 1}}
		},
		"planes of no kind": func(s *bundle.Step) {
			s.Format, s.Levels = bundle.FormatPlanes, []bundle.Level{{Reduction: 3, Colour: "plaid", Width: -1, Height: 1 << 30, SubX: 0, SubY: 7}}
		},
	} {
		r := again(t, changed(t, b, map[string][]byte{name: firstStep(t, b, "door", change)}), nil, replay.Options{})
		first := r.Cameras[0].First
		if r.Same || len(first) == 0 || first[0].Stage != replay.Frame || first[0].Frame != 1 || first[0].Error == "" {
			t.Errorf("%s: %+v", what, first)
			continue
		}
		t.Log(what+":", first[0].Error)
	}
}

// What is beside frames may be anything, too.
func TestHostileFiles(t *testing.T) {
	b := colours(t)
	for what, c := range map[string]struct {
		name string
		data string
		want string // in the error; empty: there is none
	}{
		"start": {bundle.StartName("door"), "[]", "start/door.json"},
		"start of nothing": {bundle.StartName("door"), `{"decider":{"votes":["` + strings.Repeat(`x","`, 5000) + `"],"since_ns":-9223372036854775808},` +
			`"sequence":18446744073709551615}`, ""},
		"steps":            {bundle.StepsName("door"), "{}\n", "neither a frame nor an interruption"},
		"steps of no JSON": {bundle.StepsName("door"), "\x00\xff\n", "line 1"},
		"times of no order": {bundle.StepsName("door"), `{"interrupt":"x","monotonic_ns":-9223372036854775808,"time":"0001-01-01T00:00:00Z","enter":-5,` +
			`"messages":[{"topic":"x","payload":null}]}` + "\n", ""},
	} {
		err := tried(t, changed(t, b, map[string][]byte{c.name: []byte(c.data)}))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v (want %q)", what, err, c.want)
		}
	}
	none := bundle.New(bundle.Manifest{Created: moment, Cameras: []bundle.Camera{{Name: "door"}}})
	if _, err := (&replay.Options{}).Choose(none, nil); err == nil || !strings.Contains(err.Error(), "the bundle has no frames") {
		t.Errorf("without frames: %v", err)
	}
}

// tried is the error of a replay.
func tried(t testing.TB, b *bundle.Bundle) error {
	text, _ := b.File(bundle.ConfigName)
	c, err := wiring.Bundled(text, "test", "")
	if err != nil {
		return err
	}
	p, err := wiring.Plan(c)
	if err != nil {
		return err
	}
	was, err := replay.Recorded(b)
	if err != nil {
		return err
	}
	is, err := replay.Run(t.Context(), b, p, replay.Options{Log: zap.NewNop()})
	if err != nil {
		return err
	}
	out := replay.Outcome{Report: replay.Compare(was, is)}
	var sink bytes.Buffer
	if err := out.Text(&sink); err != nil {
		return err
	}
	return out.JSON(&sink)
}

// FuzzReplay replays a bundle whose steps, start and first frame are anything. It ends, with a report or an error.
func FuzzReplay(f *testing.F) {
	labels := filepath.Join(f.TempDir(), "labels.txt")
	if err := os.WriteFile(labels, []byte("red\ngreen\nblue\n"), 0o644); err != nil {
		f.Fatal(err)
	}
	config := strings.NewReplacer("FILE", written(f, graphs.Fading(false)), "LABELS", labels).Replace(fadingConfig)
	b := record(f, config, []event{red, {interrupt: "paused"}, green}, 0)
	steps, _ := b.File(bundle.StepsName("door"))
	start, _ := b.File(bundle.StartName("door"))
	frame, _ := b.File(bundle.FrameName("door", 1, "rgb24"))
	f.Add(steps, start, frame)
	planes := firstStep(f, b, "door", func(s *bundle.Step) {
		s.Format, s.Stride, s.Width, s.Height = bundle.FormatPlanes, 0, 16, 8
		s.Levels = []bundle.Level{{Reduction: 1, Colour: "ycc", Width: 16, Height: 8, SubX: 2, SubY: 2}}
	})
	f.Add(planes, start, frame[:16*8*3/2])
	var carried pipeline.Carried
	if err := json.Unmarshal(start, &carried); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, steps, start, frame []byte) {
		if len(steps)+len(start)+len(frame) > 1<<16 {
			return
		}
		files := map[string][]byte{bundle.StepsName("door"): steps, bundle.StartName("door"): start, bundle.FrameName("door", 1, "rgb24"): frame}
		for name, data := range files {
			files[name] = append([]byte{}, data...) // never nil, which takes the file out
		}
		if err := tried(t, changed(t, b, files)); err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
