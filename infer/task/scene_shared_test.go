package task_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/picture/still"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/stats"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// viewer gives a model's map at an eighth of pictures.
type viewer struct {
	engine infer.Engine
	pre    *preprocess.Preprocessor
	in     []byte
	outs   [][]byte
	spec   infer.TensorSpec // of the map
}

func newViewer(t testing.TB, name string) *viewer {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(shared.Dir(t), "models", name+".tflite"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Parse(data, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	at, err := m.Eighth()
	if err == nil {
		m, err = model.WithOutputs(m, m.Tensors[at].Name)
	}
	if err != nil {
		t.Fatal(err)
	}
	e, err := cpu.New(m, cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	pre, err := preprocess.New(e.Input(), preprocess.Options{})
	if err != nil {
		t.Fatal(err)
	}
	outs := infer.Buffers(e.Outputs())
	return &viewer{e, pre, make([]byte, e.Input().Bytes()), outs, e.Outputs()[len(outs)-1]}
}

// see is the map of the picture at path. It is good until the next one.
func (v *viewer) see(t testing.TB, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var f capture.Frame
	if err := still.Decode(file, &f); err != nil {
		t.Fatal(err)
	}
	if err := v.pre.Run(picture.Of(&f), v.in, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := v.engine.Run(t.Context(), v.in, v.outs); err != nil {
		t.Fatal(err)
	}
	return v.outs[len(v.outs)-1]
}

// scenes is the folder of still scenes, which the README beside it describes.
func scenes(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(shared.Dir(t), "teach", "scenes")
	if _, err := os.Stat(dir); err != nil {
		shared.Missing(t, "no pictures to teach with: "+err.Error())
	}
	return dir
}

func picturesOf(t testing.TB, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*.jpg"))
	if err != nil || len(list) == 0 {
		t.Fatalf("no pictures in %s: %v", dir, err)
	}
	return list
}

// pasted says where something was put into the odd pictures, by their paths below the folder.
func pasted(t testing.TB, dir string) map[string]task.Box {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "boxes.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	boxes := map[string]task.Box{}
	for _, row := range rows[1:] {
		var v [4]float64
		for i := range v {
			if v[i], err = strconv.ParseFloat(row[i+1], 64); err != nil {
				t.Fatal(err)
			}
		}
		boxes[row[0]] = task.Box{X: v[0], Y: v[1], Width: v[2] - v[0], Height: v[3] - v[1]}
	}
	return boxes
}

// TestScenesShared learns three scenes from five pictures each, and looks at 45 that show the same and 45 to which something
// was added.
func TestScenesShared(t *testing.T) {
	const learned, cell = 5, 1. / 28
	dir, v := scenes(t), newViewer(t, "googlenet_224_uint8")
	boxes := pasted(t, dir)
	var all, alarms, found, on, overlap float64
	for _, name := range []string{"cat", "parrot", "hot"} {
		l, err := task.NewSceneLearner(v.spec, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range picturesOf(t, filepath.Join(dir, name, "normal"))[:learned] {
			if err := l.Add(v.see(t, path)); err != nil {
				t.Fatal(err)
			}
		}
		s, err := l.Scene()
		if err != nil {
			t.Fatal(err)
		}
		var f task.Findings
		score := func(path string) float64 {
			if err := s.Decode(&f, v.see(t, path)); err != nil {
				t.Fatal(err)
			}
			return f.Different
		}
		var ok, odd []float64
		for _, path := range picturesOf(t, filepath.Join(dir, name, "ok")) {
			ok = append(ok, score(path))
			alarms += count(ok[len(ok)-1] >= 1)
		}
		for _, path := range picturesOf(t, filepath.Join(dir, name, "odd")) {
			odd = append(odd, score(path))
			found += count(odd[len(odd)-1] >= 1)
			box := boxes[name+"/odd/"+filepath.Base(path)]
			x, y := highest(f.Distances)
			on += count(x > box.X-cell && x < box.X+box.Width+cell && y > box.Y-cell && y < box.Y+box.Height+cell)
			overlap += common(box, f.Where)
			all++
		}
		if got := 100 * stats.AUROC(odd, ok); got < 97 {
			t.Errorf("%s: AUROC %.1f, want at least 97", name, got)
		}
	}
	t.Logf("false alarms %.0f %%, found %.0f %%, on it %.0f %%, overlap of the boxes %.2f", 100*alarms/all, 100*found/all, 100*on/all, overlap/all)
	if alarms/all > 0.10 || found/all < 0.90 || on/all < 0.90 || overlap/all < 0.4 {
		t.Error("want at most 10 %, at least 90 %, 90 % and 0.40")
	}
}

func count(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// highest is the middle of the cell with the largest number.
func highest(c task.Cells) (x, y float64) {
	most := 0
	for i, v := range c.Cells {
		if v > c.Cells[most] {
			most = i
		}
	}
	return (float64(most%c.Width) + 0.5) / float64(c.Width), (float64(most/c.Width) + 0.5) / float64(c.Height)
}

// common is the area that two boxes share, as a part of what they have together.
func common(a, b task.Box) float64 {
	w := min(a.X+a.Width, b.X+b.Width) - max(a.X, b.X)
	h := min(a.Y+a.Height, b.Y+b.Height) - max(a.Y, b.Y)
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h / (a.Width*a.Height + b.Width*b.Height - w*h)
}
