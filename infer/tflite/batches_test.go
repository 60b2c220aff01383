package tflite_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
)

// TestBatches compares convolutions and pools of several images, as old files of networks with dilations have them.
func TestBatches(t *testing.T) {
	worker := workerProgram(t)
	conv := model.Conv2D{StrideH: 1, StrideW: 2, DilationH: 1, DilationW: 1, Activation: model.ReLU6}
	pool := model.Pool2D{StrideH: 2, StrideW: 1, Height: 3, Width: 2}
	for name, build := range map[string]func(s *single, t model.Type){
		"CONV_2D": func(s *single, t model.Type) {
			s.op(model.OpConv2D, conv, t, 1, s.in(t, 4, 7, 6, 5), s.weights(t, 9, 3, 3, 5), s.zeros(t, 9))
		},
		"CONV_2D 1x1": func(s *single, t model.Type) {
			s.op(model.OpConv2D, conv, t, 1, s.in(t, 3, 7, 6, 5), s.weights(t, 9, 1, 1, 5), s.zeros(t, 9))
		},
		"DEPTHWISE_CONV_2D": func(s *single, t model.Type) {
			d := model.DepthwiseConv2D{Conv2D: conv, Multiplier: 1}
			d.StrideW = 1
			s.op(model.OpDepthwiseConv2D, d, t, 1, s.in(t, 4, 7, 6, 8), s.weights(t, 1, 3, 3, 8), s.zeros(t, 8))
		},
		"TRANSPOSE_CONV": func(s *single, t model.Type) {
			o := model.TransposeConv{StrideH: 2, StrideW: 2}
			s.op(model.OpTransposeConv, o, t, 1, s.ints([]int{3, 8, 10, 4}), s.weights(t, 4, 3, 3, 5), s.in(t, 3, 4, 5, 5))
		},
		"RESIZE_BILINEAR": func(s *single, t model.Type) {
			s.op(model.OpResizeBilinear, model.ResizeBilinear{HalfPixelCenters: true}, t, 1, s.in(t, 2, 4, 5, 3), s.ints([]int{7, 11}))
		},
		"RESIZE_NEAREST_NEIGHBOR": func(s *single, t model.Type) {
			s.op(model.OpResizeNearest, model.ResizeNearest{}, t, 1, s.in(t, 2, 4, 5, 3), s.ints([]int{7, 11}))
		},
		"FULLY_CONNECTED": func(s *single, t model.Type) {
			s.op(model.OpFullyConnected, model.FullyConnected{KeepNumDims: true}, t, 1, s.in(t, 2, 3, 5), s.weights(t, 4, 5), s.zeros(t, 4))
		},
		"FULLY_CONNECTED flat": func(s *single, t model.Type) {
			s.op(model.OpFullyConnected, model.FullyConnected{}, t, 1, s.in(t, 2, 3, 5), s.weights(t, 4, 5), s.zeros(t, 4))
		},
		"FULLY_CONNECTED of images": func(s *single, t model.Type) {
			s.op(model.OpFullyConnected, model.FullyConnected{}, t, 1, s.in(t, 2, 3, 5), s.weights(t, 4, 15), s.zeros(t, 4))
		},
		"MAX_POOL_2D":     func(s *single, t model.Type) { s.op(model.OpMaxPool2D, pool, t, 1, s.in(t, 2, 7, 6, 5)) },
		"AVERAGE_POOL_2D": func(s *single, t model.Type) { s.op(model.OpAveragePool2D, pool, t, 1, s.in(t, 2, 7, 6, 5)) },
	} {
		for _, typ := range []model.Type{model.Uint8, model.Int8, model.Float32} {
			t.Run(fmt.Sprintf("%s %v", name, typ), func(t *testing.T) {
				s := &single{r: rand.New(rand.NewPCG(1, 2))}
				build(s, typ)
				ours, err := runHere(t, s)
				if err != nil {
					t.Fatal(err)
				}
				theirs, err := runThere(t, worker, s)
				if err != nil {
					t.Fatal(err)
				}
				if typ == model.Float32 && !closeTo(ours[0], theirs[0]) || typ != model.Float32 && !bytes.Equal(ours[0], theirs[0]) {
					t.Errorf("here %x, there %x", ours[0][:40], theirs[0][:40])
				}
			})
		}
	}
}

// closeTo compares numbers of float32 whose sums have another order.
func closeTo(a, b []byte) bool {
	for i := 0; i < len(a); i += 4 {
		x := float64(math.Float32frombits(binary.LittleEndian.Uint32(a[i:])))
		y := float64(math.Float32frombits(binary.LittleEndian.Uint32(b[i:])))
		if math.Abs(x-y) > 1e-5*(1+math.Abs(x)) {
			return false
		}
	}
	return len(a) == len(b)
}

// weights are a constant.
func (s *single) weights(t model.Type, shape ...int) int {
	w := tensorOf(t, shape)
	w.Data = make([]byte, w.Bytes())
	for i := range w.Data {
		w.Data[i] = byte(s.r.IntN(256))
	}
	switch t {
	case model.Float32:
		for i := 0; i < len(w.Data); i += 4 {
			binary.LittleEndian.PutUint32(w.Data[i:], math.Float32bits(float32(s.r.NormFloat64()/1000)))
		}
	case model.Int8:
		w.Quant = &model.Quant{Scale: []float32{0.002}, ZeroPoint: []int32{0}}
	default:
		w.Quant = &model.Quant{Scale: []float32{0.002}, ZeroPoint: []int32{120}}
	}
	return s.add(w)
}

// zeros are a bias.
func (s *single) zeros(t model.Type, n int) int {
	b := model.Tensor{Shape: []int{n}, Type: model.Int32, Data: make([]byte, 4*n)}
	if t == model.Float32 {
		b.Type = t
	}
	return s.add(b)
}
