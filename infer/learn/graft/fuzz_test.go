package graft_test

import (
	"errors"
	"testing"

	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/learn/graft"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/internal/testing/taught"
)

// FuzzTaught puts a head on bases that may be anything: the error is one of ErrUnsupported, or the file is sound, and the
// head of it is where it was.
func FuzzTaught(f *testing.F) {
	for _, kind := range kinds {
		m := taught.Base(kind)
		data, err := write.Model(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		m = parse(f, data)
		for _, make := range []func() ([]byte, error){
			func() ([]byte, error) { return graft.Taught(m, headOf(f, m), fixed()) },
			func() ([]byte, error) { return graft.Extractor(m, headOf(f, m)) },
		} {
			if file, err := make(); err == nil {
				f.Add(file)
			} else if kind != model.Float32 {
				f.Fatal(err)
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			t.Skip("larger than any structure of interest")
		}
		base, err := model.Parse(data, model.Limits{Memory: 1 << 24})
		if err != nil {
			return
		}
		at, err := base.Head()
		if err != nil || base.Tensors[at.Map].Shape[3] > 1<<12 {
			return
		}
		checkFuzzed(t, base, at)
	})
}

// FuzzOntoEdgeTPU puts together files that may be anything.
func FuzzOntoEdgeTPU(f *testing.F) {
	for _, kind := range []model.Type{model.Uint8, model.Int8} {
		taughtFile, trunk := edgeTPU(f, kind, []byte("program"))
		f.Add(bytesOf(f, trunk), taughtFile)
		f.Add(taughtFile, bytesOf(f, trunk))
	}
	f.Fuzz(func(t *testing.T, compiled, taught []byte) {
		if len(compiled)+len(taught) > 1<<17 {
			t.Skip("larger than any structure of interest")
		}
		file, err := graft.OntoEdgeTPU(compiled, taught)
		if err != nil {
			if !errors.Is(err, model.ErrUnsupported) && !errors.Is(err, model.ErrMalformed) {
				t.Fatalf("error of no kind: %v", err)
			}
			return
		}
		parse(t, file)
	})
}

// FuzzMutated puts a head on bases that were sound before each three bytes of edits changed a number in them.
func FuzzMutated(f *testing.F) {
	for what := range byte(8) {
		f.Add(byte(what), []byte{what, 3, 2, what + 1, 2, 200})
	}
	f.Fuzz(func(t *testing.T, kind byte, edits []byte) {
		if len(edits) > 60 {
			t.Skip("too much at once")
		}
		m := taught.Base(kinds[int(kind)%len(kinds)])
		for ; len(edits) >= 3; edits = edits[3:] {
			edit(m, edits[0], int(edits[1]), int(edits[2]))
		}
		data, err := write.Model(m)
		if err != nil {
			t.Fatal(err)
		}
		base, err := model.Parse(data, model.Limits{Memory: 1 << 24})
		if err != nil {
			return
		}
		at, err := base.Head()
		if err != nil || base.Tensors[at.Map].Shape[3] > 1<<12 {
			return
		}
		checkFuzzed(t, base, at)
	})
}

// edit changes one number of m: which says of which tensor or operator, value what becomes of it.
func edit(m *model.Model, what byte, which, value int) {
	tensor, o := &m.Tensors[which%len(m.Tensors)], &m.Operators[which%len(m.Operators)]
	switch what % 8 {
	case 0:
		tensor.Type = model.Type(value % 18)
	case 1:
		tensor.Shape[value%len(tensor.Shape)] = value
	case 2:
		if tensor.Quant != nil {
			scales := []float32{0, 1e-30, 1e30, 3, 1. / 256}
			tensor.Quant.Scale[0], tensor.Quant.ZeroPoint[0] = scales[value%len(scales)], int32(value-128)
		}
	case 3:
		o.Inputs[value%len(o.Inputs)] = value % len(m.Tensors)
	case 4:
		o.Outputs[0] = value % len(m.Tensors)
	case 5:
		o.Op, o.Options = model.Op(value), nil
	case 6:
		m.Outputs[0] = value % len(m.Tensors)
	case 7:
		tensor.Name = m.Tensors[value%len(m.Tensors)].Name
	}
}

// checkFuzzed puts a head on base, and on what came of that.
func checkFuzzed(t *testing.T, base *model.Model, at model.Head) {
	h := fixed()
	for c := range h.Weights {
		h.Weights[c] = make([]float64, base.Tensors[at.Map].Shape[3])
		for d := range h.Weights[c] {
			h.Weights[c][d] = float64(d%7-c) / 8
		}
	}
	if file, err := graft.Extractor(base, at); err == nil {
		parse(t, file)
	} else if !errors.Is(err, model.ErrUnsupported) {
		t.Fatalf("error of no kind: %v", err)
	}
	file, err := graft.Taught(base, at, h)
	if err != nil {
		if !errors.Is(err, model.ErrUnsupported) {
			t.Fatalf("error of no kind: %v", err)
		}
		return
	}
	m := parse(t, file)
	now := headOf(t, m)
	if m.Tensors[now.Map].Name != base.Tensors[at.Map].Name || now.Layer < 0 || now.Pooled < 0 || len(m.Outputs) != 3 {
		t.Fatalf("the head was %+v and is %+v; outputs %v", at, now, m.Outputs)
	}
	if about, err := model.ReadMetadata(file); err != nil || string(about.Labels) != "closed\nopen\nother\n" {
		t.Fatalf("labels %q: %v", about.Labels, err)
	}
	if e, err := cpu.New(m, cpu.Options{Threads: 1}); err == nil {
		e.Close()
	}
}
