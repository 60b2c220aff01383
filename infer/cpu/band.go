package cpu

import "github.com/inceptiond/inceptiond/infer/cpu/kernel"

// bands divides the output of a convolution into bands of rows, and prepares the input that a band sees as the lines of
// a kernel.Tiling: with the border around the image, so that every tap of every output pixel is there. Where there is
// no border and no need, the lines are the tensor itself.
type bands struct {
	*window
	tiling *kernel.Tiling // nil for a depthwise convolution
	lining lining
	in     []uint8
	border uint8    // of a line
	moving *dynamic // if not nil, whose zero point is the border
	direct bool
	rows   int                  // output rows of a band; the last may have fewer
	size   int                  // elements of a line
	step   int                  // bytes from one output pixel to the next in the lines
	tiles  [2][]kernel.TileList // of a band, and of the last one
}

// lining is how lines are made of a tensor.
type lining struct {
	element int                    // bytes of an element
	flip    uint8                  // what makes bytes of a line of the tensor's, by exclusive or
	line    func(dst, src []uint8) // makes elements of bytes
	most    int                    // pixels of a band, about; 0: any number
}

const (
	// bandBytes is about the input that a band sees, which is to stay in a second-level cache beside the weights of a
	// panel; bandPixels the fewest output pixels, so that weights are not read too often.
	bandBytes  = 1 << 18
	bandPixels = 192
	// maxBand bounds the bytes of lines.
	maxBand = 1 << 23
)

// image is the memory of an 8-bit image. slack tells whether bytes behind it may be read.
type image struct {
	data  []uint8
	slack bool
}

// image is what a window over v sees: v, or what is inside its border.
func (l *lowering) image(v *value) (image, error) {
	data, err := l.bytes(v.inner())
	return image{data, v.home().Data == nil}, err
}

// newBands returns nil if the lines are large. For several threads, bands are made small, but not
// smaller than minPixels.
func newBands(l *lowering, g *window, img image, border uint8, minPixels int, how lining) *bands {
	b := &bands{window: g, lining: how, in: img.data, border: border ^ how.flip}
	inside := g.top == 0 && g.left == 0 && (g.outH-1)*g.strideH+g.spanH() <= g.inH && (g.outW-1)*g.strideW+g.spanW() <= g.inW
	b.direct = img.slack && inside && how.element == 1 && how.flip == 0
	b.size = g.inW * g.inC
	if !b.direct {
		b.size = max((g.outW-1)*g.strideW+g.spanW(), g.inW+g.left) * g.inC
	}
	b.step = g.strideW * g.inC * how.element
	line := b.size * how.element
	rows := max(ceil(bandPixels, g.outW), bandBytes/(g.strideH*line))
	if how.most > 0 {
		rows = min(rows, ceil(how.most, g.outW))
	}
	if l.threads > 1 {
		rows = min(rows, max(ceil(minPixels, g.outW), ceil(g.outH, unitsPerThread*l.threads)))
	}
	rows = min(rows, g.outH)
	b.rows = ceil(g.outH, ceil(g.outH, rows))
	if line > maxBand || b.inRows()*line > maxLines {
		return nil
	}
	if !b.direct {
		l.scratch.grow(need{tiling: tilingNeed{lines: b.inRows()*line + kernel.Slack}})
	}
	return b
}

// count is the number of bands, inRows that of the input rows that a band sees.
func (b *bands) count() int  { return ceil(b.outH, b.rows) }
func (b *bands) inRows() int { return (b.rows-1)*b.strideH + b.spanH() }

// arrange divides the pixels of each band into tiles.
func (b *bands) arrange(t *kernel.Tiling) {
	b.tiling = t
	b.tiles[0] = t.Arrange(b.runs(b.rows), b.step)
	b.tiles[1] = t.Arrange(b.runs(b.outH-(b.count()-1)*b.rows), b.step)
}

// runs is the pixels of a band of some rows.
func (b *bands) runs(rows int) []kernel.Run {
	var runs []kernel.Run
	pitch := b.strideH * b.size * b.lining.element
	for y := range rows {
		if n := len(runs); n > 0 && y*pitch == runs[n-1].At+runs[n-1].Count*b.step {
			runs[n-1].Count += b.outW // the row begins where the last one's next pixel would be
			continue
		}
		runs = append(runs, kernel.Run{At: y * pitch, Pixel: y * b.outW, Count: b.outW})
	}
	return runs
}

// band is band number i: its first output row, how many it has, and its tiles.
func (b *bands) band(i int) (y, rows int, tiles []kernel.TileList) {
	y = i * b.rows
	if rows = min(b.rows, b.outH-y); i == b.count()-1 {
		return y, rows, b.tiles[1]
	}
	return y, rows, b.tiles[0]
}

// lines is the lines of the rows output rows from y on, in buf if they are not the tensor itself.
func (b *bands) lines(buf []uint8, y, rows int) []uint8 {
	if b.direct {
		return b.in[y*b.strideH*b.size:]
	}
	border := b.border
	if b.moving != nil {
		border = uint8(b.moving.rows[0].Zero) ^ b.lining.flip
	}
	e, pitch, before := b.lining.element, b.inW*b.inC, b.left*b.inC
	for i := range (rows-1)*b.strideH + b.spanH() {
		line := buf[i*b.size*e : (i+1)*b.size*e]
		at := y*b.strideH - b.top + i
		if at < 0 || at >= b.inH {
			b.fill(line, border)
			continue
		}
		b.fill(line[:before*e], border)
		b.lining.line(line[before*e:], b.in[at*pitch:(at+1)*pitch])
		b.fill(line[(before+pitch)*e:], border)
	}
	return buf
}

// fill makes elements of the border.
func (b *bands) fill(line []uint8, border uint8) {
	if b.lining.element == 1 {
		kernel.Fill(line, border)
		return
	}
	for i := 0; i < len(line); i += 2 {
		line[i], line[i+1] = border, 0
	}
}
