package graft_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
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

// fixed is a head for taught.Base of numbers that need no arithmetic.
func fixed() graft.Head {
	h := graft.Head{Labels: []string{"closed", "open", "other"}, Bias: []float64{0.5, -0.25, 0.0625}, LogitMin: -4, LogitMax: 5, CamMin: -11, CamMax: 13,
		Name: "gate", Description: "Is it open?"}
	for c := range h.Labels {
		row := make([]float64, taught.Features)
		for d := range row {
			row[d] = float64((d*7+c*5)%23-11) / 16
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

// checkTaught puts a drawn head on base, and compares the outputs with exact numbers.
func checkTaught(t *testing.T, base *model.Model, ins [][]byte) []byte {
	t.Helper()
	at, h := headOf(t, base), taught.Head(t, base, 4, ins)
	file, err := graft.Taught(base, at, h)
	if err != nil {
		t.Fatal(err)
	}
	m := parse(t, file)
	checkGraph(t, base, m, h)
	checkOutputs(t, base, m, h, ins)
	again, err := graft.Taught(m, headOf(t, m), h)
	if err != nil {
		t.Fatalf("as a base of its own: %v", err)
	}
	if !bytes.Equal(again, file) {
		t.Error("put on the taught model, the same head gives another file")
	}
	return file
}

// checkGraph looks at the outputs, the head and the labels of a taught model.
func checkGraph(t *testing.T, base, m *model.Model, h graft.Head) {
	t.Helper()
	at, now := headOf(t, base), headOf(t, m)
	features := &base.Tensors[at.Map]
	if got := m.Tensors[now.Map].Name; got != features.Name || now.Pooled != m.Outputs[2] || m.Tensors[now.Logits].Name != "taught/logits" || m.Logits() != now.Logits {
		t.Errorf("the head of the taught model is %+v, on %q", now, got)
	}
	classes := len(h.Labels)
	for i, want := range []struct {
		name  string
		shape []int
		kind  model.Type
	}{
		{"taught/probability", []int{1, classes}, base.Tensors[base.Outputs[0]].Type},
		{"taught/cam", []int{1, features.Shape[1], features.Shape[2], classes}, features.Type},
		{base.Tensors[at.Pooled].Name, base.Tensors[at.Pooled].Shape, features.Type},
	} {
		if got := &m.Tensors[m.Outputs[i]]; got.Name != want.name || !slices.Equal(got.Shape, want.shape) || got.Type != want.kind {
			t.Errorf("output %d is %q %v %v (want %+v)", i, got.Name, got.Type, got.Shape, want)
		}
	}
	used := make([]bool, len(m.Tensors))
	for _, o := range m.Operators {
		for _, i := range slices.Concat(o.Inputs, o.Outputs) {
			if i >= 0 {
				used[i] = true
			}
		}
	}
	if i := slices.Index(used, false); i >= 0 {
		t.Errorf("nothing uses tensor %q", m.Tensors[i].Name)
	}
}

// checkOutputs runs a taught model.
func checkOutputs(t *testing.T, base, m *model.Model, h graft.Head, ins [][]byte) {
	t.Helper()
	e, err := cpu.New(m, cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	specs, outs := e.Outputs(), infer.Buffers(e.Outputs())
	values := make([][]float32, len(specs))
	maps, logits := taught.Maps(t, base, ins), taught.Values(t, m, "taught/logits", ins)
	pooled := taught.Values(t, base, base.Tensors[headOf(t, base).Pooled].Name, ins)
	activation, err := explain.NewActivation(m)
	if err != nil {
		t.Fatal(err)
	}
	camStep, logitStep := step(m, "taught/cam"), step(m, "taught/logits")
	right, worst := 0, 0.
	for n, in := range ins {
		if _, err := e.Run(t.Context(), in, outs); err != nil {
			t.Fatal(err)
		}
		for i := range specs {
			values[i] = make([]float32, specs[i].Elements())
			if err := specs[i].Values(values[i], outs[i]); err != nil {
				t.Fatal(err)
			}
		}
		exact, _ := taught.Logits(h, maps[n])
		for c, got := range logits[n] {
			mean := 0.
			for p := c; p < len(values[1]); p += len(h.Labels) {
				mean += float64(values[1][p]) * float64(len(h.Labels)) / float64(len(values[1]))
			}
			worst = max(worst, math.Abs(mean-exact[c]))
			if off := math.Abs(mean - float64(got)); off > camStep+1e-4 {
				t.Errorf("input %d, class %d: the map has a mean of %.4f, and the logit is %.4f (a step is %.3f)", n, c, mean, got, camStep)
			}
			if off := math.Abs(float64(got) - exact[c]); off > camStep+logitStep+1e-4 {
				t.Errorf("input %d, class %d: logit %.4f (want %.4f; steps are %.3f and %.3f)", n, c, got, exact[c], logitStep, camStep)
			}
		}
		for c, want := range softmax(logits[n]) {
			if off := math.Abs(float64(values[0][c]) - want); off > 1./256 {
				t.Errorf("input %d, class %d: probability %.4f (want %.4f)", n, c, values[0][c], want)
			}
		}
		if !slices.Equal(values[2], pooled[n]) {
			t.Errorf("input %d: the embedding is not what the base's pooling gives", n)
		}
		if best(exact) == best(logits[n]) {
			right++
		}
		checkActivation(t, activation, m, in, exact, camStep)
	}
	t.Logf("%d of %d classes are the exact head's; the map is %.4f from the exact logit at most, a step is %.4f", right, len(ins), worst, camStep)
	if right < len(ins)*9/10 {
		t.Errorf("%d of %d answers are those of the exact head", right, len(ins))
	}
}

// checkActivation wants the taught model to explain itself as any other: by its feature map and the layer's weights.
func checkActivation(t *testing.T, a *explain.Activation, m *model.Model, in []byte, exact []float64, within float64) {
	t.Helper()
	tapped, err := model.WithOutputs(m, a.Tensor())
	if err != nil {
		t.Fatal(err)
	}
	e, err := cpu.New(tapped, cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	outs := infer.Buffers(e.Outputs())
	if _, err := e.Run(t.Context(), in, outs); err != nil {
		t.Fatal(err)
	}
	for c, want := range exact {
		if got := a.Logit(outs[3], c); math.Abs(got-want) > within+1e-4 {
			t.Errorf("class %d: the map sums up to %.4f (want %.4f)", c, got, want)
		}
	}
}

// step is the scale of a tensor; 0 if it is float32.
func step(m *model.Model, name string) float64 {
	for _, t := range m.Tensors {
		if t.Name == name && t.Quant != nil {
			return float64(t.Quant.Scale[0])
		}
	}
	return 0
}

func softmax(logits []float32) []float64 {
	p, sum := make([]float64, len(logits)), 0.
	for i, v := range logits {
		p[i] = math.Exp(float64(v))
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

func best[T float32 | float64](values []T) int { return slices.Index(values, slices.Max(values)) }

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

// TestRefusesHead wants a word on each thing that can be wrong with a head.
func TestRefusesHead(t *testing.T) {
	for says, change := range map[string]func(h *graft.Head){
		"1 labels, 3 rows":                 func(h *graft.Head) { h.Labels = h.Labels[:1] },
		"3 labels, 2 rows":                 func(h *graft.Head) { h.Weights = h.Weights[:2] },
		"2 biases":                         func(h *graft.Head) { h.Bias = h.Bias[:2] },
		"line 2 is empty":                  func(h *graft.Head) { h.Labels[1] = "" },
		"are others when they are read":    func(h *graft.Head) { h.Labels[2] = "a\nb" },
		"space around it":                  func(h *graft.Head) { h.Labels[2] = " a" },
		"23 weights for class 1":           func(h *graft.Head) { h.Weights[1] = h.Weights[1][:23] },
		"weights of class 2 are no finite": func(h *graft.Head) { h.Weights[2][3] = math.NaN() },
		"weights of class 0 are no finite": func(h *graft.Head) { h.Weights[0][0] = math.Inf(-1) },
		"bias [0.5 +Inf 0.0625]":           func(h *graft.Head) { h.Bias[1] = math.Inf(1) },
		"logits NaN to 5":                  func(h *graft.Head) { h.LogitMin = math.NaN() },
		"map 13 to -11":                    func(h *graft.Head) { h.CamMin, h.CamMax = h.CamMax, h.CamMin },
		"metadata of 2097":                 func(h *graft.Head) { h.Description = strings.Repeat("a", 2<<20) },
	} {
		m, h := parsed(t, taught.Base(model.Uint8)), fixed()
		change(&h)
		if _, err := graft.Taught(m, headOf(t, m), h); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v (want %q)", err, says)
		}
	}
}

// TestRefusesBase wants a word on each thing that can be wrong with a base.
func TestRefusesBase(t *testing.T) {
	for says, change := range map[string]func(m *model.Model, at *model.Head){
		"is none of a model with":         func(_ *model.Model, at *model.Head) { at.Map = 1000 },
		"is none of a model":              func(_ *model.Model, at *model.Head) { at.Map = -1 },
		"Pooled:-2 Layer:3":               func(_ *model.Model, at *model.Head) { at.Pooled = -2 },
		"is [1 5] (want 1 x height":       func(m *model.Model, at *model.Head) { at.Map = m.Outputs[0] },
		"has no scale":                    func(m *model.Model, at *model.Head) { m.Tensors[at.Map].Quant = nil },
		"is int16 (want":                  func(m *model.Model, at *model.Head) { m.Tensors[at.Map].Type = model.Int16 },
		"output of the base is int32":     func(m *model.Model, _ *model.Head) { m.Tensors[m.Outputs[0]].Type = model.Int32 },
		"operator 0 \"CONV_2D\": strange": func(m *model.Model, _ *model.Head) { m.Operators[0].Odd = "strange" },
	} {
		m := parsed(t, taught.Base(model.Uint8))
		at := headOf(t, m)
		change(m, &at)
		if _, err := graft.Taught(m, at, fixed()); err == nil || !strings.Contains(err.Error(), says) || !strings.HasPrefix(err.Error(), "graft: ") {
			t.Errorf("got %v (want %q)", err, says)
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

// TestExtractor wants the base up to its map, and nothing else.
func TestExtractor(t *testing.T) {
	for _, kind := range []model.Type{model.Uint8, model.Int8} {
		base := parsed(t, taught.Base(kind))
		file, err := graft.Extractor(base, headOf(t, base))
		if err != nil {
			t.Fatal(err)
		}
		m, ins := parse(t, file), taught.Inputs(base, 2)
		if len(m.Outputs) != 1 || m.Tensors[m.Outputs[0]].Name != "features" || m.Description != base.Description || len(file) > 6000 {
			t.Errorf("%v: %d bytes with outputs %v", kind, len(file), m.Outputs)
		}
		for n, want := range taught.Maps(t, base, ins) {
			if got := taught.Values(t, m, "features", ins)[n]; !slices.Equal(got, want) {
				t.Errorf("%v: another feature map", kind)
			}
		}
	}
	m := parsed(t, taught.Base(model.Uint8))
	if _, err := graft.Extractor(m, model.Head{Map: m.Inputs[0]}); err == nil || !strings.Contains(err.Error(), "does not come of the model's input") {
		t.Errorf("the input as a map: %v", err)
	}
	m = parsed(t, taught.Base(model.Float32))
	if _, err := graft.Extractor(m, headOf(t, m)); !errors.Is(err, model.ErrUnsupported) || !strings.Contains(err.Error(), "take a quantized base") {
		t.Errorf("float32: %v", err)
	}
}
