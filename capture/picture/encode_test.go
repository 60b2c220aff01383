package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"math/rand/v2"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/jpeg"
	"github.com/inceptiond/inceptiond/capture/picture/picturetest"
)

// TestEncodePasses: a JPEG that needs no change is not encoded anew; one that does is.
func TestEncodePasses(t *testing.T) {
	data := jpegOf(t, 64, 48).Pix
	tilted := append(append(bytes.Clone(data[:2]), picturetest.EXIF(6)...), data[2:]...)
	upright := append(append(bytes.Clone(data[:2]), picturetest.EXIF(1)...), data[2:]...)
	bare := withoutTables(t, data)
	for name, c := range map[string]struct {
		data   []byte
		camera Options
		o      EncoderOptions
		passes bool
	}{
		"as it is":       {data, Options{}, EncoderOptions{}, true},
		"wide enough":    {data, Options{}, EncoderOptions{MaxWidth: 64, MaxBytes: len(data)}, true},
		"whole region":   {data, Options{}, EncoderOptions{Region: Region{Width: 1, Height: 1}}, true},
		"EXIF 1":         {upright, Options{}, EncoderOptions{}, true},
		"junk behind":    {append(bytes.Clone(data), make([]byte, 999)...), Options{}, EncoderOptions{MaxBytes: len(data)}, true},
		"no tables":      {bare, Options{}, EncoderOptions{}, true},
		"too wide":       {data, Options{}, EncoderOptions{MaxWidth: 63}, false},
		"too large":      {data, Options{}, EncoderOptions{MaxBytes: len(data) - 1}, false},
		"bare too large": {bare, Options{}, EncoderOptions{MaxBytes: len(bare) + 419}, false},
		"region":         {data, Options{}, EncoderOptions{Region: Region{Width: 0.5, Height: 1}}, false},
		"EXIF 6":         {tilted, Options{}, EncoderOptions{}, false},
		"rotated":        {data, Options{Rotate: 180}, EncoderOptions{}, false},
		"turned back":    {tilted, Options{Rotate: 270}, EncoderOptions{}, true},
	} {
		c.o.Quality = 50
		m, got := encoded(t, c.o, newPicture(t, c.camera, mjpg(c.data, 64, 48)))
		scan := data[bytes.Index(data, []byte{0xFF, 0xDA}):]
		if passed := bytes.HasSuffix(got, scan); passed != c.passes {
			t.Errorf("%s: passed: %t", name, passed)
		}
		if n := c.o.MaxBytes; n > 0 && len(got) > n {
			t.Errorf("%s: %d bytes, at most %d", name, len(got), n)
		}
		if c.passes && name != "turned back" && letters(m) != "RGBW" {
			t.Errorf("%s: %s", name, letters(m))
		}
	}
}

// withoutTables is a JPEG of image/jpeg's, which has the typical Huffman tables, without them.
func withoutTables(t *testing.T, data []byte) []byte {
	t.Helper()
	from := bytes.Index(data, []byte{0xFF, 0xC4})
	end := bytes.Index(data, []byte{0xFF, 0xDA})
	if from < 0 || end < from {
		t.Fatal("no tables")
	}
	return append(bytes.Clone(data[:from]), data[end:]...)
}

// noise is a frame that no JPEG makes small.
func noise(w, h int) *capture.Frame {
	rng := rand.New(rand.NewPCG(1, 2))
	f := &capture.Frame{Format: capture.Packed(capture.RGB24, w, h)}
	f.Pix = make([]byte, 3*w*h)
	for i := range f.Pix {
		f.Pix[i] = byte(rng.Uint32())
	}
	return f
}

// TestEncodeMaxBytes: first quality goes, down to 40, and then size.
func TestEncodeMaxBytes(t *testing.T) {
	f := noise(400, 300)
	whole := func(quality int) int {
		_, data := encoded(t, EncoderOptions{Quality: quality}, newPicture(t, Options{}, f))
		return len(data)
	}
	for _, c := range []struct{ quality, most, width int }{
		{90, whole(90), 400}, {90, whole(90) - 1, 400}, {90, whole(40), 400}, {90, whole(40) - 1, 0}, {90, 4 << 10, 0}, {20, whole(20), 400}, {20, whole(20) / 3, 0},
	} {
		m, data := encoded(t, EncoderOptions{Quality: c.quality, MaxBytes: c.most}, newPicture(t, Options{}, f))
		w := m.Bounds().Dx()
		if len(data) > c.most || c.width != 0 && w != c.width || c.width == 0 && w >= 400 {
			t.Errorf("quality %d, at most %d bytes: %d bytes, %v", c.quality, c.most, len(data), m.Bounds())
		}
		if 3*len(data) < c.most {
			t.Errorf("quality %d, at most %d bytes: %d bytes, which gives more away than it must", c.quality, c.most, len(data))
		}
	}
}

// TestEncodeLargeFrame: a frame of 2 MB against the usual limit.
func TestEncodeLargeFrame(t *testing.T) {
	f := noise(1600, 1200)
	m := &image.RGBA{Pix: make([]byte, 4*1600*1200), Stride: 4 * 1600, Rect: image.Rect(0, 0, 1600, 1200)}
	for i := range 1600 * 1200 {
		copy(m.Pix[4*i:], f.Pix[3*i:3*i+3])
	}
	var b bytes.Buffer
	if err := stdjpeg.Encode(&b, m, &stdjpeg.Options{Quality: 97}); err != nil || b.Len() < 2<<20 {
		t.Fatal(b.Len(), err)
	}
	for _, most := range []int{0, 640} {
		_, data := encoded(t, EncoderOptions{MaxWidth: most, Quality: 80, MaxBytes: 256 << 10}, newPicture(t, Options{}, mjpg(b.Bytes(), 1600, 1200)))
		if len(data) > 256<<10 || len(data) < 60<<10 {
			t.Errorf("at most %d pixels: %d bytes", most, len(data))
		}
	}
}

func TestEncodeErrors(t *testing.T) {
	for _, o := range []EncoderOptions{
		{}, {Quality: 101}, {Quality: -1}, {Quality: 80, MaxWidth: -1}, {Quality: 80, MaxBytes: -1}, {Quality: 80, Region: Region{X: 0.5, Width: 0.6, Height: 1}},
	} {
		if _, err := NewEncoder(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
	whole := jpegOf(t, 64, 48).Pix
	for name, f := range map[string]*capture.Frame{
		"cut":       mjpg(whole[:len(whole)-90], 64, 48),
		"no header": mjpg(whole[:30], 64, 48),
		"short":     {Format: capture.Packed(capture.YUYV, 64, 48), Pix: make([]byte, 99)},
	} {
		for _, o := range []EncoderOptions{{Quality: 80}, {Quality: 80, MaxWidth: 20}} {
			e, err := NewEncoder(o)
			if err != nil {
				t.Fatal(err)
			}
			if data, err := e.Encode(newPicture(t, Options{}, f)); !errors.Is(err, capture.ErrBadFrame) || data != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	e, err := NewEncoder(EncoderOptions{Quality: 80, MaxBytes: 10})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Encode(newPicture(t, Options{}, noise(64, 64))); err == nil || errors.Is(err, capture.ErrBadFrame) {
		t.Errorf("at most 10 bytes: %v", err)
	}
}

// FuzzEncode gives an encoder frames that lie about themselves, and regions of them.
func FuzzEncode(f *testing.F) {
	for i, raw := range raws(5, 3) {
		f.Add(uint32(raw.Format.Pixel), 5, 3, raw.Format.Stride, i, 3, 0.1, 0.3, raw.Pix)
	}
	f.Add(uint32(capture.MJPG), 16, 16, 0, 3, 2, 0.5, 0.5, encode(f, 16, 16, 5))
	f.Add(uint32(capture.MJPG), 16, 16, 0, 1, 20, 0.0, 1.0, picturetest.Progressive())
	f.Fuzz(func(t *testing.T, pixel uint32, w, h, stride, turn, most int, from, size float64, pix []byte) {
		e, err := NewEncoder(EncoderOptions{Region: Region{from, from, size, size}, MaxWidth: most, Quality: 80, MaxBytes: 2000})
		if err != nil || len(pix) > 1<<12 {
			return
		}
		format := capture.Format{Pixel: capture.PixelFormat(pixel), Width: w, Height: h, Stride: stride}
		p := newPicture(t, Options{Rotate: turn & 3 * 90, Flip: Flip(turn >> 2 & 3)}, &capture.Frame{Pix: pix, Format: format})
		if w, h, err := p.Size(); err != nil || w*h > 1<<16 {
			return
		}
		data, err := e.Encode(p)
		if err != nil {
			return
		}
		m, err := new(jpeg.Decoder).Header(data) // image/jpeg does not take all that passes
		if err != nil || len(data) > 2000 || most > 0 && m.Width > most {
			t.Fatalf("%d bytes, %d pixels wide, at most %d: %v", len(data), m.Width, most, err)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	for _, pixel := range []capture.PixelFormat{capture.YUYV, capture.NV12, capture.RGB24, capture.MJPG} {
		for _, width := range []int{640, 1280} {
			f := jpegOf(b, width, width*3/4)
			if pixel != capture.MJPG {
				f = painted(b, pixel, width, width*3/4, quadrants(width, width*3/4))
			}
			p := newPicture(b, Options{}, f)
			e, err := NewEncoder(EncoderOptions{MaxWidth: 640, Quality: 80})
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%v %d", pixel, width), func(b *testing.B) {
				for b.Loop() {
					p.Set(f)
					if _, err := e.Encode(p); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
