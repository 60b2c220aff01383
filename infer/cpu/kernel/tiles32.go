package kernel

//go:generate go run ../../../internal/gen/kernels -o tiles32_amd64.s
//go:generate go run ../../../internal/gen/kernels -o tiles32_avx512_amd64.s
//go:generate go run ../../../internal/gen/kernels -o tiles32_arm64.s

// Tiling32 is how a [Set] multiplies the pixels of a float32 convolution by its weights. Each sum begins with 0 and takes
// its products in the order of the weights, one after the other; the bias comes last. Sets that round a product and its
// addition as one, as processors with a fused multiplication do, give the same answers; so do those that round both.
type Tiling32 struct {
	Pixels int // of a tile, at most
	Panel  int // columns of a panel, at most 32
	Vector int // a panel has a multiple of this many; those past its Width are computed and thrown away

	// Products is about how many a call of Run may make, so that it takes 20 to 150 µs: nothing can interrupt it.
	Products int

	// Partial tells that Run writes only as many columns of a pixel as there are, to Dst; else it writes all of the panel.
	Partial bool

	Run func(*Tiles32)
}

// Columns is how many columns a panel has of which width are wanted.
func (t *Tiling32) Columns(width int) int { return (width + t.Vector - 1) / t.Vector * t.Vector }

// Tiles32 is pixels of a convolution times the columns of a panel. The weights of a column lie in pieces, each of which
// meets as many consecutive numbers of a line. The fields are read by assembly: their order is part of it.
type Tiles32 struct {
	Lines  *float32
	At     *int32   // where each pixel lies in the lines, in bytes
	Count  int      // pixels, at least 1
	Pieces *Piece32 // that these are multiplied by
	Many   int      // pieces, at least 1
	Width  int      // columns that are wanted: a panel has [Tiling32.Columns] of them
	Panel  *float32 // a weight of each column for each number of the pieces
	Sums   *float32 // of each pixel, one for each column
	Begun  int      // 0: sums begin with 0, else with Sums
	Bias   *float32 // of each column; nil: sums go to Sums, and nothing to Dst
	Dst    *float32 // of the first pixel; it may be Sums, with their stride
	Stride int      // bytes from one pixel to the next in Dst
	Lo, Hi float32  // limits of what goes to Dst
}

// Piece32 is a run of numbers of a line, in bytes behind a pixel's place: at least one.
type Piece32 struct{ From, To int32 }
