//go:build (arm || arm64) && !purego

package kernel

// Most loops take whole vectors of 16 bytes, and do the last one that is not whole together with what lies before it.
const vector = 16

func maxRowVectors(dst, src []uint8, n int, r Row, w Window, lo uint8) {
	if n < vector || r.Count == 0 {
		MaxRow(dst, src, n, r, w, lo)
		return
	}
	_, _ = dst[(r.Count-1)*r.To+n-1], src[(r.Count-1)*r.From+w.last(n)]
	maxRowNEON(&dst[0], &src[0], n, r.Count, r.To, r.From, &w, lo)
}

// maxRowNEON is MaxRow for at least 16 channels and 1 pixel.
//
//go:noescape
func maxRowNEON(dst, src *uint8, n, count, dstStep, srcStep int, w *Window, lo uint8)

// sumWindowNEON is, for n a multiple of 16, and at least 1 row and column,
//
//	for c := range n {
//		acc[c] = 0
//		for y := range rows {
//			for x := range cols {
//				acc[c] += src[y*pitch+x*step+c]
//			}
//		}
//	}
//
//go:noescape
func sumWindowNEON(acc *int32, src *uint8, n, rows, cols, pitch, step int)

// averageRowVectors is [Set.AverageRow], for what averages tells and many channels.
func averageRowVectors(dst, src []uint8, n int, r Row, w Window, bias, lo, hi int32) bool {
	if n < vector || !averages(r, w) {
		return false
	}
	_, _ = dst[(r.Count-1)*r.To+n-1], src[(r.Count-1)*r.From+w.last(n)]
	a := newAveraging(w.Rows*w.Cols, bias, lo, hi)
	for i := range r.Count {
		averageWindowNEON(&dst[i*r.To], &src[i*r.From], n, w.Rows, w.Cols, w.Pitch, w.Step, &a)
	}
	return true
}

// averageWindowNEON is SumWindow and Average together, for at least 16 channels, 1 row and column.
//
//go:noescape
func averageWindowNEON(dst, src *uint8, n, rows, cols, pitch, step int, a *averaging)

// flipLine is dst[i] = src[i] ^ 0x80.
func flipLine(dst, src []uint8) {
	dst = dst[:len(src)]
	if len(src) >= vector {
		flipNEON(&dst[0], &src[0], len(src))
		return
	}
	for i, x := range src {
		dst[i] = x ^ 0x80
	}
}

// flipNEON is, for n at least 16,
//
//	for i := range n {
//		dst[i] = src[i] ^ 0x80
//	}
//
//go:noescape
func flipNEON(dst, src *uint8, n int)

// roundAdder is an [Adder] for vector code: of each input, and of the sum, zero point, multiplier and shifts. The fields
// are read by assembly.
type roundAdder struct {
	a, b, sum roundScale
	left      int32 // of the sum
	lo, hi    uint8
}

type roundScale struct{ zero, mult, right int32 } // right is negative

const roundAdderBytes = 48

// minAdded is the fewest bytes that addRoundNEON adds.
const minAdded = 8

// adderNEON computes what the tables of an Adder have.
func adderNEON(d *Adder) (add func(dst, a, b []uint8), bytes int64) {
	if d.inputs[0].Mult.Left != 0 || d.inputs[1].Mult.Left != 0 {
		return nil, 0
	}
	of := func(zero int32, m Multiplier) roundScale { return roundScale{zero, m.M, -int32(m.Right & 31)} }
	mult := d.Out.Mult[0]
	p := &roundAdder{
		a: of(d.inputs[0].Zero, d.inputs[0].Mult), b: of(d.inputs[1].Zero, d.inputs[1].Mult), sum: of(d.Out.Zero, mult),
		left: int32(mult.Left & 31), lo: uint8(d.Out.Lo), hi: uint8(d.Out.Hi),
	}
	return func(dst, a, b []uint8) {
		a, b = a[:len(dst)], b[:len(dst)]
		if len(dst) < minAdded {
			d.Add(dst, a, b, 1, 1)
			return
		}
		addRoundNEON(&dst[0], &a[0], &b[0], len(dst), p)
	}, roundAdderBytes
}

// addRoundNEON is Adder.Add for at least 8 bytes, with steps of 1.
//
//go:noescape
func addRoundNEON(dst, a, b *uint8, n int, p *roundAdder)

// depthNEON is, for at least 1 pixel and pair of taps, with weight(t, c) in Panel,
//
//	for p := range t.Count {
//		for c := range t.Width {
//			sum := bias[c]
//			for tap := range 2 * t.Groups {
//				sum += int8(Lines[p*t.Step+t.Taps[tap]+c]) * weight(tap, c)
//			}
//			t.Dst[p*t.Stride+c] = Clamp(mult[c].HalfAway(sum)+zero, lo, hi)
//		}
//	}
//
//go:noescape
func depthNEON(t *DepthBytes)

// sumSigned is [SumPixels] of signed bytes.
func sumSigned(dst []int32, src []uint8, channels int) {
	src = src[:len(dst)*channels]
	if channels >= vector && len(dst) > 0 {
		sumSignedNEON(&dst[0], &src[0], len(dst), channels)
		return
	}
	for i := range dst {
		sum := int32(0)
		for _, x := range src[i*channels : (i+1)*channels] {
			sum += int32(int8(x))
		}
		dst[i] = sum
	}
}

// sumSignedNEON is, for at least 16 channels and 1 pixel,
//
//	for i := range n {
//		dst[i] = 0
//		for c := range channels {
//			dst[i] += int8(src[i*channels+c])
//		}
//	}
//
//go:noescape
func sumSignedNEON(dst *int32, src *uint8, n, channels int)

// dotNEON is, for n a multiple of 32 above 0,
//
//	for i := range n {
//		sum += int32(a[i]) * int32(w[i])
//	}
//
//go:noescape
func dotNEON(a, w *uint8, n int) (sum int32)
