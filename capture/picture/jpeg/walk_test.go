package jpeg

import (
	"bytes"
	"errors"
	"image"
	stdjpeg "image/jpeg"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/inceptiond/inceptiond/capture"
)

// picture is a JPEG of w by h pixels.
func picture(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	m := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	for i := range m.Y {
		m.Y[i] = byte(i * 37)
	}
	if err := stdjpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withThumbnail puts an APP1 segment that holds another whole JPEG right after SOI, as cameras do.
func withThumbnail(p, thumbnail []byte) []byte {
	n := len(thumbnail) + 2 + 6
	out := append([]byte{0xFF, mSOI, 0xFF, 0xE1, byte(n >> 8), byte(n)}, "Exif\x00\x00"...)
	out = append(out, thumbnail...)
	return append(out, p[2:]...)
}

func TestSize(t *testing.T) {
	p := picture(t, 40, 24)
	thumb := withThumbnail(p, picture(t, 8, 8))
	for name, q := range map[string][]byte{
		"plain":        p,
		"thumbnail":    thumb,
		"cut in scan":  p[:len(p)-20],
		"padded":       append(bytes.Clone(p), 0, 0, 0),
		"fill bytes":   append([]byte{0xFF, mSOI, 0xFF, 0xFF}, p[2:]...),
		"no tables":    append([]byte{0xFF, mSOI}, p[bytes.Index(p, []byte{0xFF, 0xC0}):]...),
		"progressive":  bytes.Replace(p, []byte{0xFF, 0xC0}, []byte{0xFF, 0xC2}, 1),
		"with restart": bytes.Replace(p, []byte{0xFF, mSOI}, []byte{0xFF, mSOI, 0xFF, mRST0}, 1),
	} {
		if w, h, err := Size(q); w != 40 || h != 24 || err != nil {
			t.Errorf("%s: Size = %d, %d, %v", name, w, h, err)
		}
	}
}

func TestSizeRefuses(t *testing.T) {
	p := picture(t, 40, 24)
	sof := bytes.Index(p, []byte{0xFF, 0xC0})
	flat := bytes.Clone(p)
	copy(flat[sof+5:], []byte{0, 0})
	short := append(bytes.Clone(p[:sof]), 0xFF, 0xC0, 0, 4, 8, 0)
	for name, q := range map[string][]byte{
		"empty":              {},
		"one byte":           {0xFF},
		"png":                []byte("\x89PNG\r\n\x1a\n"),
		"cut before size":    p[:sof+4],
		"only an end":        {0xFF, mSOI, 0xFF, mEOI},
		"no rows":            flat,
		"short frame header": short,
		"segment of 1 byte":  {0xFF, mSOI, 0xFF, 0xE0, 0, 1, 0},
		"no marker":          {0xFF, mSOI, 'a', 'b', 'c'},
		"zeros":              make([]byte, 100),
		"scan first":         {0xFF, mSOI, 0xFF, mSOS, 0, 2, 1, 2},
	} {
		if w, h, err := Size(q); !errors.Is(err, capture.ErrBadFrame) || w != 0 || h != 0 {
			t.Errorf("%s: Size = %d, %d, %v; want ErrBadFrame", name, w, h, err)
		}
	}
}

func TestWhole(t *testing.T) {
	p := withThumbnail(picture(t, 40, 24), picture(t, 8, 8))
	if _, _, err := Whole(append(bytes.Clone(p), 0, 0)); err != nil {
		t.Errorf("whole: %v", err)
	}
	for n := range len(p) - 2 {
		if _, _, err := Whole(p[:n]); !errors.Is(err, capture.ErrBadFrame) {
			t.Fatalf("cut to %d of %d bytes: %v, want ErrBadFrame", n, len(p), err)
		}
	}
	for n := len(p) - 2; n < len(p); n++ { // every sample is there
		if w, h, err := Whole(p[:n]); w != 40 || h != 24 || err != nil {
			t.Fatalf("without the end marker: %d, %d, %v", w, h, err)
		}
	}
}

// readAll reads a stream to its end and returns the widths of its pictures, 0 for a bad one.
func readAll(t testing.TB, r *Reader) (widths []int, end error) {
	t.Helper()
	var pix []byte
	for range 100 {
		p, w, _, err := r.Next(pix)
		switch {
		case errors.Is(err, capture.ErrBadFrame):
			w = 0
		case err != nil:
			return widths, err
		default:
			if c, err := stdjpeg.DecodeConfig(bytes.NewReader(p)); err != nil || c.Width != w {
				t.Fatalf("picture of width %d: %+v, %v", w, c, err)
			}
		}
		widths = append(widths, w)
		pix = p
	}
	t.Fatal("a hundred pictures and no end")
	return nil, nil
}

func TestReader(t *testing.T) {
	a, b := picture(t, 16, 8), withThumbnail(picture(t, 32, 8), picture(t, 8, 8))
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	big := picture(t, 200, 200)
	tests := []struct {
		name   string
		stream []byte
		widths []int
		end    error
	}{
		{"empty", nil, nil, io.EOF},
		{"two", join(a, b), []int{16, 32}, io.EOF},
		{"zeros between", join(a, make([]byte, 99), b, []byte{0, 0xFF}), []int{16, 32}, io.EOF},
		{"text before", join([]byte("hello\xFF"), b, a), []int{32, 16}, io.EOF},
		{"cut at the end", join(a, b[:len(b)-9]), []int{16}, io.ErrUnexpectedEOF},
		{"cut in the middle", join(a, b[:len(b)-9], a), []int{16, 0, 16}, io.EOF},
		{"too large", join(big, a), []int{0, 16}, io.EOF},
	}
	for _, tt := range tests {
		for name, wrap := range map[string]func(io.Reader) io.Reader{
			"whole":     func(r io.Reader) io.Reader { return r },
			"bytewise":  iotest.OneByteReader,
			"data, EOF": iotest.DataErrReader,
		} {
			limit := max(len(a), len(b))
			widths, end := readAll(t, NewReader(wrap(bytes.NewReader(tt.stream)), limit))
			if end != tt.end || !slices.Equal(widths, tt.widths) {
				t.Errorf("%s, %s: %v, %v; want %v, %v", tt.name, name, widths, end, tt.widths, tt.end)
			}
		}
	}
}

func TestReaderAllocatesNothing(t *testing.T) {
	p := picture(t, 64, 64)
	r := NewReader(&endless{p: p}, 1<<20)
	var pix []byte
	next := func() {
		var err error
		if pix, _, _, err = r.Next(pix); err != nil {
			t.Fatal(err)
		}
	}
	next()
	if n := testing.AllocsPerRun(200, next); n != 0 {
		t.Errorf("%v allocations a picture", n)
	}
}

// endless repeats p.
type endless struct {
	p   []byte
	off int
}

func (e *endless) Read(b []byte) (int, error) {
	n := copy(b, e.p[e.off:])
	e.off = (e.off + n) % len(e.p)
	return n, nil
}

func FuzzReader(f *testing.F) {
	a := picture(f, 16, 8)
	f.Add(a)
	f.Add(append(withThumbnail(a, a), a[:40]...))
	f.Add([]byte{0xFF, mSOI, 0xFF, mSOI, 0xFF, mEOI})
	f.Fuzz(func(t *testing.T, p []byte) {
		if len(p) > 1<<16 {
			return
		}
		const limit = 4 << 10
		r := NewReader(bytes.NewReader(p), limit)
		total := 0
		for i := 0; ; i++ {
			pix, w, h, err := r.Next(nil)
			if err != nil && !errors.Is(err, capture.ErrBadFrame) {
				break
			}
			if i > len(p) {
				t.Fatal("no end")
			}
			if err != nil {
				continue
			}
			total += len(pix)
			gw, gh, err := Whole(pix)
			if err != nil || gw != w || gh != h || len(pix) > limit || total > len(p) {
				t.Fatalf("picture of %d bytes, %dx%d: Whole = %d, %d, %v", len(pix), w, h, gw, gh, err)
			}
		}
	})
}
