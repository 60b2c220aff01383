package capturetest

import (
	"slices"

	"github.com/inceptiond/inceptiond/capture"
)

// Grey is a frame of 4 by 4 pixels of one level.
func Grey(level byte) capture.Frame {
	return capture.Frame{Pix: slices.Repeat([]byte{level}, 16), Format: capture.Packed(capture.GREY, 4, 4)}
}
