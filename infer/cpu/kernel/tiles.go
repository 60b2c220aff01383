package kernel

import (
	"bytes"
	"slices"
	"sort"
	"unsafe"
)

//go:generate go run ../../../internal/gen/kernels -o tiles_avx2_amd64.s
//go:generate go run ../../../internal/gen/kernels -o tiles_avxvnni_amd64.s
//go:generate go run ../../../internal/gen/kernels -o vnni_amd64.s
//go:generate go run ../../../internal/gen/kernels -o tiles_sse41_amd64.s
//go:generate go run ../../../internal/gen/kernels -o neon_arm64.s
//go:generate go run ../../../internal/gen/kernels -o neondot_arm64.s
//go:generate go run ../../../internal/gen/kernels -o neoni8mm_arm64.s
//go:generate go run ../../../internal/gen/kernels -o neon_arm.s

// Tiling is how a [Set] multiplies the pixels of a convolution by its weights: in tiles of some pixels by a panel of
// columns (output channels), reading from lines, the rows of the input with their border.
type Tiling struct {
	Group   int  // pixels of one of the two groups that make a tile, at most
	Panel   int  // columns of a panel, 16 or 32
	Element int  // bytes of an element of lines: 1 or 2
	Signed  bool // elements of lines are bytes less 128
	Step    int  // elements that are multiplied at once; a segment's last step may reach beyond it
	Pairs   bool // products of two steps are added in 16 bits, see Columns.Apart
	Sums    bool // weights lie in panels as 8 bits, less 128 where their own zero point leaves more: then pixels begin with Starts
	Maps    bool // Run heeds Tiles.Table
	Bare    bool // Run takes nil for Tiles.Starts that are 0
	Quick   bool // Run takes blocks with Quicks, if those of all vectors have them

	// Products is about how many a call of Run may make, so that it takes 20 to 150 µs: nothing can interrupt it.
	Products int

	Line func(dst, src []uint8)                          // makes elements of bytes
	Pack func(panel []uint8, c Columns)                  // arranges columns of weights, see [Packer]
	List func(p *listPacker, c *Columns) (panel []uint8) // does it instead where a panel is a list of steps, some of which have words
	Run  func(*Tiles)                                    // computes a block

	// If Sums is set: SumPixels makes each element of dst the sum of as many elements of src, AddInts adds src to dst.
	SumPixels func(dst []int32, src []uint8, channels int)
	AddInts   func(dst, src []int32)
}

// Slack is how many bytes behind the last element of lines may be read; they are not used.
const Slack = 64

// Panel is the number of columns (output channels) that constants are arranged for: those of a vector of sums.
const Panel = 16

// SlackLines is how many elements of a depthwise convolution's lines follow the last one's; they are read, not used.
const SlackLines = Panel

// Tiles is one block of a convolution: tiles of pixels times the columns of a panel. The weights of each column lie in
// Segments pieces, each of which meets Steps steps of consecutive elements of a line.
// The fields are read by assembly: their order is part of it.
type Tiles struct {
	Lines    *uint8
	List     *Tile
	Count    int // tiles
	Pixels   int // of each tile
	Spacing  int // bytes from one pixel of a group to the next
	Panel    *uint8
	Vectors  int // of 16 columns in the panel
	Segments int
	Steps    int         // of a segment; of a list, those of bytes
	Skip     int         // bytes from the end of a segment to the next one in the lines
	Block    *Block      // one for each vector
	Starts   *int32      // what each pixel's sums begin with, besides the bias; see Tiling.Bare
	Dst      *uint8      // of pixel 0
	Stride   int         // bytes from one pixel to the next in Dst
	Width    int         // columns to be written, at most those of the panel
	Table    *[256]uint8 // what becomes of each byte; nil: itself
	Raw      *int32      // if not nil, sums go there, all columns of each pixel, and nothing to Dst
	Singles  int         // steps at the end of each segment that are not added in pairs, see Columns.Singles
	Words    int         // steps of a list whose weights are words; it has no segments
	Turned   int         // those before them that are turned
	Ahead    int         // bytes from Panel to what is fetched into a cache, weights that are wanted next; some kernels do, and move it on
}

// Tile is the pixels that are multiplied at once: two groups of equally spaced pixels, the second as large as the first
// or smaller by one.
type Tile struct {
	A, B           int32 // where the first element of the groups' first pixels lies in the lines, in bytes
	PixelA, PixelB int32 // number of these pixels
}

// Run is a row of equally spaced pixels.
type Run struct{ At, Pixel, Count int }

// TileList is tiles of one size.
type TileList struct {
	Pixels int
	Tiles  []Tile
}

// Arrange divides runs into tiles, of which as many as possible are large. Pixels of a run are spacing bytes apart.
func (t *Tiling) Arrange(runs []Run, spacing int) []TileList {
	var groups []Run
	for _, r := range runs {
		parts := (r.Count + t.Group - 1) / t.Group
		for i := range parts {
			from, to := r.Count*i/parts, r.Count*(i+1)/parts
			groups = append(groups, Run{r.At + from*spacing, r.Pixel + from, to - from})
		}
	}
	sort.SliceStable(groups, func(i, j int) bool { return groups[i].Count > groups[j].Count })
	var lists []TileList
	add := func(a, b Run) {
		n := a.Count + b.Count
		if len(lists) == 0 || lists[len(lists)-1].Pixels != n {
			lists = append(lists, TileList{Pixels: n})
		}
		l := &lists[len(lists)-1]
		l.Tiles = append(l.Tiles, Tile{int32(a.At), int32(b.At), int32(a.Pixel), int32(b.Pixel)})
	}
	half := func(r Run) (a, b Run) {
		n := (r.Count + 1) / 2
		return Run{r.At, r.Pixel, n}, Run{r.At + n*spacing, r.Pixel + n, r.Count - n}
	}
	for len(groups) > 0 {
		if len(groups) > 1 && groups[0].Count-groups[1].Count <= 1 {
			add(groups[0], groups[1])
			groups = groups[2:]
			continue
		}
		a, b := half(groups[0])
		if b.Count == 0 {
			b = a
			b.Count = 0
		}
		add(a, b)
		groups = groups[1:]
	}
	return lists
}

// Columns is the weights of a panel, as they lie in the model.
type Columns struct {
	Weights  []uint8 // of the first column on
	Flip     uint8   // what makes stored numbers of them, by exclusive or
	Segments int
	Segment  int   // elements
	Pitch    int   // elements from one segment to the next in the lines
	Width    int   // columns
	Vectors  int   // of 16 columns in the panel
	Zero     int32 // what is taken from the numbers
	Apart    bool  // no products of two steps are added in 16 bits

	// Of a list: how many steps are words, and turned.
	Words, Turned int
}

// Fits tells whether the weights less their zero point are numbers of 8 bits, -128 … 127.
func (c *Columns) Fits() bool {
	lo, hi := uint8(255), uint8(0)
	for _, x := range c.Weights {
		lo, hi = min(lo, x^c.Flip), max(hi, x^c.Flip)
	}
	return int32(lo)-c.Zero >= -128 && int32(hi)-c.Zero <= 127
}

// clash is the stored byte of weights that are -128: two products by it, of -128 too, leave 16 bits when they are added.
func (c *Columns) clash() (b uint8, ok bool) {
	x := c.Zero - 128
	return uint8(x) ^ c.Flip, x >= 0 && x <= 255
}

// Clashes tells whether sums of two products may leave 16 bits, where those of steps 2i and 2i+1 of step elements are
// added.
func (c *Columns) Clashes(step int) bool {
	b, ok := c.clash()
	if !ok {
		return false
	}
	for w := c.Weights; len(w) >= c.Segment; w = w[c.Segment:] {
		for k := 0; ; k++ {
			i := bytes.IndexByte(w[k:c.Segment], b)
			if k += i; i < 0 || k+step >= c.Segment {
				break
			}
			if k/step%2 == 0 && w[k+step] == b {
				return true
			}
		}
	}
	return false
}

// Singles is how many of the steps at a segment's end are not added in pairs.
func (c *Columns) Singles(steps int) int {
	if c.Apart {
		return steps
	}
	return steps % 2
}

// at is weight k of segment s of column n, less zero.
func (c *Columns) at(n, s, k int) int32 {
	return int32(c.Weights[(n*c.Segments+s)*c.Segment+k]^c.Flip) - c.Zero
}

// Describe tells a kernel how the weights of a panel meet the lines.
func (t *Tiling) Describe(a *Tiles, c *Columns) {
	steps := t.Steps(c.Segment)
	a.Vectors, a.Width = c.Vectors, c.Width
	if t.List != nil {
		a.Steps, a.Turned, a.Words = c.Segments*steps-c.Turned-c.Words, c.Turned, c.Words
		return
	}
	a.Segments, a.Steps, a.Singles = c.Segments, steps, c.Singles(steps)
	a.Skip = (c.Pitch - steps*t.Step) * t.Element
}

// Steps is the number of steps of a segment.
func (t *Tiling) Steps(segment int) int { return (segment + t.Step - 1) / t.Step }

// BlockBytes and DepthBlockBytes are the sizes of a Block and a DepthBlock.
const (
	BlockBytes      = int64(unsafe.Sizeof(Block{}))
	DepthBlockBytes = int64(unsafe.Sizeof(DepthBlock{}))
)

// Plain tells whether blocks can express the multipliers.
func (o *Output) Plain() bool {
	return !slices.ContainsFunc(o.Mult, func(m Multiplier) bool { return !blockTakes(m, o.Zero) })
}

// Slice is the output of n channels from first on.
func (o *Output) Slice(first, n int) *Output {
	part := *o
	part.Mult = o.Mult[first : first+n]
	return &part
}
