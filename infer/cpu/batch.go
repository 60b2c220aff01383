package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// images is how many images n, a convolution or a pool, sees: its input's first dimension. It is 1 for all other nodes.
func (n *node) images() int {
	switch n.op {
	case model.OpConv2D, model.OpDepthwiseConv2D, model.OpAveragePool2D, model.OpMaxPool2D, model.OpL2Pool2D, opBlocks:
		if shape := n.inputs[0].Shape; len(shape) == 4 {
			return shape[0]
		}
	}
	return 1
}

// maxImages bounds the images of a batch, each of which has a layer of its own.
const maxImages = 1 << 8

// lowerImages makes n for each image of a batch: convolutions and pools themselves know but one. A batch comes about where a
// convolution with space between its taps was converted to an ordinary one over every other pixel.
func lowerImages(l *lowering, n *node) (layer, error) {
	count := n.images()
	if n.inputs[0].home().isConstant() || count > maxImages || len(n.outputs[0].Shape) != 4 || n.outputs[0].Shape[0] != count {
		return nil, fmt.Errorf("a batch of %d images: %w", count, model.ErrUnsupported)
	}
	src, err := l.raw(n.inputs[0].inner())
	if err != nil {
		return nil, err
	}
	dst, err := l.raw(n.outputs[0])
	if err != nil {
		return nil, err
	}
	b := &batch{first: []int{0}}
	for i := range count {
		one := *n
		one.inputs = slices.Clone(n.inputs)
		one.inputs[0] = n.inputs[0].image(src, i, count)
		one.outputs = []*value{n.outputs[0].image(dst, i, count)}
		made, err := operators[n.op](l, &one)
		if err != nil {
			return nil, err
		}
		b.layers = append(b.layers, made)
		b.first = append(b.first, b.units()+made.units())
	}
	return b, nil
}

// image is image i of v, a batch of count that lies in memory, or whose inner part does if it has a border.
func (v *value) image(memory []byte, i, count int) *value {
	t := *v.Tensor
	t.Shape = slices.Clone(v.Shape)
	t.Shape[0] = 1
	if b := v.border; b != nil {
		return &value{Tensor: &t, last: v.last, border: &border{b.inner.image(memory, i, count), b.top, b.left}}
	}
	size := len(memory) / count
	one := &value{Tensor: &t, last: v.last, memory: memory[i*size : (i+1)*size : (i+1)*size]}
	if d := v.dynamic; d != nil {
		one.dynamic = &dynamic{d.symmetric, d.rows[i : i+1]}
	}
	return one
}

// batch is a layer for each image.
type batch struct {
	layers []layer
	first  []int // piece of each, and how many there are
}

func (b *batch) units() int { return b.first[len(b.first)-1] }

func (b *batch) run(s *scratch, from, to int) {
	for i, l := range b.layers {
		if lo, hi := max(from, b.first[i]), min(to, b.first[i+1]); lo < hi {
			s.begin() // what it holds is of another image
			l.run(s, lo-b.first[i], hi-b.first[i])
		}
	}
}
