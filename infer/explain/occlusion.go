package explain

import (
	"context"
	"fmt"
)

// How Occlude hides parts: windows of a share of the input's side (64 of 224 pixels), so many in each direction.
const (
	hiddenShare = 64.0 / 224
	hiddenSteps = 7
)

// OcclusionRuns is how many runs Occlude takes.
const OcclusionRuns = 1 + hiddenSteps*hiddenSteps

// Input is a model's input tensor as its engine takes it, [height width channels] numbers of some bytes.
type Input struct {
	Data          []byte
	Width, Height int
	Pixel         int // bytes of a pixel
}

// Occlude fills dst with what speaks for a class of any classifier: how far its logit falls when a window of the input is
// hidden (Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, 2014). grey is an input of the same size
// of a picture that is all grey; logit answers an input. It takes OcclusionRuns runs. An error is logit's, or ctx's.
func Occlude(ctx context.Context, dst *Map, in Input, grey []byte, logit func(ctx context.Context, in []byte) (float64, error)) error {
	if len(in.Data) != len(grey) || len(in.Data) != in.Width*in.Height*in.Pixel {
		return fmt.Errorf("explain: an input of %d bytes and a grey one of %d (want %d)", len(in.Data), len(grey), in.Width*in.Height*in.Pixel)
	}
	whole, err := logit(ctx, in.Data)
	if err != nil {
		return err
	}
	dst.resize(hiddenSteps, hiddenSteps)
	hidden := make([]byte, len(in.Data))
	for i := range dst.Cells {
		if err := ctx.Err(); err != nil {
			return err
		}
		copy(hidden, in.Data)
		in.hide(hidden, grey, i%hiddenSteps, i/hiddenSteps)
		without, err := logit(ctx, hidden)
		if err != nil {
			return err
		}
		dst.Cells[i] = float32(whole - without)
	}
	return nil
}

// hide copies the window around the middle of a cell from grey.
func (in *Input) hide(dst, grey []byte, column, row int) {
	x0, x1 := window(column, in.Width)
	y0, y1 := window(row, in.Height)
	for y := y0; y < y1; y++ {
		from, to := (y*in.Width+x0)*in.Pixel, (y*in.Width+x1)*in.Pixel
		copy(dst[from:to], grey[from:to])
	}
}

// window is the part of n pixels that is hidden for a cell.
func window(cell, n int) (from, to int) {
	middle := (float64(cell) + 0.5) / hiddenSteps * float64(n)
	half := max(0.5, hiddenShare*float64(n)/2)
	return max(0, int(middle-half)), min(n, int(middle+half+0.5))
}
