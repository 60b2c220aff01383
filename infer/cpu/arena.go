package cpu

import (
	"cmp"
	"slices"
)

// block is memory that is in use from step first to step last, both included.
type block struct {
	size        int64
	first, last int
	offset      int64 // assigned by place
}

// alignment of blocks, in elements: a cache line of bytes, and what any vector load likes.
const alignment = 64

// place gives blocks that are in use at the same time separate offsets, and returns the size of the arena: greedy by
// size, from "Efficient Memory Management for Deep Neural Net Inference" (arXiv 2001.03288, section 5.2). The largest
// block comes first; each goes into the tightest gap between the blocks that are placed and live at the same time.
func place(blocks []*block) int64 {
	order := slices.Clone(blocks)
	slices.SortStableFunc(order, func(a, b *block) int { return cmp.Compare(b.size, a.size) })
	var placed []*block // by offset
	total := int64(0)
	for _, b := range order {
		b.offset = gap(placed, b)
		total = max(total, b.offset+b.size)
		at, _ := slices.BinarySearchFunc(placed, b, func(x, y *block) int { return cmp.Compare(x.offset, y.offset) })
		placed = slices.Insert(placed, at, b)
	}
	return total
}

// gap is the offset of the smallest gap that holds b, or of the end.
func gap(placed []*block, b *block) int64 {
	best, bestSize, end := int64(-1), int64(0), int64(0)
	for _, p := range placed {
		if p.last < b.first || b.last < p.first {
			continue
		}
		if room := p.offset - end; room >= b.size && (best < 0 || room < bestSize) {
			best, bestSize = end, room
		}
		end = max(end, align(p.offset+p.size))
	}
	if best < 0 {
		return end
	}
	return best
}

func align(n int64) int64 { return (n + alignment - 1) / alignment * alignment }
