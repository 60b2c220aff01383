package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// window is the geometry of a convolution or pool over one image: a kernel of KxK taps that moves in strides. Tap (ky,
// kx) of output pixel (y, x) reads input pixel (y*strideH - top + ky*dilationH, x*strideW - left + kx*dilationW), or a
// fill value where that lies outside.
type window struct {
	inH, inW, inC        int
	outH, outW           int
	h, w                 int
	strideH, strideW     int
	dilationH, dilationW int
	top, left            int // border
}

// maxWindow bounds a kernel's sides and strides, so that nothing below overflows.
const maxWindow = 1 << 12

// newWindow checks shapes and computes the border. c has strides, dilations and padding; h and w are the kernel's. If in has
// a border (see absorbPadding), the window is one over the image inside it.
func newWindow(in, out *value, c model.Conv2D, h, w int) (*window, error) {
	if len(in.Shape) != 4 || len(out.Shape) != 4 {
		return nil, fmt.Errorf("input %v and output %v (want 4 dimensions): %w", in.Shape, out.Shape, model.ErrUnsupported)
	}
	if in.Shape[0] != 1 {
		return nil, fmt.Errorf("a batch of %d (this engine runs one image at a time): %w", in.Shape[0], model.ErrUnsupported)
	}
	for _, n := range []int{h, w, c.StrideH, c.StrideW, c.DilationH, c.DilationW} {
		if n < 1 || n > maxWindow {
			return nil, fmt.Errorf("a window, stride or dilation of %d (want 1 to %d): %w", n, maxWindow, model.ErrUnsupported)
		}
	}
	g := &window{
		inH: in.Shape[1], inW: in.Shape[2], inC: in.Shape[3], h: h, w: w,
		strideH: c.StrideH, strideW: c.StrideW, dilationH: c.DilationH, dilationW: c.DilationW,
	}
	g.outH, g.top = extent(g.inH, g.spanH(), c.StrideH, c.Padding)
	g.outW, g.left = extent(g.inW, g.spanW(), c.StrideW, c.Padding)
	if want := []int{1, g.outH, g.outW}; !slices.Equal(want, out.Shape[:3]) {
		return nil, fmt.Errorf("output is %v (want %v …)", out.Shape, want)
	}
	if b := in.border; b != nil {
		g.inH, g.inW, g.top, g.left = b.inner.Shape[1], b.inner.Shape[2], b.top, b.left
	}
	return g, nil
}

// extent is the number of output pixels along one side, and the border before the first input pixel. A kernel that is
// larger than the image without padding gives 0 pixels or less.
func extent(in, kernel, stride int, p model.Padding) (out, before int) {
	if p == model.Valid {
		if in < kernel {
			return 0, 0
		}
		return (in-kernel)/stride + 1, 0
	}
	out = (in-1)/stride + 1
	return out, max(0, (out-1)*stride+kernel-in) / 2
}

// pixels is the number of output pixels, taps × inC the number of inputs that each sees.
func (g *window) pixels() int { return g.outH * g.outW }
func (g *window) patch() int  { return g.h * g.w * g.inC }

// spanH and spanW are the sides of what the taps of an output pixel span.
func (g *window) spanH() int { return (g.h-1)*g.dilationH + 1 }
func (g *window) spanW() int { return (g.w-1)*g.dilationW + 1 }

// spread tells whether taps have space between them.
func (g *window) spread() bool { return g.spanH() != g.h || g.spanW() != g.w }

// pointwise tells whether each output pixel sees one input pixel, so that its patch lies in the image as it is.
func (g *window) pointwise() bool {
	return g.h == 1 && g.w == 1 && g.top == 0 && g.left == 0 && (g.outH-1)*g.strideH < g.inH && (g.outW-1)*g.strideW < g.inW
}

// effort is the number of inputs that all output pixels see, for one output channel per input channel.
func (g *window) effort() float64 {
	taps := float64(min(g.h, g.inH)) * float64(min(g.w, g.inW))
	return float64(g.pixels()) * taps * float64(g.inC)
}

// gather points patches at those of the output pixels from, from+1, …, up to len(patches) or the last; it returns how many.
// A patch is h*w*inC elements; those that do not lie in the image in one piece are put together in buf.
func gather[T any](g *window, patches [][]T, in, buf []T, fill T, from int) int {
	n, k := min(len(patches), g.pixels()-from), g.patch()
	for i := range n {
		y, x := (from+i)/g.outW, (from+i)%g.outW
		if g.pointwise() {
			at := (y*g.strideH*g.inW + x*g.strideW) * k
			patches[i] = in[at : at+k]
			continue
		}
		patches[i] = buf[i*k : (i+1)*k]
		for ky := range g.h {
			taps := patches[i][ky*g.w*g.inC : (ky+1)*g.w*g.inC]
			copyTaps(g, taps, in, fill, y*g.strideH-g.top+ky*g.dilationH, x*g.strideW-g.left)
		}
	}
	return n
}

// copyTaps copies one row of a patch, w*inC elements, from row y of the image, beginning at pixel x.
func copyTaps[T any](g *window, dst, in []T, fill T, y, x int) {
	if y < 0 || y >= g.inH {
		kernel.Fill(dst, fill)
		return
	}
	line := in[y*g.inW*g.inC : (y+1)*g.inW*g.inC]
	if g.dilationW != 1 {
		for kx := range g.w {
			d, at := dst[kx*g.inC:(kx+1)*g.inC], x+kx*g.dilationW
			if at < 0 || at >= g.inW {
				kernel.Fill(d, fill)
				continue
			}
			copy(d, line[at*g.inC:])
		}
		return
	}
	// Taps before, inside and behind the image.
	before := min(max(0, -x), g.w)
	inside := max(min(g.inW-x, g.w), before)
	kernel.Fill(dst[:before*g.inC], fill)
	if inside > before {
		copy(dst[before*g.inC:inside*g.inC], line[(x+before)*g.inC:])
	}
	kernel.Fill(dst[inside*g.inC:], fill)
}

// taps calls f for each tap of output pixel (y, x) that lies inside the image: at is the index of its first channel in
// the input, tap its number in the window.
func (g *window) taps(y, x int, f func(at, tap int)) {
	top, left := y*g.strideH-g.top, x*g.strideW-g.left
	y0, y1 := inside(top, g.dilationH, g.h, g.inH)
	x0, x1 := inside(left, g.dilationW, g.w, g.inW)
	for ky := y0; ky < y1; ky++ {
		line := (top + ky*g.dilationH) * g.inW
		for kx := x0; kx < x1; kx++ {
			f((line+left+kx*g.dilationW)*g.inC, ky*g.w+kx)
		}
	}
}

// inside is the part of the window of output pixel (y, x), without dilation, that lies in the image: the index of its
// first channel, and its size.
func (g *window) inside(y, x int) (at int, w kernel.Window) {
	top, left := y*g.strideH-g.top, x*g.strideW-g.left
	y0, y1 := inside(top, 1, g.h, g.inH)
	x0, x1 := inside(left, 1, g.w, g.inW)
	pitch := g.inW * g.inC
	return (top+y0)*pitch + (left+x0)*g.inC, kernel.Window{Rows: max(0, y1-y0), Cols: max(0, x1-x0), Pitch: pitch, Step: g.inC}
}

// inside is the range of the taps at start, start+step, … that lie in 0 … size-1.
func inside(start, step, taps, size int) (from, to int) {
	if start < 0 {
		from = ceil(-start, step)
	}
	return from, min(taps, ceil(max(0, size-start), step))
}
