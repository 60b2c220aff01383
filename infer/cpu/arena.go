package cpu

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/order"
)

// placeValues gives every computed value that has memory of its own an offset in the arena, such that no two overlap that
// are in use at the same time. It returns the arena's size in bytes. It is an error if such a value is of a type that the
// engine does not hold.
//
// It needs lifetimes.
func placeValues(g *graph) (size int64, err error) {
	var usages []*usage
	of := map[*value]*usage{}
	for _, v := range g.values {
		if v.isConstant() || v.last < 0 {
			continue
		}
		if !held(v.Type) {
			return 0, fmt.Errorf("tensor %q is %v computed at run time: %w", v.Name, v.Type, model.ErrUnsupported)
		}
		of[v] = &usage{size: int64(v.Bytes()), first: v.first, last: v.last}
		usages = append(usages, of[v])
	}
	size = place(usages)
	for v, u := range of {
		v.offset = u.offset
	}
	return size, nil
}

// allocate gives memory to the values that placeValues has placed, in an arena of the size that it returned.
func allocate(g *graph, size int64) {
	arena := aligned(int(size) + kernel.Slack)
	for _, v := range g.values {
		if v.isConstant() || v.last < 0 {
			continue
		}
		from, to := v.offset, v.offset+int64(v.Bytes())
		v.memory = arena[from:to:to]
	}
}

// usage is memory that is in use from position first to position last, both included.
type usage struct {
	size        int64
	first, last int
	offset      int64 // assigned by place
}

// alignment of offsets, in bytes: a cache line, and what any vector load likes.
const alignment = 64

// place gives usages at the same time separate offsets, and returns the size of the arena: greedy by size, from "Efficient
// Memory Management for Deep Neural Net Inference" (arXiv 2001.03288, section 5.2). The largest comes first; each goes into
// the tightest gap between those that are placed and in use at the same time.
func place(usages []*usage) int64 {
	largest := slices.Clone(usages)
	order.Stable(largest, func(a, b *usage) int { return cmp.Compare(b.size, a.size) })
	var placed []*usage // by offset
	total := int64(0)
	for _, u := range largest {
		u.offset = gap(placed, u)
		total = max(total, u.offset+u.size)
		at, _ := slices.BinarySearchFunc(placed, u, func(x, y *usage) int { return cmp.Compare(x.offset, y.offset) })
		placed = slices.Insert(placed, at, u)
	}
	return total
}

// gap is the offset of the smallest gap that holds u, or of the end.
func gap(placed []*usage, u *usage) int64 {
	best, bestSize, end := int64(-1), int64(0), int64(0)
	for _, p := range placed {
		if p.last < u.first || u.last < p.first {
			continue
		}
		if room := p.offset - end; room >= u.size && (best < 0 || room < bestSize) {
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
