package kernel

// LRNBytes is a local response normalization of bytes: Quantize of LRN of Dequantize, to the last bit.
type LRNBytes struct {
	LRN
	InScale, OutScale float32
	InZero, OutZero   int32
}

// NormWork is how many floats and bytes [LRNBytes.Pixels] needs for up to normPixels pixels of width channels.
func (l *LRNBytes) NormWork(width int) (floats, bytes int) {
	return 2*NormPixels*width + max(l.Squares(width), 2*NormPixels*l.Radius), NormPixels / 8 * width
}

// NormPixels is the most pixels that [LRNBytes.Pixels] takes at a time.
const NormPixels = 16

// Pixels normalizes up to NormPixels pixels of width channels each, src to dst, of the same length and apart. floats and
// bytes are working memory, see NormWork.
func (l *LRNBytes) Pixels(dst, src []uint8, width int, floats []float32, bytes []uint8, s *Set) {
	dst = dst[:len(src)]
	if s.NormBytes != nil {
		done := s.NormBytes(l, dst, src, width, floats, bytes)
		dst, src = dst[done:], src[done:]
	}
	if len(src) == 0 {
		return
	}
	in, out := floats[:len(src)], floats[len(src):2*len(src)]
	s.Dequantize(in, src, l.InScale, l.InZero)
	l.LRN.Pixels(out, in, width, floats[2*len(src):], s)
	s.Quantize(dst, out, l.OutScale, l.OutZero)
}
