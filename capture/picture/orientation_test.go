package picture

import "testing"

// TestUpright combines each EXIF orientation with each of the camera's, on a picture that stands for all: where its
// four corners go.
func TestUpright(t *testing.T) {
	for tag := range uint16(9) {
		data := encode(t, 16, 8, tag)
		for _, rotate := range []int{0, 90, 180, 270} {
			for flip := range FlipBoth + 1 {
				p := newPicture(t, Options{Rotate: rotate, Flip: flip}, mjpg(data, 1, 1))
				s, err := p.Stored()
				if err != nil || s.Width != 16 || s.Height != 8 {
					t.Fatalf("%+v, %v", s, err)
				}
				want := flipped(turned(exifCorners(tag), rotate), flip)
				if got := oriented(s.Orientation); got != want {
					t.Errorf("EXIF %d, rotate %d, flip %v: corners %q, want %q", tag, rotate, flip, got, want)
				}
				w, h, err := p.Size()
				if wide := want == "abcd" || want == "badc" || want == "cdab" || want == "dcba"; err != nil || (w == 16) != wide || w*h != 128 {
					t.Errorf("EXIF %d, rotate %d: %dx%d, %v", tag, rotate, w, h, err)
				}
			}
		}
	}
}

// A picture's corners are a string: those of its first row, then those of its last.

// exifCorners is what a picture with corners "abcd" shows upright, by the text of the tag: where row 0 and column 0 of
// the stored picture are in the scene.
func exifCorners(tag uint16) string {
	switch tag {
	case 2: // row 0 top, column 0 right
		return "badc"
	case 3: // bottom, right
		return "dcba"
	case 4: // bottom, left
		return "cdab"
	case 5: // left, top
		return "acbd"
	case 6: // right, top
		return "cadb"
	case 7: // right, bottom
		return "dbca"
	case 8: // left, bottom
		return "bdac"
	}
	return "abcd"
}

// turned is c by so many degrees clockwise.
func turned(c string, degrees int) string {
	for range degrees / 90 {
		c = string([]byte{c[2], c[0], c[3], c[1]})
	}
	return c
}

func flipped(c string, f Flip) string {
	if f == FlipHorizontal || f == FlipBoth {
		c = string([]byte{c[1], c[0], c[3], c[2]})
	}
	if f == FlipVertical || f == FlipBoth {
		c = c[2:] + c[:2]
	}
	return c
}

// oriented does to "abcd" what the documentation of Orientation says.
func oriented(o Orientation) string {
	c := "abcd"
	if o.Transpose {
		c = "acbd"
	}
	if o.FlipX {
		c = flipped(c, FlipHorizontal)
	}
	if o.FlipY {
		c = flipped(c, FlipVertical)
	}
	return c
}

func TestOptions(t *testing.T) {
	for _, o := range []Options{{Rotate: 45}, {Rotate: -90}, {Rotate: 360}, {Flip: FlipBoth + 1}} {
		if p, err := New(o); err == nil {
			t.Errorf("%+v: %+v, no error", o, p)
		}
	}
	for f := range FlipBoth + 1 {
		if got, err := ParseFlip(f.String()); got != f || err != nil {
			t.Errorf("flip %v: got %v, %v", f, got, err)
		}
	}
	if _, err := ParseFlip(""); err == nil {
		t.Error("an unknown flip: no error")
	}
}
