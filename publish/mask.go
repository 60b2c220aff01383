package publish

import "image/color"

// Mask is which class is where in a frame, for those who watch its camera. It is no message.
type Mask struct {
	Width, Height int
	Stride        int        // from the beginning of a row in Classes to that of the next
	Classes       []uint8    // by their numbers as Segment.Index has them, row by row from the upper left; 255: none
	Box           [4]float64 // the part of the upright frame that all of it shows
}

// ClassColour is that of a class in a SegmentMap: the one that it has in the masks of Pascal VOC, by which tools and people know
// classes. The bits of its number give, three by three, the bits of red, green and blue, from the highest on (VOC2012 development
// kit, VOClabelcolormap).
func ClassColour(class uint8) color.RGBA {
	var c [3]uint8
	for bits, shift := class, 7; bits > 0; bits, shift = bits>>3, shift-1 {
		for channel := range c {
			c[channel] |= bits >> channel & 1 << shift
		}
	}
	return color.RGBA{c[0], c[1], c[2], 255}
}
