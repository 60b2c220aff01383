package still

import (
	"encoding/binary"
	"fmt"
)

// unfilter makes the bytes of row from the differences in it, where before is the row before and apart the distance to
// the pixel on the left (9.2 of the specification).
func unfilter(filter byte, row, before []byte, apart int) error {
	switch filter {
	case 0:
	case 1:
		for i := apart; i < len(row); i++ {
			row[i] += row[i-apart]
		}
	case 2:
		for i, up := range before {
			row[i] += up
		}
	case 3:
		for i := range apart {
			row[i] += before[i] / 2
		}
		for i := apart; i < len(row); i++ {
			row[i] += byte((int(row[i-apart]) + int(before[i])) / 2)
		}
	case 4:
		for i := range apart {
			row[i] += before[i]
		}
		for i := apart; i < len(row); i++ {
			row[i] += paeth(int(row[i-apart]), int(before[i]), int(before[i-apart]))
		}
	default:
		return fmt.Errorf("filter %d", filter)
	}
	return nil
}

// paeth is the one of left, up and corner that is nearest to left + up - corner.
func paeth(left, up, corner int) byte {
	toLeft, toUp := up-corner, left-corner
	toCorner := toLeft + toUp
	toLeft, toUp, toCorner = max(toLeft, -toLeft), max(toUp, -toUp), max(toCorner, -toCorner)
	switch {
	case toLeft <= toUp && toLeft <= toCorner:
		return byte(left)
	case toUp <= toCorner:
		return byte(up)
	}
	return byte(corner)
}

// convert makes colours of a row of samples.
func (d *pngDecoder) convert(rgb, row []byte) {
	switch {
	case d.depth < 8 || d.colour == pngPalette:
		d.convertSmall(rgb, row)
	case d.colour == pngRGB && d.depth == 8 && d.transparent == nil:
		copy(rgb, row)
	default:
		d.convertLarge(rgb, row)
	}
}

// convertSmall is convert for grey of less than 8 bits, and palettes.
func (d *pngDecoder) convertSmall(rgb, row []byte) {
	depth := int(d.depth)
	most := byte(1<<depth - 1)
	for i := range len(rgb) / 3 {
		at := i * depth
		v := row[at/8] >> (8 - depth - at%8) & most
		out := rgb[3*i : 3*i+3]
		if d.colour == pngPalette {
			c := &d.palette[v]
			out[0], out[1], out[2] = over(c[0], c[3]), over(c[1], c[3]), over(c[2], c[3])
			continue
		}
		grey := v * (255 / most)
		if d.transparent != nil && d.transparent[0] == 0 && d.transparent[1] == v {
			grey = 255
		}
		out[0], out[1], out[2] = grey, grey, grey
	}
}

// convertLarge is convert for samples of 8 and 16 bits.
func (d *pngDecoder) convertLarge(rgb, row []byte) {
	size := int(d.depth) / 8
	channels := d.channels()
	colours := channels - 1 + channels%2 // 1 or 3
	for i := range len(rgb) / 3 {
		s := row[i*channels*size:][:channels*size]
		out := rgb[3*i : 3*i+3]
		for c := range out {
			at := c % colours * size
			switch {
			case channels%2 == 1:
				out[c] = s[at]
			case size == 1:
				out[c] = over(s[at], s[channels-1])
			default:
				out[c] = over16(binary.BigEndian.Uint16(s[at:]), binary.BigEndian.Uint16(s[2*channels-2:]))
			}
		}
		if d.transparent != nil && d.isTransparent(s, size) {
			out[0], out[1], out[2] = 255, 255, 255
		}
	}
}

// isTransparent tells whether a pixel has the colour that is transparent.
func (d *pngDecoder) isTransparent(s []byte, size int) bool {
	for c := range len(d.transparent) / 2 {
		want := binary.BigEndian.Uint16(d.transparent[2*c:])
		got := uint16(s[c*size])
		if size == 2 {
			got = binary.BigEndian.Uint16(s[c*2:])
		}
		if got != want {
			return false
		}
	}
	return true
}

// over is a level over white.
func over(v, alpha byte) byte {
	a := uint32(alpha)
	return byte((uint32(v)*a + 255*(255-a) + 127) / 255)
}

// over16 is the same for samples of 16 bits.
func over16(v, alpha uint16) byte {
	a := uint64(alpha)
	return byte((uint64(v)*a + 65535*(65535-a) + 32767) / 65535 >> 8)
}
