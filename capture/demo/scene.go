package demo

import (
	"math/rand/v2"
	"slices"

	"github.com/inceptiond/inceptiond/capture"
)

// Draw draws a scene of a class, the index of its label in [Labels], into f: a picture of RGB24 whose sides are 32 to
// 4096 pixels. It sets f.Pix, which it grows if needed, f.Format and f.Name, the label. The scene is a function of the
// arguments and of what rng yields.
func Draw(rng *rand.Rand, class, width, height int, f *capture.Frame) {
	f.Format = capture.Packed(capture.RGB24, width, height)
	f.Name = catalogue[class].label
	f.Pix = slices.Grow(f.Pix[:0], width*height*3)[:width*height*3]

	o := newObject(rng, &catalogue[class], width, height)
	b := newBackground(rng, &o, width, height)
	var g grain
	g.fill(rng)
	for y := range height {
		row := f.Pix[y*width*3:][:width*3]
		b.row(row, y)
		o.row(row, y)
		g.row(row, rng)
	}
}

// object is a shape in its place. Shape units are fractions of the shape's radius in 12 bits, see shape.go.
type object struct {
	shape            distance
	x, y, radius     int   // of the circle around the shape, pixels
	ux, uy           int64 // shape units of u for each pixel to the right and down, 16 fraction bits
	cells            int32 // of a pattern, along its side
	paint, away, end rgb   // inside; of a pattern's other half; what paint turns into towards the shape's bottom
}

// newObject places a shape of the class k at random in the centred square of a width by height frame.
func newObject(rng *rand.Rand, k *kind, width, height int) object {
	side := min(width, height)
	o := object{shape: k.shape, radius: side * between(rng, k.smallest, k.largest) / 100}
	room := side/2 - o.radius - 1
	o.x = width/2 + between(rng, -room, room)
	o.y = height/2 + between(rng, -room, room)
	o.ux, o.uy = rotation(rng, o.radius)
	o.cells = int32(between(rng, 4, 7))
	o.paint, o.away = k.paint.pick(rng), k.away.pick(rng)
	o.end = o.paint.scaled(between(rng, 190, 256))
	return o
}

// rotation picks an angle and returns its cosine and sine in shape units (4096 to a radius) with 16 fraction bits for
// each pixel. For t from 0 to tan(45°) the points (1-t², 2t) / (1+t²) lie on the circle between 0° and 90°, and four
// turns by a right angle give the rest: no sine that might differ between machines.
func rotation(rng *rand.Rand, radius int) (cos, sin int64) {
	const one = 1 << 12
	t := int64(between(rng, 0, one))
	pixel := int64(unit) << 16 / int64(radius)
	cos = pixel * (one*one - t*t) / (one*one + t*t)
	sin = pixel * 2 * t * one / (one*one + t*t)
	for range between(rng, 0, 3) {
		cos, sin = -sin, cos
	}
	return cos, sin
}

// row draws the part of the object that lies in row y of the frame.
func (o *object) row(row []byte, y int) {
	dy := int64(y - o.y)
	if dy < -int64(o.radius)-1 || dy > int64(o.radius)+1 {
		return
	}
	first := max(o.x-o.radius-1, 0)
	last := min(o.x+o.radius+1, len(row)/3-1)
	dx := int64(first - o.x)
	u, v := dx*o.ux+dy*o.uy, dy*o.ux-dx*o.uy
	for x := first; x <= last; x++ {
		outline, front := o.shape(int32(u>>16), int32(v>>16), o.cells)
		if cover := o.coverage(outline); cover > 0 {
			c := o.paint.mix(o.end, clamp(128+int32(v>>21), 0, 256))
			c = o.away.mix(c, o.coverage(front))
			p := row[3*x:][:3]
			blend(p, c, cover)
		}
		u += o.ux
		v -= o.uy
	}
}

// coverage turns a distance from an edge, in shape units and negative inside, into how much of a pixel is inside: 0 to 256.
func (o *object) coverage(d int32) int32 {
	return clamp(128-d*int32(o.radius)>>4, 0, 256)
}

// background is two colours and how they mix.
type background struct {
	palette [257][3]byte // the mixtures, from one colour to the other
	texture bool
	x, y    int64 // mixture for each pixel to the right and down, 16 fraction bits; of a texture: its cells
	base    int64 // mixture of the first pixel, 16 fraction bits
	lattice [16][16]uint8
}

// newBackground picks a plain, graded or textured background that the object o stands out from.
func newBackground(rng *rand.Rand, o *object, width, height int) background {
	var b background
	from := backdrop(rng, o)
	to := from
	switch between(rng, 0, 2) {
	case 1: // graded along a random direction, over the whole frame
		to = backdrop(rng, o)
		gx, gy := int64(between(rng, -100, 100)), int64(between(rng, -100, 100))
		span := max(gx, -gx) + max(gy, -gy) + 1
		b.x, b.y = gx<<24/(span*int64(width)), gy<<24/(span*int64(height))
		b.base = 128<<16 - (b.x*int64(width)+b.y*int64(height))/2
	case 2: // soft blotches of a few to a dozen cells across
		b.texture = true
		to = backdrop(rng, o)
		to = from.mix(to, int32(between(rng, 60, 200)))
		b.x = int64(between(rng, 3, 14)) << 16 / int64(min(width, height))
		b.y = b.x
		for i := range b.lattice {
			for j := range b.lattice[i] {
				b.lattice[i][j] = uint8(between(rng, 0, 255))
			}
		}
	}
	for i := range b.palette {
		c := from.mix(to, int32(i))
		b.palette[i] = [3]byte{byte(c[0]), byte(c[1]), byte(c[2])}
	}
	return b
}

// backdrop picks a rather grey colour that differs from those of the object.
func backdrop(rng *rand.Rand, o *object) rgb {
	const enough = 170 // sum over the channels
	for {
		grey := int32(between(rng, 20, 235))
		var c rgb
		for i := range c {
			c[i] = clamp(grey+int32(between(rng, -22, 22)), 0, 255)
		}
		if c.far(o.paint, enough) && c.far(o.end, enough) {
			return c
		}
	}
}

// row draws row y of the frame.
func (b *background) row(row []byte, y int) {
	mix := b.base + int64(y)*b.y
	for x := range len(row) / 3 {
		m := int32(mix >> 16)
		if b.texture {
			m = b.blotch(int64(x)*b.x, int64(y)*b.y)
		}
		c := &b.palette[clamp(m, 0, 256)]
		p := row[3*x:][:3]
		p[0], p[1], p[2] = c[0], c[1], c[2]
		mix += b.x
	}
}

// blotch interpolates the lattice at (x, y), in cells with 16 fraction bits.
func (b *background) blotch(x, y int64) int32 {
	i, j := y>>16&15, x>>16&15
	fx, fy := int32(x>>8&255), int32(y>>8&255)
	top := int32(b.lattice[i][j])*(256-fx) + int32(b.lattice[i][(j+1)&15])*fx
	low := int32(b.lattice[(i+1)&15][j])*(256-fx) + int32(b.lattice[(i+1)&15][(j+1)&15])*fx
	return (top*(256-fy) + low*fy) >> 16
}

// grain is noise that is laid over each row from another place of it.
type grain [1 << 13]int8

// fill picks noise of a random strength, at most 12 levels either way.
func (g *grain) fill(rng *rand.Rand) {
	strength := int32(between(rng, 0, 24))
	for i := 0; i < len(g); i += 8 {
		bits := rng.Uint64()
		for j := range 8 {
			g[i+j] = int8((int32(bits>>(8*j)&255) - 128) * strength >> 8)
		}
	}
}

// row adds noise to a row of the frame.
func (g *grain) row(row []byte, rng *rand.Rand) {
	at := int(rng.Uint32() % uint32(len(g)))
	for i, v := range row {
		row[i] = byte(clamp(int32(v)+int32(g[(at+i)%len(g)]), 0, 255))
	}
}

// between picks a whole number from low to high, both included. Unlike rng.IntN it draws the same number on machines
// of 32 and of 64 bits.
func between(rng *rand.Rand, low, high int) int {
	return low + int(uint64(rng.Uint32())*uint64(high-low+1)>>32)
}
