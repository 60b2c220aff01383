package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"sync"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/capturetest"
	"github.com/inceptiond/inceptiond/capture/picture/picturetest"
)

// newPicture is a picture of a camera with options o that shows f.
func newPicture(t testing.TB, o Options, f *capture.Frame) *Picture {
	t.Helper()
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	p.Set(f)
	return p
}

// mjpg is a JPEG as a frame, whose format says w by h pixels.
func mjpg(data []byte, w, h int) *capture.Frame {
	return &capture.Frame{Pix: data, Format: capture.Format{Pixel: capture.MJPG, Width: w, Height: h}}
}

// encode is a grey JPEG of w by h pixels that get brighter to the right, with an EXIF orientation if it is not 0.
func encode(t testing.TB, w, h int, orientation uint16) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = byte(i % w * 255 / w)
	}
	var b bytes.Buffer
	if err := stdjpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	if orientation == 0 {
		return data
	}
	return append(append(bytes.Clone(data[:2]), picturetest.EXIF(orientation)...), data[2:]...)
}

// raws has a frame of every uncompressed format, whose bytes count up from 0.
func raws(w, h int) []*capture.Frame {
	var frames []*capture.Frame
	for _, pixel := range capture.PixelFormats() {
		f := &capture.Frame{Format: capture.Packed(pixel, w, h)}
		n, err := f.Format.Size()
		if err != nil || n == 0 {
			continue
		}
		for i := range n {
			f.Pix = append(f.Pix, byte(i))
		}
		frames = append(frames, f)
	}
	return frames
}

// TestRaw: the samples of the middle pixel, and the last, are where each format has them.
func TestRaw(t *testing.T) {
	type sample struct{ x, y, want int }
	want := map[capture.PixelFormat]struct {
		colour     Colour
		subX, subY int
		samples    [3]sample // one of each plane; want is the byte's index in the frame
	}{
		capture.GREY:  {Grey, 1, 1, [3]sample{{3, 2, 11}}},
		capture.RGB24: {RGB, 1, 1, [3]sample{{3, 2, 33}}},
		capture.BGR24: {BGR, 1, 1, [3]sample{{3, 2, 33}}},
		capture.YUYV:  {YCCLimited, 2, 1, [3]sample{{3, 2, 22}, {1, 2, 21}, {1, 2, 23}}},
		capture.UYVY:  {YCCLimited, 2, 1, [3]sample{{3, 2, 23}, {1, 2, 20}, {1, 2, 22}}},
		capture.NV12:  {YCCLimited, 2, 2, [3]sample{{3, 2, 11}, {1, 1, 22}, {1, 1, 23}}},
		capture.I420:  {YCCLimited, 2, 2, [3]sample{{3, 2, 11}, {1, 1, 19}, {1, 1, 23}}},
	}
	for _, f := range raws(4, 4) {
		w, ok := want[f.Format.Pixel]
		if !ok {
			t.Errorf("%v: not in the table", f.Format.Pixel)
		}
		for _, reduction := range []int{1, 8} { // it comes at full size always
			p, err := newPicture(t, Options{}, f).Planes(reduction)
			if err != nil {
				t.Fatal(err)
			}
			if p.Colour != w.colour || p.SubX != w.subX || p.SubY != w.subY || p.Width != 4 || p.Height != 4 || p.ExactWidth != 4 || p.ExactHeight != 4 {
				t.Errorf("%v: %+v", f.Format.Pixel, p)
			}
			for i, s := range w.samples {
				if p.Plane[i].Pix == nil {
					continue
				}
				if got := p.Plane[i].Row(s.y, s.x, s.x+1, 1)[0]; int(got) != s.want {
					t.Errorf("%v, plane %d: byte %d, want %d", f.Format.Pixel, i, got, s.want)
				}
			}
		}
	}
}

// TestFullRange: the frame says of which range its luma is.
func TestFullRange(t *testing.T) {
	for _, f := range raws(2, 2) {
		f.Format.FullRange = true
		p, err := newPicture(t, Options{}, f).Planes(1)
		if err != nil || p.Colour == YCCLimited {
			t.Errorf("%v: %+v, %v", f.Format.Pixel, p, err)
		}
	}
}

// TestReductions: each is decoded once, at its size, and all stay valid side by side.
func TestReductions(t *testing.T) {
	p := newPicture(t, Options{}, mjpg(encode(t, 61, 43, 0), 1, 1))
	var all [4]*Planes
	for i := range all {
		planes, err := p.Planes(1 << i)
		if err != nil {
			t.Fatal(err)
		}
		all[i] = planes
	}
	for i, planes := range all {
		scale := 1 << i
		if planes.Width != (61+scale-1)/scale || planes.Height != (43+scale-1)/scale ||
			planes.ExactWidth != 61/float64(scale) || planes.ExactHeight != 43/float64(scale) || planes.Colour != Grey {
			t.Errorf("1/%d: %+v", scale, planes)
		}
		again, err := p.Planes(scale)
		if err != nil || again != planes {
			t.Errorf("1/%d: decoded again (%v)", scale, err)
		}
		middle := int(planes.Plane[0].Row(planes.Height/2, planes.Width/2, planes.Width/2+1, 1)[0])
		want := (planes.Width*scale/2 + scale/2) * 255 / 61
		if middle < want-8 || middle > want+8 {
			t.Errorf("1/%d: the middle is %d, want about %d", scale, middle, want)
		}
	}
	for _, reduction := range []int{0, -1, 3, 16, 1 << 30} {
		if _, err := p.Planes(reduction); err == nil || errors.Is(err, capture.ErrBadFrame) {
			t.Errorf("reduction %d: %v", reduction, err)
		}
	}
}

// TestErrors: a damaged frame is one for everybody, at every reduction, and the next frame is good.
func TestErrors(t *testing.T) {
	whole := encode(t, 64, 64, 0)
	short := raws(4, 4)[0]
	short.Pix = short.Pix[:len(short.Pix)-1]
	good := mjpg(whole, 64, 64)
	p := newPicture(t, Options{}, good)
	for name, f := range map[string]*capture.Frame{
		"cut":       mjpg(whole[:len(whole)-90], 64, 64),
		"no header": mjpg(whole[:30], 64, 64),
		"no JPEG":   mjpg([]byte("this is not a picture"), 64, 64),
		"empty":     mjpg(nil, 64, 64),
		"short":     short,
	} {
		p.Set(f)
		for _, reduction := range []int{1, 4} {
			planes, err := p.Planes(reduction)
			if _, again := p.Planes(reduction); planes != nil || !errors.Is(err, capture.ErrBadFrame) || again != err {
				t.Errorf("%s: %v, %v, then %v", name, planes, err, again)
			}
		}
		p.Set(good)
		if _, err := p.Planes(1); err != nil {
			t.Errorf("after %s: %v", name, err)
		}
	}
	for name, f := range map[string]*capture.Frame{
		"no header": mjpg(whole[:30], 64, 64),
		"short":     short,
	} {
		p.Set(f)
		if _, err := p.Stored(); !errors.Is(err, capture.ErrBadFrame) {
			t.Errorf("Stored, %s: %v", name, err)
		}
	}
	p.Set(&capture.Frame{Format: capture.Format{Pixel: 7, Width: 4, Height: 4, Stride: 16}, Pix: make([]byte, 64)})
	if _, err := p.Planes(1); err == nil || errors.Is(err, capture.ErrBadFrame) {
		t.Errorf("unknown format: %v, want an error that is not ErrBadFrame", err)
	}
}

// TestRead: a picture forgets the frame before, with all that was decoded of it.
func TestRead(t *testing.T) {
	small, large := mjpg(encode(t, 16, 8, 0), 16, 8), mjpg(encode(t, 40, 24, 0), 40, 24)
	src := capturetest.New(t, capturetest.Frames(*small, *large)...)
	defer src.Close()
	p, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, width := range []int{16, 40} {
		if err := p.Read(t.Context(), src); err != nil || p.Frame().Sequence != uint64(i+1) {
			t.Fatalf("frame %d: %v, %+v", i, err, p.Frame())
		}
		planes, err := p.Planes(1)
		if w, _, sizeErr := p.Size(); err != nil || sizeErr != nil || planes.Width != width || w != width {
			t.Errorf("%d pixels wide, want %d (%v, %v)", planes.Width, width, err, sizeErr)
		}
	}
	if err := p.Read(t.Context(), src); err == nil {
		t.Error("read past the end")
	}
}

// TestManyReaders: all get the same planes, which are decoded once.
func TestManyReaders(t *testing.T) {
	p, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	cut := encode(t, 64, 48, 0)
	frames := append(raws(64, 48), mjpg(encode(t, 64, 48, 6), 64, 48), mjpg(picturetest.Progressive(), 16, 8),
		mjpg(cut[:len(cut)-60], 64, 48))
	for round := range 50 {
		p.Set(frames[round%len(frames)])
		var readers sync.WaitGroup
		got := make([]*Planes, 8)
		errs := make([]error, 8)
		for i := range got {
			readers.Go(func() {
				if _, err := p.Stored(); err != nil {
					t.Error(err)
				}
				got[i], errs[i] = p.Planes(1 << (i % 2))
			})
		}
		readers.Wait()
		for i := range got {
			if got[i] != got[i%2] || errs[i] != errs[i%2] {
				t.Errorf("round %d: reader %d got other planes or another error than reader %d", round, i, i%2)
			}
		}
	}
}

// TestSharedMemory: the pictures of a camera share what they decode in, one piece for each that is looked at.
func TestSharedMemory(t *testing.T) {
	pool, err := NewPool(Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := mjpg(encode(t, 64, 48, 0), 64, 48)
	a, b, c := pool.Picture(), pool.Picture(), pool.Picture()
	at := func(p *Picture) *byte {
		p.Set(f)
		planes, err := p.Planes(1)
		if err != nil {
			t.Fatal(err)
		}
		return &planes.Plane[0].Pix[0]
	}
	first, second := at(a), at(b)
	if first == second {
		t.Error("two pictures that are looked at share memory")
	}
	a.Forget()
	if at(c) != first {
		t.Error("what one picture has forgotten is not used for the next")
	}
}

// FuzzPlanes gives a picture frames that lie about themselves.
func FuzzPlanes(f *testing.F) {
	for i, raw := range raws(5, 3) {
		f.Add(uint32(raw.Format.Pixel), 5, 3, raw.Format.Stride, byte(i), raw.Pix)
	}
	f.Add(uint32(capture.MJPG), 16, 16, 0, byte(1), encode(f, 16, 16, 5))
	f.Add(uint32(capture.MJPG), 16, 16, 0, byte(2), picturetest.Progressive())
	f.Add(uint32(capture.I420), 1<<15, 1<<15, 1<<18, byte(0), []byte{1})
	f.Fuzz(func(t *testing.T, pixel uint32, w, h, stride int, level byte, pix []byte) {
		if len(pix) > 1<<12 {
			return
		}
		format := capture.Format{Pixel: capture.PixelFormat(pixel), Width: w, Height: h, Stride: stride}
		p := newPicture(t, Options{}, &capture.Frame{Pix: pix, Format: format})
		planes, err := p.Planes(1 << (level & 3))
		if err != nil {
			return
		}
		for i := range planes.Plane { // every sample that the description promises is there
			width, height, n := planes.Width, planes.Height, 1
			if i > 0 {
				width, height = (width+planes.SubX-1)/planes.SubX, (height+planes.SubY-1)/planes.SubY
			}
			switch planes.Colour {
			case RGB, BGR:
				n = 3
				fallthrough
			case Grey:
				if i > 0 {
					continue
				}
			}
			planes.Plane[i].Row(height-1, 0, width, n)
		}
	})
}

func BenchmarkManyLooks(b *testing.B) {
	var buf bytes.Buffer
	if err := stdjpeg.Encode(&buf, image.NewYCbCr(image.Rect(0, 0, 1280, 720), image.YCbCrSubsampleRatio420), nil); err != nil {
		b.Fatal(err)
	}
	f := mjpg(buf.Bytes(), 1280, 720)
	for _, looks := range []int{1, 4} {
		b.Run(fmt.Sprint(looks), func(b *testing.B) {
			p := newPicture(b, Options{}, f)
			for b.Loop() {
				p.Set(f)
				for range looks {
					if _, err := p.Planes(1); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
