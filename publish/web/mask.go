package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"github.com/inceptiond/inceptiond/internal/grid"
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
	k.box = m.Box
	k.classes, k.width, k.height = grid.Small(k.classes, m.Classes, m.Stride, m.Width, m.Height, maskSide)
}

// painter makes JSON of masks, one at a time. It keeps what that takes, more than a megabyte, from one to the next.
type painter struct {
	pixels  []uint8
	png     bytes.Buffer
	buffers *png.EncoderBuffer
}

// Get and Put keep the memory of an [png.Encoder].
func (p *painter) Get() *png.EncoderBuffer  { return p.buffers }
func (p *painter) Put(b *png.EncoderBuffer) { p.buffers = b }

// paint is a mask in JSON, of the classes of segments, which are the first 255 if there are more; nil: there is none.
func (p *painter) paint(k *mask, segments []publish.Segment) []byte {
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
	p.pixels = p.pixels[:0]
	for _, class := range k.classes {
		p.pixels = append(p.pixels, entry[class])
	}
	pixels := &image.Paletted{Pix: p.pixels, Stride: k.width, Rect: image.Rect(0, 0, k.width, k.height), Palette: palette}
	p.png.Reset()
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed, BufferPool: p}).Encode(&p.png, pixels); err != nil {
		return nil // a picture of that size can be encoded
	}
	made.PNG = p.png.Bytes()
	text, err := json.Marshal(made)
	if err != nil {
		return nil // there is nothing in it that could not be
	}
	return text
}
