package overlay

import (
	"image"
	"image/color"

	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// tag writes words on a ground of colour, above at or, where no room is left, below.
func (c *canvas) tag(at image.Point, words string, ground color.RGBA) {
	mask := lettering(words)
	scale := max(1, c.line/2)
	pad := scale * 2
	size := mask.Bounds().Size().Mul(scale).Add(image.Pt(2*pad, pad))
	corner := image.Pt(min(at.X, c.bounds.Max.X-size.X), at.Y-size.Y)
	if corner.Y < c.bounds.Min.Y {
		corner.Y = min(max(at.Y, c.bounds.Min.Y), c.bounds.Max.Y-size.Y)
	}
	corner.X = max(corner.X, c.bounds.Min.X)
	c.fill(image.Rectangle{corner, corner.Add(size)}, ground)
	ink := color.RGBA{A: 255}
	if 299*int(ground.R)+587*int(ground.G)+114*int(ground.B) < 110*1000 {
		ink = color.RGBA{255, 255, 255, 255}
	}
	for y := range mask.Bounds().Dy() {
		for x := range mask.Bounds().Dx() {
			if mask.AlphaAt(x, y).A > 127 {
				from := corner.Add(image.Pt(pad+x*scale, pad/2+y*scale))
				c.fill(image.Rectangle{from, from.Add(image.Pt(scale, scale))}, ink)
			}
		}
	}
}

// lettering is a line of text. Letters that the font lacks are boxes.
func lettering(words string) *image.Alpha {
	const most = 60 // letters; a class has no longer name that helps
	letters := []rune(words)
	if len(letters) > most {
		letters = append(letters[:most-1], '~')
	}
	face := basicfont.Face7x13
	mask := image.NewAlpha(image.Rect(0, 0, len(letters)*face.Advance, face.Height))
	for i, letter := range letters {
		to, shape, from, _, _ := face.Glyph(fixed.P(i*face.Advance, face.Ascent), letter)
		for y := range to.Dy() {
			for x := range to.Dx() {
				mask.Set(to.Min.X+x, to.Min.Y+y, shape.At(from.X+x, from.Y+y))
			}
		}
	}
	return mask
}
