package cpu

import (
	"fmt"
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// resizing is the geometry of a RESIZE_BILINEAR or RESIZE_NEAREST_NEIGHBOR.
type resizing struct {
	rows            int // of all pictures of the output
	inH, inW        int
	outH, outW      int
	channels        int
	align, half     bool // see model.ResizeBilinear
	inLine, outLine int  // elements
}

// newResizing checks shapes and options.
func newResizing(n *node, align, half bool) (*resizing, error) {
	if len(n.inputs) != 2 {
		return nil, fmt.Errorf("%d inputs (want 2)", len(n.inputs))
	}
	size, err := n.inputs[1].ints()
	if err != nil {
		return nil, err
	}
	in, out := n.inputs[0], n.outputs[0]
	if in.Type != out.Type {
		return nil, fmt.Errorf("%v cannot become %v", in.Type, out.Type)
	}
	if len(in.Shape) != 4 || len(size) != 2 || !slices.Equal(out.Shape, []int{in.Shape[0], size[0], size[1], in.Shape[3]}) {
		return nil, fmt.Errorf("input %v of size %v does not make output %v", in.Shape, size, out.Shape)
	}
	if align && half {
		return nil, fmt.Errorf("both align_corners and half_pixel_centers: %w", model.ErrUnsupported)
	}
	if max(in.Shape[1], in.Shape[2], size[0], size[1]) > maxSide {
		return nil, fmt.Errorf("input %v and output %v (the longest side is %d): %w", in.Shape, out.Shape, maxSide, model.ErrUnsupported)
	}
	r := &resizing{
		rows: in.Shape[0] * size[0], inH: in.Shape[1], inW: in.Shape[2], outH: size[0], outW: size[1], channels: in.Shape[3],
		align: align, half: half,
	}
	r.inLine, r.outLine = r.inW*r.channels, r.outW*r.channels
	return r, nil
}

// maxSide bounds pictures, so that positions in 1/1024 of a pixel do not overflow.
const maxSide = 1 << 16

func (r *resizing) units() int { return r.rows }

// lines are the first elements of the lines of the input that make line row of the output, those of some number in its
// picture.
func (r *resizing) lines(row, upper, lower int) (from, to int) {
	picture := row / r.outH * r.inH
	return (picture + upper) * r.inLine, (picture + lower) * r.inLine
}

// scale is how many pixels of the input there are for one of the output, along a side.
func (r *resizing) scale(in, out int) float32 {
	if r.align && out > 1 {
		return float32(in-1) / float32(out-1)
	}
	return float32(in) / float32(out)
}

// lowerResizeNearest makes a RESIZE_NEAREST_NEIGHBOR.
func lowerResizeNearest(l *lowering, n *node) (layer, error) {
	opt, ok := n.options.(model.ResizeNearest)
	if !ok {
		return nil, fmt.Errorf("no options")
	}
	r, err := newResizing(n, opt.AlignCorners, opt.HalfPixelCenters)
	if err != nil {
		return nil, err
	}
	in, out := n.inputs[0], n.outputs[0]
	switch in.Type {
	case model.Float32, model.Uint8, model.Int8, model.Int16:
	default:
		return nil, fmt.Errorf("input is %v (want float32, uint8, int8 or int16): %w", in.Type, model.ErrUnsupported)
	}
	if err := l.take(8 * int64(r.outH+r.outW)); err != nil {
		return nil, err
	}
	m := &resizeNearest{resizing: r, pixel: r.channels * in.Type.Size(), y: r.nearest(r.inH, r.outH), x: r.nearest(r.inW, r.outW)}
	if m.in, err = l.raw(in); err != nil {
		return nil, err
	}
	m.out, err = l.raw(out)
	return m, err
}

// nearest is the pixel of the input that each of the output is, along a side.
func (r *resizing) nearest(in, out int) []int {
	scale, list := r.scale(in, out), make([]int, out)
	for i := range list {
		at := float32(i)
		if r.half {
			at += 0.5
		}
		if at *= scale; r.align {
			at = float32(math.Round(float64(at)))
		}
		list[i] = max(0, min(int(math.Floor(float64(at))), in-1))
	}
	return list
}

// resizeNearest copies pixels. A piece is a line of the output.
type resizeNearest struct {
	*resizing
	pixel   int // bytes
	x, y    []int
	in, out []byte
}

func (m *resizeNearest) run(_ *scratch, from, to int) {
	size, inSize := m.outW*m.pixel, m.inW*m.pixel
	for row := from; row < to; row++ {
		out := m.out[row*size : (row+1)*size]
		line := row/m.outH*m.inH + m.y[row%m.outH]
		if y := row % m.outH; row > from && y > 0 && m.y[y] == m.y[y-1] {
			copy(out, m.out[(row-1)*size:])
			continue
		}
		in := m.in[line*inSize : (line+1)*inSize]
		for i, x := range m.x {
			copy(out[i*m.pixel:(i+1)*m.pixel], in[x*m.pixel:])
		}
	}
}
