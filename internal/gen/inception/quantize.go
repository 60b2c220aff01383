package inception

import (
	"math"

	"github.com/inceptiond/inceptiond/infer/model"
)

// weights adds the constants of node i, quantized.
func (b *builder) weights(i int) (weights, bias int) {
	o := b.nodes[i]
	t := model.Tensor{Name: b.prefix + o.name + "/weights", Shape: b.weightShape(i), Type: model.Uint8}
	if b.scaled == nil {
		return b.zeros(t, o.c)
	}
	w := filters(b.nodes, i)
	for k := range w {
		w[k] *= b.scaled[i].gain
	}
	switch {
	case b.flavour == Uint8:
		t.Quant = perTensor(w, weightZeroPoint(i))
	case o.kind == fullyConnected: // TensorFlow Lite had no scales per channel here for long
		t.Type, t.Quant = model.Int8, symmetric(w, 1)
	default:
		t.Type, t.Quant = model.Int8, symmetric(w, o.c)
		if o.kind == depthwise {
			t.Quant.Axis = 3
		}
	}
	t.Data = quantize(w, t.Quant)
	if o.kind != depthwise {
		t.Data = transpose(t.Data, o.c)
	}
	return b.add(t), b.bias(i, t.Quant.Scale)
}

// zeros adds the weights t and their bias, all zero.
func (b *builder) zeros(t model.Tensor, channels int) (weights, bias int) {
	if b.flavour == Int8 {
		t.Type = model.Int8
	}
	t.Quant = &model.Quant{Scale: []float32{1}, ZeroPoint: []int32{0}}
	t.Data = make([]byte, t.Elements())
	zero := model.Tensor{Name: t.Name + "/biases", Shape: []int{channels}, Type: model.Int32, Quant: t.Quant,
		Data: make([]byte, 4*channels)}
	return b.add(t), b.add(zero)
}

// weightShape is [out height width in], for a depthwise convolution [1 height width out].
func (b *builder) weightShape(i int) []int {
	o := b.nodes[i]
	switch in := b.nodes[o.from[0]].c; o.kind {
	case depthwise:
		return []int{1, o.kh, o.kw, o.c}
	case fullyConnected:
		return []int{o.c, in}
	default:
		return []int{o.c, o.kh, o.kw, in}
	}
}

// bias adds the int32 bias of node i: its scales are those of the input times those of the weights.
func (b *builder) bias(i int, weightScale []float32) int {
	o, in := b.nodes[i], b.quants[b.nodes[i].from[0]].scale
	q := &model.Quant{Scale: make([]float32, len(weightScale)), ZeroPoint: make([]int32, len(weightScale))}
	for c, s := range weightScale {
		q.Scale[c] = in * s
	}
	v := make([]int32, o.c)
	for c := range v {
		v[c] = int32(math.Round(float64(b.scaled[i].bias[c]) / float64(q.Scale[c%len(q.Scale)])))
	}
	return b.add(model.Tensor{Name: b.prefix + o.name + "/biases", Shape: []int{o.c}, Type: model.Int32, Quant: q, Data: int32s(v)})
}

// perTensor is the finest uint8 quantization of w with that zero point.
func perTensor(w []float32, zero int32) *model.Quant {
	low, high := float32(0), float32(0)
	for _, v := range w {
		low, high = min(low, v), max(high, v)
	}
	scale := max(-low/float32(zero), high/float32(255-zero))
	return &model.Quant{Scale: []float32{scale}, ZeroPoint: []int32{zero}}
}

// symmetric is the finest int8 quantization of w with zero point 0 and the given number of scales: 1, or one for each
// of the channels, which change fastest in w.
func symmetric(w []float32, channels int) *model.Quant {
	q := &model.Quant{Scale: make([]float32, channels), ZeroPoint: make([]int32, channels)}
	for ; len(w) > 0; w = w[channels:] {
		for c := range q.Scale {
			q.Scale[c] = max(q.Scale[c], w[c], -w[c])
		}
	}
	for c := range q.Scale {
		q.Scale[c] /= 127
	}
	return q
}

// quantize rounds w, whose channels change fastest.
func quantize(w []float32, q *model.Quant) []byte {
	data := make([]byte, 0, len(w))
	for n := len(q.Scale); len(w) > 0; w = w[n:] {
		for c, s := range q.Scale {
			data = append(data, byte(int32(math.Round(float64(w[c]/s)))+q.ZeroPoint[c]))
		}
	}
	return data
}

// transpose turns [rows][columns] into [columns][rows].
func transpose(data []byte, columns int) []byte {
	rows := len(data) / columns
	out := make([]byte, len(data))
	for r := range rows {
		line := data[r*columns : (r+1)*columns]
		for c, v := range line {
			out[c*rows+r] = v
		}
	}
	return out
}
