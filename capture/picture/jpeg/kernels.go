package jpeg

//go:generate go run ../../../internal/gen/kernels -o inverse_arm64.s

// kernels is a processor's way to transform blocks. Each makes the rows of samples at dst, stride bytes apart, of the
// coefficients of b, and leaves b all zero. All ways give the same samples, also where a hostile picture's sums leave 32
// bits.
type kernels struct {
	name string
	full func(dst []byte, stride int, b *block) // 8x8 samples
	low  func(dst []byte, stride int, b *block) // the same of nothing beyond the first four coefficients of the first four rows
	half func(dst []byte, stride int, b *block) // 4x4 samples, of these
}

// transform makes size rows of size samples, of 8, 4 or 2, of a block whose last coefficient that is not zero has the zigzag
// index last.
func (k *kernels) transform(dst []byte, stride, size, last int, b *block) {
	dst = dst[:(size-1)*stride+size]
	switch {
	case size == 2:
		inverse2(dst, stride, b)
	case size == 4:
		k.half(dst, stride, b)
	case last <= lastLow:
		k.low(dst, stride, b)
	default:
		k.full(dst, stride, b)
	}
}
