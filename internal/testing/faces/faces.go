// Package faces has pictures of four people for tests, cut out of a photograph of the shared data.
package faces

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// Network is the file of a network for faces, below the folder of the shared data.
const Network = "models/zoo/face_recognition_resnet_int8.tflite"

// variant says how a face is cut out. The zero value is as it is.
type variant struct {
	mirrored, grey bool
	gain           float64 // of the light; 0: 1
	every          int     // pixels that become one; 0: 1
	by             image.Point
}

// Shared are pictures of the four people of a photograph, as PNG files: each cut out in eight ways, as it is, mirrored, darker, lighter,
// grey, coarser, and a little beside. Without the shared data the test is skipped, or fails where CI=true.
func Shared(t testing.TB) map[string][][]byte {
	t.Helper()
	f, err := os.Open(filepath.Join(shared.Dir(t), "golden/zoo/pictures/face.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	whole, err := jpeg.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	people := map[string][][]byte{}
	for name, at := range map[string]image.Rectangle{
		"one": image.Rect(220, 50, 400, 185), "two": image.Rect(98, 85, 268, 213), "left": image.Rect(4, 82, 72, 148), "right": image.Rect(418, 92, 508, 182),
	} {
		for _, v := range []variant{
			{}, {mirrored: true}, {gain: 0.6}, {gain: 1.4}, {grey: true}, {every: 3}, {by: image.Pt(4, -3)}, {by: image.Pt(-3, 3), gain: 0.8, mirrored: true},
		} {
			people[name] = append(people[name], v.cut(t, whole, at))
		}
	}
	return people
}

// cut is the part of a picture at a rectangle, as a PNG.
func (v variant) cut(t testing.TB, from image.Image, at image.Rectangle) []byte {
	t.Helper()
	at = at.Add(v.by)
	step := max(v.every, 1)
	to := image.NewRGBA(image.Rect(0, 0, at.Dx()/step, at.Dy()/step))
	for y := range to.Rect.Dy() {
		for x := range to.Rect.Dx() {
			c := color.RGBAModel.Convert(from.At(at.Min.X+x*step, at.Min.Y+y*step)).(color.RGBA)
			if v.grey {
				g := color.GrayModel.Convert(c).(color.Gray).Y
				c.R, c.G, c.B = g, g, g
			}
			for _, channel := range []*uint8{&c.R, &c.G, &c.B} {
				if v.gain != 0 {
					*channel = uint8(min(v.gain*float64(*channel), 255))
				}
			}
			if v.mirrored {
				to.SetRGBA(to.Rect.Dx()-1-x, y, c)
			} else {
				to.SetRGBA(x, y, c)
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, to); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
