package raster

import "fmt"

// Canvas is a picture of RGB bytes that is filled piece by piece, and is smaller than what it is filled with where that is
// too large for the memory there is: then each pixel of it is the mean of a square. So nobody has to hold the whole
// picture at its full size, and nothing but the result is kept.
type Canvas struct {
	Width, Height int    // pixels of the canvas
	Pix           []byte // R, G, B of each

	width, height int // of what it is filled with
	factor        int // pixels of the one for a pixel of the other, across and down
	scattered     bool
	sums          []uint16 // of the squares: of one row of them, or of all if rows come in no order
	row           int      // of the canvas: which one the sums are for
	begun         bool
}

// maxFactor is the most that sums hold: 256 pixels of 255.
const maxFactor = 16

// NewCanvas returns a canvas for a picture of w by h pixels which uses the memory of pix. Rows come one after the other,
// upwards or downwards, or scattered. It is an error if even the smallest canvas takes more than the budget.
func (b Budget) NewCanvas(pix []byte, w, h int, scattered bool) (*Canvas, error) {
	c := &Canvas{width: w, height: h, factor: 1, scattered: scattered}
	c.fit()
	for (c.size() > b.Frame || c.need() > b.Share) && c.factor < maxFactor {
		c.factor++
		c.fit()
	}
	if n := c.need(); n > b.Total {
		return nil, b.Refuse(n, w, h, "")
	}
	if n := 3 * c.Width * c.Height; cap(pix) < n {
		c.Pix = make([]byte, n)
	} else {
		c.Pix = pix[:n]
		clear(c.Pix)
	}
	if c.factor > 1 {
		c.sums = make([]uint16, c.sumCount())
	}
	return c, nil
}

func (c *Canvas) fit() {
	c.Width, c.Height = (c.width+c.factor-1)/c.factor, (c.height+c.factor-1)/c.factor
}

func (c *Canvas) sumCount() int {
	switch {
	case c.factor == 1:
		return 0
	case c.scattered:
		return 3 * c.Width * c.Height
	}
	return 3 * c.Width
}

// size is the bytes of the canvas, need those that it takes until it is finished.
func (c *Canvas) size() int64 { return 3 * int64(c.Width) * int64(c.Height) }
func (c *Canvas) need() int64 { return c.size() + 2*int64(c.sumCount()) }

// Put puts pixels into row y, at the columns x, x+step and so on: R, G, B of each. Each pixel of the picture is put once.
// They must lie in it.
func (c *Canvas) Put(x, y, step int, rgb []byte) {
	if n := len(rgb) / 3; n > 0 && (x < 0 || y < 0 || y >= c.height || x+(n-1)*step >= c.width) {
		panic(fmt.Sprintf("raster: %d pixels at %d, %d of %dx%d", n, x, y, c.width, c.height))
	}
	if c.factor > 1 {
		c.add(x, y, step, rgb)
		return
	}
	to := c.Pix[3*(y*c.width+x):]
	if step == 1 {
		copy(to, rgb)
		return
	}
	for ; len(rgb) >= 3; rgb = rgb[3:] {
		to[0], to[1], to[2] = rgb[0], rgb[1], rgb[2]
		if len(rgb) > 3 {
			to = to[3*step:]
		}
	}
}

// add adds pixels to their squares.
func (c *Canvas) add(x, y, step int, rgb []byte) {
	row := y / c.factor
	sums := c.sums
	if c.scattered {
		sums = sums[3*row*c.Width:]
	} else if row != c.row || !c.begun {
		c.flush()
		c.row, c.begun = row, true
	}
	for ; len(rgb) >= 3; rgb = rgb[3:] {
		s := sums[x/c.factor*3:][:3]
		s[0] += uint16(rgb[0])
		s[1] += uint16(rgb[1])
		s[2] += uint16(rgb[2])
		x += step
	}
}

// flush makes pixels of the sums of the row at hand.
func (c *Canvas) flush() {
	if c.begun {
		c.means(c.row, c.sums)
		clear(c.sums)
	}
}

// means makes a row of pixels of their sums.
func (c *Canvas) means(row int, sums []uint16) {
	out := c.Pix[3*row*c.Width:]
	high := min(c.factor, c.height-row*c.factor)
	for x := range c.Width {
		count := uint(high * min(c.factor, c.width-x*c.factor))
		for i := 3 * x; i < 3*x+3; i++ {
			out[i] = byte((uint(sums[i]) + count/2) / count)
		}
	}
}

// Finish must be called when all pixels were put.
func (c *Canvas) Finish() {
	switch {
	case c.factor == 1:
	case c.scattered:
		for row := range c.Height {
			c.means(row, c.sums[3*row*c.Width:])
		}
	default:
		c.flush()
	}
	c.sums = nil
}
