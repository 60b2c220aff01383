package kernel

import "math"

// Dynamic is how numbers are quantized that are only known in a run: real = Scale * (byte - Zero). It is made of the least
// and the greatest of them, by [Asymmetric] or [Symmetric].
type Dynamic struct {
	Scale   float32
	Zero    int32
	inverse float32
}

// Asymmetric gives numbers low … high, and 0, all 256 bytes: tensor_utils::AsymmetricQuantizeFloats of
// tflite/kernels/internal/tensor_utils.h, whose bytes are signed, 128 less than here.
func Asymmetric(low, high float32) Dynamic {
	lo, hi := float64(min(low, 0)), float64(max(high, 0))
	if lo == hi {
		return Dynamic{Scale: 1, Zero: 128}
	}
	scale := (hi - lo) / 255
	rounded := float32(scale)
	zero := 127 - hi/scale
	if 128+math.Abs(lo/scale) < 127+math.Abs(hi/scale) { // the end that is met more exactly
		zero = -128 - lo/scale
	}
	return Dynamic{Scale: rounded, Zero: 128 + roundAway(Clamp32(float32(zero), -128, 127)), inverse: 1 / rounded}
}

// Symmetric gives numbers low … high the bytes 1 … 255, 128 for 0: tensor_utils::SymmetricQuantizeFloats.
func Symmetric(low, high float32) Dynamic {
	most := max(-low, high, 0)
	if most == 0 {
		return Dynamic{Scale: 1, Zero: 128}
	}
	return Dynamic{Scale: most / 127, Zero: 128, inverse: 127 / most}
}

// Extent is the least and the greatest number of src, or 0 if that is less or more. What is no number does not count.
func Extent(src []float32) (low, high float32) {
	for _, x := range src {
		if x < low {
			low = x
		}
		if x > high {
			high = x
		}
	}
	return low, high
}

// QuantizeDynamic writes the bytes of src to dst: the zero point, less 128, is added in float32, before the sum is rounded
// half away from zero. What is no number becomes 0.
func QuantizeDynamic(dst []uint8, src []float32, d Dynamic) {
	const limit = 1 << 20
	dst = dst[:len(src)]
	zero := float32(d.Zero - 128)
	for i, x := range src {
		q := Clamp32(zero+float32(x*d.inverse), -limit, limit)
		dst[i] = Clamp(roundAway(q)+128, 0, 255)
	}
}

// roundAway is x, below 2^30, rounded half away from zero.
func roundAway(x float32) int32 { return int32(float64(x) + math.Copysign(0.5, float64(x))) }

// Hybrid is how sums of products of bytes become float32: those of a layer of int8 weights that reads float32, quantized
// in each run.
type Hybrid struct {
	Scales, Bias []float32 // of each channel; the scale of its weights
	Sums         []int32   // of each channel's weights
	Lo, Hi       float32   // limits of the activation function
	Apart        bool      // sums are multiplied by the two scales one after the other, the input's first
}

// FromSums turns the raw sums of count pixels, width apart, of n channels from first on into numbers: those of pixel p go
// to dst[p*stride:]. The sums are of weights and of inputs that are zero too much.
func (h *Hybrid) FromSums(dst []float32, stride int, raw []int32, width, count, first, n int, zero int32, d *Dynamic) {
	scales, bias, sums := h.Scales[first:first+n], h.Bias[first:first+n], h.Sums[first:first+n]
	lo, hi, scale := h.Lo, h.Hi, d.Scale // min and max have no branches, which nobody could predict
	for p := range count {
		to, from := dst[p*stride:][:n], raw[p*width:][:n]
		if h.Apart {
			for c, v := range from {
				x := float32(float32(float32(v-zero*sums[c])*scale) * scales[c])
				to[c] = min(max(x+bias[c], lo), hi)
			}
			continue
		}
		for c, v := range from {
			x := float32(float32(v-zero*sums[c]) * float32(scales[c]*scale))
			to[c] = min(max(x+bias[c], lo), hi)
		}
	}
}
