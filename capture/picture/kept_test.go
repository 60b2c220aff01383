package picture

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/picturetest"
)

// samplesOf are all of a picture's, at some reductions, with what they are.
func samplesOf(t testing.TB, p *Picture, reductions ...int) string {
	t.Helper()
	var all []byte
	for _, r := range reductions {
		planes, err := p.Planes(r)
		if err != nil {
			t.Fatal(err)
		}
		shown := *planes
		shown.Plane = [3]Plane{}
		all = fmt.Appendf(all, "%+v", shown)
		for i, plane := range planes.Plane {
			columns, rows := planes.samples(i)
			for y := range rows {
				for x := range columns {
					all = append(all, plane.Row(y, x, x+1, planes.bytes())...)
				}
			}
		}
	}
	return string(all)
}

// gapped is f with bytes between its rows, and some behind them.
func gapped(t testing.TB, f *capture.Frame, random *rand.Rand) *capture.Frame {
	t.Helper()
	wide := &capture.Frame{Format: f.Format}
	wide.Format.Stride += 12
	n, err := wide.Format.Size()
	if err != nil {
		t.Fatal(err)
	}
	for range n + 5 {
		wide.Pix = append(wide.Pix, byte(random.UintN(256)))
	}
	from, err := raw(f)
	to, err2 := raw(wide)
	if err = errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	for i := range from.Plane {
		columns, rows := from.samples(i)
		for y := range rows {
			to.Plane[i].copyRow(&from.Plane[i], y, columns, from.bytes())
		}
	}
	return wide
}

// TestKept: whoever looks at what was kept sees what was seen, whatever format, orientation and mask.
func TestKept(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	formats := []capture.PixelFormat{capture.MJPG}
	for _, f := range raws(8, 8) {
		formats = append(formats, f.Format.Pixel)
	}
	for i := range 6 * len(formats) {
		pixel := formats[i%len(formats)]
		o := Options{Rotate: 90 * random.IntN(4), Flip: Flip(random.UintN(4))}
		if i%2 == 0 {
			o.Mask = polygons(random)
		}
		w, h := 2+2*random.IntN(40), 2+2*random.IntN(40)
		f := newScene(w, h, random).frame(t, pixel)
		reductions := []int{1, 4}
		if pixel == capture.MJPG {
			f.Pix = slices.Concat(f.Pix[:2], picturetest.EXIF(uint16(1+random.IntN(8))), []byte("\xff\xfe\x00\x08secret\xff\xe5\x00\x08secret"), f.Pix[2:], []byte("secret"))
		} else {
			reductions = []int{1}
			f = gapped(t, f, random)
			f.Format.FullRange = i%4 > 1
		}
		p := newPicture(t, o, f)
		want := samplesOf(t, p, reductions...)
		k, err := p.Keep(nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Again(k, o)
		if err != nil {
			t.Fatal(err)
		}
		if got := samplesOf(t, again, reductions...); got != want {
			t.Errorf("%v %dx%d %+v: other samples", pixel, w, h, o)
		}
		gw, gh, err := again.Size()
		if pw, ph, _ := p.Size(); gw != pw || gh != ph || err != nil {
			t.Errorf("%v: %dx%d, %v; want %dx%d", pixel, gw, gh, err, pw, ph)
		}
		if bytes.Contains(k.Pix, []byte("secret")) {
			t.Errorf("%v: the comment is kept", pixel)
		}
		if masked := len(o.Mask) > 0 && pixel == capture.MJPG; masked != (len(k.Levels) == 2) {
			t.Errorf("%v, mask %t: levels %+v", pixel, masked, k.Levels)
		}
	}
}

// What is under a mask is not kept.
func TestKeptIsMasked(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	o := Options{Rotate: 90, Mask: []Polygon{{0.2, 0.2, 0.8, 0.2, 0.8, 0.9}}}
	turn, err := o.orientation()
	if err != nil {
		t.Fatal(err)
	}
	for _, pixel := range []capture.PixelFormat{capture.MJPG, capture.YUYV, capture.NV12, capture.RGB24} {
		s := newScene(64, 48, random)
		var kept [][]byte
		for _, one := range []scene{s, s.under(turn, o.Mask, pixel, random)} {
			p := newPicture(t, o, one.frame(t, pixel))
			samplesOf(t, p, 1)
			k, err := p.Keep(nil)
			if err != nil {
				t.Fatal(err)
			}
			kept = append(kept, k.Pix)
		}
		if !bytes.Equal(kept[0], kept[1]) {
			t.Errorf("%v: what is under the mask is kept", pixel)
		}
	}
}

func TestKeepUnseen(t *testing.T) {
	o := Options{Mask: []Polygon{{0, 0, 1, 0, 1, 1}}}
	if _, err := newPicture(t, o, mjpg(encode(t, 16, 16, 0), 16, 16)).Keep(nil); err == nil {
		t.Error("a JPEG that nobody has decoded is kept, with what is masked")
	}
	if _, err := newPicture(t, o, mjpg([]byte("\xff\xd8rubbish"), 16, 16)).Keep(nil); !errors.Is(err, capture.ErrBadFrame) {
		t.Errorf("a damaged one: %v", err)
	}
}

// TestAgainRefuses: what was kept may come from anywhere.
func TestAgainRefuses(t *testing.T) {
	full := capture.Packed(capture.MJPG, 16, 16)
	good := Level{Reduction: 2, Colour: YCC, Width: 8, Height: 8, SubX: 2, SubY: 2}
	pix := make([]byte, 64+2*16)
	if p, err := Again(Kept{Format: full, Levels: []Level{good}, Pix: pix}, Options{}); err != nil {
		t.Fatal(err)
	} else if _, err := p.Planes(1); err != nil {
		t.Errorf("full size, which nobody kept: %v", err)
	} else if _, err := p.Planes(4); err == nil {
		t.Error("a quarter, which cannot be made of a half")
	}
	for name, change := range map[string]func(k *Kept, l *Level){
		"reduction":   func(_ *Kept, l *Level) { l.Reduction = 3 },
		"colour":      func(_ *Kept, l *Level) { l.Colour = YCCLimited },
		"width":       func(_ *Kept, l *Level) { l.Width = 9 },
		"sub":         func(_ *Kept, l *Level) { l.SubX = 0 },
		"short":       func(k *Kept, _ *Level) { k.Pix = k.Pix[1:] },
		"long":        func(k *Kept, _ *Level) { k.Pix = append(k.Pix, 0) },
		"large":       func(k *Kept, _ *Level) { k.Format.Width = 1 << 20 },
		"too large":   func(k *Kept, _ *Level) { k.Format.Width, k.Format.Height = 1<<14, 1<<14 },
		"raw levels":  func(k *Kept, _ *Level) { k.Format = capture.Packed(capture.GREY, 16, 16) },
		"no JPEG":     func(k *Kept, _ *Level) { k.Levels = nil },
		"short frame": func(k *Kept, _ *Level) { k.Levels, k.Format = nil, capture.Packed(capture.RGB24, 16, 16) },
	} {
		k, l := Kept{Format: full, Pix: slices.Clone(pix)}, good
		k.Levels = []Level{l}
		change(&k, &k.Levels[0:1:1][0])
		if _, err := Again(k, Options{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzAgain(f *testing.F) {
	f.Add([]byte("abcdef"), 4, 2, uint8(0), 1, uint8(3), 4, 2, 1, 1)
	f.Fuzz(func(t *testing.T, pix []byte, w, h int, turned uint8, reduction int, colour uint8, lw, lh, subX, subY int) {
		k := Kept{Format: capture.Packed(capture.MJPG, w, h), Pix: pix, Turned: Orientation{turned&1 > 0, turned&2 > 0, turned&4 > 0}}
		k.Levels = []Level{{reduction, Colour(colour), lw, lh, subX, subY}}
		p, err := Again(k, Options{})
		if err != nil || w*h > 1<<16 {
			return
		}
		for r := 1; r <= 8; r *= 2 {
			if _, err := p.Planes(r); err == nil {
				samplesOf(t, p, r)
			}
		}
		e, err := NewEncoder(EncoderOptions{Quality: 50})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = e.Encode(p)
	})
}
