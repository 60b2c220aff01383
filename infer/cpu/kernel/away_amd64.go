//go:build !purego

package kernel

import "unsafe"

// depthVNNI is, for at least 1 pixel and four taps, with weight(t, c) in Panel,
//
//	for p := range t.Count {
//		for c := range t.Width {
//			sum := bias[c]
//			for tap := range 4 * t.Groups {
//				sum += Lines[p*t.Step+t.Taps[tap]+c] * weight(tap, c)
//			}
//			t.Dst[p*t.Stride+c] = … // see AwayBlock
//		}
//	}
//
// and if Pitch is not 0, also t.Dst[t.Pitch+p*t.Stride+c] by the weights that follow.
//
//go:noescape
func depthVNNI(t *DepthBytes)

// adderVNNI adds by a line where that makes the same bytes.
func adderVNNI(d *Adder) (add func(dst, a, b []uint8), bytes int64) {
	exact, size := adderAVX2(d)
	if exact == nil {
		return nil, 0
	}
	l := newAddLine(d)
	line := func(dst, a, b []uint8) {
		a, b = a[:len(dst)], b[:len(dst)]
		if len(dst) > 0 {
			addAVX512(&dst[0], &a[0], &b[0], len(dst), &l)
		}
	}
	if !alike(line, exact) {
		return exact, size
	}
	return line, int64(unsafe.Sizeof(l))
}

// addAVX512 is addLine, for at least 1 byte.
//
//go:noescape
func addAVX512(dst, a, b *uint8, n int, l *addLine)

func mapBytes(dst, src []uint8, table *[256]uint8) {
	dst = dst[:len(src)]
	if len(src) > 0 {
		mapAVX512(&dst[0], &src[0], len(src), table)
	}
}

// mapAVX512 is Map, for at least 1 byte.
//
//go:noescape
func mapAVX512(dst, src *uint8, n int, table *[256]uint8)
