package overlay

import (
	"bytes"
	"image"
	"strings"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// Letters are where package font draws them.
func TestLettering(t *testing.T) {
	for _, words := range []string{"", "dog 82 %", "gypq|_", "é 犬", strings.Repeat("x", 60), strings.Repeat("m", 61)} {
		shown := words
		if len(words) > 60 {
			shown = words[:59] + "~"
		}
		face := basicfont.Face7x13
		want := image.NewAlpha(image.Rect(0, 0, font.MeasureString(face, shown).Ceil(), face.Height))
		d := font.Drawer{Dst: want, Src: image.Opaque, Face: face, Dot: fixed.P(0, face.Ascent)}
		d.DrawString(shown)
		if got := lettering(words); got.Rect != want.Rect || !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("%q is drawn in %v, want %v", words, got.Rect, want.Rect)
		}
	}
}
