// Package still reads single pictures: JPEG, PNG and BMP, told apart by their first bytes.
//
// A JPEG becomes an MJPG frame as it is, so that all JPEGs are decoded in one place later; its EXIF data stays in it.
// PNG and BMP become RGB24; what is transparent in them shows white, like on paper.
package still

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"time"

	"golang.org/x/image/bmp"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/internal/raster"
	"github.com/inceptiond/inceptiond/capture/picture/jpeg"
)

// maxBytes is the largest file that is read. A picture of more than 64 megapixels, or one that takes too much memory,
// is refused before it is decoded.
const maxBytes = 64 << 20

// Decode reads one picture and sets all of f but its Name; Sequence is 1 and Time is now. The error wraps
// capture.ErrBadFrame if the picture is damaged, too large or of another kind; otherwise it is r's own.
func Decode(r io.Reader, f *capture.Frame) error {
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return err
	}
	if len(data) > maxBytes {
		return bad("more than %d MiB", maxBytes>>20)
	}
	return DecodeBytes(data, f)
}

// DecodeBytes is Decode for a picture in memory. It copies: f keeps none of data.
func DecodeBytes(data []byte, f *capture.Frame) error {
	pix, format, err := decode(data, f.Pix[:0])
	if err != nil {
		return err
	}
	*f = capture.Frame{Pix: pix, Format: format, Sequence: 1, Time: time.Now()}
	return f.Check()
}

// decode appends the picture's bytes to pix.
func decode(data, pix []byte) ([]byte, capture.Format, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xFF\xD8")):
		w, h, err := jpeg.Whole(data)
		if err == nil {
			err = checkSize(w, h)
		}
		return append(pix, data...), capture.Packed(capture.MJPG, w, h), err
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return decodeRGB(data, pix, "png", png.DecodeConfig, png.Decode)
	case bytes.HasPrefix(data, []byte("BM")):
		return decodeRGB(data, pix, "bmp", bmp.DecodeConfig, bmp.Decode)
	case len(data) == 0:
		return pix, capture.Format{}, bad("it is empty")
	}
	return pix, capture.Format{}, bad("it is no JPEG, PNG or BMP (starts with %q)", data[:min(8, len(data))])
}

// decodeRGB decodes with the functions of one format's package.
func decodeRGB(data, pix []byte, name string, config func(io.Reader) (image.Config, error),
	decode func(io.Reader) (image.Image, error)) ([]byte, capture.Format, error) {
	c, err := config(bytes.NewReader(data))
	if err == nil {
		err = checkSize(c.Width, c.Height)
	}
	if err == nil {
		err = checkMemory(c, name == "png" && interlaced(data))
	}
	if errors.Is(err, capture.ErrBadFrame) {
		return pix, capture.Format{}, err
	}
	var m image.Image
	if err == nil {
		m, err = decode(bytes.NewReader(data))
	}
	if err != nil {
		return pix, capture.Format{}, bad("%s: %v", name, err)
	}
	b := m.Bounds()
	return raster.AppendRGB(pix, m), capture.Packed(capture.RGB24, b.Dx(), b.Dy()), nil
}

// interlaced tells whether a PNG whose header is good is, or could be, interlaced: its IHDR chunk must come first.
func interlaced(data []byte) bool { return string(data[12:16]) != "IHDR" || data[28] != 0 }

// memory is how many bytes it takes to decode a picture: as image/png or bmp hold it, and as the RGB24 that we make of
// it. Passes of interlaced pictures are decoded one by one, which takes as much as the picture once more.
func memory(c image.Config, passes bool) int64 {
	sample := int64(4) // a grey PNG may take as much, if it says which grey is transparent
	switch c.ColorModel {
	case color.Gray16Model, color.RGBA64Model, color.NRGBA64Model:
		sample = 8
	}
	if _, ok := c.ColorModel.(color.Palette); ok {
		sample = 1
	}
	if passes {
		sample *= 2
	}
	return int64(c.Width) * int64(c.Height) * (sample + 3)
}

func checkMemory(c image.Config, passes bool) error {
	err := raster.CheckMemory(memory(c, passes), c.Width, c.Height, "", "make the picture smaller")
	if err != nil {
		return bad("%v", err)
	}
	return nil
}

func checkSize(w, h int) error {
	err := raster.CheckPixels(w, h)
	if err == nil {
		_, err = capture.Packed(capture.RGB24, w, h).Size() // limits each side
	}
	if err != nil {
		return bad("%v", err)
	}
	return nil
}

func bad(format string, args ...any) error {
	return fmt.Errorf("picture: %s: %w", fmt.Sprintf(format, args...), capture.ErrBadFrame)
}
