package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"github.com/inceptiond/inceptiond/publish"
)

// maskSide is the most pixels that a mask may have on a side: it is shown over pictures that are not much larger.
const maskSide = 320

// mask is which class is where in a frame, in memory of its own, which is used again and again. Without pixels there is none.
type mask struct {
	width, height int
	classes       []uint8
	box           [4]float64
}

// set copies m, of which a larger one is reduced.
func (k *mask) set(m *publish.Mask) {
	k.width, k.height, k.classes = 0, 0, k.classes[:0]
	if m == nil || m.Width <= 0 || m.Height <= 0 {
		return
	}
	k.width, k.height, k.box = min(m.Width, maskSide), min(m.Height, maskSide), m.Box
	for y := range k.height {
		row := m.Classes[middle(y, k.height, m.Height)*m.Stride:]
		for x := range k.width {
			k.classes = append(k.classes, row[middle(x, k.width, m.Width)])
		}
	}
}

// middle is which of many cells is in the middle of number i of few.
func middle(i, few, many int) int { return (2*i + 1) * many / (2 * few) }

// encoded is the mask in JSON, of the classes of segments, which are the first 255 if there are more; nil: there is none.
func (k *mask) encoded(segments []publish.Segment) []byte {
	if len(k.classes) == 0 {
		return nil
	}
	segments = segments[:min(len(segments), 255)]
	var entry [256]uint8 // of the palette, by class
	palette := color.Palette{color.RGBA{}}
	made := maskJSON{Box: publish.FractionBox(k.box), Colours: []string{}}
	for i, s := range segments {
		c := publish.ClassColour(uint8(s.Index))
		palette, made.Colours = append(palette, c), append(made.Colours, fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B))
		entry[uint8(s.Index)] = uint8(i + 1)
	}
	pixels := image.NewPaletted(image.Rect(0, 0, k.width, k.height), palette)
	for i, class := range k.classes {
		pixels.Pix[i] = entry[class]
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, pixels); err != nil {
		return nil // a picture of that size can be encoded
	}
	made.PNG = out.Bytes()
	text, err := json.Marshal(made)
	if err != nil {
		return nil // there is nothing in it that could not be
	}
	return text
}
