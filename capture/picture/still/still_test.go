package still

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/image/bmp"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/internal/raster"
)

// encode returns m in one of the three formats.
func encode(t testing.TB, kind string, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch kind {
	case "jpeg":
		err = jpeg.Encode(&b, m, nil)
	case "png":
		err = png.Encode(&b, m)
	case "bmp":
		err = bmp.Encode(&b, m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDecodeRGB(t *testing.T) {
	nrgba := image.NewNRGBA(image.Rect(5, 7, 7, 8)) // 2x1, not at the origin
	nrgba.Set(5, 7, color.NRGBA{200, 100, 50, 255})
	nrgba.Set(6, 7, color.NRGBA{200, 100, 50, 0})
	half := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	half.Set(0, 0, color.NRGBA{0, 0, 0, 128})
	deep := image.NewRGBA64(image.Rect(0, 0, 1, 1))
	deep.Set(0, 0, color.RGBA64{0x1234, 0xabcd, 0xffff, 0xffff})
	grey := image.NewGray(image.Rect(0, 0, 1, 2))
	grey.Pix[1] = 77
	paletted := image.NewPaletted(image.Rect(0, 0, 2, 1), color.Palette{color.RGBA{1, 2, 3, 255}, color.RGBA{9, 8, 7, 255}})
	paletted.Pix[0] = 1
	opaque := image.NewRGBA(image.Rect(0, 0, 1, 2))
	opaque.Pix = []byte{1, 2, 3, 255, 4, 5, 6, 255}
	tests := []struct {
		name, kind string
		m          image.Image
		want       []byte
	}{
		{"transparent is white", "png", nrgba, []byte{200, 100, 50, 255, 255, 255}},
		{"half transparent", "png", half, []byte{127, 127, 127}},
		{"16 bits", "png", deep, []byte{0x12, 0xab, 0xff}},
		{"grey", "png", grey, []byte{0, 0, 0, 77, 77, 77}},
		{"palette", "png", paletted, []byte{9, 8, 7, 1, 2, 3}},
		{"bmp", "bmp", opaque, []byte{1, 2, 3, 4, 5, 6}},
		{"bmp palette", "bmp", paletted, []byte{9, 8, 7, 1, 2, 3}},
	}
	for _, tt := range tests {
		f := capture.Frame{Pix: []byte("old"), Name: "old"}
		if err := Decode(bytes.NewReader(encode(t, tt.kind, tt.m)), &f); err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		b := tt.m.Bounds()
		if f.Format != capture.Packed(capture.RGB24, b.Dx(), b.Dy()) || !slices.Equal(f.Pix, tt.want) {
			t.Errorf("%s: %v %v, want %v", tt.name, f.Format, f.Pix, tt.want)
		}
		if f.Sequence != 1 || f.Time.IsZero() || f.Name != "" {
			t.Errorf("%s: %+v", tt.name, f)
		}
	}
}

func TestDecodeJPEG(t *testing.T) {
	p := encode(t, "jpeg", image.NewGray(image.Rect(0, 0, 33, 20)))
	var f capture.Frame
	if err := DecodeBytes(p, &f); err != nil {
		t.Fatal(err)
	}
	if f.Format != (capture.Format{Pixel: capture.MJPG, Width: 33, Height: 20}) || !bytes.Equal(f.Pix, p) || &f.Pix[0] == &p[0] {
		t.Errorf("%v, %d of %d bytes", f.Format, len(f.Pix), len(p))
	}
}

// hugePNG is the start of a PNG that says it has w by h pixels, RGB with 8 bits each.
func hugePNG(w, h uint32) []byte { return startPNG(w, h, 8, 2, 0) }

// startPNG is a PNG up to the beginning of its pixels. Colour types are 0 grey, 2 RGB, 6 RGBA.
func startPNG(w, h uint32, depth, colour, interlace byte) []byte {
	ihdr := binary.BigEndian.AppendUint32(nil, w)
	ihdr = append(binary.BigEndian.AppendUint32(ihdr, h), depth, colour, 0, 0, interlace)
	return append(chunk([]byte("\x89PNG\r\n\x1a\n"), "IHDR", ihdr), chunk(nil, "IDAT", []byte("\x78\x9c\x00"))...)
}

// chunk appends a chunk of a PNG to p.
func chunk(p []byte, kind string, body []byte) []byte {
	p = binary.BigEndian.AppendUint32(p, uint32(len(body)))
	p = append(append(p, kind...), body...)
	return binary.BigEndian.AppendUint32(p, crc32.ChecksumIEEE(p[len(p)-len(body)-4:]))
}

// TestMemory: what a picture takes to decode stays within the budget, whatever its header says; its pixels become fewer.
func TestMemory(t *testing.T) {
	b := raster.Budget{Total: 4 << 20, Share: 2 << 20, Frame: 1 << 20}
	for _, c := range []struct {
		name    string
		p       []byte
		w, h    int    // of the frame
		refused string // empty: it is not
	}{
		{"16 bits", fullPNG(1250, 1250, 16, pngRGBA, 0), 417, 417, ""},
		{"grey", fullPNG(1250, 1250, 8, pngGrey, 0), 417, 417, ""},
		{"RGB", fullPNG(1000, 750, 8, pngRGB, 0), 500, 375, ""},
		{"interlaced", fullPNG(1250, 1250, 8, pngRGB, 1), 417, 417, ""},
		{"interlaced, 16 bits", fullPNG(1001, 751, 16, pngRGBA, 1), 501, 376, ""},
		{"chunk before the header", shifted(fullPNG(750, 750, 8, pngRGB, 1)), 375, 375, ""},
		{"small", fullPNG(500, 250, 8, pngRGBA, 0), 500, 250, ""},
		{"too many pixels", hugePNG(8193, 8193), 0, 0, "make the picture smaller"},
		{"bmp", runsBMP(2000, 2000), 500, 500, ""},
		{"bmp, too many pixels", runsBMP(16000, 16000), 0, 0, "make the picture smaller"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			pix, format, err := decode(c.p, nil, b)
			runtime.ReadMemStats(&after)
			if n := int64(after.TotalAlloc - before.TotalAlloc); n > b.Share+512<<10 {
				t.Errorf("took %d KiB", n>>10)
			}
			if c.refused != "" {
				if !errors.Is(err, capture.ErrBadFrame) || !strings.Contains(err.Error(), c.refused) {
					t.Errorf("%v, want %q", err, c.refused)
				}
				return
			}
			if err != nil || format != capture.Packed(capture.RGB24, c.w, c.h) || len(pix) != 3*c.w*c.h {
				t.Errorf("%v, %d bytes, %v", format, len(pix), err)
			}
		})
	}
}

// TestLargeFile: a file may not have more bytes than a part of what pictures get.
func TestLargeFile(t *testing.T) {
	for _, start := range []string{jpegStart, "BM"} {
		r := io.MultiReader(strings.NewReader(start), zeros{})
		if err := Decode(r, new(capture.Frame)); !errors.Is(err, capture.ErrBadFrame) || !strings.Contains(err.Error(), "MiB") {
			t.Errorf("%q: %v", start, err)
		}
	}
}

// TestReuse: a frame's memory is used again, for a JPEG as for the others, and what it had before does not show.
func TestReuse(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 64, 64))
	f := capture.Frame{Pix: bytes.Repeat([]byte{7}, 1<<20)}
	first := &f.Pix[0]
	for _, kind := range []string{"jpeg", "png", "bmp", "jpeg"} {
		p := encode(t, kind, m)
		if err := Decode(bytes.NewReader(p), &f); err != nil {
			t.Fatal(err)
		}
		if &f.Pix[0] != first {
			t.Errorf("%s: other memory", kind)
		}
		if kind == "jpeg" && !bytes.Equal(f.Pix, p) || kind != "jpeg" && !bytes.Equal(f.Pix, make([]byte, 3*64*64)) {
			t.Errorf("%s: other bytes", kind)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 9, 9))
	tests := map[string][]byte{
		"empty":       nil,
		"text":        []byte("<html>not found</html>"),
		"jpeg, cut":   encode(t, "jpeg", m)[:300],
		"jpeg, begun": {0xFF, 0xD8},
		"png, cut":    encode(t, "png", m)[:45],
		"png, begun":  []byte("\x89PNG\r\n\x1a\n"),
		"bmp, cut":    encode(t, "bmp", m)[:1100],
		"bmp, begun":  []byte("BM"),
		"pixels":      hugePNG(10000, 10000),
		"width":       hugePNG(40000, 2),
		"both":        hugePNG(1<<31-1, 1<<31-1),
	}
	for name, p := range tests {
		var f capture.Frame
		if err := Decode(bytes.NewReader(p), &f); !errors.Is(err, capture.ErrBadFrame) {
			t.Errorf("%s: %v, want ErrBadFrame", name, err)
		}
	}
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestDecodeReader(t *testing.T) {
	if err := Decode(zeros{}, new(capture.Frame)); !errors.Is(err, capture.ErrBadFrame) {
		t.Errorf("an endless file: %v, want ErrBadFrame", err)
	}
	if err := Decode(iotest.ErrReader(io.ErrClosedPipe), new(capture.Frame)); err != io.ErrClosedPipe {
		t.Errorf("a reader's error: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	m := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	for _, kind := range []string{"jpeg", "png", "bmp"} {
		f.Add(encode(f, kind, m))
	}
	f.Add(hugePNG(5, 5))
	f.Add([]byte("\r\n\r\n\xFF\xD8\xFF\xD8"))
	f.Add([]byte("\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00avif"))
	f.Fuzz(func(t *testing.T, p []byte) {
		if len(p) > 4<<10 {
			return
		}
		var frame capture.Frame
		// A small budget, as large sizes would only keep the fuzzer busy.
		pix, format, err := decode(p, nil, raster.Budget{Total: 4 << 20, Share: 1 << 20, Frame: 1 << 20})
		if err != nil {
			if !errors.Is(err, capture.ErrBadFrame) {
				t.Fatal(err)
			}
			return
		}
		if err := set(&frame, pix, format); err != nil {
			t.Fatal(err)
		}
	})
}
