package kernel

import (
	"slices"
	"unsafe"
)

// Panel is the number of columns (output channels) that [Tiles] computes at once.
const Panel = 16

// SlackOffsets is how many elements of Tiles.Offsets follow the last pixel's; they are read, not used.
const SlackOffsets = 5

// SlackLines is how many elements of lines follow the last one's; they are read, not used.
const SlackLines = Panel

// Tiles is one block of a convolution, by 16-bit products: Count pixels times the Width columns of a panel.
//
// The input lies in lines, widened to 16 bits, with its border, so that each output pixel sees Segments pieces of
// 2*Pairs elements, Pitch bytes apart. An odd piece has a last weight of zero and reads one element beyond its end.
// The fields are read by assembly: their order is part of it.
type Tiles struct {
	Lines    *int16
	Offsets  *int // of each pixel's first element, in bytes; SlackOffsets more than Count
	Count    int  // pixels
	Panel    *int16
	Segments int
	Pairs    int // of elements of a segment
	Pitch    int // bytes from one segment to the next in the lines
	Block    *Block
	Dst      *uint8
	Stride   int // bytes from one pixel to the next in Dst
	Width    int // columns to be written, 1 to Panel
}

// Columns is the weights of a panel of up to 16 columns, as they lie in the model.
type Columns struct {
	Weights  []uint8 // from the first column on
	Pitch    int     // from one column to the next: Segments*Segment
	Segments int
	Segment  int // elements
	Width    int // columns, 1 to Panel
	Zero     int32
}

func (c *Columns) pairs() int { return (c.Segment + 1) / 2 }

// PanelSize is the number of elements of a widened panel: pairs of a segment's elements, each for 16 columns.
func PanelSize(segments, segment int) int { return segments * (segment + 1) / 2 * 2 * Panel }

// fill widens segment s from element from on, and makes zero what is no weight. dst is the segment's part of the panel.
func (c *Columns) fill(dst []int16, s, from int) {
	for k := from; k < 2*c.pairs(); k++ {
		for n := range Panel {
			x := int16(0)
			if n < c.Width && k < c.Segment {
				x = int16(int32(c.Weights[n*c.Pitch+s*c.Segment+k]) - c.Zero)
			}
			dst[(k/2*Panel+n)*2+k%2] = x
		}
	}
}

// Block is how 16 columns of sums become bytes, in the form that vector code wants. With s the sum, which begins at bias:
//
//	x = (s << left) * mult + add
//	y = int32(x >> shift) + offset
//
// where add holds both roundings of [Multiplier.HalfUp], and 2^63: it makes x positive, so that a logical shift will
// do, and offset takes it out again.
//
// If high is set, all multipliers have a Right of 1 or more, as nearly all layers do. Then shift is at least 32, and left
// is shift - 32: y = int32(x >> 32 >> left) + offset.
type Block struct {
	bias, left, offset [Panel]int32
	lanes              [2]lanes
	lo, hi             [Panel]uint8
	high               bool
	_                  [31]uint8
}

// BlockBytes and DepthBlockBytes are the sizes of a Block and a DepthBlock.
const (
	BlockBytes      = int64(unsafe.Sizeof(Block{}))
	DepthBlockBytes = int64(unsafe.Sizeof(DepthBlock{}))
)

// lanes is constants of 8 columns: of the even ones, which 64-bit arithmetic finds in place, and of the odd ones.
type lanes struct {
	even, odd struct {
		mult  [4]int64
		add   [4]uint64
		shift [4]uint64
	}
}

// NewBlocks prepares the n columns of a product as [NewGEMM] does, 16 in a block.
func NewBlocks(k, n int, weights []uint8, bias []int32, za, zw int32, out Output) []Block {
	blocks := make([]Block, (n+Panel-1)/Panel)
	for i := range n {
		b, at := &blocks[i/Panel], i%Panel
		b.bias[at] = bias[i] - za*(sum(weights[i*k:(i+1)*k])-int32(k)*zw)
		b.set(at, out.Mult[i], out.Zero)
	}
	for i := range blocks {
		b, mult := &blocks[i], out.Mult[i*Panel:min((i+1)*Panel, n)]
		b.high = !slices.ContainsFunc(mult, func(m Multiplier) bool { return m.Right&31 == 0 })
		for c := range Panel {
			b.lo[c], b.hi[c] = uint8(out.Lo), uint8(out.Hi)
			if b.high && c < len(mult) {
				b.left[c] = int32(mult[c].Right&31) - 1
			}
		}
	}
	return blocks
}

func (b *Block) set(at int, m Multiplier, zero int32) {
	shift := uint64(31 + m.Right&31)
	add := uint64(1)<<63 + 1<<30
	if m.Right > 0 {
		add += 1 << (shift - 1)
	}
	b.left[at] = int32(m.Left & 31)
	b.offset[at] = zero - int32(uint32(uint64(1)<<(63-shift)))
	half := &b.lanes[at/8].even
	if at%2 == 1 {
		half = &b.lanes[at/8].odd
	}
	i := at % 8 / 2
	half.mult[i], half.add[i], half.shift[i] = int64(m.M), add, shift
}
