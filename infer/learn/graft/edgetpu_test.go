package graft_test

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/learn/graft"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
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

// edgeTPU is a taught model, and what the Edge TPU's compiler might make of the extractor of its base, with that program.
func edgeTPU(t testing.TB, kind model.Type, program []byte) (taughtFile []byte, m *model.Model) {
	t.Helper()
	base := parsed(t, taught.Base(kind))
	h := fixed()
	h.Mean, h.Std = []float32{1}, []float32{2}
	taughtFile, err := graft.Taught(base, headOf(t, base), h)
	if err != nil {
		t.Fatal(err)
	}
	extractor, err := graft.Extractor(base, headOf(t, base))
	if err != nil {
		t.Fatal(err)
	}
	return taughtFile, compiled(t, extractor, program)
}

// TestOntoEdgeTPU wants the Edge TPU's program as it was, and the head behind it. TestTaughtEdgeTPU of infer/tflite runs it.
func TestOntoEdgeTPU(t *testing.T) {
	program := bytes.Repeat([]byte("any bytes\x00\xff"), 1000)
	for kind, want := range map[model.Type]string{
		model.Uint8: "AVERAGE_POOL_2D CONV_2D MEAN SOFTMAX",
		model.Int8:  "AVERAGE_POOL_2D CONV_2D MEAN SOFTMAX QUANTIZE",
	} {
		taughtFile, trunk := edgeTPU(t, kind, program)
		file, err := graft.OntoEdgeTPU(bytesOf(t, trunk), taughtFile)
		if err != nil {
			t.Fatal(err)
		}
		m, before := parse(t, file), parse(t, taughtFile)
		if got, ok := m.Operators[0].Options.([]byte); !ok || !bytes.Equal(got, program) || !m.ForEdgeTPU() {
			t.Errorf("%v: the first operator is %s with %d bytes", kind, m.Operators[0].Name(), len(got))
		}
		var names []string
		for _, o := range m.Operators[1:] {
			names = append(names, o.Name())
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%v: operators %s (want %s)", kind, got, want)
		}
		if now := headOf(t, m); m.Tensors[now.Map].Name != "features" || now.Pooled != m.Outputs[2] {
			t.Errorf("%v: head %+v", kind, now)
		}
		for i, out := range m.Outputs {
			if got, want := m.Tensors[out], before.Tensors[before.Outputs[i]]; !reflect.DeepEqual(got, want) {
				t.Errorf("%v: output %d is %+v (want %+v)", kind, i, got, want)
			}
		}
		got, err := model.ReadMetadata(file)
		if want, _ := model.ReadMetadata(taughtFile); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v: metadata %+v (want %+v): %v", kind, got, want, err)
		}
	}
}

// TestRefusesCompiled wants a word on files that were not compiled of the base's extractor.
func TestRefusesCompiled(t *testing.T) {
	for says, change := range map[string]func(m *model.Model){
		"was not compiled for an Edge TPU":  func(m *model.Model) { m.Operators[0].Custom = "another" },
		"has 2 outputs":                     func(m *model.Model) { m.Outputs = []int{1, 1} },
		"is uint8 [1 6 6 25], and the":      func(m *model.Model) { m.Tensors[1].Shape = []int{1, 6, 6, 25} },
		"is int8 [1 6 6 24], and the":       func(m *model.Model) { m.Tensors[1].Type, m.Tensors[1].Quant.ZeroPoint[0] = model.Int8, 0 },
		"compile the extractor of the base": func(m *model.Model) { m.Tensors[1].Quant.Scale[0] = 0.03 },
		"or their scales differ":            func(m *model.Model) { m.Tensors[1].Quant = nil },
	} {
		taughtFile, m := edgeTPU(t, model.Uint8, []byte("program"))
		change(m)
		if _, err := graft.OntoEdgeTPU(bytesOf(t, m), taughtFile); !errors.Is(err, model.ErrUnsupported) || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v (want %q)", err, says)
		}
	}
}

// TestRefusesTaught wants a word on files that are no taught ones.
func TestRefusesTaught(t *testing.T) {
	taughtFile, trunk := edgeTPU(t, model.Uint8, []byte("program"))
	changed := func(change func(m *model.Model)) []byte {
		m := parse(t, taughtFile)
		change(m)
		file, err := write.Append(bytesOf(t, m), write.File{Name: "labels.txt", Data: []byte("a\nb\nc")})
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	for says, file := range map[string][]byte{
		"the taught file: model: malformed":               []byte("text"),
		"the labels of the taught file":                   bytesOf(t, parse(t, taughtFile)),
		"its end is missing":                              taughtFile[:len(taughtFile)-10],
		"the taught file: model: unsupported: it ends in": changed(func(m *model.Model) { m.Outputs[0] = m.Inputs[0] }),
		`output "image" of the taught file lies before`:   changed(func(m *model.Model) { m.Outputs[1] = m.Inputs[0] }),
	} {
		if _, err := graft.OntoEdgeTPU(bytesOf(t, trunk), file); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v (want %q)", err, says)
		}
	}
}

func bytesOf(t testing.TB, m *model.Model) []byte {
	t.Helper()
	data, err := write.Model(m)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
