// Package explain says why a classifier answered as it did: how much each part of its input speaks for a class.
//
// An [Activation] reads that off the model's own feature map, which is an output more of the same run: it costs nearly
// nothing, and needs a model that ends in a pooling ([model.Model.Head]). [Occlude] asks any classifier again and again
// with parts of the picture hidden. Either gives a [Map].
package explain

import "math"

// Map is how much each cell of a model's input speaks for a class, in logits, row by row from the upper left; what speaks
// against it is below 0.
type Map struct {
	Width, Height int
	Cells         []float32
}

// resize makes m hold cells of a size, all 0.
func (m *Map) resize(width, height int) {
	m.Width, m.Height = width, height
	m.Cells = append(m.Cells[:0], make([]float32, width*height)...)
}

// At is m at a place in fractions of its width and height, bilinear between the middles of cells.
func (m *Map) At(x, y float64) float64 {
	fx := min(max(x*float64(m.Width)-0.5, 0), float64(m.Width-1))
	fy := min(max(y*float64(m.Height)-0.5, 0), float64(m.Height-1))
	x0, y0 := int(fx), int(fy)
	x1, y1 := min(x0+1, m.Width-1), min(y0+1, m.Height-1)
	fx, fy = fx-float64(x0), fy-float64(y0)
	cell := func(x, y int) float64 { return float64(m.Cells[y*m.Width+x]) }
	above := cell(x0, y0)*(1-fx) + cell(x1, y0)*fx
	below := cell(x0, y1)*(1-fx) + cell(x1, y1)*fx
	return above*(1-fy) + below*fy
}

// largest is the greatest value of m, at least 0.
func (m *Map) largest() (most float64) {
	for _, c := range m.Cells {
		most = math.Max(most, float64(c))
	}
	return most
}

// Where says in words which part of the picture speaks for the class: "mostly the lower left".
func (m *Map) Where() string {
	var columns, rows [3]float64       // thirds of what speaks for it
	floor, sum := 0.4*m.largest(), 0.0 // what is weaker is said to be nowhere
	const fine = 12                    // samples a third
	for y := range 3 * fine {
		for x := range 3 * fine {
			v := math.Max(0, m.At((float64(x)+0.5)/(3*fine), (float64(y)+0.5)/(3*fine))-floor)
			columns[x/fine] += v
			rows[y/fine] += v
			sum += v
		}
	}
	if sum == 0 {
		return "nothing in particular"
	}
	across, down := prevails(columns, sum), prevails(rows, sum)
	switch {
	case across < 0 && down < 0:
		return "all over the picture"
	case across < 0:
		return "mostly the " + [...]string{"upper part", "middle, from left to right", "lower part"}[down]
	case down < 0:
		return "mostly the " + [...]string{"left", "middle, from top to bottom", "right"}[across]
	case across == 1 && down == 1:
		return "mostly the middle"
	case down == 1:
		return "mostly the " + [...]string{"left", "", "right"}[across]
	}
	return "mostly the " + [...]string{"upper", "", "lower"}[down] + [...]string{" left", " middle", " right"}[across]
}

// prevails is which third has half of the sum or more; -1: none has.
func prevails(thirds [3]float64, sum float64) int {
	for i, v := range thirds {
		if v >= sum/2 {
			return i
		}
	}
	return -1
}
