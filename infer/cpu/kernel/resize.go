package kernel

// Resize is the inner loops that make pictures larger and smaller; they are the functions of these names behind "Resize".
type Resize struct {
	Row32 func(dst, upper, lower []float32, taps []ResizeTap32, channels int, near, far float32)
	Row8  func(dst []uint8, upper, lower []float32, taps []ResizeTap32, channels int, near, far float32)
	Lines func(dst []int32, upper, lower []uint8, near, far int32)
	Row   func(dst []uint8, line []int32, taps []ResizeTap, channels int)
}

// Resizing is the loops of s, plain Go if it has none.
func (s *Set) Resizing() *Resize {
	if s.Resize != nil {
		return s.Resize
	}
	return &Resize{Row32: ResizeRow32, Row8: ResizeRow8, Lines: ResizeLines, Row: ResizeRow}
}

// ResizeTap32 says which two pixels of a line make a pixel of a wider or narrower one, and how much of each it has. From and
// To are their first channels.
type ResizeTap32 struct {
	From, To  int32
	Near, Far float32
}

// weights are those of upper left, upper right, lower left and lower right.
func (t *ResizeTap32) weights(near, far float32) [4]float32 {
	return [4]float32{near * t.Near, near * t.Far, far * t.Near, far * t.Far}
}

// blend adds four weighted pixels in their order, every product and sum rounded.
func blend(w *[4]float32, a, b, c, d float32) float32 {
	return float32(float32(float32(a*w[0])+float32(b*w[1]))+float32(c*w[2])) + float32(d*w[3])
}

// ResizeRow32 makes pixels of two lines of float32, of which the upper counts near and the lower far: of each pixel, upper
// left, upper right, lower left and lower right are added in that order, every product and sum rounded.
func ResizeRow32(dst, upper, lower []float32, taps []ResizeTap32, channels int, near, far float32) {
	for i := range taps {
		t := &taps[i]
		w := t.weights(near, far)
		a, b := upper[t.From:][:channels], upper[t.To:][:channels]
		c, d := lower[t.From:][:channels], lower[t.To:][:channels]
		for k, out := 0, dst[i*channels:][:channels]; k < channels; k++ {
			out[k] = blend(&w, a[k], b[k], c[k], d[k])
		}
	}
}

// ResizeRow8 is ResizeRow32 that gives bytes, rounded half up.
func ResizeRow8(dst []uint8, upper, lower []float32, taps []ResizeTap32, channels int, near, far float32) {
	for i := range taps {
		t := &taps[i]
		w := t.weights(near, far)
		a, b := upper[t.From:][:channels], upper[t.To:][:channels]
		c, d := lower[t.From:][:channels], lower[t.To:][:channels]
		for k, out := 0, dst[i*channels:][:channels]; k < channels; k++ {
			out[k] = uint8(int32(blend(&w, a[k], b[k], c[k], d[k]) + 0.5))
		}
	}
}

// ResizeTap is ResizeTap32 in integers: Near + Far is 1024.
type ResizeTap struct{ From, To, Near, Far int32 }

// ResizeLines puts two lines of bytes on each other, of which the upper counts near and the lower far.
func ResizeLines(dst []int32, upper, lower []uint8, near, far int32) {
	upper, lower = upper[:len(dst)], lower[:len(dst)]
	for i := range dst {
		dst[i] = int32(upper[i])*near + int32(lower[i])*far
	}
}

// ResizeRow makes pixels of what ResizeLines gives, near and far together being 1024. The bytes are int8 plus 128; of int8, a
// half is rounded away from zero.
func ResizeRow(dst []uint8, line []int32, taps []ResizeTap, channels int) {
	for i := range taps {
		t := &taps[i]
		a, b := line[t.From:][:channels], line[t.To:][:channels]
		for k, out := 0, dst[i*channels:][:channels]; k < channels; k++ {
			sum := a[k]*t.Near + b[k]*t.Far - 128<<20
			out[k] = uint8((sum+1<<19+sum>>31)>>20 + 128)
		}
	}
}
