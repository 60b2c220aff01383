package explain

import (
	"image"
	"image/color"
	"math"
)

// Overlay lays m over a model's input, RGB with 3 bytes a pixel, in the same form: what speaks for the class is bright and
// warm, all else is dark.
func (m *Map) Overlay(rgb []byte, width, height int) []byte {
	out, most := make([]byte, 3*width*height), m.largest()
	for i := range width * height {
		heat := m.heat((float64(i%width)+0.5)/float64(width), (float64(i/width)+0.5)/float64(height), most)
		c := rgba(warm([3]float64{float64(rgb[3*i]), float64(rgb[3*i+1]), float64(rgb[3*i+2])}, heat))
		out[3*i], out[3*i+1], out[3*i+2] = c.R, c.G, c.B
	}
	return out
}

// heat is how much a place speaks for the class, from 0 to 1, where most does most.
func (m *Map) heat(x, y, most float64) float64 {
	if most <= 0 {
		return 0
	}
	return math.Max(0, m.At(x, y)) / most
}

// Picture draws a model's input, RGB with 3 bytes a pixel, and beside it the same with m laid over it: what speaks for the
// class is bright and warm, all else is dark. Either is enlarged by a whole number until it has side pixels or more.
func (m *Map) Picture(rgb []byte, width, height, side int) *image.RGBA {
	scale := max(1, (side+max(width, height)-1)/max(width, height))
	w, h := width*scale, height*scale
	const gap = 8
	dst := image.NewRGBA(image.Rect(0, 0, 2*w+gap, h))
	most := m.largest()
	for y := range h {
		for x := range w {
			i := 3 * (y/scale*width + x/scale)
			c := [3]float64{float64(rgb[i]), float64(rgb[i+1]), float64(rgb[i+2])}
			dst.SetRGBA(x, y, rgba(c))
			heat := m.heat((float64(x)+0.5)/float64(w), (float64(y)+0.5)/float64(h), most)
			dst.SetRGBA(w+gap+x, y, rgba(warm(c, heat)))
		}
		for x := range gap {
			dst.SetRGBA(w+x, y, color.RGBA{255, 255, 255, 255})
		}
	}
	return dst
}

// warm is a colour where heat of 0 to 1 speaks for the class: in the dark without any, as it is with half, then towards
// yellow.
func warm(c [3]float64, heat float64) [3]float64 {
	light := 0.3 + 0.7*math.Min(1, 2*heat)
	tint := 0.55 * math.Max(0, heat-0.25) / 0.75
	over := [3]float64{255, 90 + 130*heat, 0}
	for i := range c {
		c[i] = c[i]*light*(1-tint) + over[i]*tint
	}
	return c
}

func rgba(c [3]float64) color.RGBA {
	b := func(v float64) uint8 { return uint8(math.Min(255, math.Max(0, math.Round(v)))) }
	return color.RGBA{b(c[0]), b(c[1]), b(c[2]), 255}
}
