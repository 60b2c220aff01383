package kernel

// Set is a choice of inner loops for one kind of processor. The bytes that come out are the same for every set, and
// the float32 for every set of a kind, see Fused; plain Go is the reference that the others are compared with. A Set is read only.
type Set struct {
	Name string

	// Tiling computes convolutions, and is nil where [GEMM] does.
	Tiling *Tiling

	// Depth computes a block of a depthwise convolution, and is nil where [DepthwiseTap] does. Widen prepares its lines.
	Depth func(*DepthTiles)
	Widen func(dst []int16, src []uint8)

	// MapRows translates n bytes of each of count pixels, pitch apart, as Map in place does; it may be nil.
	MapRows func(data []uint8, pitch, count, n int, table *[256]uint8)

	// FromSums turns raw sums into bytes, and is nil where [Output.FromSums] does.
	FromSums func(*RawSums)

	// Depthwise is Depth on bytes, Adder makes Adder.Add for tensors of one size, which share no memory, Multiplier and PReLUer likewise, or nil where it
	// cannot, and tells how many bytes it keeps; AverageRow is SumWindow and Average together for a
	// row of pixels, as MaxRow has them, where it can, which it tells: else it has done nothing. They may be nil.
	Depthwise  *Depthwise
	Adder      func(*Adder) (add func(dst, a, b []uint8), bytes int64)
	Multiplier func(*Multiplication) (mul func(dst, a, b []uint8), bytes int64)
	PReLUer    func(*PReLU8) (bend func(dst, a, b []uint8), bytes int64)
	AverageRow func(dst, src []uint8, n int, r Row, w Window, bias, lo, hi int32) bool

	// Tile32 adds to each number of acc the products of a row and a column of a panel, whose rows are 16 columns' numbers,
	// one after the other; it is nil where [GEMM32] multiplies by itself.
	Tile32 func(acc *Tile32, rows *[TileRows32][]float32, panel []float32)

	// NormBytes does what it can of [LRNBytes.Pixels], and tells how many bytes that is; it may be nil.
	NormBytes func(l *LRNBytes, dst, src []uint8, width int, floats []float32, bytes []uint8) (done int)

	// Tiling32 computes convolutions of float32, and is nil where [GEMM32] does. Fused tells that it and others add products
	// without rounding them before: answers in float32 are the same for all sets that do, and for all that do not.
	Tiling32 *Tiling32
	Fused    bool

	// Depth32, Max32 and Average32 compute pixels of windows of float32, the others are the functions of the same names;
	// they may be nil.
	Depth32, Max32, Average32 func(*Row32)
	Add32, Mul32              func(dst, a, b []float32, stepA, stepB int, lo, hi float32)
	PReLU32                   func(dst, a, b []float32, stepA, stepB int)

	// Resize is nil where plain Go resizes, see Resizing.
	Resize *Resize

	// Dot is the sum of the products of a and w, of the same length.
	Dot func(a, w []uint8) int32

	// The others are the functions of the same names; Tap is DepthwiseTap.
	Map        func(dst, src []uint8, table *[256]uint8)
	MaxRow     func(dst, src []uint8, n int, r Row, w Window, lo uint8)
	ArgMax     func(dst []int32, src []uint8, n int)
	SumWindow  func(acc []int32, src []uint8, w Window)
	Average    func(dst []uint8, acc []int32, count, bias, lo, hi int32)
	Quantize   func(dst []uint8, src []float32, scale float32, zero int32)
	Dequantize func(dst []float32, src []uint8, scale float32, zero int32)
	Square     func(dst, src []float32, factor float32)
	ScalePower func(dst, src []float32, bias, exponent float32)
	Tap32      func(acc, x, w []float32)
	Tap        func(acc []int32, x []uint8, w []int16, zero int32)

	QuantizeDynamic func(dst []uint8, src []float32, d Dynamic)
}

// Plain is the set that runs everywhere.
func Plain() *Set {
	return &Set{
		Name: "go", Dot: dot1, Map: Map, MaxRow: MaxRow, ArgMax: ArgMax[uint8], SumWindow: SumWindow, Average: Average,
		Quantize: Quantize, Dequantize: Dequantize, Square: Square, ScalePower: ScalePower,
		Tap32: DepthwiseTap32, Tap: DepthwiseTap, QuantizeDynamic: QuantizeDynamic,
	}
}
