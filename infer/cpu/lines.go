package cpu

import "github.com/inceptiond/inceptiond/infer/cpu/kernel"

// lines prepares the input of a convolution for vector kernels: as 16-bit numbers, with the border around the image, so
// that every tap of every output pixel is there. A goroutine has the lines for a band of output rows in its scratch.
type lines struct {
	*window
	set    *kernel.Set
	in     []uint8
	border uint8
	rows   int // output rows of a band
	size   int // elements of a line
}

// maxLines bounds the elements of lines.
const maxLines = 1 << 22

// newLines prepares bands of rows output rows. It returns nil if the lines are large.
func newLines(l *lowering, g *window, in []uint8, border uint8, rows int) *lines {
	made := &lines{window: g, set: l.set, in: in, border: border, rows: min(rows, g.outH)}
	made.size = max((g.outW-1)*g.strideW+g.spanW(), g.inW+g.left) * g.inC
	if made.size > maxLines || made.inRows()*made.size > maxLines {
		return nil
	}
	l.scratch.grow(need{lines: made.inRows()*made.size + kernel.SlackLines})
	return made
}

// inRows is the number of input rows that a band sees.
func (l *lines) inRows() int { return (l.rows-1)*l.strideH + l.spanH() }

// fill fills buf with the input rows that the output rows from y on see.
func (l *lines) fill(buf []int16, y int) {
	pitch, before := l.inW*l.inC, l.left*l.inC
	for i := range l.inRows() {
		line := buf[i*l.size : (i+1)*l.size]
		at := y*l.strideH - l.top + i
		if at < 0 || at >= l.inH {
			kernel.Fill(line, int16(l.border))
			continue
		}
		kernel.Fill(line[:before], int16(l.border))
		l.set.Widen(line[before:before+pitch], l.in[at*pitch:(at+1)*pitch])
		kernel.Fill(line[before+pitch:], int16(l.border))
	}
}
