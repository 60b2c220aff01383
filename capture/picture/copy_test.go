package picture

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
)

// TestCopy: the copy stays what it was.
func TestCopy(t *testing.T) {
	p := newPicture(t, Options{Rotate: 90}, painted(t, capture.NV12, 64, 48, quadrants(64, 48)))
	p.Frame().Sequence = 7
	c := p.Copy()
	clear(p.Frame().Pix)
	p.Set(jpegOf(t, 16, 16))
	m, _ := encoded(t, EncoderOptions{Quality: 90}, c)
	if c.Frame().Sequence != 7 || letters(m) != "WRGB" {
		t.Errorf("frame %d, %s", c.Frame().Sequence, letters(m))
	}
}

// TestCopyTo: one picture takes copies from any camera, with its orientation, that of the JPEG, and its mask.
func TestCopyTo(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	mask := []Polygon{{0, 0, 0.4, 0, 0.4, 0.4, 0, 0.4}}
	var dst Picture
	for _, p := range []*Picture{
		newPicture(t, Options{Rotate: 270, Mask: mask}, newScene(64, 48, random).frame(t, capture.MJPG)),
		newPicture(t, Options{Mask: mask}, mjpg(encode(t, 48, 32, 6), 48, 32)),
		newPicture(t, Options{Flip: FlipBoth, Mask: mask}, newScene(32, 24, random).frame(t, capture.YUYV)),
		newPicture(t, Options{}, newScene(64, 48, random).frame(t, capture.MJPG)),
	} {
		p.Frame().Sequence = random.Uint64()
		p.CopyTo(&dst)
		w, h, err := p.Size()
		if gotW, gotH, gotErr := dst.Size(); gotW != w || gotH != h || err != nil || gotErr != nil {
			t.Errorf("%dx%d, %v, want %dx%d, %v", gotW, gotH, gotErr, w, h, err)
		}
		_, want := encoded(t, EncoderOptions{Quality: 90, MaxWidth: 20}, p)
		if _, got := encoded(t, EncoderOptions{Quality: 90, MaxWidth: 20}, &dst); !bytes.Equal(got, want) {
			t.Error("the copy looks different")
		}
		if dst.Frame().Sequence != p.Frame().Sequence || &dst.Frame().Pix[0] == &p.Frame().Pix[0] {
			t.Error("no copy of the frame")
		}
	}
}

// TestCopyToAllocatesNothing: also with what is decoded of the copies.
func TestCopyToAllocatesNothing(t *testing.T) {
	large, small := newScene(64, 48, rand.New(rand.NewPCG(1, 2))), newScene(32, 24, rand.New(rand.NewPCG(3, 4)))
	o := Options{Mask: []Polygon{{0, 0, 1, 0, 1, 1}}}
	for _, pixel := range []capture.PixelFormat{capture.MJPG, capture.YUYV} {
		a, b := newPicture(t, o, large.frame(t, pixel)), newPicture(t, o, small.frame(t, pixel))
		var dst Picture
		n := testing.AllocsPerRun(10, func() { // and once before
			for _, p := range []*Picture{a, b} {
				p.CopyTo(&dst)
				if _, err := dst.Planes(1); err != nil {
					t.Fatal(err)
				}
			}
		})
		if n != 0 {
			t.Errorf("%v: %v allocations", pixel, n)
		}
	}
}

// TestAs: a picture is shown as another camera would, and what its own masks stays black, whatever the format.
func TestAs(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	formats := []capture.PixelFormat{capture.MJPG, capture.NV12, capture.RGB24}
	for i := range 60 {
		pixel := formats[i%len(formats)]
		options := func() Options {
			return Options{Rotate: 90 * random.IntN(4), Flip: Flip(random.UintN(4)), Mask: polygons(random)}
		}
		saved, unsaved := options(), options()
		f := newScene(2*(8+random.IntN(40)), 2*(8+random.IntN(40)), random).frame(t, pixel)
		p := newPicture(t, saved, f) // which paints into f
		got, err := p.As(unsaved)
		if err != nil {
			t.Fatal(err)
		}
		w, h, err := got.Size()
		bare := newPicture(t, Options{Rotate: unsaved.Rotate, Flip: unsaved.Flip}, f)
		if wantW, wantH, _ := bare.Size(); err != nil || w != wantW || h != wantH {
			t.Fatalf("%+v as %+v: %dx%d, want %dx%d", saved, unsaved, w, h, wantW, wantH)
		}
		all := append(slices.Clone(unsaved.Mask), placed(t, saved, unsaved)...)
		_, want := encoded(t, EncoderOptions{Quality: 90}, newPicture(t, Options{Rotate: unsaved.Rotate, Flip: unsaved.Flip, Mask: all}, &capture.Frame{Pix: bytes.Clone(f.Pix), Format: f.Format}))
		if _, looks := encoded(t, EncoderOptions{Quality: 90}, got); !bytes.Equal(looks, want) {
			t.Fatalf("%v, %+v as %+v looks different", pixel, saved, unsaved)
		}
		if same, err := p.As(saved); err != nil || same != p {
			t.Errorf("as itself: %v", err)
		}
	}
	p := newPicture(t, Options{}, jpegOf(t, 16, 16))
	if _, err := p.As(Options{Rotate: 45}); err == nil {
		t.Error("45 degrees are taken")
	}
	if _, err := p.As(Options{Mask: []Polygon{{0, 0, 2, 0, 1, 1}}}); err == nil {
		t.Error("a mask beside the picture is taken")
	}
}

// placed is where the mask of one camera is for another: by way of the stored picture, as [maskKind.stored] has it.
func placed(t *testing.T, from, to Options) (list []Polygon) {
	t.Helper()
	was, err := from.orientation()
	if err != nil {
		t.Fatal(err)
	}
	is, err := to.orientation()
	if err != nil {
		t.Fatal(err)
	}
	for _, polygon := range from.Mask {
		var moved Polygon
		for _, at := range (maskKind{width: 1, height: 1, orientation: was}).stored(polygon) {
			x, y := at.x, at.y
			if is.Transpose {
				x, y = y, x
			}
			if is.FlipX {
				x = 1 - x
			}
			if is.FlipY {
				y = 1 - y
			}
			moved = append(moved, x, y)
		}
		list = append(list, moved)
	}
	return list
}
