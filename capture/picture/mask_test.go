package picture

import (
	"bytes"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/picturetest"
)

// scene is what a camera sees: noise, in the pixels as it stores them.
type scene struct {
	w, h int
	y    []byte // one for each pixel
	c    []byte // two for each pixel; formats that have fewer take those of the first of the pixels that share them
}

func newScene(w, h int, random *rand.Rand) scene {
	s := scene{w, h, make([]byte, w*h), make([]byte, 2*w*h)}
	for i := range s.y {
		s.y[i] = byte(random.UintN(256))
	}
	for i := range s.c {
		s.c[i] = byte(random.UintN(256))
	}
	return s
}

// under is a scene that differs where a polygon is, and nowhere else: pixels whose middle is in it, with their chroma, which
// they share with others in a format.
func (s scene) under(o Orientation, polygons []Polygon, pixel capture.PixelFormat, random *rand.Rand) scene {
	subX, subY := shared(pixel)
	n := scene{s.w, s.h, bytes.Clone(s.y), bytes.Clone(s.c)}
	for y := range s.h {
		for x := range s.w {
			u, v := o.upright((float64(x)+0.5)/float64(s.w), (float64(y)+0.5)/float64(s.h))
			for _, p := range polygons {
				if around(p, u, v) {
					n.y[y*s.w+x] = byte(random.UintN(256))
					i := 2 * (y/subY*subY*s.w + x/subX*subX)
					n.c[i], n.c[i+1] = byte(random.UintN(256)), byte(random.UintN(256))
				}
			}
		}
	}
	return n
}

// shared is how many pixels share chroma in a format, across and down.
func shared(pixel capture.PixelFormat) (x, y int) {
	switch pixel {
	case capture.MJPG, capture.NV12, capture.I420:
		return 2, 2
	case capture.YUYV, capture.UYVY:
		return 2, 1
	}
	return 1, 1
}

// around tells whether a polygon goes around a place, at all.
func around(p Polygon, x, y float64) bool {
	turns := 0
	for i, j := 0, len(p)-2; i < len(p); j, i = i, i+2 {
		x0, y0, x1, y1 := p[j], p[j+1], p[i], p[i+1]
		if (y0 > y) != (y1 > y) && x < x0+(x1-x0)*(y-y0)/(y1-y0) {
			if y1 > y0 {
				turns++
			} else {
				turns--
			}
		}
	}
	return turns != 0
}

// frame stores s in a format.
func (s scene) frame(t testing.TB, pixel capture.PixelFormat) *capture.Frame {
	t.Helper()
	if pixel == capture.MJPG {
		m := &image.YCbCr{Y: s.y, YStride: s.w, CStride: (s.w + 1) / 2, SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: image.Rect(0, 0, s.w, s.h)}
		for y := 0; y < s.h; y += 2 {
			for x := 0; x < s.w; x += 2 {
				m.Cb, m.Cr = append(m.Cb, s.c[2*(y*s.w+x)]), append(m.Cr, s.c[2*(y*s.w+x)+1])
			}
		}
		var b bytes.Buffer
		if err := stdjpeg.Encode(&b, m, &stdjpeg.Options{Quality: 75}); err != nil {
			t.Fatal(err)
		}
		return mjpg(b.Bytes(), s.w, s.h)
	}
	f := &capture.Frame{Format: capture.Packed(pixel, s.w, s.h)}
	n, err := f.Format.Size()
	if err != nil {
		t.Fatal(err)
	}
	f.Pix = make([]byte, n)
	p, err := raw(f)
	if err != nil {
		t.Fatal(err)
	}
	for y := range s.h {
		for x := range s.w {
			i := y*p.Plane[0].Stride + x*p.Plane[0].Step
			p.Plane[0].Pix[i] = s.y[y*s.w+x]
			c := 2 * (y*s.w + x)
			switch {
			case p.Colour == RGB || p.Colour == BGR:
				p.Plane[0].Pix[i+1], p.Plane[0].Pix[i+2] = s.c[c]^s.y[y*s.w+x], s.c[c+1]^s.y[y*s.w+x]
			case p.Colour != Grey && x%p.SubX == 0 && y%p.SubY == 0:
				for k := 1; k < 3; k++ {
					p.Plane[k].Pix[y/p.SubY*p.Plane[k].Stride+x/p.SubX*p.Plane[k].Step] = s.c[c+k-1]
				}
			}
		}
	}
	return f
}

// seen is all that anybody can see of a frame: samples at all reductions, the cells of a grid, and JPEGs.
func seen(t *testing.T, o Options, f *capture.Frame) []byte {
	t.Helper()
	p := newPicture(t, o, f)
	var all []byte
	for reduction := 1; reduction <= 8; reduction *= 2 {
		planes, err := p.Planes(reduction)
		if err != nil {
			t.Fatal(err)
		}
		for i, plane := range planes.Plane {
			subX, subY, n := 1, 1, 1
			if i > 0 {
				subX, subY = planes.SubX, planes.SubY
			}
			if planes.Colour == RGB || planes.Colour == BGR {
				n = 3
			}
			for y := 0; plane.Pix != nil && y < ceil(planes.Height, subY); y++ {
				for x := range ceil(planes.Width, subX) {
					all = append(all, plane.Row(y, x, x+1, n)...)
				}
			}
		}
	}
	g, err := NewGrid(Region{}, 64, 48)
	if err != nil {
		t.Fatal(err)
	}
	cells := make([]uint8, 64*48)
	if err := g.Fill(p, cells); err != nil {
		t.Fatal(err)
	}
	all = append(all, cells...)
	for _, options := range []EncoderOptions{{Quality: 80}, {Quality: 80, MaxWidth: 40}, {Quality: 80, Region: Region{X: 0.2, Y: 0.2, Width: 0.5, Height: 0.5}}} {
		e, err := NewEncoder(options)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []*Picture{p, p.Copy()} {
			data, err := e.Encode(p)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, data...)
		}
	}
	return all
}

// What is under a mask leaves no trace in anything that can be seen of a frame, whatever its format, its orientation, and the
// shape of the mask.
func TestMaskLeavesNoTrace(t *testing.T) {
	formats := []capture.PixelFormat{capture.MJPG}
	for _, f := range raws(8, 8) {
		formats = append(formats, f.Format.Pixel)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 80 {
		pixel := formats[i%len(formats)]
		o := Options{Rotate: 90 * random.IntN(4), Flip: Flip(random.UintN(4)), Mask: polygons(random)}
		turn, err := o.orientation()
		if err != nil {
			t.Fatal(err)
		}
		w, h := 2*(8+random.IntN(70)), 2*(8+random.IntN(50))
		s := newScene(w, h, random)
		name := fmt.Sprintf("%v %dx%d %+v", pixel, w, h, o)
		one := seen(t, o, s.frame(t, pixel))
		for range 2 {
			if other := seen(t, o, s.under(turn, o.Mask, pixel, random).frame(t, pixel)); !bytes.Equal(one, other) {
				t.Fatalf("%s: what is under the mask shows", name)
			}
		}
		if bare := seen(t, Options{Rotate: o.Rotate, Flip: o.Flip}, s.frame(t, pixel)); bytes.Equal(one, bare) && covers(o.Mask, w, h) {
			t.Fatalf("%s: the mask changes nothing", name)
		}
	}
}

// unusual are kinds of JPEGs that few cameras send: the sampling of their components, and how their colours are told.
var unusual = []struct {
	sampling  [][2]int
	transform int
}{
	{[][2]int{{2, 2}, {1, 1}, {1, 1}}, -1}, {[][2]int{{1, 1}, {1, 1}, {1, 1}}, -1}, {[][2]int{{2, 1}, {1, 1}, {1, 1}}, 1},
	{[][2]int{{1, 2}, {1, 1}, {1, 1}}, -1}, {[][2]int{{4, 1}, {1, 1}, {1, 1}}, -1}, {[][2]int{{4, 2}, {1, 1}, {1, 1}}, -1},
	{[][2]int{{3, 1}, {1, 1}, {1, 1}}, -1}, {[][2]int{{2, 2}, {2, 1}, {1, 2}}, -1}, {[][2]int{{2, 2}, {1, 2}, {1, 2}}, -1},
	{[][2]int{{1, 1}, {2, 2}, {2, 2}}, -1}, {[][2]int{{2, 1}, {1, 1}, {2, 1}}, -1},
	{[][2]int{{1, 1}, {1, 1}, {1, 1}}, 0}, {[][2]int{{2, 2}, {1, 1}, {1, 1}}, 0}, {[][2]int{{1, 1}, {2, 1}, {2, 1}}, 0},
	{[][2]int{{1, 1}, {1, 1}, {1, 1}, {1, 1}}, 0}, {[][2]int{{1, 1}, {1, 1}, {1, 1}, {2, 2}}, 0}, {[][2]int{{2, 2}, {2, 2}, {1, 1}, {1, 1}}, 0},
	{[][2]int{{2, 2}, {1, 1}, {1, 1}, {2, 2}}, 2}, {[][2]int{{2, 1}, {2, 1}, {2, 1}, {1, 1}}, 0},
}

// The same of JPEGs whose samples are brought to the picture's size as they are decoded, which mixes neighbours.
func TestMaskOfUnusualJPEGs(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 8 * len(unusual) {
		kind := unusual[i%len(unusual)]
		o := Options{Rotate: 90 * random.IntN(4), Flip: Flip(random.UintN(4)), Mask: polygons(random)}
		turn, err := o.orientation()
		if err != nil {
			t.Fatal(err)
		}
		w, h := 9+random.IntN(140), 9+random.IntN(100)
		maxX, maxY := 1, 1
		for _, s := range kind.sampling {
			maxX, maxY = max(maxX, s[0]), max(maxY, s[1])
		}
		scene := func() func(c, x, y int) byte { return levels(random.Uint64()) }
		open := scene()
		draw := func(hidden func(c, x, y int) byte) *capture.Frame {
			return mjpg(picturetest.Blocks(w, h, kind.sampling, kind.transform, func(c, x, y int) byte {
				across, down := kind.sampling[c][0], kind.sampling[c][1]
				if turn.covered(o.Mask, w, h, x*8*maxX/across, y*8*maxY/down, ceil((x+1)*8*maxX, across), ceil((y+1)*8*maxY, down)) {
					return hidden(c, x, y)
				}
				return open(c, x, y)
			}), w, h)
		}
		if one, other := seen(t, o, draw(scene())), seen(t, o, draw(scene())); !bytes.Equal(one, other) {
			t.Fatalf("%+v %dx%d %+v: what is under the mask shows", kind, w, h, o)
		}
	}
}

// levels are one for each block of each component.
func levels(seed uint64) func(c, x, y int) byte {
	return func(c, x, y int) byte {
		return byte(rand.New(rand.NewPCG(seed, uint64(c)<<32|uint64(x)<<16|uint64(y))).UintN(256))
	}
}

// covered tells whether the middle of a pixel of a stored picture, between two corners, is under a mask.
func (o Orientation) covered(polygons []Polygon, w, h, x0, y0, x1, y1 int) bool {
	for y := y0; y < min(y1, h); y++ {
		for x := x0; x < min(x1, w); x++ {
			u, v := o.upright((float64(x)+0.5)/float64(w), (float64(y)+0.5)/float64(h))
			if slices.ContainsFunc(polygons, func(p Polygon) bool { return around(p, u, v) }) {
				return true
			}
		}
	}
	return false
}

// upright is where a place of a stored picture is in the upright one.
func (o Orientation) upright(u, v float64) (x, y float64) {
	if o.Transpose {
		u, v = v, u
	}
	if o.FlipX {
		u = 1 - u
	}
	if o.FlipY {
		v = 1 - v
	}
	return u, v
}

// polygons are one or two by chance: triangles, slivers, stars that cross themselves, boxes along the edges.
func polygons(random *rand.Rand) (list []Polygon) {
	for range 1 + random.IntN(2) {
		switch random.IntN(4) {
		case 0:
			x := random.Float64()
			list = append(list, Polygon{x, 0, x, 1, x + (1-x)*0.01, 0.5})
		case 1:
			list = append(list, Polygon{0.5, 0, 0.8, 1, 0, 0.4, 1, 0.4, 0.2, 1})
		case 2:
			x, y := random.Float64(), random.Float64()
			list = append(list, Polygon{0, 0, x, 0, x, y, 0, y})
		default:
			var p Polygon
			for range 3 + random.IntN(5) {
				p = append(p, random.Float64(), random.Float64())
			}
			list = append(list, p)
		}
	}
	return list
}

// covers tells whether the middle of a pixel is under a mask.
func covers(list []Polygon, w, h int) bool {
	for _, p := range list {
		for y := range h {
			for x := range w {
				if around(p, (float64(x)+0.5)/float64(w), (float64(y)+0.5)/float64(h)) && around(p, (float64(y)+0.5)/float64(h), (float64(x)+0.5)/float64(w)) {
					return true
				}
			}
		}
	}
	return false
}

// A mask is black, and what is not near it stays what it is.
func TestMaskIsWhereItShouldBe(t *testing.T) {
	const w, h = 64, 48
	half := Options{Rotate: 90, Mask: []Polygon{{0, 0, 1, 0, 1, 0.25, 0, 0.25}}} // the upper quarter of the upright picture
	for _, pixel := range []capture.PixelFormat{capture.GREY, capture.YUYV, capture.MJPG} {
		s := scene{w, h, bytes.Repeat([]byte{200}, w*h), bytes.Repeat([]byte{100}, 2*w*h)}
		planes, err := newPicture(t, half, s.frame(t, pixel)).Planes(1)
		if err != nil {
			t.Fatal(err)
		}
		black := byte(0)
		if planes.Colour == YCCLimited {
			black = 16
		}
		for x := range w {
			for y := range h { // turned clockwise, the left is up
				got := planes.Plane[0].Row(y, x, x+1, 1)[0]
				switch {
				case x < w/4 && got != black, x >= w/4+16 && (got < 190 || got > 210):
					t.Fatalf("%v: %d, %d is %d", pixel, x, y, got)
				}
			}
		}
	}
}

func TestMaskRefusesNonsense(t *testing.T) {
	for _, p := range []Polygon{nil, {0, 0, 1, 1}, {0, 0, 1, 0, 1}, {0, 0, 1, 0, 1, 1.5}, {0, 0, -1, 0, 1, 1}} {
		if _, err := New(Options{Mask: []Polygon{p}}); err == nil {
			t.Errorf("%v is taken", p)
		}
	}
}

// Frames of a kind that was seen before cost no memory.
func TestMaskAllocatesNothing(t *testing.T) {
	f := newScene(64, 48, rand.New(rand.NewPCG(1, 2))).frame(t, capture.YUYV)
	p := newPicture(t, Options{Mask: []Polygon{{0, 0, 1, 0, 1, 1}}}, f)
	if n := testing.AllocsPerRun(10, func() { p.Set(f) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
