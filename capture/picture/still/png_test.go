package still

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"math/rand/v2"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/internal/raster"
)

// fullPNG is a PNG of w by h black pixels, all of which are there: a few kilobytes for any size.
func fullPNG(w, h int, depth, colour, interlace byte) []byte {
	p := startPNG(uint32(w), uint32(h), depth, colour, interlace)
	p = p[:bytes.Index(p, []byte("IDAT"))-4]
	return closePNG(p, pngRows(w, h, depth, colour, interlace, func([]byte) {}))
}

// closePNG appends the pixels, deflated, and the end.
func closePNG(p, rows []byte) []byte {
	var z bytes.Buffer
	w, err := zlib.NewWriterLevel(&z, zlib.BestSpeed)
	if err != nil {
		panic(err)
	}
	w.Write(rows) // to memory: it cannot go wrong
	w.Close()
	half := z.Len() / 2 // in two chunks
	p = chunk(chunk(p, "IDAT", z.Bytes()[:half]), "IDAT", z.Bytes()[half:])
	return chunk(p, "IEND", nil)
}

// pngRows is the bytes of all rows, of all passes, each with its filter, which fill makes up.
func pngRows(w, h int, depth, colour, interlace byte, fill func(row []byte)) (rows []byte) {
	d := pngDecoder{depth: depth, colour: colour}
	passes := adam7[:]
	if interlace == 0 {
		passes = []pngPass{{0, 0, 1, 1}}
	}
	for _, p := range passes {
		n := (w - p.x0 + p.dx - 1) / p.dx
		for y := p.y0; y < h && n > 0; y += p.dy {
			row := make([]byte, 1+d.rowBytes(n))
			fill(row)
			rows = append(rows, row...)
		}
	}
	return rows
}

// shifted is a PNG with a chunk before its header.
func shifted(p []byte) []byte {
	return append(chunk(bytes.Clone(p[:8]), "teXt", make([]byte, 20)), p[8:]...)
}

// randomPNG has all that a PNG may have of one colour type and depth: every filter, a palette that is too short, transparent
// colours.
func randomPNG(r *rand.Rand, w, h int, depth, colour, interlace byte, transparent bool) []byte {
	p := startPNG(uint32(w), uint32(h), depth, colour, interlace)
	p = p[:bytes.Index(p, []byte("IDAT"))-4]
	random := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return b
	}
	if colour == pngPalette {
		p = chunk(p, "PLTE", random(3*(1<<depth)))
	}
	if transparent {
		switch colour {
		case pngGrey:
			p = chunk(p, "tRNS", []byte{0, 1})
		case pngRGB:
			p = chunk(p, "tRNS", []byte{0, 1, 0, 1, 0, 1})
		case pngPalette:
			p = chunk(p, "tRNS", random(1<<depth-1))
		}
	}
	p = chunk(p, "teXt", []byte("Comment\x00x"))
	few := r.IntN(2) == 0 // so that the transparent colour occurs
	rows := pngRows(w, h, depth, colour, interlace, func(row []byte) {
		copy(row, random(len(row)))
		row[0] = byte(r.IntN(5))
		for i := range row[1:] {
			if few {
				row[1+i] = byte(i) & 1
				row[0] = 0
			}
		}
	})
	return closePNG(p, rows)
}

// forAllPNG calls f for every colour type and depth there is.
func forAllPNG(f func(depth, colour byte)) {
	for _, c := range []struct {
		colour byte
		depths []byte
	}{{pngGrey, []byte{1, 2, 4, 8, 16}}, {pngRGB, []byte{8, 16}}, {pngPalette, []byte{1, 2, 4, 8}},
		{pngGreyAlpha, []byte{8, 16}}, {pngRGBA, []byte{8, 16}}} {
		for _, depth := range c.depths {
			f(depth, c.colour)
		}
	}
}

// TestPNG compares every kind of PNG with what image/png makes of it, over white.
func TestPNG(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	forAllPNG(func(depth, colour byte) {
		for _, interlace := range []byte{0, 1} {
			for _, transparent := range []bool{false, true} {
				for _, size := range [][2]int{{1, 1}, {3, 2}, {17, 13}} {
					name := fmt.Sprintf("type %d of %d bits, interlaced %d, tRNS %v, %v", colour, depth, interlace, transparent, size)
					comparePNG(t, name, randomPNG(r, size[0], size[1], depth, colour, interlace, transparent))
				}
			}
		}
	})
}

// standardRGB is what image/png makes of a picture, over white.
func standardRGB(data []byte) ([]byte, error) {
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	rgba := image.NewRGBA(m.Bounds())
	draw.Draw(rgba, rgba.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(rgba, rgba.Rect, m, m.Bounds().Min, draw.Over)
	var rgb []byte
	for p := rgba.Pix; len(p) >= 4; p = p[4:] {
		rgb = append(rgb, p[0], p[1], p[2])
	}
	return rgb, nil
}

func comparePNG(t *testing.T, name string, data []byte) {
	t.Helper()
	want, err := standardRGB(data)
	if err != nil {
		t.Fatalf("%s: image/png: %v", name, err)
	}
	got, _, err := decode(data, nil, raster.For(0))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if i := differs(got, want, 1); i >= 0 { // compositing rounds in other ways
		t.Errorf("%s: byte %d is %d, want %d", name, i, got[i], want[i])
	}
}

// differs is where two pictures differ by more than a tolerance; -1: nowhere.
func differs(got, want []byte, tolerance int) int {
	if len(got) != len(want) {
		return 0
	}
	for i := range got {
		if d := int(got[i]) - int(want[i]); d > tolerance || d < -tolerance {
			return i
		}
	}
	return -1
}

// TestReducedPNG: a picture that is too large shows the means of squares, the last ones of what there is.
func TestReducedPNG(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const w, h, factor = 37, 22, 4
	for _, interlace := range []byte{0, 1} {
		data := randomPNG(r, w, h, 8, pngRGB, interlace, false)
		full, err := standardRGB(data)
		if err != nil {
			t.Fatal(err)
		}
		got, format, err := decode(data, nil, raster.Budget{Total: 1 << 20, Share: 1 << 20, Frame: 3 * 10 * 6})
		if err != nil || format != capture.Packed(capture.RGB24, 10, 6) {
			t.Fatalf("%v, %v", format, err)
		}
		for i := range got {
			x, y, c := i/3%10, i/30, i%3
			sum, n := 0, 0
			for v := y * factor; v < min(y*factor+factor, h); v++ {
				for u := x * factor; u < min(x*factor+factor, w); u++ {
					sum += int(full[3*(v*w+u)+c])
					n++
				}
			}
			if want := (sum + n/2) / n; int(got[i]) != want {
				t.Fatalf("interlaced %d: pixel %d, %d is %d, want %d", interlace, x, y, got[i], want)
			}
		}
	}
}

// TestCutPNG cuts a picture anywhere: it is good if all its pixels are there, and else a bad frame.
func TestCutPNG(t *testing.T) {
	data := randomPNG(rand.New(rand.NewPCG(5, 6)), 9, 7, 8, pngRGB, 0, false)
	want, err := standardRGB(data)
	if err != nil {
		t.Fatal(err)
	}
	good := 0
	for n := range data {
		pix, _, err := decode(data[:n], nil, raster.For(0))
		switch {
		case err == nil && bytes.Equal(pix, want):
			good++
		case !errors.Is(err, capture.ErrBadFrame):
			t.Errorf("%d of %d bytes: %v", n, len(data), err)
		}
	}
	if good < 12 || good > 30 { // without the last chunk, and without the checksums before it
		t.Errorf("%d cuts are good", good)
	}
}

// FuzzPNG compares with image/png where both accept.
func FuzzPNG(f *testing.F) {
	r := rand.New(rand.NewPCG(7, 8))
	forAllPNG(func(depth, colour byte) {
		f.Add(randomPNG(r, 5, 4, depth, colour, 0, true))
		f.Add(randomPNG(r, 9, 9, depth, colour, 1, true))
	})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4<<10 || !bytes.HasPrefix(data, []byte(pngSignature)) {
			return
		}
		c, err := png.DecodeConfig(bytes.NewReader(data))
		if err != nil || c.Width*c.Height > 1<<16 {
			return
		}
		got, _, err := decode(data, nil, raster.For(0))
		want, stdErr := standardRGB(data)
		if err != nil || stdErr != nil {
			return
		}
		if i := differs(got, want, 1); i >= 0 {
			t.Fatalf("byte %d is %d, want %d", i, got[i], want[i])
		}
	})
}
