//go:build !purego

package kernel

// flipLine is dst[i] = src[i] ^ 0x80.
func flipLine(dst, src []uint8) {
	dst = dst[:len(src)]
	for i, x := range src {
		dst[i] = x ^ 0x80
	}
}

// sumSigned is [SumPixels] of signed bytes.
func sumSigned(dst []int32, src []uint8, channels int) {
	src = src[:len(dst)*channels]
	for i := range dst {
		sum := int32(0)
		for _, x := range src[i*channels : (i+1)*channels] {
			sum += int32(int8(x))
		}
		dst[i] = sum
	}
}
