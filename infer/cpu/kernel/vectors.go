//go:build (amd64 || arm || arm64) && !purego

package kernel

// vectors applies a loop over whole vectors of width elements to n of them, as far as it goes: where it stops, and for the
// rest, single does the elements from … to-1.
func vectors(n, width int, loop func(from, n int) (done int), single func(from, to int)) {
	whole := n / width * width
	for at := 0; at < whole; {
		if at += loop(at, whole-at); at < whole {
			single(at, at+width)
			at += width
		}
	}
	single(whole, n)
}

// What follows makes functions of a [Set] of loops, of which each has its own. Width is how many elements a loop takes at
// once: plain Go does what is left.

// runner is Tiling.Run by a loop for at least 1 tile.
func runner(loop func(*Tiles)) func(*Tiles) {
	return func(t *Tiles) {
		if t.Count > 0 {
			loop(t)
		}
	}
}

// dotter is Dot.
func dotter(width int, loop func(a, w *uint8, n int) int32) func(a, w []uint8) int32 {
	return func(a, w []uint8) int32 {
		a = a[:len(w)]
		n := len(w) / width * width
		sum := dot1(a[n:], w[n:])
		if n > 0 {
			sum += loop(&a[0], &w[0], n)
		}
		return sum
	}
}

// tapper is DepthwiseTap by a loop for 8 channels at once.
func tapper(loop func(acc *int32, x *uint8, w *int16, n int, zero int32)) func(acc []int32, x []uint8, w []int16, zero int32) {
	return func(acc []int32, x []uint8, w []int16, zero int32) {
		n := len(acc) &^ 7
		if len(acc) != len(x) || n == 0 {
			DepthwiseTap(acc, x, w, zero)
			return
		}
		_ = w[len(acc)-1]
		loop(&acc[0], &x[0], &w[0], n, zero)
		if n < len(acc) {
			DepthwiseTap(acc[n:], x[n:], w[n:], zero)
		}
	}
}

// summer is SumWindow by a loop for 16 channels at once.
func summer(loop func(acc *int32, src *uint8, n, rows, cols, pitch, step int)) func(acc []int32, src []uint8, w Window) {
	return func(acc []int32, src []uint8, w Window) {
		n := len(acc) &^ 15
		if n > 0 {
			_ = src[w.last(n)]
			loop(&acc[0], &src[0], n, w.Rows, w.Cols, w.Pitch, w.Step)
		}
		if n < len(acc) {
			SumWindow(acc[n:], src[n:], w)
		}
	}
}

// dequantizer is Dequantize.
func dequantizer(width int, loop func(dst *float32, src *uint8, n int, scale float32, zero int32)) func([]float32, []uint8, float32, int32) {
	return func(dst []float32, src []uint8, scale float32, zero int32) {
		dst = dst[:len(src)]
		n := len(src) / width * width
		if n > 0 {
			loop(&dst[0], &src[0], n, scale, zero)
		}
		Dequantize(dst[n:], src[n:], scale, zero)
	}
}

// quantizer is Quantize by a loop that stops where a number lies so near to a half between two integers that the
// product with 1/scale in float32 cannot tell.
func quantizer(width int, loop func(dst *uint8, src *float32, n int, inverse float32, zero int32) (done int)) func([]uint8, []float32, float32, int32) {
	return func(dst []uint8, src []float32, scale float32, zero int32) {
		dst = dst[:len(src)]
		if !(scale > 1e-30 && scale < 1e30) {
			Quantize(dst, src, scale, zero)
			return
		}
		vectors(len(src), width,
			func(from, n int) int { return loop(&dst[from], &src[from], n, 1/scale, zero) },
			func(from, to int) { Quantize(dst[from:to], src[from:to], scale, zero) })
	}
}

// dynamicQuantizer is QuantizeDynamic by the loop of a quantizer. That adds the zero point after rounding: where it does
// not stop, so far from a half, this is the same.
func dynamicQuantizer(width int, loop func(dst *uint8, src *float32, n int, inverse float32, zero int32) (done int)) func([]uint8, []float32, Dynamic) {
	return func(dst []uint8, src []float32, d Dynamic) {
		dst = dst[:len(src)]
		if !(d.Scale > 1e-30 && d.Scale < 1e30) {
			QuantizeDynamic(dst, src, d)
			return
		}
		vectors(len(src), width,
			func(from, n int) int { return loop(&dst[from], &src[from], n, d.inverse, d.Zero) },
			func(from, to int) { QuantizeDynamic(dst[from:to], src[from:to], d) })
	}
}

// scaler is ScalePower by a loop that stops at numbers that powf treats in a special way.
func scaler(width int, loop func(dst, src *float32, n int, bias, exponent float32) (done int)) func(dst, src []float32, bias, exponent float32) {
	return func(dst, src []float32, bias, exponent float32) {
		dst = dst[:len(src)]
		if !(exponent >= -maxExponent && exponent <= maxExponent) {
			ScalePower(dst, src, bias, exponent)
			return
		}
		vectors(len(src), width,
			func(from, n int) int { return loop(&dst[from], &src[from], n, bias, exponent) },
			func(from, to int) { ScalePower(dst[from:to], src[from:to], bias, exponent) })
	}
}
