package cpu

import "github.com/inceptiond/inceptiond/infer/cpu/kernel"

// bands32 divides the output of a float32 convolution into bands of rows, and prepares the input that a band sees as lines,
// with zeros for the border around the image, so that every tap of every output pixel is there. Where there is no border,
// the lines are the tensor itself.
type bands32 struct {
	*window
	in     []float32
	direct bool
	rows   int     // output rows of a band; the last may have fewer
	size   int     // numbers of a line
	at     []int32 // where the pixels of a band lie in its lines, in bytes
}

const (
	// bandBytes32 is about the lines of a band, which are to stay in a second-level cache beside the weights of a block;
	// bandPixels32 the fewest output pixels, so that weights are not read too often.
	bandBytes32  = 1 << 17
	bandPixels32 = 96
)

// newBands32 returns nil if the lines are large. Bands are small enough for several threads.
func newBands32(l *lowering, g *window, in []float32) *bands32 {
	b := &bands32{window: g, in: in}
	spanH, spanW := (g.outH-1)*g.strideH+g.spanH(), (g.outW-1)*g.strideW+g.spanW()
	b.direct = g.top == 0 && g.left == 0 && spanH <= g.inH && spanW <= g.inW
	b.size = g.inW * g.inC
	if !b.direct {
		b.size = max(spanW, g.inW+g.left) * g.inC
	}
	rows := max(ceil(bandPixels32, g.outW), bandBytes32/(g.strideH*b.size*4))
	if l.threads > 1 {
		rows = min(rows, max(ceil(bandPixels32, g.outW), ceil(g.outH, unitsPerThread*l.threads)))
	}
	rows = min(rows, g.outH)
	b.rows = ceil(g.outH, ceil(g.outH, rows))
	if b.inRows()*b.size > maxLines {
		return nil
	}
	for y := range b.rows {
		for x := range g.outW {
			b.at = append(b.at, int32(4*(y*g.strideH*b.size+x*g.strideW*g.inC)))
		}
	}
	if !b.direct {
		l.scratch.grow(need{lines32: b.inRows() * b.size})
	}
	return b
}

// count is the number of bands, inRows that of the input rows that a band sees.
func (b *bands32) count() int  { return ceil(b.outH, b.rows) }
func (b *bands32) inRows() int { return (b.rows-1)*b.strideH + b.spanH() }

// lines is the lines of the rows output rows from y on, in buf if they are not the tensor itself.
func (b *bands32) lines(buf []float32, y, rows int) []float32 {
	if b.direct {
		return b.in[y*b.strideH*b.size:]
	}
	pitch, before := b.inW*b.inC, b.left*b.inC
	for i := range (rows-1)*b.strideH + b.spanH() {
		line := buf[i*b.size : (i+1)*b.size]
		at := y*b.strideH - b.top + i
		if at < 0 || at >= b.inH {
			clear(line)
			continue
		}
		clear(line[:before])
		copy(line[before:], b.in[at*pitch:(at+1)*pitch])
		clear(line[before+pitch:])
	}
	return buf
}

// blockDepth is how many numbers of each pixel are multiplied before those of the next ones: their weights in a panel are
// to stay in a first-level cache.
const blockDepth = 256

// block32 is a part of the products of each pixel.
type block32 struct {
	pieces []kernel.Piece32
	from   int // products before it
	depth  int // products
}

// blocks divides the products of a pixel, piece by piece of the lines.
func (b *bands32) blocks() []block32 {
	segments, segment, step := b.h, b.w*b.inC, 0
	if b.dilationW > 1 {
		segments, segment, step = b.h*b.w, b.inC, b.dilationW*b.inC
	}
	var list []block32
	for s := range segments {
		at := s * b.dilationH * b.size
		if step > 0 {
			at = s/b.w*b.dilationH*b.size + s%b.w*step
		}
		for parts, i := ceil(segment, blockDepth), 0; i < parts; i++ {
			from, to := segment*i/parts, segment*(i+1)/parts
			if len(list) == 0 || list[len(list)-1].depth+to-from > blockDepth {
				list = append(list, block32{from: s*segment + from})
			}
			last := &list[len(list)-1]
			last.pieces = append(last.pieces, kernel.Piece32{From: int32(4 * (at + from)), To: int32(4 * (at + to))})
			last.depth += to - from
		}
	}
	return list
}
