package still

import (
	"errors"
	"fmt"
)

// Escapes of run lengths: what a second byte means after a first one of 0. Others are how many pixels follow as they are.
const (
	endOfRow    = 0
	endOfBitmap = 1
	delta       = 2
)

var errRunsCut = errors.New("cut short: not all rows are there")

// runs decodes run lengths. Pixels that are skipped have the first colour of the palette; those beyond the end of a row
// are dropped.
func (d *bmpDecoder) runs() error {
	r := &bmpRuns{bmpDecoder: d}
	r.clear()
	for r.y < d.height {
		if len(d.pixels) < 2 {
			if r.y == d.height-1 && r.x >= d.width { // only the end is missing
				break
			}
			return errRunsCut
		}
		count, value := int(d.pixels[0]), d.pixels[1]
		var err error
		switch {
		case count > 0:
			err = r.repeat(count)
		case value == endOfBitmap:
			r.skipTo(0, d.height)
			return nil
		case value == endOfRow:
			d.pixels = d.pixels[2:]
			r.skipTo(0, r.y+1)
		case value == delta:
			err = r.delta()
		default:
			err = r.absolute(int(value))
		}
		if err != nil {
			return err
		}
	}
	r.skipTo(0, d.height)
	return nil
}

// bmpRuns is where the next pixel of run lengths goes.
type bmpRuns struct {
	*bmpDecoder
	x, y int
}

// clear makes the row at hand one of skipped pixels.
func (r *bmpRuns) clear() {
	for x := range r.width {
		r.set(x, 0)
	}
}

// skipTo moves to a pixel of this row or a later one, and shows the rows that are done.
func (r *bmpRuns) skipTo(x, y int) {
	for ; r.y < min(y, r.height); r.y++ {
		r.put(r.y)
		r.clear()
	}
	r.x = x
}

func (r *bmpRuns) delta() error {
	if len(r.pixels) < 4 {
		return errRunsCut
	}
	x, y := r.x+int(r.pixels[2]), r.y+int(r.pixels[3])
	r.pixels = r.pixels[4:]
	r.skipTo(x, y)
	return nil
}

// repeat draws the same pixel count times, or with 4 bits two in turn.
func (r *bmpRuns) repeat(count int) error {
	size := 2
	if r.compression == rle24 {
		size = 4
	}
	if len(r.pixels) < size {
		return errRunsCut
	}
	value := r.pixels[1:size]
	r.pixels = r.pixels[size:]
	for i := range count {
		switch r.compression {
		case bmpRLE4:
			r.draw(value[0] >> (4 - i%2*4) & 15)
		case bmpRLE8:
			r.draw(value[0])
		default:
			r.drawColour(value)
		}
	}
	return nil
}

// absolute draws count pixels one by one. They fill up whole words.
func (r *bmpRuns) absolute(count int) error {
	n := (count*r.depth + 7) / 8
	r.pixels = r.pixels[2:]
	if len(r.pixels) < n {
		return fmt.Errorf("cut short: %d pixels in %d bytes", count, len(r.pixels))
	}
	for i := range count {
		switch r.compression {
		case bmpRLE4:
			r.draw(r.pixels[i/2] >> (4 - i%2*4) & 15)
		case bmpRLE8:
			r.draw(r.pixels[i])
		default:
			r.drawColour(r.pixels[3*i : 3*i+3])
		}
	}
	r.pixels = r.pixels[min(n+n%2, len(r.pixels)):]
	return nil
}

func (r *bmpRuns) draw(index byte) {
	if r.x < r.width {
		r.set(r.x, index)
	}
	r.x++
}

func (r *bmpRuns) drawColour(bgr []byte) {
	if r.x < r.width {
		r.rgb[3*r.x], r.rgb[3*r.x+1], r.rgb[3*r.x+2] = bgr[2], bgr[1], bgr[0]
	}
	r.x++
}
