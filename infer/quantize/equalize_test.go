package quantize_test

import (
	"math"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/quantize"
)

// uneven is a network in which a few channels are very small, and multiplied by large weights: as batch normalization leaves them.
func uneven(second model.Op, activation model.Activation) *sketch {
	const depth = 8
	s := newSketch()
	options := model.Conv2D{StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Activation: activation}
	shape := []int{1, 8, 8, depth}
	weights, bias := s.numbers("w1", 0.8, depth, 3, 3, 3), s.numbers("b1", 0.5, depth)
	first := s.add(model.OpConv2D, options, "first", shape, 0, weights, bias)
	next := s.add(model.OpMaxPool2D, model.Pool2D{StrideH: 1, StrideW: 1, Height: 3, Width: 3}, "pool", shape, first)
	if second == model.OpDepthwiseConv2D {
		next = s.add(second, model.DepthwiseConv2D{Conv2D: options, Multiplier: 1}, "second", shape, next, s.numbers("w2", 0.5, 1, 3, 3, depth), s.numbers("b2", 0.5, depth))
	} else {
		next = s.add(second, options, "second", shape, next, s.numbers("w2", 0.5, depth, 3, 3, depth), s.numbers("b2", 0.5, depth))
	}
	last := s.conv("last", next, 5)
	for _, c := range []int{2, 5} {
		const small = 1. / 64
		scaleRow(s.Tensors[weights].Data, c, depth, small)
		scaleRow(s.Tensors[bias].Data, c, depth, small)
		w := &s.Tensors[s.Operators[2].Inputs[1]]
		for i := c; i < w.Elements(); i += depth {
			scaleRow(w.Data, i, w.Elements(), 1/small)
		}
	}
	s.Outputs = []int{last}
	return s
}

// TestEqualized has the same answers come of the network whose levels were traded, and better ones of 8 bits.
func TestEqualized(t *testing.T) {
	for _, second := range []model.Op{model.OpConv2D, model.OpDepthwiseConv2D} {
		for _, a := range []model.Activation{model.NoActivation, model.ReLU, model.ReLU6, model.ReLUN1To1} {
			s, o := uneven(second, a), usual()
			o.Uint8 = true
			m, err := quantize.Equalized(t.Context(), &s.Model, o)
			if err != nil || m == nil {
				t.Fatalf("%v after %v: nothing to gain: %v", second, a, err)
			}
			sameAnswers(t, &s.Model, m, o.Pictures)
			r, err := quantize.Run(t.Context(), &s.Model, o)
			if err != nil {
				t.Fatal(err)
			}
			tried := r.Report.Tried
			if !r.Report.Equalized || len(tried) != 2 || !(tried[1].Outputs[0].Error < tried[0].Outputs[0].Error/2) {
				t.Errorf("%v after %v: equalized %v, of %+v", second, a, r.Report.Equalized, tried)
			}
		}
	}
}

// TestNotEqualized leaves alone what has nothing to gain, or what others have their share in.
func TestNotEqualized(t *testing.T) {
	for name, change := range map[string]func(s *sketch, o *quantize.Options){
		"int8": func(_ *sketch, o *quantize.Options) { o.Uint8 = false },
		"even": func(s *sketch, _ *quantize.Options) {
			*s = *newSketch()
			s.Outputs = []int{s.conv("b", s.conv("a", 0, 8), 8)}
		},
		"read twice": func(s *sketch, _ *quantize.Options) { s.Outputs = append(s.Outputs, s.Operators[0].Outputs[0]) },
		"shared weights": func(s *sketch, _ *quantize.Options) {
			s.Outputs = append(s.Outputs, s.add(model.OpConv2D, s.Operators[0].Options, "again", []int{1, 8, 8, 8}, s.Operators[0].Inputs...))
		},
		"activated pooling": func(s *sketch, _ *quantize.Options) {
			s.Operators[1].Options = model.Pool2D{StrideH: 1, StrideW: 1, Height: 3, Width: 3, Activation: model.ReLU6}
		},
	} {
		s, o := uneven(model.OpConv2D, model.ReLU6), usual()
		o.Uint8 = true
		change(s, &o)
		if m, err := quantize.Equalized(t.Context(), &s.Model, o); err != nil || m != nil {
			t.Errorf("%s: equalized: %v, %v", name, m != nil, err)
		}
	}
}

// sameAnswers wants the same numbers of two float models, but for their last places.
func sameAnswers(t *testing.T, a, b *model.Model, p quantize.Pictures) {
	t.Helper()
	var answers [2][]float32
	for k, m := range []*model.Model{a, b} {
		e, err := cpu.New(m, cpu.Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		in, outs, pixels := make([]byte, e.Input().Bytes()), infer.Buffers(e.Outputs()), make([]byte, e.Input().Elements())
		for i := range p.N {
			if _, err := p.Read(i, pixels); err != nil {
				t.Fatal(err)
			}
			for n, v := range pixels {
				bits := math.Float32bits((float32(v) - 127.5) / 127.5)
				for k := range 4 {
					in[4*n+k] = byte(bits >> (8 * k))
				}
			}
			if _, err := e.Run(t.Context(), in, outs); err != nil {
				t.Fatal(err)
			}
			values := make([]float32, e.Outputs()[0].Elements())
			if err := e.Outputs()[0].Values(values, outs[0]); err != nil {
				t.Fatal(err)
			}
			answers[k] = append(answers[k], values...)
		}
	}
	for i, v := range answers[0] {
		if d := math.Abs(float64(v - answers[1][i])); !(d <= 1e-4*max(1, math.Abs(float64(v)))) {
			t.Fatalf("%g has become %g", v, answers[1][i])
		}
	}
}
