package quantize_test

import (
	"context"
	"encoding/binary"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/infer/quantize"
	"github.com/inceptiond/inceptiond/internal/gen/stored"
	"github.com/inceptiond/inceptiond/internal/testing/graphs"
)

// FuzzRun quantizes files that may be anything: it is an error, or a file that can be read.
func FuzzRun(f *testing.F) {
	seeds := []*model.Model{varied(), graphs.Small(), graphs.Every()}
	for _, how := range []stored.How{stored.Float32, stored.Float16, stored.Channels, stored.Dequantized} {
		if m, err := stored.Convert(graphs.Small(), how); err == nil {
			seeds = append(seeds, m)
		}
	}
	for _, m := range seeds {
		data, err := write.Model(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, true)
		f.Add(data, false)
	}
	f.Fuzz(func(t *testing.T, data []byte, way bool) {
		if len(data) < 1<<15 {
			try(t, data, way)
		}
	})
}

// FuzzChanged changes types, shapes, operators, inputs and numbers of a model that can be quantized, each by four bytes.
func FuzzChanged(f *testing.F) {
	for what := range byte(7) {
		f.Add([]byte{what, 3, 2, what}, true)
		f.Add([]byte{what, 1, 0, 200, 6, 2, 1, 127}, false)
	}
	f.Fuzz(func(t *testing.T, script []byte, way bool) {
		m := varied()
		for script = script[:min(len(script), 40)]; len(script) >= 4; script = script[4:] {
			change(m, script[0], int(script[1]), int(script[2]), script[3])
		}
		if data, err := write.Model(m); err == nil {
			try(t, data, way)
		}
	})
}

// varied is a small model with operators of all kinds.
func varied() *model.Model {
	s := newSketch()
	a := s.add(model.OpReLU6, nil, "a", []int{1, 8, 8, 4}, s.conv("conv", 0, 4))
	b := s.add(model.OpLRN, model.LRN{Radius: 2, Bias: 1, Alpha: 0.1, Beta: 0.75}, "lrn", []int{1, 8, 8, 4}, a)
	c := s.add(model.OpConcatenation, model.Concat{Axis: 3}, "c", []int{1, 8, 8, 8}, b, s.conv("more", a, 4))
	d := s.add(model.OpHardSwish, nil, "d", []int{1, 8, 8, 4}, s.add(model.OpMul, model.Mul{}, "m", []int{1, 8, 8, 4}, a, s.numbers("by", 1, 1, 1, 1, 4)))
	flat := s.add(model.OpReshape, model.Reshape{NewShape: []int{1, 256}}, "flat", []int{1, 256}, d)
	e := s.add(model.OpFullyConnected, model.FullyConnected{}, "e", []int{1, 3}, flat, s.numbers("w", 0.1, 3, 256), s.numbers("bias", 0.1, 3))
	s.Outputs = []int{
		s.conv("last", c, 2), s.add(model.OpAdd, model.Add{}, "sum", []int{1, 8, 8, 4}, a, b),
		s.add(model.OpSoftmax, model.Softmax{Beta: 1}, "scores", []int{1, 3}, e),
	}
	return &s.Model
}

// change changes one thing of m.
func change(m *model.Model, what byte, which, at int, value byte) {
	t, o := &m.Tensors[which%len(m.Tensors)], &m.Operators[which%len(m.Operators)]
	switch what % 7 {
	case 0:
		types := []model.Type{model.Float32, model.Float16, model.Int8, model.Uint8, model.Int32}
		t.Type = types[int(value)%len(types)]
	case 1:
		if len(t.Shape) > 0 {
			t.Shape[at%len(t.Shape)] = int(value % 16)
		}
	case 2:
		o.Inputs[at%len(o.Inputs)] = int(int8(value)) % len(m.Tensors)
	case 3:
		o.Op = model.Op(value)
	case 4:
		t.Data = nil
	case 5:
		t.Quant = &model.Quant{Scale: []float32{float32(value) / 100}, ZeroPoint: []int32{int32(at)}}
	case 6:
		if len(t.Data) > 4 {
			binary.LittleEndian.PutUint32(t.Data[at%(len(t.Data)/4)*4:], uint32(value)<<23|uint32(at)<<10)
		}
	}
}

// try quantizes a model, if it is a small one.
func try(t *testing.T, data []byte, way bool) {
	m, err := model.Parse(data, model.Limits{Memory: 1 << 18})
	if err != nil || m.Stats().MACs > 1<<22 {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	o := usual()
	o.Uint8, o.Pictures, o.Test, o.Ranges = way, drawn(2), drawn(1), quantize.Auto
	r, err := quantize.Run(ctx, m, o)
	if err != nil {
		if ctx.Err() != nil {
			t.Fatalf("it takes too long: %v", err)
		}
		return
	}
	file, err := r.File(model.Metadata{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := model.Parse(file, model.Limits{}); err != nil {
		t.Fatal(err)
	}
}
