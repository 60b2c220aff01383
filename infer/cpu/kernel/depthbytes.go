package kernel

import "unsafe"

// Depthwise is how a [Set] computes depthwise convolutions of bytes.
type Depthwise struct {
	Channels int   // of a block
	Taps     int   // taps that are multiplied at once: their number in a panel is divisible by it
	Flip     uint8 // what makes bytes of a line of the tensor's, by exclusive or
	Plain    bool  // takes multipliers of [Output.Plain] only, unless DepthPanel.Quick

	Line func(dst, src []uint8) // makes bytes of a line of the tensor's

	// Panel prepares a block of channels. Channel i is number channel(i) of n in weights, which has a row of n for each
	// tap, less their zero point: -255 … 255. What of a weight does not fit 8 bits becomes another tap's at the same
	// place. za is the input's zero point.
	Panel func(n int, weights []int16, bias []int32, za int32, out *Output, channel func(i int) int) DepthPanel

	// Pair does it for two rows of pixels at once, of which the lower sees what lies a row of taps further on: of that many,
	// which follow the others in the panel's. It is nil where Run takes one row only.
	Pair func(n, row int, weights []int16, bias []int32, za int32, out *Output, channel func(i int) int) DepthPanel

	// Run computes a block, of at least 1 pixel.
	Run func(*DepthBytes)
}

// DepthBytes is one block of a depthwise convolution: Count pixels of [Depthwise.Channels], of which Width are written.
// As many bytes are read of each tap, whatever Width is. The fields are read by assembly: their order is part of it.
type DepthBytes struct {
	Lines  *uint8 // the first pixel's first tap
	Step   int    // bytes from one pixel's to the next one's
	Count  int    // pixels
	Taps   *int   // where each tap lies, in bytes from the first
	Groups int    // of Depthwise.Taps taps
	Panel  *uint8
	Away   *AwayBlock
	Dst    *uint8
	Stride int // bytes from one pixel to the next in Dst
	Width  int // 1 to Depthwise.Channels
	Round  *RoundBlock
	Pitch  int // bytes from one row to the next in Dst, if there are two, of Depthwise.Pair; else 0

	// Several such rows or pairs of rows one below the other, if Depthwise.Pair is not nil: how many, and bytes from one to the next.
	Many, LinesPitch, DstPitch int
}

// DepthPanel is the weights of a block of channels as [DepthBytes] wants them, and the constants that its set needs.
type DepthPanel struct {
	Taps  []int   // numbers of taps; some come twice
	Panel []uint8 // a signed weight of each tap for each channel
	Away  *AwayBlock
	Round *RoundBlock
}

// Quick tells whether all channels have [Quick]s: then a block takes any multipliers.
func (p *DepthPanel) Quick() bool { return p.Away != nil && p.Away.how == awayQuick }

// BlockBytes bounds the size of a block's constants.
func (d *Depthwise) BlockBytes() int64 {
	return int64(max(unsafe.Sizeof(AwayBlock{})*uintptr(d.Channels)/awayChannels, unsafe.Sizeof(RoundBlock{})*uintptr(d.Channels)/roundChannels))
}
