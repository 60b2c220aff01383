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

// A picture that takes too much memory is refused before any is spent on it.
func TestMemory(t *testing.T) {
	shifted := startPNG(4500, 4500, 16, 6, 1) // a chunk before IHDR hides that it is interlaced
	shifted = append(chunk(bytes.Clone(shifted[:8]), "teXt", make([]byte, 20)), shifted[8:]...)
	tests := []struct {
		name    string
		p       []byte
		refused string // empty: decoding begins, and fails for lack of pixels
	}{
		{"16 bits", startPNG(8192, 8192, 16, 6, 0), "704 MiB"},
		{"16 bits grey", startPNG(5000, 5000, 16, 0, 0), "262 MiB"},
		{"8 bits", startPNG(7000, 7000, 8, 2, 0), "327 MiB"},
		{"interlaced", startPNG(6000, 6000, 8, 6, 1), "377 MiB"},
		{"chunk before the header", shifted, "366 MiB"},
		{"allowed", startPNG(1000, 1000, 8, 6, 0), ""},
	}
	for _, tt := range tests {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := DecodeBytes(tt.p, new(capture.Frame))
		runtime.ReadMemStats(&after)
		if !errors.Is(err, capture.ErrBadFrame) || strings.Contains(err.Error(), "smaller") != (tt.refused != "") || !strings.Contains(err.Error(), tt.refused) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.refused)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 16<<20 {
			t.Errorf("%s: took %d MiB", tt.name, n>>20)
		}
	}
}

// The estimate is no less than what decoding takes, and not far above.
func TestMemoryEstimate(t *testing.T) {
	const w, h = 800, 600
	for name, m := range map[string]image.Image{
		"RGBA":    image.NewRGBA(image.Rect(0, 0, w, h)),
		"16 bits": image.NewNRGBA64(image.Rect(0, 0, w, h)),
		"palette": image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.White, color.Black}),
	} {
		p := encode(t, "png", m)
		c, err := png.DecodeConfig(bytes.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err = DecodeBytes(p, new(capture.Frame))
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Fatal(err)
		}
		const other = 256 << 10 // rows, the inflater
		if got, want := int64(after.TotalAlloc-before.TotalAlloc), memory(c, false); got > want+other || got < want/2 {
			t.Errorf("%s: took %d bytes, estimated %d", name, got, want)
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
		"png, cut":    encode(t, "png", m)[:50],
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
	f.Fuzz(func(t *testing.T, p []byte) {
		if len(p) > 4<<10 {
			return
		}
		// Sizes that the header allows but that would only keep the fuzzer busy.
		if c, _, err := image.DecodeConfig(bytes.NewReader(p)); err == nil && c.Width*c.Height > 1<<20 {
			return
		}
		var frame capture.Frame
		err := DecodeBytes(p, &frame)
		if err == nil {
			err = frame.Check()
		} else if errors.Is(err, capture.ErrBadFrame) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	})
}
