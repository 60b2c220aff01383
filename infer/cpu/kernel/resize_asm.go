//go:build !purego && (amd64 || arm64)

package kernel

// resizers resize pixels of at least 8 channels by vectors.
type resizers struct {
	row32 func(dst, upper, lower *float32, taps *ResizeTap32, count, channels int, near, far float32)
	row8  func(dst *uint8, upper, lower *float32, taps *ResizeTap32, count, channels int, near, far float32)
	lines func(dst *int32, upper, lower *uint8, n int, near, far int32)
	row   func(dst *uint8, line *int32, taps *ResizeTap, count, channels int)
}

func resizeVectors() *Resize {
	return resizers{resizeRow32Vectors, resizeRow8Vectors, resizeLinesVectors, resizeRowVectors}.all()
}

func (r resizers) all() *Resize {
	return &Resize{Row32: r.floats, Row8: r.bytes, Lines: r.layer, Row: r.whole}
}

func (r resizers) floats(dst, upper, lower []float32, taps []ResizeTap32, channels int, near, far float32) {
	if channels < 8 || len(taps) == 0 {
		ResizeRow32(dst, upper, lower, taps, channels, near, far)
		return
	}
	dst = dst[:len(taps)*channels]
	r.row32(&dst[0], &upper[0], &lower[0], &taps[0], len(taps), channels, near, far)
}

func (r resizers) bytes(dst []uint8, upper, lower []float32, taps []ResizeTap32, channels int, near, far float32) {
	if channels < 8 || len(taps) == 0 {
		ResizeRow8(dst, upper, lower, taps, channels, near, far)
		return
	}
	dst = dst[:len(taps)*channels]
	r.row8(&dst[0], &upper[0], &lower[0], &taps[0], len(taps), channels, near, far)
}

func (r resizers) layer(dst []int32, upper, lower []uint8, near, far int32) {
	upper, lower = upper[:len(dst)], lower[:len(dst)]
	n := len(dst) &^ 7
	if n > 0 {
		r.lines(&dst[0], &upper[0], &lower[0], n, near, far)
	}
	ResizeLines(dst[n:], upper[n:], lower[n:], near, far)
}

func (r resizers) whole(dst []uint8, line []int32, taps []ResizeTap, channels int) {
	if channels < 8 || len(taps) == 0 {
		ResizeRow(dst, line, taps, channels)
		return
	}
	dst = dst[:len(taps)*channels]
	r.row(&dst[0], &line[0], &taps[0], len(taps), channels)
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
