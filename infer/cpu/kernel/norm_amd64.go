//go:build !purego

package kernel

// normBytes takes a beta of 3/4, which all networks have, in groups of 8 pixels. It tells how many bytes are done.
//
// A power of -3/4 is two roots and a division, which in float32 is nearly what powf makes of it: the quotient that is
// rounded to a byte is less than 2^-20 of itself away from the right one. Where it lies so near to a half that this may
// matter, normExactly does it.
func normBytes(l *LRNBytes, dst, src []uint8, width int, floats []float32, bytes []uint8) (done int) {
	for size := 8 * width; l.takes(width) && len(src)-done >= size; done += size {
		t := l.group(8, dst[done:], src[done:], width, floats, bytes)
		normAVX2(&t)
		l.finish(8, dst[done:], src[done:], width, floats, bytes)
	}
	return done
}

// normBytes512 is normBytes with AVX-512, in groups of 16 pixels.
func normBytes512(l *LRNBytes, dst, src []uint8, width int, floats []float32, bytes []uint8) (done int) {
	for size := 16 * width; l.takes(width) && len(src)-done >= size; done += size {
		t := l.group(16, dst[done:], src[done:], width, floats, bytes)
		normAVX512(&t)
		l.finish(16, dst[done:], src[done:], width, floats, bytes)
	}
	return done + normBytes(l, dst[done:], src[done:], width, floats, bytes)
}

// normBytesSSE is normBytes without AVX2.
func normBytesSSE(l *LRNBytes, dst, src []uint8, width int, floats []float32, bytes []uint8) (done int) {
	for size := 8 * width; l.takes(width) && len(src)-done >= size; done += size {
		t := l.group(8, dst[done:], src[done:], width, floats, bytes)
		normSSE(&t)
		l.finish(8, dst[done:], src[done:], width, floats, bytes)
	}
	return done
}

// normAVX2 is, for pixels p of 8 and with squares of 0 before the first channel and behind the last,
//
//	for c := range width {
//		x := scale * float32(int32(src[p*width+c]) - zero)
//		values[c*8+p], squares[(c+radius)*8+p] = x, float32(x*x)*alpha
//	}
//	sum := … // of the first 2*radius squares
//	for c := range width {
//		sum += squares[(c+2*radius)*8+p]
//		leaves := squares[c*8+p]
//		squares[c*8+p] = bias + sum
//		q := min(max(values[c*8+p]/(sqrt(bias+sum)*sqrt(sqrt(bias+sum)))*inverse, -512), 512)
//		good[c] |= 1<<p // if bias+sum is 2^-60 … 2^60, and q less than 0.5-2^-11 from an integer
//		dst[p*width+c] = Clamp(round(q) + outZero, 0, 255)
//		sum -= leaves
//	}
//
//go:noescape
func normAVX2(t *normPixels)

// normAVX512 is normAVX2 for 16 pixels.
//
//go:noescape
func normAVX512(t *normPixels)

// normSSE is normAVX2.
//
//go:noescape
func normSSE(t *normPixels)
