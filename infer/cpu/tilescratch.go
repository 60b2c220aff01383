package cpu

import (
	"unsafe"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
)

// tilingScratch is a goroutine's working memory for tileConv.
type tilingScratch struct {
	args    kernel.Tiles
	rawSums kernel.RawSums
	band    bandRun // what lines and sums are of
	lines   []uint8 // of a band
	pixels  []int32 // sums of the channels of each pixel of the lines
	column  []int32 // sums of the pixels of a column of a window
	row     []int32 // and of a row of columns
	sums    []int32 // of what each output pixel of a band sees
	starts  []int32 // what they begin with
	zeros   []int32 // what they begin with if it is nothing
	raw     []int32 // sums of products
}

// tilingNeed is how much tilingScratch layers want, in elements of its fields.
type tilingNeed struct{ lines, pixels, column, sums, starts, raw int }

func (n *tilingNeed) grow(m tilingNeed) {
	n.lines, n.pixels = max(n.lines, m.lines), max(n.pixels, m.pixels)
	n.column, n.sums, n.starts, n.raw = max(n.column, m.column), max(n.sums, m.sums), max(n.starts, m.starts), max(n.raw, m.raw)
}

func (n *tilingNeed) bytes() int64 {
	return int64(n.lines) + 4*(int64(n.pixels)+2*int64(n.column)+int64(n.sums)+2*int64(n.starts)+int64(n.raw))
}

func newTilingScratch(n tilingNeed) tilingScratch {
	return tilingScratch{
		lines: aligned(n.lines), pixels: make([]int32, n.pixels), column: make([]int32, n.column),
		row:  make([]int32, n.column),
		sums: make([]int32, n.sums), starts: make([]int32, n.starts), zeros: make([]int32, n.starts), raw: make([]int32, n.raw),
	}
}

// aligned is n bytes that begin with a cache line, and are in huge pages if they fill two.
func aligned(n int) []uint8 {
	if n >= 2*hugePage {
		return inHugePages(n)
	}
	return startingAt(alignment, n)
}

// startingAt is n bytes whose address is divisible by a power of 2.
func startingAt(power, n int) []uint8 {
	b := make([]uint8, n+power)
	at := -int(uintptr(unsafe.Pointer(&b[0]))) & (power - 1)
	return b[at : at+n : at+n]
}
