package graft_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/learn/graft"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/testing/taught"
)

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

// compiled is what the Edge TPU's compiler might make of an extractor: one operator, with those bytes.
func compiled(t testing.TB, extractor, program []byte) *model.Model {
	t.Helper()
	m := parse(t, extractor)
	made := &model.Model{Tensors: []model.Tensor{m.Tensors[m.Inputs[0]], m.Tensors[m.Outputs[0]]}, Inputs: []int{0}, Outputs: []int{1}}
	made.Operators = []model.Operator{{Op: model.OpCustom, Custom: model.EdgeTPUOperator, Options: program, Inputs: []int{0}, Outputs: []int{1}}}
	return parsed(t, made)
}

// TestOntoEdgeTPU wants the Edge TPU's program as it was, and the head behind it. TestTaughtEdgeTPU of infer/tflite runs it.
func TestOntoEdgeTPU(t *testing.T) {
	base := parsed(t, taught.Base(model.Uint8))
	at := headOf(t, base)
	extractor, err := graft.Extractor(base, at)
	if err != nil {
		t.Fatal(err)
	}
	program := bytes.Repeat([]byte("any bytes\x00\xff"), 1000)
	file, err := graft.OntoEdgeTPU(compiled(t, extractor, program), base, at, fixed())
	if err != nil {
		t.Fatal(err)
	}
	m := parse(t, file)
	if got, ok := m.Operators[0].Options.([]byte); !ok || !bytes.Equal(got, program) || !m.ForEdgeTPU() {
		t.Errorf("the first operator is %s with %d bytes", m.Operators[0].Name(), len(got))
	}
	var names []string
	for _, o := range m.Operators[1:] {
		names = append(names, o.Name())
	}
	if got := strings.Join(names, " "); got != "AVERAGE_POOL_2D CONV_2D MEAN SOFTMAX" {
		t.Errorf("operators %s", got)
	}
	if now := headOf(t, m); m.Tensors[now.Map].Name != "features" || now.Pooled != m.Outputs[2] {
		t.Errorf("head %+v", now)
	}
}

// TestRefusesCompiled wants a word on files that were not compiled of the base's extractor.
func TestRefusesCompiled(t *testing.T) {
	base := parsed(t, taught.Base(model.Uint8))
	at := headOf(t, base)
	extractor, err := graft.Extractor(base, at)
	if err != nil {
		t.Fatal(err)
	}
	for says, change := range map[string]func(m *model.Model){
		"was not compiled for an Edge TPU":   func(m *model.Model) { m.Operators[0].Custom = "another" },
		"has 2 outputs":                      func(m *model.Model) { m.Outputs = []int{1, 1} },
		"is uint8 [1 6 6 25], and the":       func(m *model.Model) { m.Tensors[1].Shape = []int{1, 6, 6, 25} },
		"is int8 [1 6 6 24], and the":        func(m *model.Model) { m.Tensors[1].Type = model.Int8 },
		"compile the extractor of this very": func(m *model.Model) { m.Tensors[1].Quant.Scale[0] = 0.03 },
		"or their scales differ":             func(m *model.Model) { m.Tensors[1].Quant = nil },
	} {
		m := compiled(t, extractor, []byte("program"))
		change(m)
		if _, err := graft.OntoEdgeTPU(m, base, at, fixed()); !errors.Is(err, model.ErrUnsupported) || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v (want %q)", err, says)
		}
	}
}
