package kernel

//go:generate go run ../../../internal/gen/kernels -o window32_amd64.s
//go:generate go run ../../../internal/gen/kernels -o window32_avx512_amd64.s
//go:generate go run ../../../internal/gen/kernels -o window32_arm64.s

// Row32 is output pixels of float32 whose windows have the same part in the image: a depthwise convolution's, a maximum's or
// an average's. Distances are in bytes. The fields are read by assembly.
type Row32 struct {
	Dst, Src *float32 // of the first pixel, the latter of the first tap of its window
	Weights  *float32 // of that tap, if taps have weights
	Begin    *float32 // what the number of each channel begins with
	Channels int
	Count    int // pixels

	To, From                int // from one pixel to the next
	Rows, Cols              int // taps, at least 1 and 1
	Pitch, Step             int // from one row of taps to the next, and from one tap
	WeightPitch, WeightStep int // the same of the weights

	Lo, Hi, Divisor float32
}
