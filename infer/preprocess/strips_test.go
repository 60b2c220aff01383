package preprocess

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
)

type stripCase struct {
	name   string
	o      Options
	camera picture.Options
}

// stripCases are options that take each way through a picture.
func stripCases() []stripCase {
	return []stripCase{
		{"all", Options{}, picture.Options{}},
		{"crop", Options{Region: Region{X: 0.31, Y: 0.17, Width: 0.43, Height: 0.5}, Fit: Crop}, picture.Options{Rotate: 90}},
		{"letterbox", Options{Fit: Letterbox, Fill: [3]uint8{1, 2, 3}}, picture.Options{Flip: picture.FlipHorizontal}},
		{"small", Options{Region: Region{X: 0.33, Y: 0.4, Width: 0.2, Height: 0.11}}, picture.Options{Rotate: 270}},
		{"right", Options{Region: Region{X: 0.35, Y: 0.4, Width: 0.65, Height: 0.6}}, picture.Options{Flip: picture.FlipBoth}},
		{"masked", Options{}, picture.Options{Mask: []picture.Polygon{{0.2, 0.2, 0.7, 0.3, 0.4, 0.9}}}},
	}
}

// tensorOf runs the whole of preprocessing with loops.
func tensorOf(t *testing.T, l *loops, spec infer.TensorSpec, o Options, pic *picture.Picture, h infer.Sharer) []byte {
	t.Helper()
	p, err := New(spec, o)
	if err != nil {
		t.Fatal(err)
	}
	p.scale = newResampler(l)
	out := make([]byte, spec.Bytes())
	if err := p.Run(pic, out, h); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestStrips: the tensor is that of plain Go, whatever the format, size, colours and way.
func TestStrips(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	for _, pixel := range capture.PixelFormats() {
		if pixel == capture.MJPG {
			continue // TestStripsJPEG
		}
		for _, s := range [][2]int{{1, 1}, {2, 1}, {3, 2}, {1, 9}, {17, 16}, {31, 33}, {64, 47}, {71, 48}, {130, 21}, {1501, 3}, {333, 250}} {
			for _, full := range []bool{false, true} {
				f := newVideoOrRGB(pixel, s[0], s[1], 3)
				f.Format.FullRange = full
				extremes(f.Pix, r)
				if s[0]%2 == 0 || full {
					legal(f.Pix)
				}
				for _, c := range stripCases() {
					sameTensor(t, fmt.Sprintf("%v %dx%d %s, full %v", pixel, s[0], s[1], c.name, full), f, c.o, c.camera)
				}
			}
		}
	}
}

// legal makes no level of those that video does not have.
func legal(b []byte) {
	for i, v := range b {
		b[i] = min(max(v, 16), 240)
	}
}

// sameTensor compares all loops with plain Go, with and without threads, for tensors of all kinds.
func sameTensor(t *testing.T, name string, f *capture.Frame, o Options, camera picture.Options) {
	t.Helper()
	pic := newPicture(t, camera, f)
	for _, spec := range []infer.TensorSpec{
		{Shape: []int{1, 24, 30, 3}, Type: infer.Uint8},
		{Shape: []int{1, 9, 5, 3}, Type: infer.Int8},
		{Shape: []int{1, 7, 11, 1}, Type: infer.Int8},
		{Shape: []int{1, 6, 10, 3}, Type: infer.Float32},
	} {
		want := tensorOf(t, plain(), spec, o, pic, nil)
		for _, l := range available() {
			for _, h := range []infer.Sharer{nil, helpers(2)} {
				if got := tensorOf(t, l, spec, o, pic, h); !bytes.Equal(got, want) {
					t.Fatalf("%s, %s, %v, threads %v: another tensor", l.name, name, spec, h)
				}
			}
		}
	}
}

// TestStripsJPEG is TestStrips for what is decoded of JPEGs, turned any way.
func TestStripsJPEG(t *testing.T) {
	for _, s := range [][2]int{{17, 9}, {161, 122}} {
		for orientation := range uint16(9) {
			f := encode(t, blackWhite(s[0], s[1], 7), orientation)
			for _, c := range stripCases() {
				sameTensor(t, fmt.Sprintf("JPEG %d, %dx%d %s", orientation, s[0], s[1], c.name), f, c.o, c.camera)
			}
		}
	}
}

// TestStripsSampling has chroma of every kind that a JPEG may have.
func TestStripsSampling(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	for _, sub := range [][2]int{{1, 1}, {2, 1}, {1, 2}, {2, 2}} {
		for _, s := range [][2]int{{1, 1}, {5, 4}, {67, 35}, {200, 101}} {
			planes := &picture.Planes{
				Colour: picture.YCC, Width: s[0], Height: s[1], ExactWidth: float64(s[0]), ExactHeight: float64(s[1]), SubX: sub[0], SubY: sub[1],
			}
			for i := range planes.Plane {
				w, h := s[0], s[1]
				if i > 0 {
					w, h = (w+sub[0]-1)/sub[0], (h+sub[1]-1)/sub[1]
				}
				planes.Plane[i] = picture.Plane{Pix: make([]byte, w*h), Stride: w, Step: 1}
				extremes(planes.Plane[i].Pix, r)
			}
			want := planesTensor(t, plain(), planes)
			for _, l := range available() {
				if got := planesTensor(t, l, planes); !bytes.Equal(got, want) {
					t.Errorf("%s: %v of %v: another tensor", l.name, sub, s)
				}
			}
		}
	}
}

// planesTensor is Run for planes that belong to no frame.
func planesTensor(t *testing.T, l *loops, p *picture.Planes) []byte {
	t.Helper()
	pre, err := New(tensor(40, 30), Options{})
	if err != nil {
		t.Fatal(err)
	}
	pre.scale = newResampler(l)
	out := make([]byte, pre.target.spec.Bytes())
	pre.prepare(plan{p.Width, p.Height, p.ExactWidth, p.ExactHeight, p.Orientation})
	pre.target.bytes, pre.target.layout = out, &pre.layout
	pre.scale.run(p, &pre.target, nil)
	return out
}
