package learn

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/explain"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/stats"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

var writeFigures = flag.Bool("figures", false, "write the table of docs/learning.md anew")

// pupil is a base that is taught clothes, and what it sees of pictures that it was not taught.
type pupil struct {
	base   *Base
	looker *looker
	engine *cpu.Engine

	test, near, foreign []look // new pictures of the same things; of related things; of others
}

// look is one picture as the base sees it.
type look struct {
	class    string
	in       []byte
	features []float32
}

func newPupil(t *testing.T, name string) *pupil {
	t.Helper()
	p := &pupil{base: sharedBase(t, name)}
	p.engine = runnerOf(t, p.base, 2)
	var err error
	if p.looker, err = newLooker(p.base, p.engine, Defaults().Preprocess); err != nil {
		t.Fatal(err)
	}
	p.test, p.near = p.looks(t, folder(t, "clothes/test", 0)), p.looks(t, folder(t, "clothes/near", 0))
	files, err := filepath.Glob(filepath.Join(shared.Dir(t), "pictures", "*.[jb][pm][gp]"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d pictures: %v", len(files), err)
	}
	var foreign []Picture
	for _, file := range files {
		foreign = append(foreign, fileOf(file, ""))
	}
	p.foreign = p.looks(t, foreign)
	return p
}

func (p *pupil) looks(t *testing.T, set []Picture) (list []look) {
	t.Helper()
	for i := range set {
		if _, err := p.looker.open(&set[i]); err != nil {
			t.Fatal(err)
		}
		if err := p.looker.look(t.Context()); err != nil {
			t.Fatal(err)
		}
		f, err := p.looker.features()
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, look{set[i].Class, bytes.Clone(p.looker.in), f})
	}
	return list
}

// figures are those of one training.
type figures struct {
	base            string
	pictures        int // of each class
	right           int // of the test pictures
	same            int // class of the file and of the head in real numbers
	calibration     float64
	known, related  int // called unknown, of test and near
	foreign         int
	steps           float64 // mean of the map against the logit, worst, in steps of the map
	report          *Report
	of, nears, alls int // how many test, near and foreign pictures there are
}

// teach teaches clothes with the first n pictures of each, and measures.
func (p *pupil) teach(t *testing.T, name string, n int) (*Version, figures) {
	t.Helper()
	o := Defaults()
	o.Name, o.BaseFile = "clothes", name+".tflite"
	start := time.Now()
	tr, err := teach(t.Context(), p.base, p.engine, folder(t, "clothes/train", n), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	v, err := tr.version()
	if err != nil {
		t.Fatal(err)
	}
	v.Report.Seconds = time.Since(start).Seconds()
	f := figures{base: name, pictures: n, report: &v.Report, of: len(p.test), nears: len(p.near), alls: len(p.foreign)}
	known, err := task.ParseTaught(v.Embeddings)
	if err != nil {
		t.Fatal(err)
	}
	r := newRunning(t, v, known)
	var confidence []float64
	var right []bool
	for _, l := range p.test {
		said, found := r.ask(t, l.in)
		z := make([]float64, len(tr.classes))
		tr.head.logits(z, l.features)
		f.right += count(v.Labels[said] == l.class)
		f.same += count(slices.Index(z, slices.Max(z)) == said)
		f.known += count(found.Unknown)
		f.steps = max(f.steps, r.apart())
		confidence, right = append(confidence, float64(found.Classes[said])), append(right, v.Labels[said] == l.class)
	}
	f.calibration = stats.CalibrationError(confidence, right, 10)
	for _, l := range p.near {
		_, found := r.ask(t, l.in)
		f.related += count(found.Unknown)
	}
	for _, l := range p.foreign {
		_, found := r.ask(t, l.in)
		f.foreign += count(found.Unknown)
	}
	return v, f
}

// running is a taught model at work.
type running struct {
	engine *cpu.Engine
	task   task.Task
	outs   [][]byte // probability, map, embedding, logits
	specs  []infer.TensorSpec
	model  *model.Model
}

func newRunning(t *testing.T, v *Version, known *task.Taught) *running {
	t.Helper()
	m, err := model.Parse(v.Model, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if m, err = model.WithOutputs(m, "taught/logits"); err != nil {
		t.Fatal(err)
	}
	r := &running{engine: engineOf(t, m, 2), model: m}
	r.specs = r.engine.Outputs()
	r.outs = infer.Buffers(r.specs)
	if r.task, err = task.New(r.specs, task.Options{Taught: known, Embedding: 2, Unknown: Defaults().Unknown}); err != nil {
		t.Fatal(err)
	}
	return r
}

// ask is the class that is most probable, and all that was found.
func (r *running) ask(t *testing.T, in []byte) (said int, f task.Findings) {
	t.Helper()
	if _, err := r.engine.Run(t.Context(), in, r.outs); err != nil {
		t.Fatal(err)
	}
	if err := r.task.Decode(&f, r.outs); err != nil {
		t.Fatal(err)
	}
	return slices.Index(f.Classes, slices.Max(f.Classes)), f
}

// apart is how far the mean of the map is from a logit, at worst, in steps of the map.
func (r *running) apart() (worst float64) {
	cam, logits := r.specs[1], r.specs[3]
	classes := logits.Elements()
	cells := make([]float32, cam.Elements())
	z := make([]float32, classes)
	if cam.Values(cells, r.outs[1]) != nil || logits.Values(z, r.outs[3]) != nil {
		return 1e9
	}
	for c := range classes {
		sum := 0.0
		for p := c; p < len(cells); p += classes {
			sum += float64(cells[p])
		}
		off := sum/float64(len(cells)/classes) - float64(z[c])
		worst = max(worst, off, -off)
	}
	return worst / float64(cam.Scale)
}

// clothes is what must be right of 100 test pictures, with 5, 10 and 20 of each class.
var clothes = map[string][3]int{
	"googlenet_224_uint8":          {82, 88, 90},
	"tf2_mobilenet_v2_1.0_224_ptq": {82, 88, 92},
	"mobilenet_v2_1.0_224_quant":   {75, 80, 86},
}

// TestFigures teaches real networks with real pictures: what docs/learning.md promises.
func TestFigures(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	var all []figures
	for _, name := range []string{"googlenet_224_uint8", "tf2_mobilenet_v2_1.0_224_ptq", "mobilenet_v2_1.0_224_quant"} {
		t.Run(name, func(t *testing.T) {
			p := newPupil(t, name)
			for k, n := range []int{5, 10, 20} {
				v, f := p.teach(t, name, n)
				t.Logf("%d of each class: %s", n, f.row())
				checkFigures(t, &f, clothes[name][k])
				all = append(all, f)
				if n == 10 && name == "googlenet_224_uint8" {
					checkMosaic(t, p, v)
					checkWorker(t, p, v)
				}
			}
		})
	}
	if *writeFigures && !t.Failed() {
		writeTable(t, all)
	}
}

// checkFigures compares with what must be.
func checkFigures(t *testing.T, f *figures, least int) {
	t.Helper()
	for what, wrong := range map[string]bool{
		fmt.Sprintf("%d of %d are right (want %d)", f.right, f.of, least):                       100*f.right < least*f.of,
		fmt.Sprintf("%d of %d are the same in the file (want 98 %%)", f.same, f.of):             100*f.same < 98*f.of,
		fmt.Sprintf("calibration error %.3f (want 0.12 at most)", f.calibration):                f.pictures >= 10 && f.calibration > 0.12,
		fmt.Sprintf("%d of %d known ones are unknown (want 15 %% at most)", f.known, f.of):      100*f.known > 15*f.of,
		fmt.Sprintf("%d of %d foreign ones are unknown (want 95 %%)", f.foreign, f.alls):        f.pictures >= 10 && 100*f.foreign < 95*f.alls,
		fmt.Sprintf("the map's mean is up to %.2f steps from the logit (want 1)", f.steps):      f.steps > 1,
		fmt.Sprintf("the cross validation, %+v, says more than %d", f.report.Accuracy, f.right): f.report.Accuracy.Low > float64(f.right)/float64(f.of),
	} {
		if wrong {
			t.Errorf("%s with %d: %s", f.base, f.pictures, what)
		}
	}
}

// checkMosaic shows four test pictures of different classes at once: the map of a class is to point to the quarter in which
// it is.
func checkMosaic(t *testing.T, p *pupil, v *Version) {
	t.Helper()
	r := newRunning(t, v, mustParse(t, v))
	a, err := explain.NewActivation(r.model)
	if err != nil {
		t.Fatal(err)
	}
	features, err := model.WithOutputs(r.model, a.Tensor())
	if err != nil {
		t.Fatal(err)
	}
	e := engineOf(t, features, 2)
	outs := infer.Buffers(e.Outputs())
	const side, images = 224, 20
	hits := 0
	for i := range images {
		in := make([]byte, 3*side*side)
		for q := range 4 {
			at := p.test[(i+q)%5*images+i] // classes follow each other, and have as many pictures as there are mosaics
			quarter(in, at.in, side, q%2, q/2)
		}
		if _, err := e.Run(t.Context(), in, outs); err != nil {
			t.Fatal(err)
		}
		for q := range 4 {
			var m explain.Map
			if err := a.Explain(&m, outs[len(outs)-1], (i+q)%5); err != nil {
				t.Fatal(err)
			}
			x, y := peak(&m)
			hits += count(q == count(x > 0.5)+2*count(y > 0.5))
		}
	}
	t.Logf("mosaic: %d of %d", hits, 4*images)
	if 100*hits < 72*4*images {
		t.Errorf("the map points to the right quarter %d times of %d (want 72 %%)", hits, 4*images)
	}
}

func mustParse(t *testing.T, v *Version) *task.Taught {
	t.Helper()
	known, err := task.ParseTaught(v.Embeddings)
	if err != nil {
		t.Fatal(err)
	}
	return known
}

// quarter draws a picture at half its size into a quarter of another.
func quarter(to, from []byte, side, column, row int) {
	for y := range side / 2 {
		for x := range side / 2 {
			for c := range 3 {
				at := func(dx, dy int) int { return int(from[3*((2*y+dy)*side+2*x+dx)+c]) }
				to[3*((row*side/2+y)*side+column*side/2+x)+c] = byte((at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1) + 2) / 4)
			}
		}
	}
}

// peak is where a map is greatest, in fractions.
func peak(m *explain.Map) (x, y float64) {
	const fine = 56
	best := m.At(0, 0) - 1
	for i := range fine * fine {
		u, v := (float64(i%fine)+0.5)/fine, (float64(i/fine)+0.5)/fine
		if at := m.At(u, v); at > best {
			best, x, y = at, u, v
		}
	}
	return x, y
}

// checkWorker has TensorFlow Lite give the same bytes, if its worker is built.
func checkWorker(t *testing.T, p *pupil, v *Version) {
	t.Helper()
	t.Run("worker", func(t *testing.T) {
		shared.WorkerInPath(t)
		file := filepath.Join(t.TempDir(), "model.tflite")
		if err := os.WriteFile(file, v.Model, 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := engines.Load(t.Context(), "taught", engines.Options{File: file, Engine: engines.TFLite}, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		r, outs := newRunning(t, v, mustParse(t, v)), infer.Buffers(m.Engine.Outputs())
		for i := range 8 {
			r.ask(t, p.test[12*i].in)
			if by, err := m.Engine.Run(t.Context(), p.test[12*i].in, outs); err != nil || by.Engine != infer.EngineTFLite {
				t.Fatal(by, err)
			}
			for k := range outs {
				if !bytes.Equal(outs[k], r.outs[k]) {
					t.Errorf("picture %d: output %d differs", i, k)
				}
			}
		}
	})
}

// row is the figures as a row of a table.
func (f *figures) row() string {
	low, high := stats.Wilson(f.right, f.of)
	share := func(n, of int) string { return fmt.Sprintf("%.0f %%", 100*float64(n)/float64(of)) }
	return fmt.Sprintf("| `%s` | %d | %s (%.0f to %.0f) | %.0f to %.0f %% | %s | %.0f %% | %s | %s | %s |", f.base, f.pictures,
		share(f.right, f.of), 100*low, 100*high, 100*f.report.Accuracy.Low, 100*f.report.Accuracy.High, share(f.same, f.of),
		100*f.calibration, share(f.known, f.of), share(f.foreign, f.alls), share(f.related, f.nears))
}

const tableHead = `| base | pictures of each class | right, of new ones | its own estimate | as in real numbers | calibration error | known called unknown | foreign called unknown | related called unknown |
|---|---|---|---|---|---|---|---|---|
`

func writeTable(t *testing.T, all []figures) {
	t.Helper()
	text := tableHead
	for _, f := range all {
		text += f.row() + "\n"
	}
	fmt.Print(text)
	writeFigure(t, "learning.md", "make teach-bench", text)
}

// writeFigure writes a table into a page of the documentation, where that says how it is made.
func writeFigure(t *testing.T, name, made, text string) {
	t.Helper()
	tableStart, tableEnd := "<!-- figures: "+made+" -->\n", "<!-- end of figures -->\n"
	file := filepath.Join(shared.Root(t), "docs", name)
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, start := strings.Cut(string(page), tableStart)
	_, after, end := strings.Cut(rest, tableEnd)
	if !start || !end {
		t.Fatalf("%s has no place for the table: %q and %q", file, tableStart, tableEnd)
	}
	if err := os.WriteFile(file, []byte(before+tableStart+text+tableEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
