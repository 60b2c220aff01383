// Package taught makes what tests of taught models need: small base networks, and heads whose weights are drawn.
package taught

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/learn/graft"
	"github.com/inceptiond/inceptiond/infer/model"
)

// Features is how many features the map of a Base has.
const Features = 24

// Base is a small classifier of that type: a picture [1 12 12 3], a convolution, a map [1 6 6 Features], the average pooling
// of it, a layer with 5 classes, SOFTMAX; an int8 one has a uint8 input and output, with QUANTIZE between. Its weights are the
// same on every machine.
func Base(kind model.Type) *model.Model {
	b := base{kind: kind}
	b.Description = "base of " + kind.String()
	image := b.tensor("image", kind, 1./128, 128, 1, 12, 12, 3)
	b.Inputs = []int{image}
	if kind == model.Int8 {
		b.Tensors[image].Type = model.Uint8
		image = b.operator(model.OpQuantize, nil, b.tensor("image8", kind, 1./128, 0, 1, 12, 12, 3), image)
	} else if kind == model.Float32 {
		b.Tensors[image].Quant = nil
	}
	conv := model.Conv2D{Padding: model.Same, StrideH: 2, StrideW: 2, DilationH: 1, DilationW: 1, Activation: model.ReLU}
	features := b.operator(model.OpConv2D, conv, b.tensor("features", kind, 0.02, 0, 1, 6, 6, Features),
		image, b.weights("conv", Features, 3, 3, 3), b.bias("conv", 1./128, Features))
	pool := model.Pool2D{Padding: model.Valid, StrideH: 6, StrideW: 6, Height: 6, Width: 6}
	pooled := b.operator(model.OpAveragePool2D, pool, b.tensor("pooled", kind, 0.02, 0, 1, 1, 1, Features), features)
	row := b.operator(model.OpReshape, model.Reshape{NewShape: []int{1, Features}}, b.tensor("row", kind, 0.02, 0, 1, Features), pooled)
	logits := b.operator(model.OpFullyConnected, model.FullyConnected{}, b.tensor("logits", kind, 0.05, 128, 1, 5),
		row, b.weights("layer", 5, Features), b.bias("layer", 0.02, 5))
	out := b.operator(model.OpSoftmax, model.Softmax{Beta: 1}, b.tensor("softmax", kind, 1./256, 0, 1, 5), logits)
	if kind == model.Int8 {
		out = b.operator(model.OpQuantize, nil, b.tensor("scores", model.Uint8, 1./256, 0, 1, 5), out)
	}
	b.Outputs = []int{out}
	return &b.Model
}

// base is a model in the making; zero points are given as those of uint8.
type base struct {
	model.Model
	kind model.Type
}

const weightScale = 0.01

func (b *base) tensor(name string, kind model.Type, scale float32, zero int32, shape ...int) int {
	t := model.Tensor{Name: name, Shape: shape, Type: kind, Quant: &model.Quant{Scale: []float32{scale}, ZeroPoint: []int32{zero}}}
	switch kind {
	case model.Int8:
		t.Quant.ZeroPoint[0] -= 128
	case model.Float32:
		t.Quant = nil
	}
	b.Tensors = append(b.Tensors, t)
	return len(b.Tensors) - 1
}

// weights are drawn, from -1 to 1.
func (b *base) weights(name string, shape ...int) int {
	i := b.tensor(name+"/weights", b.kind, weightScale, 128, shape...)
	t := &b.Tensors[i]
	r := rand.New(rand.NewPCG(uint64(len(name)), 0))
	for range t.Elements() {
		steps := r.IntN(201) - 100
		switch b.kind {
		case model.Uint8:
			t.Data = append(t.Data, uint8(steps+128))
		case model.Int8:
			t.Data = append(t.Data, uint8(int8(steps)))
		default:
			t.Data = binary.LittleEndian.AppendUint32(t.Data, math.Float32bits(float32(steps)*weightScale))
		}
	}
	return i
}

// bias is one of zeros.
func (b *base) bias(name string, inScale float32, n int) int {
	i := b.tensor(name+"/bias", model.Float32, 0, 0, n)
	b.Tensors[i].Data = make([]byte, 4*n)
	if b.kind != model.Float32 {
		b.Tensors[i].Type, b.Tensors[i].Quant = model.Int32, &model.Quant{Scale: []float32{inScale * weightScale}, ZeroPoint: []int32{0}}
	}
	return i
}

func (b *base) operator(op model.Op, options any, out int, in ...int) int {
	b.Operators = append(b.Operators, model.Operator{Op: op, Options: options, Inputs: in, Outputs: []int{out}})
	return out
}

// Head draws a head for a base. Its logits of the inputs given spread by about 3, and its ranges are those of these inputs.
func Head(t testing.TB, base *model.Model, classes int, ins [][]byte) graft.Head {
	t.Helper()
	maps, cells := Maps(t, base, ins), 0
	depth := 0
	if at, err := base.Head(); err != nil {
		t.Fatal(err)
	} else if depth = base.Tensors[at.Map].Shape[3]; depth == 0 {
		t.Fatal("no features")
	}
	var square float64
	for _, m := range maps {
		cells += len(m) / depth
		for _, v := range m {
			square += float64(v) * float64(v)
		}
	}
	r := rand.New(rand.NewPCG(7, uint64(classes)))
	spread := 3 / math.Sqrt(square/float64(cells))
	h := graft.Head{Name: "drawn", Description: "a head whose weights are drawn"}
	for c := range classes {
		row := make([]float64, depth)
		for d := range row {
			row[d] = spread * r.NormFloat64()
		}
		h.Labels = append(h.Labels, fmt.Sprintf("class-%c", 'a'+c))
		h.Weights = append(h.Weights, row)
		h.Bias = append(h.Bias, r.NormFloat64())
	}
	for _, m := range maps {
		logits, cam := Logits(h, m)
		for _, v := range logits {
			h.LogitMin, h.LogitMax = min(h.LogitMin, 1.1*v), max(h.LogitMax, 1.1*v)
		}
		for _, v := range cam {
			h.CamMin, h.CamMax = min(h.CamMin, 1.25*v), max(h.CamMax, 1.25*v)
		}
	}
	return h
}

// Logits is what h makes of a feature map, [cells features], and of each of its cells, [cells classes].
func Logits(h graft.Head, features []float32) (logits, cam []float64) {
	classes, depth := len(h.Weights), len(h.Weights[0])
	cells := len(features) / depth
	logits, cam = make([]float64, classes), make([]float64, cells*classes)
	for p := range cells {
		for c, row := range h.Weights {
			sum := h.Bias[c]
			for d, w := range row {
				sum += w * float64(features[p*depth+d])
			}
			cam[p*classes+c] = sum
			logits[c] += sum / float64(cells)
		}
	}
	return logits, cam
}

// Maps is the feature map of base for each input, in real numbers.
func Maps(t testing.TB, base *model.Model, ins [][]byte) (maps [][]float32) {
	t.Helper()
	at, err := base.Head()
	if err != nil {
		t.Fatal(err)
	}
	return Values(t, base, base.Tensors[at.Map].Name, ins)
}

// Values is an inner tensor of m for each input, in real numbers.
func Values(t testing.TB, m *model.Model, name string, ins [][]byte) (values [][]float32) {
	t.Helper()
	tapped, err := model.WithOutputs(m, name)
	if err != nil {
		t.Fatal(err)
	}
	e, err := cpu.New(tapped, cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	outs := infer.Buffers(e.Outputs())
	spec := e.Outputs()[len(outs)-1]
	for _, in := range ins {
		if _, err := e.Run(t.Context(), in, outs); err != nil {
			t.Fatal(err)
		}
		list := make([]float32, spec.Elements())
		if err := spec.Values(list, outs[len(outs)-1]); err != nil {
			t.Fatal(err)
		}
		values = append(values, list)
	}
	return values
}

// Inputs draws n inputs for m: blocks of colour, as pictures have them, with a little noise.
func Inputs(m *model.Model, n int) (ins [][]byte) {
	in := &m.Tensors[m.Inputs[0]]
	height, width, channels := in.Shape[1], in.Shape[2], in.Shape[3]
	for seed := range n {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		var blocks [64][4]float64
		for i := range blocks {
			for c := range blocks[i] {
				blocks[i][c] = float64(r.IntN(256))
			}
		}
		var data []byte
		for y := range height {
			for x := range width {
				for c := range channels {
					v := blocks[y*8/height*8+x*8/width][c%4] + float64(r.IntN(17)) - 8
					data = appendPixel(data, in.Type, min(max(v, 0), 255))
				}
			}
		}
		ins = append(ins, data)
	}
	return ins
}

func appendPixel(data []byte, kind model.Type, v float64) []byte {
	switch kind {
	case model.Float32:
		return binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(v/127.5-1)))
	case model.Int8:
		return append(data, uint8(v)-128)
	}
	return append(data, uint8(v))
}
