package cpu

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// lowerResizeBilinear makes a RESIZE_BILINEAR. TensorFlow Lite computes float32 and uint8 in float32, int8 and int16 in
// integers (tflite/kernels/internal/optimized/resize_bilinear.h and reference/resize_bilinear.h).
func lowerResizeBilinear(l *lowering, n *node) (layer, error) {
	opt, ok := n.options.(model.ResizeBilinear)
	if !ok {
		return nil, fmt.Errorf("no options")
	}
	r, err := newResizing(n, opt.AlignCorners, opt.HalfPixelCenters)
	if err != nil {
		return nil, err
	}
	if err := l.take(16 * int64(r.outH+r.outW)); err != nil {
		return nil, err
	}
	switch n.inputs[0].Type {
	case model.Float32:
		return newResize32(l, n, r)
	case model.Uint8:
		return newResize8(l, n, r)
	case model.Int8:
		return newResizeInt8(l, n, r)
	case model.Int16:
		return newResize16(l, n, r)
	}
	return nil, fmt.Errorf("input is %v (want float32, uint8, int8 or int16): %w", n.inputs[0].Type, model.ErrUnsupported)
}

// taps32 says of which two pixels along a side each of the output is made, in steps of some elements.
func (r *resizing) taps32(in, out, step int) []kernel.ResizeTap32 {
	scale, list := r.scale(in, out), make([]kernel.ResizeTap32, out)
	for i := range list {
		at := float32(i) * scale
		if r.half {
			at = float32((float32(i)+0.5)*scale) - 0.5
		}
		low := min(max(int(math.Floor(float64(at))), 0), in-1)
		high := min(int(math.Ceil(float64(at))), in-1)
		far := at - float32(low) // less than 0 where half a pixel is missing
		list[i] = kernel.ResizeTap32{From: int32(low * step), To: int32(high * step), Near: 1 - far, Far: far}
	}
	return list
}

// taps is taps32 in integers.
func (r *resizing) taps(in, out, step int) []kernel.ResizeTap {
	scale, list := (1024*in+out/2)/out, make([]kernel.ResizeTap, out)
	if r.align && out > 1 {
		scale = (1024*(in-1) + (out-1)/2) / (out - 1)
	}
	for i := range list {
		at := i * scale
		if r.half {
			at += scale/2 - 512
		}
		low := max(at/1024, 0)
		high := min((at+1023)/1024, in-1)
		far := at - 1024*low
		if low > in-1 { // the scale was rounded up
			low, far = in-1, 0
		}
		list[i] = kernel.ResizeTap{From: int32(low * step), To: int32(high * step), Near: int32(1024 - far), Far: int32(far)}
	}
	return list
}

// maxResizedLine bounds a call of assembly, in elements.
const maxResizedLine = 1 << 16

// segment is how many pixels of a line one call of a kernel makes.
func (r *resizing) segment() int { return max(1, maxResizedLine/r.channels) }

// resize32 is of float32. A piece is a line of the output.
type resize32 struct {
	*resizing
	in, out []float32
	x, y    []kernel.ResizeTap32
	twice   bool // each line, and each pixel, becomes two
	row     func(dst, upper, lower []float32, taps []kernel.ResizeTap32, channels int, near, far float32)
}

func newResize32(l *lowering, n *node, r *resizing) (layer, error) {
	m := &resize32{resizing: r, x: r.taps32(r.inW, r.outW, r.channels), y: r.taps32(r.inH, r.outH, 1), row: l.set.Resizing().Row32}
	m.twice = !r.align && !r.half && r.outH == 2*r.inH && r.outW == 2*r.inW
	if m.twice {
		l.scratch.grow(need{sums32: r.inLine})
	}
	var err error
	m.in, m.out, err = ends(l.floats, n)
	return m, err
}

func (m *resize32) aim(memory []byte) { m.out = as[float32](memory) }

func (m *resize32) run(s *scratch, from, to int) {
	for row := from; row < to; row++ {
		y := m.y[row%m.outH]
		upper, lower := m.lines(row, int(y.From), int(y.To))
		a, b := m.in[upper:upper+m.inLine], m.in[lower:lower+m.inLine]
		out := m.out[row*m.outLine : (row+1)*m.outLine]
		if m.twice {
			m.double(out, a, b, s.sums32[:m.inLine], y.Far != 0)
			continue
		}
		for x := 0; x < m.outW; x += m.segment() {
			m.row(out[x*m.channels:], a, b, m.x[x:min(x+m.segment(), m.outW)], m.channels, y.Near, y.Far)
		}
	}
}

// double makes a line of twice as many pixels; if between is set, of the mean of two lines. Of four pixels the means of the
// upper and the lower two are taken last.
func (m *resize32) double(out, upper, lower, mean []float32, between bool) {
	if between {
		for i := range mean {
			mean[i] = (upper[i] + lower[i]) / 2
		}
		upper = mean
	}
	n := m.channels
	for x := 0; x < len(upper); x += n {
		next := upper[min(x+n, len(upper)-n):]
		copy(out[2*x:], upper[x:x+n])
		for c, v := range upper[x : x+n] {
			out[2*x+n+c] = (v + next[c]) / 2
		}
	}
}

// resize8 is of uint8, by way of float32. A piece is a line of the output.
type resize8 struct {
	*resizing
	in, out []uint8
	x, y    []kernel.ResizeTap32
	set     *kernel.Set
	row     func(dst []uint8, upper, lower []float32, taps []kernel.ResizeTap32, channels int, near, far float32)
}

func newResize8(l *lowering, n *node, r *resizing) (layer, error) {
	m := &resize8{resizing: r, x: r.taps32(r.inW, r.outW, r.channels), y: r.taps32(r.inH, r.outH, 1), row: l.set.Resizing().Row8, set: l.set}
	l.scratch.grow(need{sums32: 2 * r.inLine})
	var err error
	m.in, m.out, err = ends(l.bytes, n)
	return m, err
}

func (m *resize8) run(s *scratch, from, to int) {
	a, b := s.sums32[:m.inLine], s.sums32[m.inLine:2*m.inLine]
	for row := from; row < to; row++ {
		y := m.y[row%m.outH]
		upper, lower := m.lines(row, int(y.From), int(y.To))
		m.set.Dequantize(a, m.in[upper:upper+m.inLine], 1, 0)
		m.set.Dequantize(b, m.in[lower:lower+m.inLine], 1, 0)
		out := m.out[row*m.outLine : (row+1)*m.outLine]
		for x := 0; x < m.outW; x += m.segment() {
			m.row(out[x*m.channels:], a, b, m.x[x:min(x+m.segment(), m.outW)], m.channels, y.Near, y.Far)
		}
	}
}

// resizeInt8 is of int8. A piece is a line of the output.
type resizeInt8 struct {
	*resizing
	in, out []uint8
	x, y    []kernel.ResizeTap
	lay     func(dst []int32, upper, lower []uint8, near, far int32)
	row     func(dst []uint8, line []int32, taps []kernel.ResizeTap, channels int)
}

func newResizeInt8(l *lowering, n *node, r *resizing) (layer, error) {
	how := l.set.Resizing()
	m := &resizeInt8{resizing: r, x: r.taps(r.inW, r.outW, r.channels), y: r.taps(r.inH, r.outH, 1), lay: how.Lines, row: how.Row}
	l.scratch.grow(need{sums: r.inLine})
	var err error
	m.in, m.out, err = ends(l.bytes, n)
	return m, err
}

func (m *resizeInt8) run(s *scratch, from, to int) {
	line := s.sums[:m.inLine]
	for row := from; row < to; row++ {
		y := m.y[row%m.outH]
		upper, lower := m.lines(row, int(y.From), int(y.To))
		m.lay(line, m.in[upper:upper+m.inLine], m.in[lower:lower+m.inLine], y.Near, y.Far)
		out := m.out[row*m.outLine : (row+1)*m.outLine]
		for x := 0; x < m.outW; x += m.segment() {
			m.row(out[x*m.channels:], line, m.x[x:min(x+m.segment(), m.outW)], m.channels)
		}
	}
}

// resize16 is of int16. A piece is a line of the output.
type resize16 struct {
	*resizing
	in, out []int16
	x, y    []kernel.ResizeTap
}

func newResize16(l *lowering, n *node, r *resizing) (layer, error) {
	m := &resize16{resizing: r, x: r.taps(r.inW, r.outW, r.channels), y: r.taps(r.inH, r.outH, 1)}
	var err error
	m.in, m.out, err = ends(l.int16s, n)
	return m, err
}

func (m *resize16) run(_ *scratch, from, to int) {
	for row := from; row < to; row++ {
		y := m.y[row%m.outH]
		upper, lower := m.lines(row, int(y.From), int(y.To))
		out := m.out[row*m.outLine : (row+1)*m.outLine]
		lay := func(i int) int64 {
			return int64(m.in[upper+i])*int64(y.Near) + int64(m.in[lower+i])*int64(y.Far)
		}
		for i, x := range m.x {
			for c := range m.channels {
				sum := lay(int(x.From)+c)*int64(x.Near) + lay(int(x.To)+c)*int64(x.Far)
				out[i*m.channels+c] = int16((sum + 1<<19 + sum>>63) >> 20)
			}
		}
	}
}
