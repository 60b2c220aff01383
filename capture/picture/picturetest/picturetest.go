// Package picturetest makes the JPEGs that tests need and no encoder at hand writes.
package picturetest

import (
	"bytes"
	"encoding/binary"
)

// EXIF is an APP1 segment that holds nothing but an orientation, 1 to 8. It belongs right after the two bytes that a
// JPEG starts with.
func EXIF(orientation uint16) []byte {
	body := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	body = binary.BigEndian.AppendUint16(body, orientation)
	body = append(body, make([]byte, 6)...)
	return append(binary.BigEndian.AppendUint16([]byte{0xFF, 0xE1}, uint16(len(body)+2)), body...)
}

// Progressive is a grey progressive JPEG, 16x8, whose one scan holds the mean of its two blocks, 192 and 128. Its EXIF
// orientation is 3, upside down.
func Progressive() []byte {
	return progressive(16, 8, []byte{0b10_100000, 0b0_10_01111, 0b11_111111, 0}) // +64, -64, padding, a stuffed 0
}

// Sized is such a picture of any size, with nothing but 128: a bit for each block.
func Sized(width, height int) []byte {
	blocks := (width + 7) / 8 * ((height + 7) / 8)
	return progressive(width, height, make([]byte, (blocks+7)/8))
}

func progressive(width, height int, scan []byte) []byte {
	b := []byte{0xFF, 0xD8}
	b = append(b, EXIF(3)...)
	b = append(b, 0xFF, 0xDB, 0, 67, 0) // quantizers, all 8: a DC of 64 is 64 levels
	b = append(b, bytes.Repeat([]byte{8}, 64)...)
	b = append(b, 0xFF, 0xC2, 0, 11, 8, byte(height>>8), byte(height), byte(width>>8), byte(width), 1, 1, 0x11, 0) // frame
	b = append(b, 0xFF, 0xC4, 0, 21, 0x00, 1, 1)                                                                   // Huffman: "0" is 0 bits, "10" is 7 bits
	b = append(b, append(make([]byte, 14), 0, 7)...)                                                               //
	b = append(b, 0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0)                                                              // scan: DC, all bits
	return append(append(b, scan...), 0xFF, 0xD9)
}
