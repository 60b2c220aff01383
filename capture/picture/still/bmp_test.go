package still

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"strings"
	"testing"

	"golang.org/x/image/bmp"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/internal/raster"
)

// bitmap is what the test encoder writes: a header of any version and pixels as they stand in the file.
type bitmap struct {
	w, h        int // h < 0: the top row first
	header      int // bytes: 12, 16, 40, 52, 56, 64, 108, 124
	depth       int
	compression uint32
	colours     uint32    // as the header says; 0: as many as there may be
	palette     [][3]byte // R, G, B
	masks       []uint32  // red, green, blue, alpha
	gap         int       // bytes between palette and pixels
	noOffset    bool      // the file header does not say where the pixels are
	pixels      []byte
}

func (b *bitmap) write() []byte {
	le := binary.LittleEndian
	h := make([]byte, max(b.header, 56))
	le.PutUint32(h, uint32(b.header))
	if b.header == 12 {
		le.PutUint16(h[4:], uint16(b.w))
		le.PutUint16(h[6:], uint16(b.h))
		le.PutUint16(h[8:], 1)
		le.PutUint16(h[10:], uint16(b.depth))
	} else {
		le.PutUint32(h[4:], uint32(int32(b.w)))
		le.PutUint32(h[8:], uint32(int32(b.h)))
		le.PutUint16(h[12:], 1)
		le.PutUint16(h[14:], uint16(b.depth))
		le.PutUint32(h[16:], b.compression)
		le.PutUint32(h[32:], b.colours)
	}
	body := h[:b.header]
	if b.header >= 52 && b.header != 64 {
		for i, m := range b.masks {
			le.PutUint32(body[40+4*i:], m)
		}
	} else {
		for _, m := range b.masks {
			body = le.AppendUint32(body[:len(body):len(body)], m)
		}
	}
	for _, c := range b.palette {
		body = append(body, c[2], c[1], c[0])
		if b.header != 12 {
			body = append(body, 0)
		}
	}
	body = append(body, make([]byte, b.gap)...)
	out := append([]byte("BM"), make([]byte, 12)...)
	le.PutUint32(out[2:], uint32(14+len(body)+len(b.pixels)))
	if !b.noOffset {
		le.PutUint32(out[10:], uint32(14+len(body)))
	}
	return append(append(out, body...), b.pixels...)
}

// runsBMP is a BMP of w by h pixels whose run lengths say next to nothing.
func runsBMP(w, h int) []byte {
	b := bitmap{w: w, h: h, header: 40, depth: 8, compression: bmpRLE8, palette: [][3]byte{{9, 9, 9}}, colours: 1, pixels: []byte{0, 1}}
	return b.write()
}

// Colours of the tests.
var (
	red, green, blue = [3]byte{255, 0, 0}, [3]byte{0, 255, 0}, [3]byte{0, 0, 255}
	black, white     = [3]byte{}, [3]byte{255, 255, 255}
	flag             = [][3]byte{red, green, blue, white}
)

func TestBMP(t *testing.T) {
	// Two rows of three: red green blue over white black red.
	wanted := [][3]byte{red, green, blue, white, black, red}
	palette := [][3]byte{black, red, green, blue, white}
	indices := []byte{4, 0, 1, 0, 1, 2, 3, 0} // the lower row comes first
	fives := []uint16{0x7FFF, 0, 0x7C00, 0, 0x7C00, 0x3E0, 0x1F, 0}
	sixes := []uint16{0xFFFF, 0, 0xF800, 0, 0xF800, 0x7E0, 0x1F, 0}
	words := func(v []uint16) (p []byte) {
		for _, n := range v {
			p = binary.LittleEndian.AppendUint16(p, n)
		}
		return p
	}
	longs := func(v ...uint32) (p []byte) {
		for _, n := range v {
			p = binary.LittleEndian.AppendUint32(p, n)
		}
		return p
	}
	plain := []byte{255, 255, 255, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 255, 0, 255, 0, 255, 0, 0, 0, 0, 0}
	wide := longs(0xFFFFFF, 0, 0xFF0000, 0xFF0000, 0xFF00, 0xFF)
	seen := longs(0xFFFFFFFF, 0xFF000000, 0xFFFF0000, 0xFFFF0000, 0xFF00FF00, 0xFF0000FF)
	hidden := longs(0x00123456, 0xFF000000, 0xFFFF0000, 0xFFFF0000, 0xFF00FF00, 0xFF0000FF)
	rgb565, usual := []uint32{0xF800, 0x7E0, 0x1F}, []uint32{0xFF0000, 0xFF00, 0xFF}
	alpha := []uint32{0xFF0000, 0xFF00, 0xFF, 0xFF000000}
	four := []byte{0x40, 0x10, 0, 0, 0x12, 0x30, 0, 0}
	for _, c := range []struct {
		name string
		bitmap
		want [][3]byte // nil: wanted
	}{
		{"8 bits", bitmap{header: 40, depth: 8, palette: palette, colours: 5, pixels: indices}, nil},
		{"8 bits, gap", bitmap{header: 40, depth: 8, palette: palette, colours: 5, gap: 7, pixels: indices}, nil},
		{"8 bits, no offset", bitmap{header: 40, depth: 8, palette: palette, colours: 5, noOffset: true, pixels: indices}, nil},
		{"8 bits, top down", bitmap{h: -2, header: 40, depth: 8, palette: palette, colours: 5, pixels: append(indices[4:8:8], indices[:4]...)}, nil},
		{"8 bits, last padding missing", bitmap{header: 40, depth: 8, palette: palette, colours: 5, pixels: indices[:7]}, nil},
		{"8 bits, colours beyond the palette", bitmap{header: 40, depth: 8, palette: palette[:4], colours: 4, pixels: indices},
			[][3]byte{red, green, blue, black, black, red}},
		{"8 bits, header says too many colours", bitmap{header: 40, depth: 8, palette: palette, colours: 5000, pixels: indices}, nil},
		{"8 bits, OS/2 1.x", bitmap{header: 12, depth: 8, palette: palette, pixels: indices}, nil},
		{"8 bits, OS/2 2.x, short", bitmap{header: 16, depth: 8, palette: palette, pixels: indices}, nil},
		{"8 bits, OS/2 2.x", bitmap{header: 64, depth: 8, palette: palette, colours: 5, pixels: indices}, nil},
		{"8 bits, V4", bitmap{header: 108, depth: 8, palette: palette, colours: 5, pixels: indices}, nil},
		{"8 bits, V5", bitmap{header: 124, depth: 8, palette: palette, colours: 5, pixels: indices}, nil},
		{"4 bits", bitmap{header: 40, depth: 4, palette: palette, colours: 5, pixels: four}, nil},
		{"4 bits, OS/2 1.x", bitmap{header: 12, depth: 4, palette: palette, pixels: four}, nil},
		{"2 bits", bitmap{header: 40, depth: 2, palette: flag, pixels: []byte{0b11_00_01_00, 0, 0, 0, 0b00_01_10_00, 0, 0, 0}},
			[][3]byte{red, green, blue, white, red, green}},
		{"1 bit", bitmap{header: 40, depth: 1, palette: [][3]byte{red, white}, pixels: []byte{0b101_00000, 0, 0, 0, 0b011_00000, 0, 0, 0}},
			[][3]byte{red, white, white, white, red, white}},
		{"1 bit, OS/2 1.x", bitmap{header: 12, depth: 1, palette: [][3]byte{red, white}, pixels: []byte{0b101_00000, 0, 0, 0, 0b011_00000, 0, 0, 0}},
			[][3]byte{red, white, white, white, red, white}},
		{"16 bits", bitmap{header: 40, depth: 16, pixels: words(fives)}, nil},
		{"16 bits, masks 565", bitmap{header: 40, depth: 16, compression: bmpBitFields, masks: rgb565, pixels: words(sixes)}, nil},
		{"16 bits, masks 565, V2", bitmap{header: 52, depth: 16, compression: bmpBitFields, masks: rgb565, pixels: words(sixes)}, nil},
		{"16 bits, masks 565, V4", bitmap{header: 108, depth: 16, compression: bmpBitFields, masks: rgb565, pixels: words(sixes)}, nil},
		{"16 bits, masks 555 and alpha", bitmap{header: 56, depth: 16, compression: bmpBitFields, masks: []uint32{0x7C00, 0x3E0, 0x1F, 0x8000},
			pixels: words([]uint16{0x1234, 0x8000, 0xFC00, 0, 0xFC00, 0x83E0, 0x801F, 0})}, nil},
		{"16 bits, masks 444", bitmap{header: 40, depth: 16, compression: bmpBitFields, masks: []uint32{0xF00, 0xF0, 0xF},
			pixels: words([]uint16{0xFFF, 0, 0xF00, 0, 0xF00, 0xF0, 0xF, 0})}, nil},
		{"16 bits, OS/2 1.x", bitmap{header: 12, depth: 16, pixels: words(fives)}, nil},
		{"24 bits", bitmap{header: 40, depth: 24, pixels: plain}, nil},
		{"24 bits, palette as a hint", bitmap{header: 40, depth: 24, palette: palette, colours: 5, pixels: plain}, nil},
		{"24 bits, OS/2 1.x", bitmap{header: 12, depth: 24, pixels: plain}, nil},
		{"24 bits, OS/2 2.x", bitmap{header: 64, depth: 24, pixels: plain}, nil},
		{"24 bits, V5", bitmap{header: 124, depth: 24, pixels: plain}, nil},
		{"32 bits", bitmap{header: 40, depth: 32, pixels: wide}, nil},
		{"32 bits, fourth byte ignored", bitmap{header: 40, depth: 32, pixels: seen}, nil},
		{"32 bits, masks", bitmap{header: 40, depth: 32, compression: bmpBitFields, masks: usual, pixels: wide}, nil},
		{"32 bits, other order", bitmap{header: 40, depth: 32, compression: bmpBitFields, masks: []uint32{0xFF, 0xFF00, 0xFF0000},
			pixels: longs(0xFFFFFF, 0, 0xFF, 0xFF, 0xFF00, 0xFF0000)}, nil},
		{"32 bits, 10 bits a colour", bitmap{header: 108, depth: 32, compression: bmpBitFields, masks: []uint32{0x3FF00000, 0xFFC00, 0x3FF},
			pixels: longs(0x3FFFFFFF, 0, 0x3FF00000, 0x3FF00000, 0xFFC00, 0x3FF)}, nil},
		{"32 bits, alpha, V3", bitmap{header: 56, depth: 32, compression: bmpBitFields, masks: alpha, pixels: seen}, nil},
		{"32 bits, alpha, V5", bitmap{header: 124, depth: 32, compression: bmpBitFields, masks: alpha, pixels: hidden}, nil},
		{"32 bits, alpha behind the header", bitmap{header: 40, depth: 32, compression: bmpAlphaBitFields, masks: alpha, pixels: hidden}, nil},
		{"32 bits, alpha that nobody set", bitmap{header: 124, depth: 32, compression: bmpBitFields, masks: alpha, pixels: wide}, nil},
		{"RLE8", bitmap{header: 40, depth: 8, compression: bmpRLE8, palette: palette, colours: 5,
			pixels: []byte{1, 4, 1, 0, 1, 1, 0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0, 1}}, nil},
		{"RLE8, OS/2 2.x", bitmap{header: 64, depth: 8, compression: bmpRLE8, palette: palette, colours: 5,
			pixels: []byte{1, 4, 1, 0, 1, 1, 0, 0, 0, 3, 1, 2, 3, 0, 0, 1}}, nil},
		{"RLE8, no end", bitmap{header: 40, depth: 8, compression: bmpRLE8, palette: palette, colours: 5,
			pixels: []byte{1, 4, 1, 0, 1, 1, 0, 0, 0, 3, 1, 2, 3, 0}}, nil},
		{"RLE8, top down", bitmap{h: -2, header: 40, depth: 8, compression: bmpRLE8, palette: palette, colours: 5,
			pixels: []byte{0, 3, 1, 2, 3, 0, 0, 0, 1, 4, 1, 0, 1, 1, 0, 1}}, nil},
		{"RLE8, runs over the end of rows", bitmap{header: 40, depth: 8, compression: bmpRLE8, palette: palette, colours: 5,
			pixels: []byte{255, 2, 0, 0, 0, 5, 1, 1, 1, 2, 2, 0, 0, 1}}, [][3]byte{red, red, red, green, green, green}},
		{"RLE8, deltas", bitmap{header: 40, depth: 8, compression: bmpRLE8, palette: palette, colours: 5,
			pixels: []byte{1, 1, 0, 2, 1, 0, 1, 2, 0, 2, 0, 1, 1, 3, 0, 2, 0xFF, 0, 0, 1}}, [][3]byte{black, black, black, red, black, green}},
		{"RLE8, delta up", bitmap{header: 40, depth: 8, compression: bmpRLE8, palette: palette, colours: 5,
			pixels: []byte{1, 1, 0, 2, 1, 1, 1, 3, 0, 1}}, [][3]byte{black, black, blue, red, black, black}},
		{"RLE8, ends at once", bitmap{header: 40, depth: 8, compression: bmpRLE8, palette: flag, colours: 4, pixels: []byte{0, 1}},
			[][3]byte{red, red, red, red, red, red}},
		{"RLE4", bitmap{header: 40, depth: 4, compression: bmpRLE4, palette: palette, colours: 5,
			pixels: []byte{2, 0x40, 1, 0x10, 0, 0, 0, 3, 0x12, 0x30, 0, 1}}, nil},
		{"RLE4, odd absolute", bitmap{w: 5, h: 1, header: 40, depth: 4, compression: bmpRLE4, palette: palette, colours: 5,
			pixels: []byte{0, 5, 0x12, 0x34, 0x10, 0, 0, 1}}, [][3]byte{red, green, blue, white, red}},
		{"RLE4, in turn", bitmap{w: 5, h: 1, header: 40, depth: 4, compression: bmpRLE4, palette: palette, colours: 5,
			pixels: []byte{5, 0x12, 0, 1}}, [][3]byte{red, green, red, green, red}},
		{"RLE24, OS/2", bitmap{header: 64, depth: 24, compression: os2RLE24,
			pixels: []byte{1, 255, 255, 255, 1, 0, 0, 0, 1, 0, 0, 255, 0, 0, 0, 3, 0, 0, 255, 0, 255, 0, 255, 0, 0, 0, 0, 1}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := c.bitmap
			if b.w == 0 {
				b.w = 3
			}
			if b.h == 0 {
				b.h = 2
			}
			want := c.want
			if want == nil {
				want = wanted
			}
			var f capture.Frame
			if err := DecodeBytes(b.write(), &f); err != nil {
				t.Fatal(err)
			}
			var got [][3]byte
			for p := f.Pix; len(p) > 0; p = p[3:] {
				got = append(got, [3]byte(p))
			}
			if f.Format.Width != b.w || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%v %v, want %v", f.Format, got, want)
			}
		})
	}
}

// TestLevelsBMP: few bits become levels as others have it: rounded down.
func TestLevelsBMP(t *testing.T) {
	b := bitmap{w: 32, h: 1, header: 40, depth: 16}
	for i := range 32 {
		b.pixels = binary.LittleEndian.AppendUint16(b.pixels, uint16(i<<10|i<<5|i))
	}
	var f capture.Frame
	if err := DecodeBytes(b.write(), &f); err != nil {
		t.Fatal(err)
	}
	for i, v := range f.Pix {
		if want := byte(i / 3 * 255 / 31); v != want {
			t.Errorf("%d of 31 is %d, want %d", i/3, v, want)
		}
	}
}

func TestRefusedBMP(t *testing.T) {
	pixels := make([]byte, 100)
	for _, c := range []struct {
		name string
		bitmap
		want string
	}{
		{"JPEG inside", bitmap{w: 3, h: 2, header: 40, compression: bmpJPEG, pixels: pixels}, "JPEG inside: save it as JPEG"},
		{"PNG inside", bitmap{w: 3, h: 2, header: 124, compression: bmpPNG, pixels: pixels}, "PNG inside: save it as PNG"},
		{"fax", bitmap{w: 3, h: 2, header: 64, depth: 1, compression: 3, pixels: pixels}, "Huffman 1D"},
		{"64 bits", bitmap{w: 3, h: 2, header: 40, depth: 64, pixels: pixels}, "64 bits a pixel"},
		{"RLE8 of 24 bits", bitmap{w: 3, h: 2, header: 40, depth: 24, compression: bmpRLE8, pixels: pixels}, "24 bits a pixel with compression 1"},
		{"other compression", bitmap{w: 3, h: 2, header: 40, depth: 24, compression: 12, pixels: pixels}, "compression 12"},
		{"other header", bitmap{w: 3, h: 2, header: 2000, depth: 24, pixels: pixels}, "header of 2000 bytes"},
		{"bits apart", bitmap{w: 3, h: 2, header: 40, depth: 16, compression: bmpBitFields, masks: []uint32{0xF0F0, 7, 8}, pixels: pixels}, "apart"},
		{"no pixels", bitmap{w: 3, h: 0, header: 40, depth: 24}, "3x0 pixels"},
		{"too wide", bitmap{w: 20000, h: 1, header: 40, depth: 1, pixels: make([]byte, 2500)}, "20000x1"},
		{"negative width", bitmap{w: -3, h: 2, header: 40, depth: 24, pixels: pixels}, "-3x2 pixels"},
		{"least height", bitmap{w: 3, h: -1 << 31, header: 40, depth: 24, pixels: pixels}, "pixels"},
		{"cut short", bitmap{w: 30, h: 20, header: 40, depth: 24, pixels: pixels}, "cut short"},
		{"runs cut short", bitmap{w: 3, h: 2, header: 40, depth: 8, compression: bmpRLE8, pixels: []byte{3, 1, 0, 0}}, "cut short"},
		{"absolute cut short", bitmap{w: 3, h: 2, header: 40, depth: 8, compression: bmpRLE8, pixels: []byte{0, 200, 0}}, "cut short"},
		{"delta cut short", bitmap{w: 3, h: 2, header: 40, depth: 8, compression: bmpRLE8, pixels: []byte{0, 2, 1}}, "cut short"},
	} {
		var f capture.Frame
		err := DecodeBytes(c.write(), &f)
		if !errors.Is(err, capture.ErrBadFrame) || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	whole := (&bitmap{w: 3, h: 2, header: 40, depth: 8, palette: flag, colours: 4, pixels: make([]byte, 7)}).write()
	for n := range whole {
		if err := DecodeBytes(whole[:n], new(capture.Frame)); !errors.Is(err, capture.ErrBadFrame) {
			t.Errorf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
}

// FuzzBMP compares with golang.org/x/image/bmp where both accept, and that knows the alpha channel as we do.
func FuzzBMP(f *testing.F) {
	for _, header := range []int{12, 16, 40, 64, 108, 124} {
		for _, depth := range []int{1, 4, 8, 16, 24, 32} {
			b := bitmap{w: 3, h: 2, header: header, depth: depth, pixels: bytes.Repeat([]byte{0x12, 3}, 12)}
			if depth <= 8 {
				b.palette = flag
				b.colours = 4
			}
			f.Add(b.write())
		}
	}
	runs := bitmap{w: 5, h: 5, header: 40, depth: 8, compression: bmpRLE8, palette: flag, colours: 4,
		pixels: []byte{3, 1, 0, 0, 0, 2, 1, 1, 0, 3, 1, 2, 3, 0, 0, 1}}
	f.Add(runs.write())
	runs.depth, runs.compression = 4, bmpRLE4
	f.Add(runs.write())
	runs.depth, runs.compression, runs.header = 24, os2RLE24, 64
	f.Add(runs.write())
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4<<10 || !bytes.HasPrefix(data, []byte("BM")) {
			return
		}
		got, format, err := decode(data, nil, raster.Budget{Total: 4 << 20, Share: 1 << 20, Frame: 1 << 20})
		if err != nil {
			if !errors.Is(err, capture.ErrBadFrame) {
				t.Fatal(err)
			}
			return
		}
		if len(got) != 3*format.Width*format.Height {
			t.Fatalf("%d bytes of %v", len(got), format)
		}
		if c, err := bmp.DecodeConfig(bytes.NewReader(data)); err != nil || c.Width != format.Width || c.Width*c.Height > 1<<16 {
			return
		}
		m, err := bmp.Decode(bytes.NewReader(data))
		if err != nil {
			return
		}
		if _, alpha := m.(*image.NRGBA); alpha {
			return
		}
		rgba := image.NewRGBA(m.Bounds())
		draw.Draw(rgba, rgba.Rect, m, m.Bounds().Min, draw.Src)
		for i := range got {
			if want := rgba.Pix[i/3*4+i%3]; got[i] != want {
				t.Fatalf("byte %d is %d, want %d", i, got[i], want)
			}
		}
	})
}
