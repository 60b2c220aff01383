//go:build !purego && (amd64 || arm64)

package kernel

// resizeVectors resizes pixels of at least 8 channels by vectors.
func resizeVectors() *Resize {
	return &Resize{Row32: resizeRow32, Row8: resizeRow8, Lines: resizeLines, Row: resizeRow}
}

func resizeRow32(dst, upper, lower []float32, taps []ResizeTap32, channels int, near, far float32) {
	if channels < 8 || len(taps) == 0 {
		ResizeRow32(dst, upper, lower, taps, channels, near, far)
		return
	}
	dst = dst[:len(taps)*channels]
	resizeRow32Vectors(&dst[0], &upper[0], &lower[0], &taps[0], len(taps), channels, near, far)
}

func resizeRow8(dst []uint8, upper, lower []float32, taps []ResizeTap32, channels int, near, far float32) {
	if channels < 8 || len(taps) == 0 {
		ResizeRow8(dst, upper, lower, taps, channels, near, far)
		return
	}
	dst = dst[:len(taps)*channels]
	resizeRow8Vectors(&dst[0], &upper[0], &lower[0], &taps[0], len(taps), channels, near, far)
}

func resizeLines(dst []int32, upper, lower []uint8, near, far int32) {
	upper, lower = upper[:len(dst)], lower[:len(dst)]
	n := len(dst) &^ 7
	if n > 0 {
		resizeLinesVectors(&dst[0], &upper[0], &lower[0], n, near, far)
	}
	ResizeLines(dst[n:], upper[n:], lower[n:], near, far)
}

func resizeRow(dst []uint8, line []int32, taps []ResizeTap, channels int) {
	if channels < 8 || len(taps) == 0 {
		ResizeRow(dst, line, taps, channels)
		return
	}
	dst = dst[:len(taps)*channels]
	resizeRowVectors(&dst[0], &line[0], &taps[0], len(taps), channels)
}

// resizeRow32Vectors is ResizeRow32 of count pixels of at least 8 channels.
//
//go:noescape
func resizeRow32Vectors(dst, upper, lower *float32, taps *ResizeTap32, count, channels int, near, far float32)

// resizeRow8Vectors is ResizeRow8 of count pixels of at least 8 channels.
//
//go:noescape
func resizeRow8Vectors(dst *uint8, upper, lower *float32, taps *ResizeTap32, count, channels int, near, far float32)

// resizeLinesVectors is ResizeLines of n bytes, a multiple of 8.
//
//go:noescape
func resizeLinesVectors(dst *int32, upper, lower *uint8, n int, near, far int32)

// resizeRowVectors is ResizeRow of count pixels of at least 8 channels.
//
//go:noescape
func resizeRowVectors(dst *uint8, line *int32, taps *ResizeTap, count, channels int)
