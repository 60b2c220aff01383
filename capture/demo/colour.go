package demo

import "math/rand/v2"

// rgb is a colour: red, green and blue, 0 to 255.
type rgb [3]int32

// mix is c for part 0, d for part 256, and a blend between.
func (c rgb) mix(d rgb, part int32) rgb {
	return rgb{
		c[0] + (d[0]-c[0])*part>>8,
		c[1] + (d[1]-c[1])*part>>8,
		c[2] + (d[2]-c[2])*part>>8,
	}
}

// scaled is c made darker to part of 256.
func (c rgb) scaled(part int) rgb { return rgb{}.mix(c, int32(part)) }

// far tells whether the differences between the channels of c and d add up to at least enough.
func (c rgb) far(d rgb, enough int32) bool {
	var sum int32
	for i := range c {
		sum += max(c[i]-d[i], d[i]-c[i])
	}
	return sum >= enough
}

// blend mixes part of 256 of c into the pixel p.
func blend(p []byte, c rgb, part int32) {
	for i := range c {
		p[i] = byte(int32(p[i]) + (c[i]-int32(p[i]))*part>>8)
	}
}

// shades is the range that the colours of a name lie in.
type shades struct{ low, high [3]uint8 }

// pick is a random colour of the range.
func (s shades) pick(rng *rand.Rand) rgb {
	var c rgb
	for i := range c {
		c[i] = int32(between(rng, int(s.low[i]), int(s.high[i])))
	}
	return c
}

func clamp(v, low, high int32) int32 { return min(max(v, low), high) }
