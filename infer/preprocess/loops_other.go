//go:build !arm64 || purego

package preprocess

func (a *axis) sweep(dst, src []uint64) { a.sweepPlain(dst, src) }

func accumulate(dst, src []uint64, w uint64) { accumulatePlain(dst, src, w) }

// readRGB makes words of red, green and blue bytes.
func readRGB(dst []uint64, src []byte) { readRGBPlain(dst, src) }

// readHalf is readHalfPlain.
func (t *yccTable) readHalf(dst []uint64, luma []byte, step int, near, far []uint64) {
	t.readHalfPlain(dst, luma, step, near, far)
}

// convert is convertPlain.
func (t *yccTable) convert(dst []uint64, cb, cr []byte, step int) { t.convertPlain(dst, cb, cr, step) }
