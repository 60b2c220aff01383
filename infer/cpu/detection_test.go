package cpu_test

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
)

// detector is a model that finds objects: three anchors that are the unit square, halves of it above each other, two classes
// and the background. The caller gives codes and scores.
func detector(d model.DetectionPostProcess) *graph {
	d.Classes, d.Overlap, d.PerClass = 2, 0.5, 9
	d.ScaleY, d.ScaleX, d.ScaleH, d.ScaleW = 10, 10, 5, 5
	g := newGraph(1)
	codes, scores := g.tensor(model.Float32, nil, 1, 3, 4), g.tensor(model.Float32, nil, 1, 3, 3)
	anchors := g.tensor(model.Float32, nil, 3, 4)
	g.Tensors[anchors].Data = floatBytes(0.5, 0.5, 1, 1, 0.25, 0.5, 0.5, 1, 0.75, 0.5, 0.5, 1)
	o := model.Operator{Op: model.OpCustom, Custom: model.DetectionOperator, Options: write.Detection(d), Inputs: []int{codes, scores, anchors}}
	for range 4 {
		o.Outputs = append(o.Outputs, g.tensor(model.Float32, nil))
	}
	g.Operators = append(g.Operators, o)
	g.Inputs, g.Outputs = []int{codes, scores}, o.Outputs
	return g
}

func floatBytes(list ...float32) (b []byte) {
	for _, x := range list {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

// detect runs g on codes and scores.
func detect(t *testing.T, g *graph, codes, scores []float32) (outs [4][]float32) {
	t.Helper()
	e := g.engine(t, cpu.Options{})
	var raw [][]byte
	for _, s := range e.Outputs() {
		raw = append(raw, make([]byte, s.Bytes()))
	}
	for range 2 { // the second run finds nothing left of the first
		if _, err := e.RunAll(t.Context(), [][]byte{floatBytes(codes...), floatBytes(scores...)}, raw); err != nil {
			t.Fatal(err)
		}
	}
	for i, b := range raw {
		for at := 0; at < len(b); at += 4 {
			outs[i] = append(outs[i], float32At(b, at))
		}
	}
	return outs
}

func TestDetection(t *testing.T) {
	nan := float32(math.NaN())
	plain := make([]float32, 12)
	for _, c := range []struct {
		name    string
		options model.DetectionPostProcess
		codes   []float32
		scores  []float32 // of background and two classes
		want    [4][]float32
	}{
		{"best first", model.DetectionPostProcess{MaxDetections: 2, MaxClasses: 1, ScoreThreshold: 0.5}, plain,
			[]float32{1, 0.1, 0.2, 0, 0.6, 0.5, 0, 0.5, 0.9},
			[4][]float32{{0.5, 0, 1, 1, 0, 0, 0.5, 1}, {1, 0}, {0.9, 0.6}, {2}}},
		{"rows without an object", model.DetectionPostProcess{MaxDetections: 2, MaxClasses: 2, ScoreThreshold: 0.5}, plain,
			[]float32{0, 0, 0, 0, 0.25, 0.75, 0, 0, 0},
			[4][]float32{{0, 0, 0.5, 1, 0, 0, 0.5, 1, 0, 0, 0, 0, 0, 0, 0, 0}, {1, 0, 0, 0}, {0.75, 0.25, 0, 0}, {1}}},
		{"overlap", model.DetectionPostProcess{MaxDetections: 2, MaxClasses: 1, ScoreThreshold: 0.5},
			[]float32{0, 0, 0, 0, 10, 0, 5 * float32(math.Ln2), 0, 0, 0, 0, 0}, // the second is moved down by its height, and doubled
			[]float32{0, 0.6, 0, 0, 0.7, 0, 0, 0, 0.1},
			[4][]float32{{0.25, 0, 1.25, 1, 0, 0, 0, 0}, {0, 0}, {0.7, 0}, {1}}},
		{"class by class", model.DetectionPostProcess{MaxDetections: 2, MaxClasses: 1, ScoreThreshold: 0.5, Regular: true}, plain,
			[]float32{0, 0.6, 0.6, 0, 0.5, 0, 0, 0, 0.1},
			[4][]float32{{0, 0, 1, 1, 0, 0, 1, 1}, {1, 0}, {0.6, 0.6}, {2}}},
		{"no numbers", model.DetectionPostProcess{MaxDetections: 2, MaxClasses: 1, ScoreThreshold: 0.5}, plain,
			[]float32{0, nan, nan, 0, nan, 0.9, 0, 0.8, nan},
			[4][]float32{{0.5, 0, 1, 1, 0, 0, 0, 0}, {0, 0}, {0.8, 0}, {1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := detect(t, detector(c.options), c.codes, c.scores)
			for i := range got {
				if !slices.Equal(got[i], c.want[i]) {
					t.Errorf("output %d is %v (want %v)", i, got[i], c.want[i])
				}
			}
		})
	}
}

// TestDetectionInverted has an anchor of negative height, whose box has its edges in the wrong order.
func TestDetectionInverted(t *testing.T) {
	g := detector(model.DetectionPostProcess{MaxDetections: 3, MaxClasses: 1})
	copy(g.Tensors[2].Data[16+8:], floatBytes(-0.5))
	got := detect(t, g, make([]float32, 12), []float32{0, 0.1, 0, 0, 0.9, 0, 0, 0.2, 0})
	if want := []float32{0.2, 0.1, 0}; !slices.Equal(got[2], want) || got[3][0] != 2 {
		t.Errorf("scores %v, count %v (want %v, 2)", got[2], got[3], want)
	}
}

func TestDetectionRefuses(t *testing.T) {
	for says, change := range map[string]func(g *graph){
		"max_detections is 0":                    func(g *graph) { g.Operators[0].Options = write.Detection(model.DetectionPostProcess{}) },
		"3 outputs (want boxes, classes,":        func(g *graph) { g.Operators[0].Outputs = g.Operators[0].Outputs[:3]; g.Outputs = g.Outputs[:3] },
		"2 inputs (want codes":                   func(g *graph) { g.Operators[0].Inputs = g.Operators[0].Inputs[:2] },
		"codes [1 3 4], scores [1 1 9] and":      func(g *graph) { g.Tensors[1].Shape = []int{1, 1, 9} },
		"5 scores of an anchor for 2 classes":    func(g *graph) { g.Tensors[1].Shape = []int{1, 3, 5} },
		"codes are uint8, but anchors are float": func(g *graph) { g.Tensors[0].Type = model.Uint8 },
		`is int8 (want uint8 or float32)`:        func(g *graph) { g.Tensors[1].Type = model.Int8 },
	} {
		g := detector(model.DetectionPostProcess{MaxDetections: 2, MaxClasses: 1})
		change(g)
		if _, err := cpu.New(&g.Model, cpu.Options{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v (want %q)", err, says)
		}
	}
}
