package preprocess

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	stdjpeg "image/jpeg"
	"math"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
)

// encode makes a JPEG of c with 4:2:0 chroma, and an EXIF orientation if it is not 0.
func encode(t testing.TB, c *canvas, orientation uint16) *capture.Frame {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, c.w, c.h))
	for i := range c.w * c.h {
		copy(m.Pix[4*i:], append(c.pix[3*i:3*i+3:3*i+3], 255))
	}
	var b bytes.Buffer
	if err := stdjpeg.Encode(&b, m, &stdjpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	pix := b.Bytes()
	if orientation != 0 {
		pix = append(append(append([]byte{}, pix[:2]...), exif(orientation)...), pix[2:]...)
	}
	return &capture.Frame{Pix: pix, Format: capture.Format{Pixel: capture.MJPG, Width: c.w, Height: c.h}}
}

// exif is an APP1 segment that holds nothing but an orientation.
func exif(orientation uint16) []byte {
	body := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	body = binary.BigEndian.AppendUint16(body, orientation)
	body = append(body, make([]byte, 6)...)
	return append(binary.BigEndian.AppendUint16([]byte{0xFF, 0xE1}, uint16(len(body)+2)), body...)
}

// soft is a picture without the fine detail that JPEG changes.
func soft(w, h int) *canvas {
	c := newCanvas(w, h)
	for y := range h {
		for x := range w {
			fx, fy := float64(x)/float64(w), float64(y)/float64(h)
			copy(c.pix[(y*w+x)*3:], []byte{uint8(40 + 170*fx), uint8(60 + 150*fy), uint8(128 + 80*math.Sin(5*fx+3*fy))})
		}
	}
	return c
}

// differ is the largest and the mean distance of got from want, in levels.
func differ(got []byte, want []float64) (worst, mean float64) {
	for i, v := range got {
		d := math.Abs(float64(v) - want[i])
		worst = max(worst, d)
		mean += d / float64(len(got))
	}
	return worst, mean
}

func TestJPEG(t *testing.T) {
	pic := soft(203, 149)
	o := Options{Region: Region{0.1, 0.2, 0.7, 0.6}, Rotate: 270, Fit: Crop}
	got := run(t, tensor(60, 50), o, encode(t, pic, 0))
	if worst, mean := differ(got, pic.reference(o, 60, 50)); worst > 4 || mean > 1 {
		t.Errorf("off by %.1f levels at worst, %.2f in the mean", worst, mean)
	}
}

// TestOrientation stores a picture in each of the eight ways that EXIF knows; all come out alike. The expected turns
// follow from the tag's text (where row 0 and column 0 of the stored picture are in the scene), not from exifTurn.
func TestOrientation(t *testing.T) {
	pic := soft(96, 64)
	want := pic.reference(Options{}, 48, 32)
	stored := map[uint16]*canvas{
		1: pic,                                 // top, left
		2: pic.mirror(),                        // top, right
		3: pic.upright(180, FlipNone),          // bottom, right
		4: pic.upright(0, FlipVertical),        // bottom, left
		5: pic.upright(90, FlipNone).mirror(),  // left, top
		6: pic.upright(270, FlipNone),          // right, top
		7: pic.upright(270, FlipNone).mirror(), // right, bottom
		8: pic.upright(90, FlipNone),           // left, bottom
	}
	for orientation, c := range stored {
		got := run(t, tensor(48, 32), Options{}, encode(t, c, orientation))
		if worst, _ := differ(got, want); worst > 5 {
			t.Errorf("orientation %d: off by %.1f levels", orientation, worst)
		}
	}
}

// TestFastDecode checks that reduced decoding shows the same region, and is used.
func TestFastDecode(t *testing.T) {
	for _, s := range [][2]int{{320, 240}, {317, 235}} { // the second is no multiple of 8
		pic := soft(s[0], s[1])
		for _, c := range []struct {
			o     Options
			scale int
		}{
			{Options{}, 4},
			{Options{Region: Region{0.5, 0.5, 0.5, 0.5}, Flip: FlipBoth}, 2},
			{Options{Region: Region{0, 0, 0.2, 0.2}}, 1},
			{Options{Fit: Crop, Rotate: 90}, 4},
		} {
			o := c.o
			o.FastDecode = true
			p, err := New(tensor(50, 50), o)
			if err != nil {
				t.Fatal(err)
			}
			out := make([]byte, p.target.spec.Bytes())
			if err := p.Run(encode(t, pic, 6), out); err != nil {
				t.Fatal(err)
			}
			if got := (s[0] + c.scale - 1) / c.scale; p.planned.width != got {
				t.Errorf("%+v: decoded %d pixels wide, want %d", c.o, p.planned.width, got)
			}
			want := pic.rotate().reference(c.o, 50, 50)
			if worst, mean := differ(out, want); worst > 5 || mean > 1 {
				t.Errorf("%v %+v: off by %.1f levels at worst, %.2f in the mean", s, c.o, worst, mean)
			}
		}
	}
}

// TestFastDecodeEdge reduces 41 pixels to 6, of which the last is one column of the picture and seven of nothing.
func TestFastDecodeEdge(t *testing.T) {
	pic := newCanvas(41, 41)
	for i := range pic.pix {
		pic.pix[i] = byte(i / 3 % 41 * 6)
	}
	o := Options{FastDecode: true, Flip: FlipHorizontal}
	if worst, mean := differ(run(t, tensor(5, 5), o, encode(t, pic, 0)), pic.reference(o, 5, 5)); worst > 8 || mean > 3 {
		t.Errorf("off by %.1f levels at worst, %.2f in the mean", worst, mean)
	}
}

// progressive is a JPEG that only the standard library decodes: a grey progressive picture, 16x8, whose one scan holds
// the mean of its two blocks, 192 and 128.
func progressive() []byte {
	b := []byte{0xFF, 0xD8}
	b = append(b, exif(3)...)
	b = append(b, 0xFF, 0xDB, 0, 67, 0) // quantizers, all 8: a DC of 64 is 64 levels
	b = append(b, bytes.Repeat([]byte{8}, 64)...)
	b = append(b, 0xFF, 0xC2, 0, 11, 8, 0, 8, 0, 16, 1, 1, 0x11, 0)         // frame
	b = append(b, 0xFF, 0xC4, 0, 21, 0x00, 1, 1)                            // Huffman: "0" is 0 bits, "10" is 7 bits
	b = append(b, append(make([]byte, 14), 0, 7)...)                        //
	b = append(b, 0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0)                       // scan: DC, all bits
	return append(b, 0b10_100000, 0b0_10_01111, 0b11_111111, 0, 0xFF, 0xD9) // +64, -64, padding, a stuffed 0
}

func TestProgressive(t *testing.T) {
	f := &capture.Frame{Pix: progressive(), Format: capture.Format{Pixel: capture.MJPG, Width: 16, Height: 8}}
	got := run(t, tensor(2, 1), Options{}, f)
	// The filter reaches half a cell into its neighbour, and off the picture on the other side: weights 6 to 1.
	// Orientation 3 is upside down.
	want := []byte{137, 137, 137, 183, 183, 183}
	if !bytes.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestStandard checks the images of the standard library that need a conversion.
func TestStandard(t *testing.T) {
	for _, ratio := range []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
		image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
	} {
		m := image.NewYCbCr(image.Rect(0, 0, 13, 7), ratio)
		for i := range m.Y {
			m.Y[i] = 120
		}
		for i := range m.Cb {
			m.Cb[i], m.Cr[i] = 110, 150
		}
		checkColour(t, standard(m), ratio.String(), color.YCbCrToRGB)
	}
	cmyk := image.NewCMYK(image.Rect(0, 0, 5, 5))
	for i := range cmyk.Pix {
		cmyk.Pix[i] = []byte{10, 60, 110, 30}[i%4]
	}
	checkColour(t, standard(cmyk), "CMYK", func(_, _, _ byte) (r, g, b byte) { return color.CMYKToRGB(10, 60, 110, 30) })
}

// checkColour reads the last row of p, which has one colour.
func checkColour(t *testing.T, p picture, name string, rgb func(y, cb, cr byte) (r, g, b byte)) {
	t.Helper()
	reader := newRows()
	reader.start(&p)
	words := make([]uint64, p.width)
	reader.read(words, &p, p.height-1, 0, p.width)
	r, g, b := rgb(120, 110, 150)
	for x, v := range words {
		for i, want := range []byte{r, g, b} {
			if d := int(v>>(i*greenShift)&0xff) - int(want); d < -1 || d > 1 {
				t.Fatalf("%s: column %d is %#x, want about %d %d %d", name, x, v, r, g, b)
			}
		}
	}
}

func TestDamagedJPEG(t *testing.T) {
	p, err := New(tensor(20, 20), Options{})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]byte, p.target.spec.Bytes())
	whole := encode(t, soft(64, 64), 0)
	for n := 4; n < len(whole.Pix)-10; n += 7 {
		cut := *whole
		cut.Pix = whole.Pix[:n]
		if err := p.Run(&cut, out); !errors.Is(err, capture.ErrBadFrame) {
			t.Fatalf("%d of %d bytes: got %v, want ErrBadFrame", n, len(whole.Pix), err)
		}
	}
	huge := *whole
	huge.Pix = bytes.Replace(whole.Pix, []byte{8, 0, 64, 0, 64}, []byte{8, 0xFF, 0xFF, 0xFF, 0xFF}, 1)
	if err := p.Run(&huge, out); !errors.Is(err, capture.ErrBadFrame) {
		t.Fatalf("65535x65535: got %v, want ErrBadFrame", err)
	}
	huge.Pix = bytes.Replace(progressive(), []byte{8, 0, 8, 0, 16}, []byte{8, 0x1F, 0x40, 0x1F, 0x40}, 1)
	err = p.Run(&huge, out)
	if !errors.Is(err, capture.ErrBadFrame) || !strings.Contains(err.Error(), "cannot hold 8000x8000") {
		t.Fatalf("8000x8000 in a few bytes: got %v, want ErrBadFrame", err)
	}
}
