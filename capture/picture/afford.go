package picture

import (
	"fmt"
	"image"
	"image/color"

	"github.com/inceptiond/inceptiond/capture/picture/internal/raster"
	"github.com/inceptiond/inceptiond/capture/picture/jpeg"
)

// affordable refuses what would cost the standard library too much. n is the number of bytes that the picture has.
func affordable(c image.Config, head jpeg.Header, n int) error {
	if err := raster.CheckPixels(c.Width, c.Height); err != nil {
		return err
	}
	// A few bytes cannot be a large picture: a block of 8x8 pixels takes at least a bit.
	if blocks := (c.Width + 7) / 8 * ((c.Height + 7) / 8); blocks/8 > n {
		return fmt.Errorf("%d bytes cannot hold %dx%d pixels", n, c.Width, c.Height)
	}
	return raster.CheckMemory(memory(c, head), c.Width, c.Height, " of this kind of JPEG",
		"make the picture smaller or save it as a baseline JPEG")
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
