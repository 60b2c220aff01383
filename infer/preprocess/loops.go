package preprocess

// loops are what takes the time of preprocessing, for one kind of processor. The words that come out are the same for all;
// plain Go is the reference that the others are compared with. They are read only.
type loops struct {
	name   string
	strips *strips // what does all of a picture another way; nil: the others, row by row

	sweep      func(a *axis, dst, src []uint64)                                           // sweepPlain
	accumulate func(dst, src []uint64, w uint64)                                          // accumulatePlain
	readRGB    func(dst []uint64, src []byte)                                             // readRGBPlain, for at least one word
	convert    func(t *yccTable, dst []uint64, cb, cr []byte, step int)                   // convertPlain
	readHalf   func(t *yccTable, dst []uint64, luma []byte, step int, near, far []uint64) // readHalfPlain
}

// plain runs everywhere.
func plain() *loops {
	return &loops{
		name: "go", sweep: (*axis).sweepPlain, accumulate: accumulatePlain, readRGB: readRGBPlain,
		convert: (*yccTable).convertPlain, readHalf: (*yccTable).readHalfPlain,
	}
}

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
