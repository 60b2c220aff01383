package picturetest

import "math/bits"

// Blocks is a baseline JPEG of three or four components, whose blocks are each of one level. sampling is how many of them,
// across and down, a component has in a unit of the picture, ten in all at most; level says that of a component's block at a
// column and row, also where the picture has ended. transform is that of Adobe's segment, which tells the colours: 0 RGB or
// CMYK, 1 Y Cb Cr, 2 YCCK; below 0 there is none.
func Blocks(width, height int, sampling [][2]int, transform int, level func(component, x, y int) byte) []byte {
	b := []byte{0xFF, 0xD8}
	if transform >= 0 {
		b = append(append(b, "\xFF\xEE\x00\x0EAdobe\x00\x64\x00\x00\x00\x00"...), byte(transform))
	}
	b = append(b, 0xFF, 0xDB, 0, 67, 0)
	for range 64 {
		b = append(b, 8) // quantizers: a DC of 64 is 64 levels
	}
	n := byte(len(sampling))
	b = append(b, 0xFF, 0xC0, 0, 8+3*n, 8, byte(height>>8), byte(height), byte(width>>8), byte(width), n)
	maxX, maxY := 1, 1
	for i, s := range sampling {
		b = append(b, byte(i+1), byte(s[0]<<4|s[1]), 0)
		maxX, maxY = max(maxX, s[0]), max(maxY, s[1])
	}
	b = append(b, "\xFF\xC4\x00\x1D\x00\x00\x00\x00\x0A"...) // Huffman, DC: four bits for each of ten sizes
	b = append(b, "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09"...)
	b = append(b, "\xFF\xC4\x00\x14\x10\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"...) // AC: "0" ends a block
	b = append(b, 0xFF, 0xDA, 0, 6+2*n, n)
	for i := range sampling {
		b = append(b, byte(i+1), 0)
	}
	w := blockWriter{out: append(b, 0, 63, 0)}
	for y := range (height + 8*maxY - 1) / (8 * maxY) {
		for x := range (width + 8*maxX - 1) / (8 * maxX) {
			w.unit(sampling, func(component, dx, dy int) byte {
				return level(component, x*sampling[component][0]+dx, y*sampling[component][1]+dy)
			})
		}
	}
	w.bits(0x7F, 7) // padding
	return append(w.out, 0xFF, 0xD9)
}

// blockWriter writes the bits of a scan.
type blockWriter struct {
	out    []byte
	held   uint32 // bits that make no byte yet
	count  int
	before [4]int // DC of each component's last block
}

func (w *blockWriter) unit(sampling [][2]int, level func(component, dx, dy int) byte) {
	for i, s := range sampling {
		for dy := range s[1] {
			for dx := range s[0] {
				dc := int(level(i, dx, dy)) - 128
				w.block(dc - w.before[i])
				w.before[i] = dc
			}
		}
	}
}

// block writes a difference of DCs, and the end of the block.
func (w *blockWriter) block(diff int) {
	size := bits.Len(uint(max(diff, -diff)))
	if diff < 0 {
		diff += 1<<size - 1
	}
	w.bits(uint32(size), 4)
	w.bits(uint32(diff), size)
	w.bits(0, 1)
}

func (w *blockWriter) bits(v uint32, n int) {
	w.held, w.count = w.held<<n|v, w.count+n
	for ; w.count >= 8; w.count -= 8 {
		one := byte(w.held >> (w.count - 8))
		if w.out = append(w.out, one); one == 0xFF {
			w.out = append(w.out, 0)
		}
	}
}
