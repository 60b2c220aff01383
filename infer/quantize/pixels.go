package quantize

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/levels"
)

// pixels says what the float model's input is made of: (byte - mean) / std of a picture's bytes, by channel.
type pixels struct{ mean, std []float64 }

// newPixels spreads mean and std over channels; one number is for all of them.
func newPixels(mean, std []float32, channels int) (p pixels, err error) {
	for _, v := range [][]float32{mean, std} {
		if len(v) != 1 && len(v) != channels {
			return p, fmt.Errorf("%d mean and %d std for an input of %d channels (want 1 or %d of each)", len(mean), len(std), channels, channels)
		}
	}
	for c := range channels {
		m, s := float64(mean[c%len(mean)]), float64(std[c%len(std)])
		if math.IsNaN(m) || math.Abs(m) > 1e6 || !(s > 1e-6 && s < 1e6) {
			return p, fmt.Errorf("mean %g, std %g: want numbers of a sensible size, and a std above 0", m, s)
		}
		p.mean, p.std = append(p.mean, m), append(p.std, s)
	}
	return p, nil
}

// real writes the float model's input for a picture.
func (p pixels) real(dst []byte, picture []byte) {
	var table [][256]uint32
	for c := range p.mean {
		var t [256]uint32
		for v := range t {
			t[v] = math.Float32bits(float32((float64(v) - p.mean[c]) / p.std[c]))
		}
		table = append(table, t)
	}
	c := 0
	for i, v := range picture {
		binary.LittleEndian.PutUint32(dst[4*i:], table[c][v])
		if c++; c == len(table) {
			c = 0
		}
	}
}

// plain tells whether one scale and zero point make the bytes of all channels real numbers.
func (p pixels) plain() bool {
	for c := range p.mean {
		if p.mean[c] != p.mean[0] || p.std[c] != p.std[0] {
			return false
		}
	}
	return p.mean[0] >= 0 && p.mean[0] <= 255
}

// quant is the quantization of the input as type t. A byte of a picture, less 128 for int8, is that number if the pixels are
// plain.
func (p pixels) quant(t model.Type) *model.Quant {
	if p.plain() {
		return levels.One(float32(1/p.std[0]), int32(math.Round(p.mean[0]))-128+levels.Offset(t))
	}
	low, high := 0., 0.
	for c := range p.mean {
		low, high = min(low, -p.mean[c]/p.std[c]), max(high, (255-p.mean[c])/p.std[c])
	}
	return affine(t, low, high)
}

// input makes the model's input, and what turns it into the form of 8 bits that the first operators read.
func (b *builder) input() {
	t := b.m.Inputs[0]
	typ, q := b.ends.input, b.quant(t)
	scaled := typ != model.Float32 && !b.ends.pixels.plain()
	if typ == model.Float32 {
		b.real[t] = b.add(b.named(t, typ, nil))
		b.out.Inputs = []int{b.real[t]}
		return
	}
	outside := levels.One(q.Scale[0], q.ZeroPoint[0]+levels.Offset(typ)-levels.Offset(b.bytes))
	if scaled {
		outside = levels.One(1, -128+levels.Offset(typ))
	}
	at := b.add(b.named(t, typ, outside))
	b.out.Inputs = []int{at}
	if typ != b.bytes {
		inside := levels.One(outside.Scale[0], outside.ZeroPoint[0]+levels.Offset(b.bytes)-levels.Offset(typ))
		at = b.emit(model.OpQuantize, nil, b.form(t, b.bytes, inside), at)
	}
	if scaled {
		at = b.normalize(t, at)
	}
	b.byte[t] = at
}

// normalize makes (byte - mean) / std of the bytes in tensor at, by a depthwise convolution of single pixels: one scale cannot
// say what each channel has of its own.
func (b *builder) normalize(t, at int) int {
	p, q := b.ends.pixels, b.quant(t)
	l := layer{bytes: b.bytes, axis: 3, outputs: len(p.mean), shape: []int{1, 1, 1, len(p.mean)}, in: 1, out: float64(q.Scale[0])}
	for c := range p.mean {
		l.weights = append(l.weights, float32(1/p.std[c]))
		l.bias = append(l.bias, float32(-p.mean[c]/p.std[c]))
	}
	weights, bias := l.quantize()
	name := b.m.Tensors[t].Name
	weights.Name, bias.Name = name+"/std", name+"/mean"
	out := b.form(t, b.bytes, q)
	out.Name = name + "/normalized"
	options := model.DepthwiseConv2D{Multiplier: 1, Conv2D: model.Conv2D{Padding: model.Valid, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}}
	return b.emit(model.OpDepthwiseConv2D, options, out, at, b.add(weights), b.add(bias))
}
