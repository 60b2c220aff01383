package preprocess

// The loops that take the time of preprocessing, in plain Go. There is assembly for them where it pays: see loops_arm64.go.

// sweepPlain is scaleRow for an axis that shrinks. It reads each sample once.
func (a *axis) sweepPlain(dst, src []uint64) {
	open, next := uint64(rounding), uint64(rounding)
	at := 0
	for i, centre := range a.centres {
		s := src[at:centre]
		pairs := a.pairs[at:centre][:len(s)]
		for k, v := range s {
			open += v * uint64(pairs[k][0])
			next += v * uint64(pairs[k][1])
		}
		if i > 0 {
			store(dst[2*i-2:], open)
		}
		open, next, at = next, rounding, int(centre)
	}
}

// accumulatePlain adds w times src to dst. Lanes cannot overflow: 255.0 in 8.8 times all weights of a sample, and the half
// for rounding, is below 1 << 32.
func accumulatePlain(dst, src []uint64, w uint64) {
	src = src[:len(dst)]
	for i := range dst {
		dst[i] += src[i] * w
	}
}
