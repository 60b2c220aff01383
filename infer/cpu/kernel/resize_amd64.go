//go:build !purego

package kernel

// resizeAVX2 resizes pixels of at least 8 channels by vectors.
func resizeAVX2() *Resize {
	return &Resize{Row32: resizeRow32, Row8: resizeRow8, Lines: resizeLines, Row: resizeRow}
}

func resizeRow32(dst, upper, lower []float32, taps []ResizeTap32, channels int, near, far float32) {
	if channels < 8 || len(taps) == 0 {
		ResizeRow32(dst, upper, lower, taps, channels, near, far)
		return
	}
	dst = dst[:len(taps)*channels]
	resizeRow32AVX2(&dst[0], &upper[0], &lower[0], &taps[0], len(taps), channels, near, far)
}

func resizeRow8(dst []uint8, upper, lower []float32, taps []ResizeTap32, channels int, near, far float32) {
	if channels < 8 || len(taps) == 0 {
		ResizeRow8(dst, upper, lower, taps, channels, near, far)
		return
	}
	dst = dst[:len(taps)*channels]
	resizeRow8AVX2(&dst[0], &upper[0], &lower[0], &taps[0], len(taps), channels, near, far)
}

func resizeLines(dst []int32, upper, lower []uint8, near, far int32) {
	upper, lower = upper[:len(dst)], lower[:len(dst)]
	n := len(dst) &^ 7
	if n > 0 {
		resizeLinesAVX2(&dst[0], &upper[0], &lower[0], n, near, far)
	}
	ResizeLines(dst[n:], upper[n:], lower[n:], near, far)
}

func resizeRow(dst []uint8, line []int32, taps []ResizeTap, channels int) {
	if channels < 8 || len(taps) == 0 {
		ResizeRow(dst, line, taps, channels)
		return
	}
	dst = dst[:len(taps)*channels]
	resizeRowAVX2(&dst[0], &line[0], &taps[0], len(taps), channels)
}

// resizeRow32AVX2 is ResizeRow32 of count pixels of at least 8 channels.
//
//go:noescape
func resizeRow32AVX2(dst, upper, lower *float32, taps *ResizeTap32, count, channels int, near, far float32)

// resizeRow8AVX2 is ResizeRow8 of count pixels of at least 8 channels.
//
//go:noescape
func resizeRow8AVX2(dst *uint8, upper, lower *float32, taps *ResizeTap32, count, channels int, near, far float32)

// resizeLinesAVX2 is ResizeLines of n bytes, a multiple of 8.
//
//go:noescape
func resizeLinesAVX2(dst *int32, upper, lower *uint8, n int, near, far int32)

// resizeRowAVX2 is ResizeRow of count pixels of at least 8 channels.
//
//go:noescape
func resizeRowAVX2(dst *uint8, line *int32, taps *ResizeTap, count, channels int)
