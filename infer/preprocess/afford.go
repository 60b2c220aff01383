package preprocess

import (
	"fmt"
	"image"
	"image/color"

	"github.com/inceptiond/inceptiond/infer/preprocess/jpeg"
)

// maxMemory bounds what decodeStandard may take for one picture, in bytes: on a computer with little memory the system
// would end the whole process for a progressive picture of 60 megapixels.
const maxMemory = 256 << 20

// affordable refuses what would cost the standard library too much: it takes memory for the whole picture before it
// reads the first pixel. n is the number of bytes that the picture has.
func affordable(c image.Config, head jpeg.Header, n int) error {
	if c.Width < 1 || c.Height < 1 || int64(c.Width)*int64(c.Height) > maxPixels {
		return fmt.Errorf("%dx%d pixels are too many", c.Width, c.Height)
	}
	// A few bytes cannot be a large picture: a block of 8x8 pixels takes at least a bit.
	if blocks := (c.Width + 7) / 8 * ((c.Height + 7) / 8); blocks/8 > n {
		return fmt.Errorf("%d bytes cannot hold %dx%d pixels", n, c.Width, c.Height)
	}
	if m := memory(c, head); m > maxMemory {
		return fmt.Errorf("%dx%d pixels of this kind of JPEG take %d MiB to decode, more than %d: "+
			"make the picture smaller or save it as a baseline JPEG", c.Width, c.Height, m>>20, maxMemory>>20)
	}
	return nil
}

// memory estimates, rather too high than too low, how many bytes decodeStandard takes.
func memory(c image.Config, head jpeg.Header) int64 {
	if head.Components == 0 { // not known: the worst there is
		head = jpeg.Header{Components: 4, Progressive: true}
	}
	pixels := up(c.Width) * up(c.Height)
	samples := pixels
	if head.Components >= 3 {
		samples += 2 * pixels / int64(max(head.SubX, 1)*max(head.SubY, 1))
	}
	if head.Components == 4 {
		samples += pixels
	}
	n := samples
	if head.Progressive {
		n += 4 * samples // image/jpeg keeps all coefficients, 64 int32 for a block of 64 samples
	}
	if !direct(c, head) {
		n += (4 + 3) * pixels // it converts to RGBA or CMYK, and standard to RGB
	}
	return n
}

// up rounds to whole MCUs, the largest of which are 32 samples wide or high.
func up(n int) int64 { return (int64(n) + 31) / 32 * 32 }

// direct tells whether standard can use the planes of the picture as they are.
func direct(c image.Config, head jpeg.Header) bool {
	half := func(sub int) bool { return sub == 1 || sub == 2 }
	return c.ColorModel == color.GrayModel || c.ColorModel == color.YCbCrModel && half(head.SubX) && half(head.SubY)
}
