//go:build !purego

package preprocess

// available lists the loops that this machine can run, fastest first: every arm64 processor has NEON.
func available() []*loops { return []*loops{neon(), plain()} }

func neon() *loops {
	return &loops{
		name: "neon", sweep: sweep, accumulate: accumulate, readRGB: readRGB, convert: convert, readHalf: readHalf,
	}
}

// convert is convertPlain.
func convert(t *yccTable, dst []uint64, cb, cr []byte, step int) {
	n := len(dst)
	if n == 0 {
		return
	}
	_, _ = cb[(n-1)*step], cr[(n-1)*step]
	convertSamples(&dst[0], &cb[0], &cr[0], step, n, &t.cb, &t.cr)
}

// convertSamples is convertPlain for n samples, at least one: lookups, which have no vector instructions.
//
//go:noescape
func convertSamples(dst *uint64, cb, cr *byte, step, n int, cbs, crs *[256]uint64)
