package task

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
)

var (
	scores = infer.TensorSpec{Name: "scores", Shape: []int{1, 3}, Type: infer.Uint8, Scale: 1. / 256}
	boxes  = infer.TensorSpec{Name: "boxes", Shape: []int{1, 2, 4}, Type: infer.Float32}
)

func TestNew(t *testing.T) {
	for _, c := range []struct {
		name    string
		outputs []infer.TensorSpec
		kind    Kind
		says    string // the error; empty: none
	}{
		{"one output", []infer.TensorSpec{scores}, "", ""},
		{"one output, by name", []infer.TensorSpec{scores}, Classify, ""},
		{"several outputs", []infer.TensorSpec{scores, boxes}, "", ""},
		{"boxes before scores", []infer.TensorSpec{boxes, scores}, "", "the model has 2 outputs, and the first, float32 [1 2 4], is no list of scores"},
		{"numbers of classes", []infer.TensorSpec{{Name: "best", Shape: []int{1}, Type: infer.Int64}}, "", "numbers of classes, perhaps, but no scores"},
		{"boxes alone", []infer.TensorSpec{boxes}, "", ""},
		{"a scalar", []infer.TensorSpec{{Type: infer.Float32}}, "", ""},
		{"another task", []infer.TensorSpec{scores}, "predict", `no task "predict" (want one of [classify detect`},
	} {
		got, err := New(c.outputs, Options{Reading: Reading{Kind: c.kind}})
		switch {
		case c.says != "":
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v (want %q)", c.name, err, c.says)
			}
		case err != nil || got.Kind() != Classify:
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
	for name, outputs := range map[string][]infer.TensorSpec{"none": nil, "no type": {{Shape: []int{4}}}} {
		if _, err := New(outputs, Options{}); !errors.Is(err, model.ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The first output is what counts; the others need no buffer.
func TestDecode(t *testing.T) {
	c, err := New([]infer.TensorSpec{scores, boxes}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := Findings{Classes: []float32{9, 9, 9, 9, 9}} // of a frame before
	for _, outs := range [][][]byte{{{0, 128, 64}, make([]byte, 32)}, {{0, 128, 64}, nil}} {
		if err := c.Decode(&f, outs); err != nil || !slices.Equal(f.Classes, []float32{0, 0.5, 0.25}) {
			t.Errorf("%v, %v", f.Classes, err)
		}
	}
	for _, outs := range [][][]byte{nil, {nil, nil}, {{1, 2}}, {{1, 2, 3, 4}}} {
		if err := c.Decode(&f, outs); err == nil {
			t.Errorf("outputs %v: no error", outs)
		}
	}
}

func TestAllocatesNothing(t *testing.T) {
	many := infer.TensorSpec{Shape: []int{1, 1001}, Type: infer.Uint8, Scale: 1. / 256}
	c, err := New([]infer.TensorSpec{many}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	outs := infer.Buffers([]infer.TensorSpec{many})
	for i := range outs[0] {
		outs[0][i] = byte(i * 7)
	}
	var f Findings
	top := make([]Class, 0, 5)
	n := testing.AllocsPerRun(10, func() {
		if err := c.Decode(&f, outs); err != nil {
			t.Fatal(err)
		}
		top = TopK(top[:0], &f, 5, 0)
	})
	if n != 0 || len(top) != 5 {
		t.Errorf("%v allocations, %d classes", n, len(top))
	}
}
