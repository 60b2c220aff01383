package demo

// kind is what the scenes of one class have in common.
type kind struct {
	label             string
	shape             distance
	smallest, largest int // radius, percent of the frame's shorter side
	paint, away       shades
}

var (
	red    = shades{[3]uint8{190, 0, 0}, [3]uint8{255, 50, 50}}
	green  = shades{[3]uint8{0, 130, 0}, [3]uint8{70, 215, 80}}
	blue   = shades{[3]uint8{0, 30, 170}, [3]uint8{70, 100, 255}}
	yellow = shades{[3]uint8{225, 190, 0}, [3]uint8{255, 235, 70}}
	purple = shades{[3]uint8{115, 10, 150}, [3]uint8{165, 70, 215}}
	pink   = shades{[3]uint8{235, 95, 150}, [3]uint8{255, 145, 205}}
	white  = shades{[3]uint8{225, 225, 225}, [3]uint8{255, 255, 255}}
	black  = shades{[3]uint8{0, 0, 0}, [3]uint8{40, 40, 40}}
)

// catalogue holds the classes in the order of their numbers. Nothing changes it.
var catalogue = [...]kind{
	{"red circle", circle, 16, 40, red, red},
	{"pink heart", heart, 20, 44, pink, pink},
	{"blue square", square, 20, 46, blue, blue},
	{"blue ring", ring, 18, 42, blue, blue},
	{"green triangle", triangle, 22, 46, green, green},
	{"green cross", cross, 20, 44, green, green},
	{"yellow star", star, 22, 46, yellow, yellow},
	{"yellow moon", moon, 20, 42, yellow, yellow},
	{"purple diamond", diamond, 20, 46, purple, purple},
	{"white arrow", arrow, 22, 46, white, white},
	{"stripes", stripes, 30, 48, white, black},
	{"checkerboard", checkerboard, 30, 48, white, black},
}

const classes = len(catalogue)

// Labels returns the names of the classes, in the order of their numbers. The caller owns the slice.
func Labels() []string {
	labels := make([]string, classes)
	for i, k := range catalogue {
		labels[i] = k.label
	}
	return labels
}

// unit is the radius of the circle that every shape just fits in, in shape units.
const unit = 1 << 12

// distance tells how far the point (u, v) is from the outline of a shape that lies in the circle of radius unit around
// the origin, v pointing down: negative inside, exact near the outline, of the right sign everywhere. Both coordinates
// are in shape units, at most 2 units of radius. The second result is the same for the part of the shape that has the
// class's first colour, the rest having the other; it is far inside for a shape of one colour. A pattern has cells
// along its side.
type distance func(u, v, cells int32) (shape, first int32)

const farInside = -2 * unit

func circle(u, v, _ int32) (int32, int32) { return disc(u, v, unit), farInside }

func ring(u, v, _ int32) (int32, int32) {
	return max(disc(u, v, unit), -disc(u, v, 2500)), farInside
}

// moon is a disc without a smaller one to its right.
func moon(u, v, _ int32) (int32, int32) {
	return max(disc(u, v, unit), -disc(u-1900, v, 3300)), farInside
}

func square(u, v, _ int32) (int32, int32) { return box(u, v, 2896, 2896), farInside } // sin 45°

func cross(u, v, _ int32) (int32, int32) {
	const width, length = 1280, 3890
	return min(box(u, v, width, length), box(u, v, length, width)), farInside
}

// diamond is a rhombus 0.6 as wide as it is high.
func diamond(u, v, _ int32) (int32, int32) {
	return (3512*abs(u)+2107*abs(v))>>12 - 2107, farInside
}

func triangle(u, v, _ int32) (int32, int32) {
	return max(v, (3547*abs(u)-2048*v)>>12) - 2048, farInside // cos 30°, sin 30°
}

// star is a pentagram. Each of its five lines cuts one tip off, so the points inside are beyond one line at most:
// the second largest of the distances from the lines decides.
func star(u, v, _ int32) (int32, int32) {
	first, second := v, int32(-4*unit)
	for _, n := range [4][2]int32{{3896, 1266}, {-3896, 1266}, {2408, -3314}, {-2408, -3314}} { // sin and cos of 72° and 144°
		d := (n[0]*u + n[1]*v) >> 12
		first, second = max(first, d), max(second, min(first, d))
	}
	return second - 1266, farInside
}

// heart is a square on its corner, and on its upper sides two discs as wide as they are long.
func heart(u, v, _ int32) (int32, int32) {
	const half, middle = 2150, 1520 // of a side; from the square's centre to that of a side, along u and along v
	u, v = abs(u), v-300
	a, b := (u+v)*2896>>12, (u-v)*2896>>12
	return min(box(a, b, half, half), disc(u-middle, v+middle, half)), farInside
}

// arrow points up: a triangle on a shaft.
func arrow(u, v, _ int32) (int32, int32) {
	u = abs(u)
	head := max((3319*u-2400*v)>>12-2400, v+300)
	shaft := max(u-1050, v-3900, -v-1000)
	return min(head, shaft), farInside
}

func stripes(u, v, cells int32) (int32, int32) {
	return box(u, v, 2896, 2896), wave(u, cells)
}

func checkerboard(u, v, cells int32) (int32, int32) {
	a, b := wave(u, cells), wave(v, cells)
	return box(u, v, 2896, 2896), max(min(a, b), -max(a, b)) // negative where both are or neither is
}

// disc is the distance from a circle of radius r around the origin; near it, (d² - r²) / 2r is d - r.
func disc(u, v, r int32) int32 { return (u*u + v*v - r*r) / (2 * r) }

// box is the distance from a rectangle with the half sides a and b around the origin.
func box(u, v, a, b int32) int32 { return max(abs(u)-a, abs(v)-b) }

// wave is the distance from the nearest of the lines that cut a pattern's side into cells; its sign alternates.
func wave(u, cells int32) int32 {
	cell := 2 * 2896 / cells
	phase := (u + 8*cell) % (2 * cell) // 8 cells: an even number, and beyond the pattern's edge
	if phase < cell {
		return abs(phase-cell/2) - cell/2
	}
	return cell/2 - abs(phase-cell-cell/2)
}

func abs(v int32) int32 { return max(v, -v) }
