// Package inception generates Inception v1 to v4, quantized or in float32, with the exact topologies of TensorFlow's slim model library
// and seeded weights: for tests and benchmarks, where the cost and the quantization must be real but the answers need
// not mean anything. [MobileNet] is a network of another kind.
//
// The weights are random filters that sum to zero, scaled layer by layer from how far their outputs spread on a drawn
// picture. So in every layer about half of the values are above zero and few are saturated, as in a trained network.
//
// The bytes are the same on every architecture: where float arithmetic could be fused, a conversion forbids it.
package inception

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/gen/stored"
)

// Flavour is a way to quantize.
type Flavour int

// The flavours.
const (
	// Uint8 is that of TensorFlow's hosted models: one scale and zero point per tensor; branches of a concatenation
	// keep their own scales.
	Uint8 Flavour = iota

	// Int8 is that of today's converter: int8 inside, with one scale per output channel of a convolution, between a
	// uint8 input and output; the branches of a concatenation share one scale.
	Int8
)

// String is "uint8" or "int8".
func (f Flavour) String() string {
	if f == Int8 {
		return "int8"
	}
	return "uint8"
}

// Options shrink a network for tests. The zero value is the published network.
type Options struct {
	Size  int     // of the square input; 0 means 224 for v1 and v2, 299 for v3 and v4; at least 96
	Width float64 // multiplies the channels of all layers but the last; 0 means 1
}

// Classes is the number of outputs: a background class and the 1000 of ImageNet.
const Classes = 1001

// Network is an Inception whose weights have been scaled. Both flavours can be built from it.
type Network struct {
	version int
	nodes   []*node
	scaled  []scaling // by node; nil if all weights are zero
}

// New lays out version 1 to 4 and finds the scales of its layers, which is most of the work.
func New(version int, o Options) (*Network, error) {
	if o.Size == 0 {
		o.Size = defaultSize(version)
	}
	if o.Width == 0 {
		o.Width = 1
	}
	if o.Size < 96 || o.Width < 0 || o.Width > 1 {
		return nil, fmt.Errorf("inception: size %d, width %g (want at least 96, and more than 0 to 1)", o.Size, o.Width)
	}
	full, err := layout(version, o.Size, o.Width)
	if err != nil {
		return nil, err
	}
	// How far activations spread hardly depends on the size of the picture.
	small, err := layout(version, min(o.Size, 107), o.Width)
	if err != nil {
		return nil, err
	}
	return &Network{version: version, nodes: full, scaled: calibrate(small, full)}, nil
}

// defaultSize is the published input size of a version.
func defaultSize(version int) int {
	if version <= 2 {
		return 224
	}
	return 299
}

// Float32 is the network in float32, with the weights of Int8.
func (n *Network) Float32() (*model.Model, error) {
	m, err := stored.Convert(n.Build(Int8), stored.Float32)
	if err != nil {
		return nil, err
	}
	m.Description = fmt.Sprintf("Inception v%d, seeded weights, float32", n.version)
	return m, nil
}

// Build lays out and builds in one step.
func Build(version int, f Flavour, o Options) (*model.Model, error) {
	n, err := New(version, o)
	if err != nil {
		return nil, err
	}
	return n.Build(f), nil
}
