// Package levels spreads the 256 levels of a byte over real numbers, as TensorFlow Lite's quantization specification and its kernels
// want it of values, weights and biases.
//
// The arithmetic is exact or rounds once for each operation, so that every processor has the same levels.
package levels

import (
	"math"

	"github.com/inceptiond/inceptiond/infer/model"
)

// One is the quantization of a tensor that has one scale.
func One(scale float32, zero int32) *model.Quant {
	return &model.Quant{Scale: []float32{scale}, ZeroPoint: []int32{zero}}
}

// Offset is how much greater zero points of type t are than those of int8: 128 for uint8.
func Offset(t model.Type) int32 {
	if t == model.Uint8 {
		return 128
	}
	return 0
}

// Affine is the quantization of an 8-bit tensor of type t whose levels go from low to high, which is more and of which 0 is a part.
func Affine(t model.Type, low, high float64) *model.Quant {
	scale := float32((high - low) / 255)
	zero := int32(min(max(math.Round(-low/float64(scale)), 0), 255))
	return One(scale, zero-128+Offset(t))
}

// LeastScale is the scale that weights need so that a bias has not more than 30 bits, and that the factor from sums to the output
// does not vanish. in and out are the scales of input and output, bias the greatest bias without its sign.
func LeastScale(bias, in, out float64) float64 { return max(bias, out) / (1 << 30) / in }

// Symmetric makes t, of int8, of weights: those of each channel have a scale of their own, at least that in least, and 0 in the middle.
func Symmetric[F float32 | float64](t *model.Tensor, weights []F, channel func(i int) int, least []float64) {
	most := make([]float64, len(least))
	for i, w := range weights {
		c := channel(i)
		most[c] = max(most[c], math.Abs(float64(w)))
	}
	t.Quant = &model.Quant{Scale: make([]float32, len(least)), ZeroPoint: make([]int32, len(least))}
	for c := range most {
		t.Quant.Scale[c] = float32(max(most[c]/127, least[c]))
	}
	t.Data = make([]byte, len(weights))
	for i, w := range weights {
		q := math.Round(float64(w) / float64(t.Quant.Scale[channel(i)]))
		t.Data[i] = byte(int8(min(max(q, -127), 127)))
	}
}

// Asymmetric makes t, of uint8, of weights, which have one scale, at least least. They become 1 to 255: TensorFlow Lite's product for
// arm adds up two at a time in 16 bits, which those of 0 might exceed.
func Asymmetric[F float32 | float64](t *model.Tensor, weights []F, least float64) {
	low, high := 0., 0.
	for _, w := range weights {
		low, high = min(low, float64(w)), max(high, float64(w))
	}
	scale := float32(max((high-low)/254, least))
	zero := 1 + min(math.Round(-low/float64(scale)), 254)
	t.Quant = One(scale, int32(zero))
	t.Data = make([]byte, len(weights))
	for i, w := range weights {
		t.Data[i] = byte(min(max(math.Round(float64(w)/float64(scale))+zero, 1), 255))
	}
}
