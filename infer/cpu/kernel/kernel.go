// Package kernel holds the CPU engine's inner loops: functions on slices, which know nothing of models or tensors.
//
// All 8-bit values are unsigned. An int8 tensor is stored as its value + 128, that is with its top bit flipped, and its
// zero point is 128 higher; the differences value - zero point, which are all that the arithmetic looks at, stay the same.
//
// Float32 products are rounded before they are added, float32(x*y) + z: otherwise the compiler may fuse the two on
// some processors, and the same model would answer differently there.
//
// Functions check the lengths of their slices by slicing them once, before the loop. The callers have sized the slices
// from checked shapes, so that a panic here is a bug of this project.
package kernel

import "math"

// Clamp limits x to lo … hi and makes it a byte.
func Clamp(x, lo, hi int32) uint8 {
	return uint8(min(max(x, lo), hi))
}

// Clamp32 limits x to lo … hi; a NaN becomes lo.
func Clamp32(x, lo, hi float32) float32 {
	if !(x > lo) {
		return lo
	}
	if x > hi {
		return hi
	}
	return x
}

// Map translates src by a table: dst[i] = table[src[i]]. dst and src have the same length and may be the same.
func Map(dst, src []uint8, table *[256]uint8) {
	dst = dst[:len(src)]
	for i, x := range src {
		dst[i] = table[x]
	}
}

// Dequantize is dst[i] = scale * (src[i] - zero).
func Dequantize(dst []float32, src []uint8, scale float32, zero int32) {
	dst = dst[:len(src)]
	for i, x := range src {
		dst[i] = scale * float32(int32(x)-zero)
	}
}

// Quantize is dst[i] = src[i]/scale + zero, limited to 0 … 255. The quotient is a float64, as in TensorFlow Lite, and
// rounded half away from zero before zero is added. A NaN becomes 0.
func Quantize(dst []uint8, src []float32, scale float32, zero int32) {
	const limit = 1 << 20 // beyond it the result is 0 or 255 anyway, and an int32 still holds it
	dst = dst[:len(src)]
	for i, x := range src {
		q := float64(x) / float64(scale)
		if !(q > -limit) {
			q = -limit
		}
		dst[i] = Clamp(int32(math.Round(min(q, limit)))+zero, 0, 255)
	}
}

// Clamp32s limits src to lo … hi: dst[i] = Clamp32(src[i], lo, hi).
func Clamp32s(dst, src []float32, lo, hi float32) {
	dst = dst[:len(src)]
	for i, x := range src {
		dst[i] = Clamp32(x, lo, hi)
	}
}
