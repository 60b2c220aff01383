package tflite_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
)

// open is the maker's model in both engines, and random inputs for it.
func (k *maker) open(t *testing.T) (p pair, ins [][]byte) {
	t.Helper()
	data, err := write.Model(&k.m)
	if err != nil {
		t.Fatal(err)
	}
	p = openPair(t, data, false)
	for _, s := range p.cpu.Inputs() {
		if s.Type == infer.Float32 {
			ins = append(ins, k.floats(s.Bytes()))
		} else {
			ins = append(ins, noise(k.Rand, s.Bytes()))
		}
	}
	return p, ins
}

// plain is a value of a common scale.
func (k *maker) plain(shape ...int) int {
	if k.t == model.Float32 {
		return k.add(model.Tensor{Shape: shape, Type: k.t})
	}
	return k.value(shape, &model.Quant{Scale: []float32{0.1}, ZeroPoint: []int32{0}})
}

// TestParityResize compares the engines on pictures made larger and smaller, in all types and ways: equal to the last bit.
func TestParityResize(t *testing.T) {
	workerProgram(t)
	for _, op := range []model.Op{model.OpResizeBilinear, model.OpResizeNearest} {
		for _, typ := range []model.Type{model.Uint8, model.Int8, model.Int16, model.Float32} {
			t.Run(fmt.Sprint(op, "_", typ), func(t *testing.T) {
				for seed := range uint64(12) {
					k := &maker{Rand: rand.New(rand.NewPCG(seed, 13)), t: typ}
					align, half := seed%3 == 1, seed%3 == 2
					batch, h, w, c := k.between(1, 2), k.between(1, 12), k.between(1, 12), k.between(1, 40)
					oh, ow := k.between(1, 30), k.between(1, 30)
					switch seed / 3 % 4 {
					case 1:
						oh, ow = 2*h, 2*w
					case 2:
						oh, ow, c = 8*h, 8*w, 8
					}
					var options any = model.ResizeBilinear{AlignCorners: align, HalfPixelCenters: half}
					if op == model.OpResizeNearest {
						options = model.ResizeNearest{AlignCorners: align, HalfPixelCenters: half}
					}
					k.op(op, options, []int{k.plain(batch, h, w, c), k.ints(oh, ow)}, k.plain(batch, oh, ow, c))
					p, ins := k.open(t)
					if ours, theirs := p.run(t, ins...); !bytes.Equal(ours, theirs) {
						t.Errorf("seed %d differs: %s", seed, k)
					}
				}
			})
		}
	}
}

// TestParityTransposeConv compares the engines on TRANSPOSE_CONV of random windows, strides and paddings.
func TestParityTransposeConv(t *testing.T) {
	workerProgram(t)
	for _, typ := range []model.Type{model.Uint8, model.Int8, model.Float32} {
		t.Run(typ.String(), func(t *testing.T) {
			for seed := range uint64(30) {
				k := &maker{Rand: rand.New(rand.NewPCG(seed, 17)), t: typ}
				k.transposeConv()
				p, ins := k.open(t)
				ours, theirs := p.run(t, ins...)
				if typ == model.Float32 {
					largest := furthest(theirs, make([]byte, len(theirs)))
					if d := furthest(ours, theirs); d > largest*1e-5 {
						t.Errorf("seed %d: %v apart, of %v: %s", seed, d, largest, k)
					}
				} else if n, most := differences(ours, theirs, p.cpu.Outputs()[0].Type); n != 0 {
					t.Errorf("seed %d: %d of %d bytes differ, by %d at most: %s", seed, n, len(ours), most, k)
				}
			}
		})
	}
}

func (k *maker) transposeConv() {
	f, n := k.frame(), k.between(1, 20) // from its output to its input
	if k.IntN(3) == 0 {
		f.StrideH, f.StrideW = f.kh, f.kw
		f = f.size()
	}
	image := k.value([]int{1, f.oh, f.ow, f.c}, nil)
	w := k.weights([]int{n, f.kh, f.kw, f.c}, 0)
	inputs := []int{k.ints(1, f.h, f.w, n), w, image}
	if k.IntN(2) == 0 {
		inputs = append(inputs, k.bias(n, image, w))
	}
	options := model.TransposeConv{Padding: f.Padding, StrideH: f.StrideH, StrideW: f.StrideW}
	output := k.value([]int{1, f.h, f.w, n}, nil)
	if k.t == model.Float32 {
		for _, i := range append([]int{image, w, output}, inputs[3:]...) {
			k.m.Tensors[i].Quant, k.m.Tensors[i].Type = nil, model.Float32
			if k.m.Tensors[i].Data != nil {
				k.m.Tensors[i].Data = k.floats(k.m.Tensors[i].Bytes())
			}
		}
	}
	k.op(model.OpTransposeConv, options, inputs, output)
}
