package inception

import "math/rand/v2"

// draw paints overlapping rectangles of all sizes, which have edges and plain areas at every scale as photographs do.
// Values are (q-128)/128 of a byte q, as the network's input reads them.
func draw(size int, seed uint64) *grid {
	g := &grid{size, size, 3, make([]float32, size*size*3)}
	random := rand.New(rand.NewPCG(seed, 0x91c7))
	side := size
	for range 150 {
		rectangle(g, random, side)
		side = max(side*31/32, 4)
	}
	for i, v := range g.v { // and the noise of a camera
		g.v[i] = max(-128, min(v+float32(random.IntN(17)-8), 127)) / 128
	}
	return g
}

// rectangle paints one of at most that side, anywhere in the picture.
func rectangle(g *grid, random *rand.Rand, side int) {
	h, w := 1+random.IntN(side), 1+random.IntN(side)
	y0, x0 := random.IntN(g.h+h)-h, random.IntN(g.w+w)-w
	var colour [3]float32
	for c := range colour {
		colour[c] = float32(random.IntN(256) - 128)
	}
	for y := max(y0, 0); y < min(y0+h, g.h); y++ {
		for x := max(x0, 0); x < min(x0+w, g.w); x++ {
			copy(g.v[(y*g.w+x)*3:], colour[:])
		}
	}
}
