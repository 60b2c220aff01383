package kernel

import "encoding/binary"

// Numbers of 16 bits in the 4 lanes of a word of 64: 1 in each, and the highest bit of each, which a subtraction from a lane
// of 15 bits takes away if it goes below zero.
const (
	lanes   = 0x0001_0001_0001_0001
	borrows = 0x8000 * lanes
)

// SumBytes is the sum of all bytes, each changed by an exclusive or with flip.
func SumBytes(x []uint8, flip uint8) int32 {
	const most = 1 << 7 // words of which each lane takes two bytes: 2 * 128 * 255 fits 16 bits
	sum, flips := int32(0), uint64(flip)*(lanes|lanes<<8)
	for len(x) >= 8 {
		n, acc := min(len(x)/8, most), uint64(0)
		for i := range n {
			w := binary.LittleEndian.Uint64(x[8*i:]) ^ flips
			acc += w&(0xFF*lanes) + w>>8&(0xFF*lanes)
		}
		for ; acc != 0; acc >>= 16 {
			sum += int32(acc & 0xFFFF)
		}
		x = x[8*n:]
	}
	for _, b := range x {
		sum += int32(b ^ flip)
	}
	return sum
}
