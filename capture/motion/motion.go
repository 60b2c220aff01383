// Package motion tells motion from noise, flicker, and a change of light, by a coarse grid of brightness. It is pure: it looks
// at no picture and no clock.
//
// Each cell has a background, which follows what stays, and a deviation, which follows how much the cell changes anyway: leaves
// and screens are soon no motion any more. What changes everywhere at once is light; it moves the background along.
package motion

import (
	"errors"
	"slices"
	"time"
)

// The grid: cells over the part of the picture that is watched.
const (
	Width  = 64
	Height = 48
	Cells  = Width * Height
)

// Every is the least time from one look to the next; more looks are a waste.
const Every = 200 * time.Millisecond

// Options say what counts as motion.
type Options struct {
	Threshold int           // brightness of 255 by which a cell must change
	Area      float64       // share of the cells that are watched that must
	Frames    int           // looks in a row
	Light     float64       // a larger share is a change of light
	Learn     time.Duration // what stays so long is background; above 0
	Mask      [][]float64   // polygons (x1, y1, x2, y2, … in fractions of the part that is watched) that are not watched
}

// Verdict is what a look finds.
type Verdict struct {
	Motion bool    // something moves
	Light  bool    // the light has changed, and nobody knows what moves
	Area   float64 // share of the cells that changed, 0 to 1
}

const (
	one        = 1 << 8 // 1 in the fixed point of means
	deviation  = 2 * one
	deviations = 4    // a cell must change by so many of its deviations
	neighbours = 2    // of eight that must change with a cell
	maxShift   = 40   // of all cells at once, which is light
	quick      = 10   // cells that did not change learn so many times as fast
	lessons    = 1000 // in Options.Learn, at most: with more, steps would be too small for the fixed point
)

// Detector watches one scene. It is not for concurrent use.
type Detector struct {
	options Options
	watched []bool // by cell
	count   int    // of cells that are watched
	begun   bool
	inRow   int           // looks with enough change
	since   time.Duration // the last lesson

	background, deviation [Cells]int32 // in fixed point
	changed, kept         [Cells]bool
	sorted                []int32 // room for the median
}

// New makes a Detector that has seen nothing. The error says that nothing is left to be watched.
func New(o Options) (*Detector, error) {
	d := &Detector{options: o, watched: make([]bool, Cells), sorted: make([]int32, 0, Cells)}
	for i := range d.watched {
		x, y := (float64(i%Width)+0.5)/Width, (float64(i/Width)+0.5)/Height
		d.watched[i] = !slices.ContainsFunc(o.Mask, func(p []float64) bool { return inside(p, x, y) })
		if d.watched[i] {
			d.count++
		}
	}
	if d.count == 0 {
		return nil, errors.New("the mask covers everything: nothing is left where motion counts")
	}
	return d, nil
}

// inside tells whether a polygon goes around a point at all, also if twice: what the privacy mask (package picture) blackens.
func inside(polygon []float64, x, y float64) bool {
	turns := 0
	for i, j := 0, len(polygon)-2; i+1 < len(polygon); j, i = i, i+2 {
		xi, yi, xj, yj := polygon[i], polygon[i+1], polygon[j], polygon[j+1]
		if (yi > y) == (yj > y) || x >= (xj-xi)*(y-yi)/(yj-yi)+xi {
			continue // the side is not to the right of it
		}
		if yi > y {
			turns++
		} else {
			turns--
		}
	}
	return turns != 0
}

// Reset forgets the scene, as after the camera was away.
func (d *Detector) Reset() { d.begun, d.inRow, d.since = false, 0, 0 }

// Look takes the brightness of all cells, row by row, and the time since the look before. It keeps nothing of cells, and
// allocates nothing.
func (d *Detector) Look(cells *[Cells]uint8, since time.Duration) Verdict {
	if !d.begun {
		d.begin(cells)
		return Verdict{}
	}
	shift := d.shift(cells)
	d.compare(cells, shift)
	area := float64(d.keep()) / float64(d.count)
	if area >= d.options.Light || shift > maxShift*one || shift < -maxShift*one {
		d.follow(cells)
		return Verdict{Light: true, Area: area}
	}
	d.learn(cells, since)
	d.inRow++
	if area < d.options.Area || area == 0 {
		d.inRow = 0
	}
	return Verdict{Motion: d.inRow >= d.options.Frames && d.inRow > 0, Area: area}
}

func (d *Detector) begin(cells *[Cells]uint8) {
	d.begun, d.inRow = true, 0
	for i, x := range cells {
		d.background[i], d.deviation[i] = int32(x)*one, deviation
	}
}

// follow takes a scene in another light: the deviations stay.
func (d *Detector) follow(cells *[Cells]uint8) {
	d.inRow = 0
	for i, x := range cells {
		d.background[i] = int32(x) * one
	}
}

// shift is by how much the whole scene is brighter than the background: the median over the cells that are watched.
func (d *Detector) shift(cells *[Cells]uint8) int32 {
	d.sorted = d.sorted[:0]
	for i, x := range cells {
		if d.watched[i] {
			d.sorted = append(d.sorted, int32(x)*one-d.background[i])
		}
	}
	return median(d.sorted)
}

// compare finds the cells that differ from the background by more than they do anyway.
func (d *Detector) compare(cells *[Cells]uint8, shift int32) {
	threshold := int32(d.options.Threshold) * one
	for i, x := range cells {
		apart := abs(int32(x)*one - d.background[i] - shift)
		d.changed[i] = d.watched[i] && apart > max(threshold, deviations*d.deviation[i])
	}
}

// keep finds the changed cells with changed neighbours, and counts them.
func (d *Detector) keep() (count int) {
	for i := range d.changed {
		d.kept[i] = d.changed[i] && d.around(i) >= neighbours
		if d.kept[i] {
			count++
		}
	}
	return count
}

// around counts the changed neighbours of a cell.
func (d *Detector) around(i int) (count int) {
	x, y := i%Width, i/Width
	for ny := max(y-1, 0); ny <= min(y+1, Height-1); ny++ {
		for nx := max(x-1, 0); nx <= min(x+1, Width-1); nx++ {
			if n := ny*Width + nx; n != i && d.changed[n] {
				count++
			}
		}
	}
	return count
}

// learn moves background and deviation towards what is there: of a cell that changed slowly, so that what moves is no
// background, of others fast.
func (d *Detector) learn(cells *[Cells]uint8, since time.Duration) {
	if d.since += min(max(since, 0), d.options.Learn); d.since < d.options.Learn/lessons {
		return
	}
	slow := rate(d.since, d.options.Learn)
	d.since = 0
	fast := min(quick*slow, one*one/2)
	for i, x := range cells {
		r := fast
		if d.kept[i] {
			r = slow
		}
		e := int32(x)*one - d.background[i]
		d.background[i] += step(e, r)
		d.deviation[i] += step(abs(e)-d.deviation[i], r)
	}
}

// rate is the part of the way that a mean goes in a look, in 1/65536, at most half of it.
func rate(since, learn time.Duration) int64 {
	return int64(min(float64(since)/float64(learn), 0.5) * one * one)
}

// step is a part of the way, to the nearest.
func step(way int32, rate int64) int32 {
	return int32((int64(way)*rate + one*one/2) >> 16)
}

func abs(x int32) int32 {
	if x < 0 {
		return -x
	}
	return x
}

// median is the middle one of list, the lower one of two, and changes the order of list.
func median(list []int32) int32 {
	k, from, until := (len(list)-1)/2, 0, len(list)-1
	for from < until { // quickselect with Hoare's partition
		pivot := list[from+(until-from)/2]
		i, j := from, until
		for i <= j {
			for list[i] < pivot {
				i++
			}
			for pivot < list[j] {
				j--
			}
			if i <= j {
				list[i], list[j] = list[j], list[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case k <= j:
			until = j
		case k >= i:
			from = i
		default:
			return list[k]
		}
	}
	return list[k]
}
