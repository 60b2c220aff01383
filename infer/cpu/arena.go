package cpu

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/order"
)

// placeValues gives every computed value that has memory of its own an offset in one of two arenas, of bytes and of floats,
// such that no two overlap that are in use at the same time. It returns the arenas' sizes in elements. It is an error if
// such a value is neither 8-bit nor float32.
//
// It needs lifetimes.
func placeValues(g *graph) (size8, size32 int64, err error) {
	var u8, f32 []*usage
	usages := map[*value]*usage{}
	for _, v := range g.values {
		if v.isConstant() || v.last < 0 {
			continue
		}
		u := &usage{size: int64(v.Elements()), first: v.first, last: v.last}
		usages[v] = u
		switch {
		case v.is8bit():
			u8 = append(u8, u)
		case v.Type == model.Float32:
			f32 = append(f32, u)
		default:
			return 0, 0, fmt.Errorf("tensor %q is %v computed at run time (want uint8, int8 or float32): %w", v.Name, v.Type, model.ErrUnsupported)
		}
	}
	size8, size32 = place(u8), place(f32)
	for v, u := range usages {
		v.offset = u.offset
	}
	return size8, size32, nil
}

// allocate gives memory to the values that placeValues has placed, in arenas of the sizes that it returned.
func allocate(g *graph, size8, size32 int64) {
	arena8, arena32 := aligned(int(size8)+kernel.Slack), make([]float32, size32)
	for _, v := range g.values {
		from, to := v.offset, v.offset+int64(v.Elements())
		switch {
		case v.isConstant() || v.last < 0:
		case v.is8bit():
			v.u8 = arena8[from:to:to]
		default:
			v.f32 = arena32[from:to:to]
		}
	}
}

// usage is memory that is in use from position first to position last, both included.
type usage struct {
	size        int64
	first, last int
	offset      int64 // assigned by place
}

// alignment of offsets, in elements: a cache line of bytes, and what any vector load likes.
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
