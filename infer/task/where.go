package task

import "slices"

// Box is a part of a picture: x, y, width and height in fractions of it, from the upper left.
type Box struct{ X, Y, Width, Height float64 }

// Words say for people where the middle of b is: "upper left", "middle", "right".
func (b Box) Words() string {
	third := func(middle float64) int { return min(max(int(middle*3), 0), 2) }
	return [3][3]string{
		{"upper left", "upper middle", "upper right"},
		{"left", "middle", "right"},
		{"lower left", "lower middle", "lower right"},
	}[third(b.Y+b.Height/2)][third(b.X+b.Width/2)]
}

// Cells has a number for each cell of a picture, row by row from the upper left.
type Cells struct {
	Width, Height int
	Cells         []float32
}

// resize makes room for cells of a size.
func (c *Cells) resize(width, height int) {
	c.Width, c.Height = width, height
	c.Cells = sized(c.Cells, width*height)
}

// sized is list with n elements, whatever they are, in its own memory if that has room for them.
func sized[T any](list []T, n int) []T { return slices.Grow(list[:0], n)[:n] }

// reach is which share of the most different place's distance a place beside it has to have to belong to the same thing.
const reach = 0.5

// around is the box around the place at, the most different one, and all that hangs together with it and is nearly as different.
func (s *Scene) around(d *Cells, at int) Box {
	low := float32(reach) * d.Cells[at]
	left, right, top, bottom := d.Width, -1, d.Height, -1
	clear(s.seen)
	s.stack = append(s.stack[:0], at)
	s.seen[at] = true
	for len(s.stack) > 0 {
		i := s.stack[len(s.stack)-1]
		s.stack = s.stack[:len(s.stack)-1]
		x, y := i%d.Width, i/d.Width
		left, right, top, bottom = min(left, x), max(right, x), min(top, y), max(bottom, y)
		for row := max(y-1, 0); row < min(y+2, d.Height); row++ {
			for column := max(x-1, 0); column < min(x+2, d.Width); column++ {
				if j := row*d.Width + column; !s.seen[j] && d.Cells[j] > low {
					s.seen[j] = true
					s.stack = append(s.stack, j)
				}
			}
		}
	}
	w, h := float64(d.Width), float64(d.Height)
	return Box{float64(left) / w, float64(top) / h, float64(right+1-left) / w, float64(bottom+1-top) / h}
}
