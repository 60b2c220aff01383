package graft_test

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/explain"
	"github.com/inceptiond/inceptiond/infer/learn/graft"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/internal/testing/taught"
)

var update = flag.Bool("update", false, "write the golden files")

var kinds = []model.Type{model.Uint8, model.Int8, model.Float32}

// parsed is m after it was written and read, with the operators' versions.
func parsed(t testing.TB, m *model.Model) *model.Model {
	t.Helper()
	data, err := write.Model(m)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, data)
}

func parse(t testing.TB, data []byte) *model.Model {
	t.Helper()
	m, err := model.Parse(data, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func headOf(t testing.TB, m *model.Model) model.Head {
	t.Helper()
	at, err := m.Head()
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// fixed is a head for taught.Base, the same on every machine.
func fixed() graft.Head {
	h := graft.Head{Labels: []string{"closed", "open", "other"}, Bias: []float64{0.51, -0.257, 0.0625}, LogitMin: -4.13, LogitMax: 5.77, CamMin: -11.3, CamMax: 13.1,
		Name: "gate", Description: "Is it open?"}
	for c := range h.Labels {
		row := make([]float64, taught.Features)
		for d := range row {
			row[d] = float64((d*7+c*5)%23-11) / 17
		}
		h.Weights = append(h.Weights, row)
	}
	return h
}

// TestSameBytesEverywhere compares files with those of other processors: see testdata/sums.txt.
func TestSameBytesEverywhere(t *testing.T) {
	var text strings.Builder
	for _, kind := range kinds {
		m := parsed(t, taught.Base(kind))
		file, err := graft.Taught(m, headOf(t, m), fixed())
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(file)
		fmt.Fprintf(&text, "%v %s\n", kind, hex.EncodeToString(sum[:]))
	}
	const golden = "testdata/sums.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if text.String() != string(want) {
		t.Errorf("got\n%swant\n%s", text.String(), want)
	}
}

// TestTaughtSmall holds taught models of every type to what the head says in exact numbers.
func TestTaughtSmall(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.String(), func(t *testing.T) {
			m := parsed(t, taught.Base(kind))
			checkTaught(t, m, taught.Inputs(m, 8))
		})
	}
}

// TestMetadata reads back what the file says of itself.
func TestMetadata(t *testing.T) {
	h := fixed()
	h.Mean, h.Std = []float32{127}, []float32{127.5}
	m := parsed(t, taught.Base(model.Float32))
	file, err := graft.Taught(m, headOf(t, m), h)
	if err != nil {
		t.Fatal(err)
	}
	about, err := model.ReadMetadata(file)
	if err != nil {
		t.Fatal(err)
	}
	if about.Name != "gate" || about.Description != "Is it open?" || about.LabelFile != "labels.txt" || string(about.Labels) != "closed\nopen\nother\n" ||
		!slices.Equal(about.Mean, h.Mean) || !slices.Equal(about.Std, h.Std) {
		t.Errorf("metadata %+v", about)
	}
}

// TestTaughtEnds has bases that end in other ways.
func TestTaughtEnds(t *testing.T) {
	for name, change := range map[string]func(m *model.Model){
		"in logits": func(m *model.Model) { m.Outputs[0] = m.Operators[len(m.Operators)-1].Inputs[0] },
		"in the pooling": func(m *model.Model) {
			m.Operators = m.Operators[:2]
			m.Outputs = m.Operators[1].Outputs
		},
		"in a dequantization": func(m *model.Model) {
			m.Tensors = append(m.Tensors, model.Tensor{Name: "floats", Shape: []int{1, 5}})
			m.Operators = append(m.Operators, model.Operator{Op: model.OpDequantize, Inputs: m.Outputs, Outputs: []int{len(m.Tensors) - 1}})
			m.Outputs = []int{len(m.Tensors) - 1}
		},
		"in two outputs": func(m *model.Model) { m.Outputs = append(m.Outputs, m.Operators[0].Outputs[0]) },
	} {
		t.Run(name, func(t *testing.T) {
			m := taught.Base(model.Uint8)
			change(m)
			m = parsed(t, m)
			checkTaught(t, m, taught.Inputs(m, 4))
		})
	}
}

// TestLayerFirst takes a base whose layer comes before the averages, and that does not average the features themselves.
func TestLayerFirst(t *testing.T) {
	for _, kind := range kinds {
		m := parsed(t, taught.Base(kind))
		ins := taught.Inputs(m, 2)
		file, err := graft.Taught(m, headOf(t, m), fixed())
		if err != nil {
			t.Fatal(err)
		}
		m = parse(t, file)
		m.Outputs = m.Outputs[:1]
		m.Operators = slices.DeleteFunc(m.Operators, func(o model.Operator) bool { return o.Op == model.OpAveragePool2D })
		m = parsed(t, m)
		at := headOf(t, m)
		if at.Pooled != -1 {
			t.Fatalf("%v: head %+v", kind, at)
		}
		if a, err := explain.NewActivation(m); err != nil || a.Tensor() != "features" || a.Classes() != 3 {
			t.Errorf("%v: it explains itself by %+v: %v", kind, a, err)
		}
		file, err = graft.Taught(m, at, fixed())
		if err != nil {
			t.Fatal(err)
		}
		m = parse(t, file)
		if again := headOf(t, m); again.Pooled != m.Outputs[2] {
			t.Errorf("%v: head %+v of a model with outputs %v", kind, again, m.Outputs)
		}
		for n, averages := range taught.Values(t, m, "taught/embedding", ins) {
			features := taught.Maps(t, m, ins)[n]
			for d, got := range averages {
				want, cells := 0., len(features)/taught.Features
				for p := range cells {
					want += float64(features[p*taught.Features+d]) / float64(cells)
				}
				if off := math.Abs(float64(got) - want); off > 0.021 {
					t.Fatalf("%v: feature %d has an average of %.4f (want %.4f)", kind, d, got, want)
				}
			}
		}
	}
}

// TestTinyWeights has heads whose weights are so small, or whose biases are so large, that scales made of the weights alone
// would not do.
func TestTinyWeights(t *testing.T) {
	for _, kind := range kinds {
		for name, change := range map[string]func(h *graft.Head){
			"zeros": func(h *graft.Head) {
				for c := range h.Weights {
					clear(h.Weights[c])
				}
			},
			"one row of zeros": func(h *graft.Head) { clear(h.Weights[1]) },
			"all zero":         func(h *graft.Head) { clear(h.Bias); clear(h.Weights[0]); clear(h.Weights[1]); clear(h.Weights[2]) },
			"large biases": func(h *graft.Head) {
				h.Bias = []float64{1e3, -1e3, 500}
				h.CamMin, h.CamMax, h.LogitMin, h.LogitMax = -1e3, 1e3, -1e3, 1e3
			},
		} {
			m, h := parsed(t, taught.Base(kind)), fixed()
			change(&h)
			file, err := graft.Taught(m, headOf(t, m), h)
			if err != nil {
				t.Fatal(err)
			}
			ins := taught.Inputs(m, 3)
			for n, logits := range taught.Values(t, parse(t, file), "taught/logits", ins) {
				exact, _ := taught.Logits(h, taught.Maps(t, m, ins)[n])
				for c, got := range logits {
					if off := math.Abs(float64(got) - exact[c]); off > 0.01*(h.CamMax-h.CamMin) {
						t.Errorf("%v, %s: class %d has logit %.4f (want %.4f)", kind, name, c, got, exact[c])
					}
				}
			}
		}
	}
}
