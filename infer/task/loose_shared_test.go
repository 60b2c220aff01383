package task_test

import (
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/stats"
)

// window is a part of a picture, somewhere; if there is a thing, with all of it.
func window(r *rand.Rand, thing task.Box) picture.Region {
	const side = 0.7
	start := func(at, size float64) float64 {
		low, high := 0.0, 1-side
		if size > 0 {
			low, high = max(0, min(at+size-side, 1-side)), max(0, min(1-side, at))
		}
		return low + r.Float64()*(high-low)
	}
	return picture.Region{X: start(thing.X, thing.Width), Y: start(thing.Y, thing.Height), Width: side, Height: side}
}

// TestLooseShared looks at pictures that are cut out at another place each time: nothing is where it was.
func TestLooseShared(t *testing.T) {
	const learned = 10
	dir, v := scenes(t), newViewer(t, "googlenet_224_uint8")
	boxes, r := pasted(t, dir), rand.New(rand.NewPCG(1, 2))
	look := func(path string, thing task.Box) []byte {
		t.Helper()
		var err error
		if v.pre, err = preprocess.New(v.engine.Input(), preprocess.Options{Region: window(r, thing)}); err != nil {
			t.Fatal(err)
		}
		return v.see(t, path)
	}
	l, err := task.NewSceneLearner(v.spec, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range picturesOf(t, filepath.Join(dir, "hot", "normal"))[:learned] {
		if err := l.Add(look(path, task.Box{})); err != nil {
			t.Fatal(err)
		}
	}
	s, err := l.Scene()
	if err != nil {
		t.Fatal(err)
	}
	var f task.Findings
	var scores [2][]float64
	for i, kind := range []string{"ok", "odd"} {
		for _, path := range picturesOf(t, filepath.Join(dir, "hot", kind)) {
			if err := s.Decode(&f, look(path, boxes["hot/"+kind+"/"+filepath.Base(path)])); err != nil {
				t.Fatal(err)
			}
			scores[i] = append(scores[i], f.Different)
		}
	}
	alarms, found := 0.0, 0.0
	for i := range scores[0] {
		alarms, found = alarms+count(scores[0][i] >= 1), found+count(scores[1][i] >= 1)
	}
	n := float64(len(scores[0]))
	got := 100 * stats.AUROC(scores[1], scores[0])
	t.Logf("AUROC %.1f, false alarms %.0f %%, found %.0f %%", got, 100*alarms/n, 100*found/n)
	if got < 97 || alarms/n > 0.10 || found/n < 0.80 {
		t.Error("want at least 97, at most 10 %, at least 80 %")
	}
}
