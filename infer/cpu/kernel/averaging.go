//go:build (amd64 || arm || arm64) && !purego

package kernel

// averaging is how 16-bit sums become averages: sum + half, and less taken from it where the sum is below middle, then
// times factor, of which the upper 16 bits count. The fields are read by assembly.
type averaging struct {
	half, middle, less, factor uint16
	lo, hi                     uint8
}

// maxAveraged is the greatest count of bytes for which averaging is right: 255.5*count*count < 2^16.
const maxAveraged = 16

// averages tells whether averaging is right for a row of pixels: there are some, and their windows have neither one pixel nor too many.
func averages(r Row, w Window) bool {
	count := w.Rows * w.Cols
	return r.Count > 0 && count > 1 && count <= maxAveraged
}

func newAveraging(count int, bias, lo, hi int32) averaging {
	a := averaging{half: uint16(count / 2), middle: uint16(int(bias) * count), lo: uint8(lo), hi: uint8(hi)}
	if count%2 == 0 {
		a.less = 1
	}
	a.factor = uint16((1<<16 + count - 1) / count)
	return a
}
