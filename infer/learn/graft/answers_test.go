package graft_test

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/explain"
	"github.com/inceptiond/inceptiond/infer/learn/graft"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/testing/taught"
)

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

// checkOutputs runs a taught model, whose logits and feature map are outputs too.
func checkOutputs(t *testing.T, base, m *model.Model, h graft.Head, ins [][]byte) {
	t.Helper()
	activation, err := explain.NewActivation(m)
	if err != nil {
		t.Fatal(err)
	}
	tapped, err := model.WithOutputs(m, "taught/logits", activation.Tensor())
	if err != nil {
		t.Fatal(err)
	}
	e, err := cpu.New(tapped, cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	outs := infer.Buffers(e.Outputs())
	maps, pooled := taught.Maps(t, base, ins), taught.Values(t, base, base.Tensors[headOf(t, base).Pooled].Name, ins)
	steps := steps{cam: step(m, "taught/cam"), logits: step(m, "taught/logits")}
	right := 0
	for n, in := range ins {
		if _, err := e.Run(t.Context(), in, outs); err != nil {
			t.Fatal(err)
		}
		a := answer{values: values(t, e.Outputs(), outs)}
		a.exact, _ = taught.Logits(h, maps[n])
		a.check(t, steps)
		if !slices.Equal(a.values[2], pooled[n]) {
			t.Errorf("input %d: the embedding is not what the base's pooling gives", n)
		}
		for c, want := range a.exact { // a taught model explains itself as any other does
			if got := activation.Logit(outs[4], c); math.Abs(got-want) > steps.cam+1e-4 {
				t.Errorf("input %d, class %d: the map sums up to %.4f (want %.4f)", n, c, got, want)
			}
		}
		if best(a.exact) == best(a.values[3]) {
			right++
		}
	}
	if right < len(ins)*9/10 {
		t.Errorf("%d of %d answers are those of the exact head", right, len(ins))
	}
}

// steps are the scales of a taught model, 0 for float32.
type steps struct{ cam, logits float64 }

// answer is the outputs of a taught model, with the logits as a fourth, and what the logits are in exact numbers.
type answer struct {
	values [][]float32
	exact  []float64
}

func (a *answer) check(t *testing.T, s steps) {
	t.Helper()
	const little = 1e-4 // of float32's sums
	cam, logits, classes := a.values[1], a.values[3], len(a.exact)
	for c, got := range logits {
		mean := 0.
		for p := c; p < len(cam); p += classes {
			mean += float64(cam[p]) * float64(classes) / float64(len(cam))
		}
		if off := math.Abs(mean - float64(got)); off > s.cam+little {
			t.Errorf("class %d: the map has a mean of %.4f, and the logit is %.4f (a step is %.3f)", c, mean, got, s.cam)
		}
		if off := math.Abs(float64(got) - a.exact[c]); off > s.cam+s.logits+little {
			t.Errorf("class %d: logit %.4f (want %.4f; steps are %.3f and %.3f)", c, got, a.exact[c], s.logits, s.cam)
		}
	}
	for c, want := range softmax(logits) {
		if off := math.Abs(float64(a.values[0][c]) - want); off > 1./256 {
			t.Errorf("class %d: probability %.4f (want %.4f)", c, a.values[0][c], want)
		}
	}
}

func values(t *testing.T, specs []infer.TensorSpec, outs [][]byte) [][]float32 {
	t.Helper()
	list := make([][]float32, len(specs))
	for i := range specs {
		list[i] = make([]float32, specs[i].Elements())
		if err := specs[i].Values(list[i], outs[i]); err != nil {
			t.Fatal(err)
		}
	}
	return list
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
