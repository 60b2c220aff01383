//go:build (amd64 || arm64) && !purego

package kernel

// argMaxBytes is [ArgMax] for bytes, by a loop for rows of 16 numbers and more, and one for fewer, which reads 16 all the same:
// plain Go does the last rows then.
func argMaxBytes(dst []int32, src []uint8, n int, many, few func(dst *int32, src *uint8, n, count int)) {
	if n < 1 || len(dst) == 0 {
		return
	}
	src = src[:len(dst)*n]
	if n >= 16 {
		many(&dst[0], &src[0], n, len(dst))
		return
	}
	count := 0
	if len(src) >= 16 {
		count = (len(src)-16)/n + 1
		few(&dst[0], &src[0], n, count)
	}
	ArgMax(dst[count:], src[count*n:], n)
}
