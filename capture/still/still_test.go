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
	"slices"
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

// hugePNG is the start of a PNG that says it has w by h pixels.
func hugePNG(w, h uint32) []byte {
	ihdr := binary.BigEndian.AppendUint32([]byte("IHDR"), w)
	ihdr = append(binary.BigEndian.AppendUint32(ihdr, h), 8, 2, 0, 0, 0)
	p := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), ihdr...)
	return binary.BigEndian.AppendUint32(p, crc32.ChecksumIEEE(ihdr))
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
