package demo

import (
	"encoding/binary"
	"math"

	"github.com/inceptiond/inceptiond/infer/model"
)

// trunk adds layers to a graph. After the first error, which it keeps, it only adds tensors.
type trunk struct {
	*graph
	err error
}

// add is graph.operator that keeps the error, and returns out.
func (t *trunk) add(op model.Op, options any, out int, in ...int) int {
	if t.err == nil {
		t.err = t.operator(op, options, out, in...)
	}
	return out
}

// convolve adds a convolution of padding SAME with ReLU. Each filter is scaled and biased so that over the calibration
// pictures its weighted sum has the deviation 1 and a mean of its level.
func (t *trunk) convolve(name string, in, stride int, f filters) int {
	h, w, _ := t.shape(in)
	out := t.hidden(name, (h+stride-1)/stride, (w+stride-1)/stride, f.count())
	if t.err != nil {
		return out
	}
	s := newSampler(t.graph, in, f.size)
	weights, scale := s.balance(&f)
	mean, _ := s.moments(weights, f.count())
	unit := s.scale * float64(scale) // of the weighted sum
	bias := make([]byte, 0, 4*f.count())
	for i, level := range f.level {
		bias = binary.LittleEndian.AppendUint32(bias, uint32(int32(math.Round(level/unit-mean[i]))))
	}
	return t.add(model.OpConv2D, convolution(stride, model.ReLU), out, in,
		t.constant(name+"/weights", model.Uint8, scale, middle, weights, f.count(), f.size, f.size, f.in),
		t.constant(name+"/bias", model.Int32, float32(unit), 0, bias, f.count()))
}

func convolution(stride int, a model.Activation) model.Conv2D {
	return model.Conv2D{Padding: model.Same, StrideH: stride, StrideW: stride, DilationH: 1, DilationW: 1, Activation: a}
}

// maxPool adds a max pool over windows of 3x3.
func (t *trunk) maxPool(name string, in, stride int) int {
	h, w, c := t.shape(in)
	out := t.hidden(name, (h+stride-1)/stride, (w+stride-1)/stride, c)
	return t.add(model.OpMaxPool2D, model.Pool2D{
		Padding: model.Same, StrideH: stride, StrideW: stride, Height: 3, Width: 3,
	}, out, in)
}

// whole adds a pool over all of a tensor.
func (t *trunk) whole(name string, op model.Op, in int) int {
	h, w, c := t.shape(in)
	return t.add(op, model.Pool2D{
		Padding: model.Valid, StrideH: 1, StrideW: 1, Height: h, Width: w,
	}, t.hidden(name, 1, 1, c), in)
}

// join adds a concatenation of channels.
func (t *trunk) join(name string, in ...int) int {
	h, w, channels := t.shape(in[0])
	for _, i := range in[1:] {
		_, _, c := t.shape(i)
		channels += c
	}
	return t.add(model.OpConcatenation, model.Concat{Axis: 3}, t.hidden(name, h, w, channels), in...)
}
