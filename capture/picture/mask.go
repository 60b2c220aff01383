package picture

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/jpeg"
	"github.com/inceptiond/inceptiond/internal/order"
)

// Polygon is a part of the upright picture: x1, y1, x2, y2, … in fractions of its width and height.
type Polygon = []float64

// mask blackens parts of a camera's pictures, before anybody sees them. It may be used from several goroutines at once.
//
// It works in units, which are the least that a picture stores by itself: the pixels that share a sample of chroma, or those
// that a JPEG codes as one. A unit that a polygon as much as touches is black as a whole: what is under a mask has left no
// trace beside it.
type mask struct {
	polygons []Polygon // nothing is masked if there are none

	mu    sync.Mutex
	plans []maskPlan // of the few kinds of pictures that a camera sends, the latest last
}

// maskPlan is which units are black in pictures of a kind.
type maskPlan struct {
	maskKind
	rows [][]stretch // of units, by the row of units
}

// maskKind is what a plan depends on.
type maskKind struct {
	width, height int  // pixels, as stored
	unitX, unitY  int  // pixels of a unit
	beside        bool // those beside a unit that is touched are black too
	orientation   Orientation
}

// stretch is a row's units from one to another, without the last.
type stretch struct{ from, until int }

// maxPlans bounds how many plans are kept: a camera sends pictures of one kind, files are of any.
const maxPlans = 4

// validatePolygons says what is wrong with a mask.
func validatePolygons(list []Polygon) error {
	for i, p := range list {
		if len(p) < 6 || len(p)%2 != 0 {
			return fmt.Errorf("picture: polygon %d of the mask has %d numbers (want x1, y1, x2, y2, x3, y3, …)", i, len(p))
		}
		for _, x := range p {
			if !(x >= 0 && x <= 1) {
				return fmt.Errorf("picture: polygon %d of the mask: %v is out of range (want 0 to 1)", i, x)
			}
		}
	}
	return nil
}

// plan is that of a kind of pictures.
func (m *mask) plan(k maskKind) maskPlan {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := slices.IndexFunc(m.plans, func(p maskPlan) bool { return p.maskKind == k }); i >= 0 {
		return m.plans[i]
	}
	if len(m.plans) == maxPlans {
		m.plans = slices.Delete(m.plans, 0, 1)
	}
	p := maskPlan{k, k.rows(m.polygons)}
	m.plans = append(m.plans, p)
	return p
}

// paintRaw blackens an uncompressed frame that has passed Check.
func (m *mask) paintRaw(f *capture.Frame, o Orientation) error {
	if len(m.polygons) == 0 {
		return nil
	}
	planes, err := raw(f)
	if err != nil {
		return err
	}
	plan := m.plan(maskKind{width: planes.Width, height: planes.Height, unitX: planes.SubX, unitY: planes.SubY, orientation: o})
	plan.paint(&planes, 1)
	return nil
}

// paintJPEG blackens a decoded JPEG, the header of which is h.
func (m *mask) paintJPEG(p *Planes, h *jpeg.Header, reduction int) {
	if len(m.polygons) == 0 {
		return
	}
	const block, most = 8, 4 // pixels that a JPEG codes as one, a side, and of how many a sample may be one (ITU-T T.81, B.2.2)
	k := maskKind{h.Width, h.Height, block * h.SubX, block * h.SubY, false, p.Orientation}
	if h.Components > 3 || p.Colour == RGB || p.SubX != h.SubX || p.SubY != h.SubY {
		// Its samples were brought to the picture's size, by those beside them. Few cameras send that, so it may be black in
		// too wide a space.
		k.unitX, k.unitY, k.beside = block*most, block*most, true
	}
	plan := m.plan(k)
	plan.paint(p, reduction)
}

// paint blackens p, which is reduced.
func (m maskPlan) paint(p *Planes, reduction int) {
	for y, row := range m.rows {
		for _, s := range row {
			m.paintUnits(p, reduction, y, s)
		}
	}
}

// paintUnits blackens a stretch of a row of units.
func (m maskPlan) paintUnits(p *Planes, reduction, y int, s stretch) {
	black, bytes := byte(0), 1
	switch p.Colour {
	case YCCLimited:
		black = 16
	case RGB, BGR:
		bytes = 3
	}
	for i := range p.Plane {
		plane := &p.Plane[i]
		if plane.Pix == nil {
			return
		}
		subX, subY, value := reduction, reduction, black
		if i > 0 {
			subX, subY, value = reduction*p.SubX, reduction*p.SubY, 128
		}
		x0, x1 := s.from*m.unitX/subX, ceil(min(s.until*m.unitX, m.width), subX)
		for row := y * m.unitY / subY; row < ceil(min((y+1)*m.unitY, m.height), subY); row++ {
			plane.fill(row, x0, x1, bytes, value)
		}
	}
}

// ceil is a/b, rounded up.
func ceil(a, b int) int { return (a + b - 1) / b }

// fill sets the samples of columns x0 to x1 of row y, of n bytes each, to a value.
func (p *Plane) fill(y, x0, x1, n int, value byte) {
	if x0 >= x1 {
		return
	}
	row := p.Row(y, x0, x1, n)
	if p.Step == n {
		for i := range row {
			row[i] = value
		}
		return
	}
	for i := 0; i < len(row); i += p.Step {
		row[i] = value
	}
}

// rows are the units that polygons touch.
func (k maskKind) rows(polygons []Polygon) [][]stretch {
	rows := make([][]stretch, ceil(k.height, k.unitY))
	for _, p := range polygons {
		points := k.stored(p)
		for y := range rows {
			rows[y] = append(rows[y], k.touched(points, float64(y*k.unitY), float64((y+1)*k.unitY))...)
		}
	}
	if k.beside {
		rows = k.widened(rows)
	}
	for y := range rows {
		rows[y] = joined(rows[y])
	}
	return rows
}

// widened are units with all that are beside them.
func (k maskKind) widened(rows [][]stretch) [][]stretch {
	wide := make([][]stretch, len(rows))
	for y := range rows {
		for _, row := range rows[max(y-1, 0):min(y+2, len(rows))] {
			for _, s := range row {
				if s.from < s.until {
					wide[y] = append(wide[y], stretch{max(s.from-1, 0), min(s.until+1, ceil(k.width, k.unitX))})
				}
			}
		}
	}
	return wide
}

// point is a place in a stored picture, in pixels.
type point struct{ x, y float64 }

// stored are the corners of a polygon of the upright picture in the stored one.
func (k maskKind) stored(p Polygon) (points []point) {
	for i := 0; i+1 < len(p); i += 2 {
		u, v := p[i], p[i+1]
		if k.orientation.FlipX {
			u = 1 - u
		}
		if k.orientation.FlipY {
			v = 1 - v
		}
		if k.orientation.Transpose {
			u, v = v, u
		}
		points = append(points, point{u * float64(k.width), v * float64(k.height)})
	}
	return points
}

// touched are the units of the row between y0 and y1 that a polygon touches: those that a side runs through, and those inside.
// A place that it goes around at all is inside, also if twice.
func (k maskKind) touched(points []point, y0, y1 float64) (list []stretch) {
	middle := (y0 + y1) / 2
	var crossings []crossing
	for i, b := range points {
		a := points[(i+len(points)-1)%len(points)]
		if from, until, ok := run(a, b, y0, y1); ok {
			list = append(list, k.units(from, until))
		}
		if (a.y > middle) != (b.y > middle) {
			c := crossing{x: a.x + (b.x-a.x)*(middle-a.y)/(b.y-a.y), turn: 1}
			if a.y > b.y {
				c.turn = -1
			}
			crossings = append(crossings, c)
		}
	}
	order.Sort(crossings, func(a, b crossing) int {
		if a.x < b.x {
			return -1
		}
		return 1
	})
	turns := 0
	for i, c := range crossings {
		if turns != 0 {
			list = append(list, k.units(crossings[i-1].x, c.x))
		}
		turns += c.turn
	}
	return list
}

// crossing is where a side of a polygon crosses a line, and which way.
type crossing struct {
	x    float64
	turn int
}

// run is where the side from a to b is between y0 and y1.
func run(a, b point, y0, y1 float64) (from, until float64, ok bool) {
	if a.y > b.y {
		a, b = b, a
	}
	if b.y < y0 || a.y > y1 {
		return 0, 0, false
	}
	at := func(y float64) float64 {
		if a.y == b.y {
			return a.x
		}
		return a.x + (b.x-a.x)*(y-a.y)/(b.y-a.y)
	}
	xa, xb := a.x, b.x
	if a.y < y0 {
		xa = at(y0)
	}
	if b.y > y1 {
		xb = at(y1)
	}
	return min(xa, xb), max(xa, xb), true
}

// units are those from one place to another, with a hair to spare: places were computed.
func (k maskKind) units(from, until float64) stretch {
	const hair = 1e-6
	last := ceil(k.width, k.unitX)
	first := int(math.Floor((from - hair) / float64(k.unitX)))
	end := int(math.Floor((until+hair)/float64(k.unitX))) + 1
	return stretch{min(max(first, 0), last), min(max(end, 0), last)}
}

// joined is a list in order, without gaps of nothing or overlaps.
func joined(list []stretch) (out []stretch) {
	order.Sort(list, func(a, b stretch) int { return a.from - b.from })
	for _, s := range list {
		if n := len(out); n > 0 && s.from <= out[n-1].until {
			out[n-1].until = max(out[n-1].until, s.until)
			continue
		}
		if s.from < s.until {
			out = append(out, s)
		}
	}
	return out
}
