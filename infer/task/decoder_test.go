package task

import (
	"math"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
)

// logit is what sigmoid makes p of.
func logit(p float64) float32 { return float32(math.Log(p / (1 - p))) }

// near tells whether objects are as wanted, but for roundings.
func near(got, want []Object) bool {
	for i := range min(len(got), len(want)) {
		g, w := got[i], want[i]
		far := math.Abs(float64(g.Score - w.Score))
		for _, d := range []float64{g.Box.X - w.Box.X, g.Box.Y - w.Box.Y, g.Box.Width - w.Box.Width, g.Box.Height - w.Box.Height} {
			far = max(far, math.Abs(d))
		}
		if g.Index != w.Index || far > 1e-5 {
			return false
		}
	}
	return len(got) == len(want)
}

// Two faces: the better of two boxes around the first, and one by an anchor of the coarse grid.
func TestBlazeFace(t *testing.T) {
	outputs := []infer.TensorSpec{
		tensor(infer.Float32, 1, 512, 16), tensor(infer.Float32, 1, 512, 1), tensor(infer.Float32, 1, 384, 1), tensor(infer.Float32, 1, 384, 16),
	}
	outs := infer.Buffers(outputs)
	set := func(scores, boxes, anchor int, score float64, x, y, width, height float32) {
		copy(outs[scores][4*anchor:], floats(logit(score)))
		copy(outs[boxes][4*16*anchor:], floats(x, y, width, height))
	}
	for i := range 512 {
		set(1, 0, i, 0.001, 0, 0, 16, 16)
	}
	for i := range 384 {
		set(2, 3, i, 0.001, 0, 0, 16, 16)
	}
	set(1, 0, 2*(16*4+8), 0.75, 0, 4, 32, 64) // middle 8.5/16, 4.5/16 + 4/128
	set(1, 0, 2*(16*4+8)+1, 0.9375, 4, 4, 32, 64)
	set(2, 3, 6*(8*7), 0.5625, 0, 0, 32, 32) // middle 0.5/8, 7.5/8
	set(2, 3, 5, 0.99, 0, 0, float32(math.NaN()), 32)
	o := Options{Reading: Reading{Kind: Detect, Decoder: BlazeFace, Width: 128, Height: 128}, Threshold: 0.5}
	f := decoded(t, outputs, o, outs...)
	want := []Object{{0, 0.9375, Box{0.53125 + 0.03125 - 0.125, 0.28125 + 0.03125 - 0.25, 0.25, 0.5}}, {0, 0.5625, Box{0, 0.9375 - 0.125, 0.1875, 0.1875}}}
	if !near(f.Objects, want) {
		t.Errorf("%+v, want %+v", f.Objects, want)
	}
	o.Only = []int{1}
	if f = decoded(t, outputs, o, outs...); len(f.Objects) != 0 {
		t.Errorf("%+v", f.Objects)
	}
}

func TestBlazeFaceAnchors(t *testing.T) {
	pair := func(n int) []infer.TensorSpec {
		return []infer.TensorSpec{tensor(infer.Float32, 1, n, 1), tensor(infer.Float32, 1, n, 18)}
	}
	for _, c := range []struct {
		name         string
		n, side      int
		anchors      [][]float64
		says         string
		first, count int
	}{
		{"faces nearby", 896, 128, nil, "", 0, 896},
		{"faces by a camera on the back", 896, 256, nil, "", 0, 896},
		{"palms", 2016, 192, nil, "", 0, 2016},
		{"faces far away", 2304, 192, nil, "", 0, 2304},
		{"none that are known", 100, 128, nil, "name them with anchors", 0, 0},
		{"named", 2, 128, [][]float64{{0.25, 0.5}, {0.75, 0.5}}, "", 0, 2},
		{"named, with sizes", 2, 128, [][]float64{{0, 0, 0.5, 0.5}, {0.75, 0.5, 1, 1}}, "", 0, 2},
		{"too few", 2, 128, [][]float64{{0.25, 0.5}}, "1 anchors, but the model has boxes for 2", 0, 0},
		{"uneven", 2, 128, [][]float64{{0.25, 0.5}, {0.75, 0.5, 1, 1}}, "anchor 2 has 4 numbers", 0, 0},
		{"no size", 2, 128, [][]float64{{0, 0, 0.5, 0.5}, {0.75, 0.5, 0, 1}}, "anchor 2, [0.75 0.5 0 1], is not possible", 0, 0},
		{"no number", 2, 128, [][]float64{{0.5, 0.5}, {0.75, math.NaN()}}, "anchor 2", 0, 0},
	} {
		got, err := newBlazeFace(pair(c.n), lister{}, &Reading{Width: c.side, Height: c.side, Anchors: c.anchors})
		switch {
		case c.says != "":
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v, want %q", c.name, err, c.says)
			}
		case err != nil || len(got.anchors) != c.count:
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// A grid of two by one cells and one of one by one, two anchors each, two classes.
func TestYOLOGrids(t *testing.T) {
	outputs := []infer.TensorSpec{tensor(infer.Float32, 1, 1, 1, 14), tensor(infer.Float32, 1, 1, 2, 14)}
	nothing := []float32{0, 0, 0, 0, -20, 0, 0}
	coarse := append(append([]float32{}, nothing...), 0, logit(0.25), float32(math.Log(2)), 0, 20, -20, 20)
	fine := append(append(append([]float32{}, nothing...), nothing...), nothing...)
	fine = append(fine, 0, 0, 0, 0, logit(0.75), 20, -20)
	o := Options{
		Reading:   Reading{Kind: Detect, Decoder: YOLO, Width: 64, Height: 32, Anchors: [][]float64{{4, 4}, {8, 8}, {16, 8}, {16, 16}}},
		Threshold: 0.5,
	}
	f := decoded(t, outputs, o, floats(coarse...), floats(fine...))
	want := []Object{{1, 1, Box{0.25, 0, 0.5, 0.5}}, {0, 0.75, Box{0.75 - 0.0625, 0.5 - 0.125, 0.125, 0.25}}}
	if !near(f.Objects, want) {
		t.Errorf("%+v, want %+v", f.Objects, want)
	}
}

// Boxes that the graph has decoded: two of a class that are one thing, one of another class in the same place.
func TestYOLOBoxes(t *testing.T) {
	want := []Object{{1, 0.75, Box{0.25, 0.25, 0.5, 0.5}}, {0, 0.5625, Box{0.25, 0.25, 0.5, 0.5}}}
	o := Options{Reading: Reading{Kind: Detect, Decoder: YOLO, Width: 64, Height: 64}, Threshold: 0.5}
	// v5: middle, size, whether there is anything, two classes; there are more boxes than numbers.
	rows := []float32{0.5, 0.5, 0.5, 0.5, 0.75, 0.1, 1, 0.5, 0.55, 0.5, 0.5, 0.75, 0.1, 0.9, 0.5, 0.5, 0.5, 0.5, 0.75, 0.75, 0.1, 0.1, 0.1, 0.1, 0.1, 0.25, 1, 1}
	rows = append(rows, make([]float32, 4*7)...)
	if f := decoded(t, []infer.TensorSpec{tensor(infer.Float32, 1, 8, 7)}, o, floats(rows...)); !near(f.Objects, want) {
		t.Errorf("v5: %+v, want %+v", f.Objects, want)
	}
	// v8: the numbers of all boxes one after the other.
	columns := []float32{
		0.5, 0.5, 0.5, 0.1, 0, 0, 0, 0,
		0.5, 0.55, 0.5, 0.1, 0, 0, 0, 0,
		0.5, 0.5, 0.5, 0.1, 0, 0, 0, 0,
		0.5, 0.5, 0.5, 0.1, 0, 0, 0, 0,
		0.1, 0.1, 0.5625, 0.25, 0, 0, 0, 0,
		0.75, 0.7, 0.1, 0.25, 0, 0, 0, 0,
	}
	if f := decoded(t, []infer.TensorSpec{tensor(infer.Float32, 1, 6, 8)}, o, floats(columns...)); !near(f.Objects, want) {
		t.Errorf("v8: %+v, want %+v", f.Objects, want)
	}
}

func TestYOLORefuses(t *testing.T) {
	grid := tensor(infer.Float32, 1, 4, 4, 18)
	size := []float64{8, 8}
	for _, c := range []struct {
		name    string
		outputs []infer.TensorSpec
		anchors [][]float64
		says    string
	}{
		{"no anchors for grids", []infer.TensorSpec{grid, grid}, nil, "name their anchors"},
		{"anchors for boxes", []infer.TensorSpec{tensor(infer.Float32, 1, 100, 85)}, [][]float64{size}, "want grids"},
		{"uneven", []infer.TensorSpec{grid, grid}, [][]float64{size, size, size}, "3 anchors for 2 grids"},
		{"channels", []infer.TensorSpec{grid}, [][]float64{size, size, size, size}, "with 4 anchors each"},
		{"no class", []infer.TensorSpec{tensor(infer.Float32, 1, 4, 4, 15)}, [][]float64{size, size, size}, "with 3 anchors each"},
		{"anchors of other lengths", []infer.TensorSpec{grid}, [][]float64{{1, 2, 3}}, "anchor 1 has 3 numbers"},
		{"negative", []infer.TensorSpec{grid}, [][]float64{{1, -2}}, "anchor 1"},
		{"short boxes", []infer.TensorSpec{tensor(infer.Float32, 1, 100, 5)}, nil, "a score for each class"},
		{"more than there may be", []infer.TensorSpec{tensor(infer.Float32, 1, 1<<20, 85)}, nil, "cannot read"},
	} {
		_, err := newYOLO(c.outputs, lister{}, &Reading{Width: 64, Height: 64, Anchors: c.anchors})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
}

// TestFindKinds names what is wanted, and what is not there.
func TestFindKinds(t *testing.T) {
	f := infer.Float32
	plain := chain(model.OpConv2D)
	plain.Tensors[0].Shape = []int{1, 128, 128, 3}
	scores := []infer.TensorSpec{tensor(f, 1, 5)}
	unit := chain(model.OpL2Normalization)
	for _, c := range []struct {
		name    string
		m       *model.Model
		outputs []infer.TensorSpec
		w       Want
		kind    Kind
		says    string
	}{
		{"features, nobody says what for", unit, scores, Want{}, "", "say task: embed"},
		{"features, to embed", unit, scores, Want{Kind: Embed}, Embed, ""},
		{"features, to classify", unit, scores, Want{Kind: Classify}, Classify, ""},
		{"features, softmax", unit, scores, Want{Scores: Softmax}, Classify, ""},
		{"classes, to embed", plain, scores, Want{Kind: Embed}, Embed, ""},
		{"classes, to detect", plain, scores, Want{Kind: Detect}, "", "it is no model for detect: no TFLite_Detection_PostProcess"},
		{"areas without labels", plain, []infer.TensorSpec{tensor(f, 1, 8, 8, 4)}, Want{}, "", "say task: segment"},
		{"areas with labels", plain, []infer.TensorSpec{tensor(f, 1, 8, 8, 4)}, Want{Labels: 4}, Segment, ""},
		{"areas with labels but for the background", plain, []infer.TensorSpec{tensor(f, 1, 8, 8, 4)}, Want{Labels: 3, Background: true}, Segment, ""},
		{"areas by wish", plain, []infer.TensorSpec{tensor(f, 1, 8, 8, 4)}, Want{Kind: Segment}, Segment, ""},
		{"numbers of classes", plain, []infer.TensorSpec{tensor(infer.Int64, 1, 8, 8)}, Want{}, Segment, ""},
		{"depths", plain, []infer.TensorSpec{{Type: infer.Uint8, Shape: []int{1, 8, 8}, Scale: 0.5}}, Want{}, "", "fits no task"},
		{"too many classes", plain, []infer.TensorSpec{tensor(f, 1, 8, 8, 300)}, Want{Kind: Segment}, "", "300 classes are more than 255"},
		{"pose by wish", plain, scores, Want{Kind: Pose}, "", "no output [1 1 17 3]"},
		{"several people", plain, []infer.TensorSpec{tensor(f, 1, 6, 56)}, Want{}, Pose, ""},
		{"a detector of MediaPipe's", plain, []infer.TensorSpec{tensor(f, 1, 896, 16), tensor(f, 1, 896, 1)}, Want{}, "", "say decoder: blazeface"},
		{"the same, named", plain, []infer.TensorSpec{tensor(f, 1, 896, 16), tensor(f, 1, 896, 1)}, Want{Decoder: BlazeFace}, Detect, ""},
		{"a YOLO", plain, []infer.TensorSpec{tensor(f, 1, 1000, 85)}, Want{}, "", "say decoder: yolo"},
		{"a YOLO of grids", plain, []infer.TensorSpec{tensor(f, 1, 4, 4, 18), tensor(f, 1, 8, 8, 18)}, Want{}, "", "with anchors if its outputs are grids"},
		{"a decoder for classes", plain, scores, Want{Decoder: YOLO, Kind: Classify}, "", "decoder yolo is for detect"},
		{"anchors alone", plain, scores, Want{Anchors: [][]float64{{1, 1}}}, "", "anchors are for a decoder"},
		{"no such task", plain, scores, Want{Kind: "predict"}, "", "no such task"},
		{"a taught model's", plain, []infer.TensorSpec{tensor(f, 1, 3), tensor(f, 1, 7, 7, 3), tensor(f, 1, 64)}, Want{}, Classify, ""},
		{"scores, and a map", plain, []infer.TensorSpec{tensor(f, 1, 3), tensor(f, 1, 7, 7, 9)}, Want{}, "", "say task: classify"},
		{"the same with labels", plain, []infer.TensorSpec{tensor(f, 1, 3), tensor(f, 1, 7, 7, 9)}, Want{Labels: 3}, Classify, ""},
		{"the same by wish", plain, []infer.TensorSpec{tensor(f, 1, 3), tensor(f, 1, 7, 7, 9)}, Want{Kind: Classify}, Classify, ""},
	} {
		got, err := Find(c.m, c.outputs, c.w)
		if got.Kind != c.kind || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %+v, %v (want %q, %q)", c.name, got, err, c.kind, c.says)
		}
		if err != nil && c.name != "no such task" && c.w.Decoder == "" && c.w.Anchors == nil && !strings.Contains(err.Error(), c.outputs[0].String()) {
			t.Errorf("%s: %v lists no outputs", c.name, err)
		}
	}
}
