// Package raster is what the packages of pictures share: how large a picture may be, and how an image of the standard
// library becomes RGB bytes.
package raster

import (
	"fmt"
	"image"
	"image/draw"
)

// Limits of a picture. One beyond them is refused before it is decoded.
const (
	MaxPixels = 64 << 20 // width times height: more than any camera of this kind has

	// maxMemory is for decoding with the standard library, in bytes: it takes memory for the whole picture before it
	// reads the first pixel. Half a megabyte of PNG can unfold to 700 MB, and a progressive JPEG to five times its
	// samples, for which the system would end the whole process on a computer with little memory.
	maxMemory = 256 << 20
)

// CheckPixels refuses a picture of w by h pixels that has none or too many.
func CheckPixels(w, h int) error {
	if w < 1 || h < 1 || int64(w)*int64(h) > MaxPixels {
		return fmt.Errorf("%dx%d pixels: want 1 to %d megapixels", w, h, MaxPixels>>20)
	}
	return nil
}

// CheckMemory refuses a picture of w by h pixels that takes n bytes to decode if that is too much. kind follows the
// size in the error, such as " of this kind"; advice ends it.
func CheckMemory(n int64, w, h int, kind, advice string) error {
	if n > maxMemory {
		return fmt.Errorf("%dx%d pixels%s take %d MiB to decode, more than %d: %s", w, h, kind, n>>20, maxMemory>>20, advice)
	}
	return nil
}

// AppendRGB appends m's pixels to pix, R G B each. What is transparent in m shows white, like on paper. It goes row by
// row, so that no second copy of the picture is needed.
func AppendRGB(pix []byte, m image.Image) []byte {
	b := m.Bounds()
	if n := 3 * b.Dx() * b.Dy(); cap(pix)-len(pix) < n {
		pix = append(make([]byte, 0, len(pix)+n), pix...) // not a byte more, as slices.Grow might take
	}
	row := image.NewRGBA(image.Rect(0, 0, b.Dx(), 1))
	for y := b.Min.Y; y < b.Max.Y; y++ {
		draw.Draw(row, row.Rect, image.White, image.Point{}, draw.Src)
		draw.Draw(row, row.Rect, m, image.Pt(b.Min.X, y), draw.Over)
		for p := row.Pix; len(p) >= 4; p = p[4:] {
			pix = append(pix, p[0], p[1], p[2])
		}
	}
	return pix
}
