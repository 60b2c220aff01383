package preprocess

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/picture/picturetest"
	"github.com/inceptiond/inceptiond/infer"
)

// tensor is a uint8 input of w by h RGB cells.
func tensor(w, h int) infer.TensorSpec {
	return infer.TensorSpec{Name: "input", Shape: []int{1, h, w, 3}, Type: infer.Uint8, Scale: 1. / 128, ZeroPoint: 128}
}

// newPicture is a picture of a camera with options o that shows f.
func newPicture(t testing.TB, o picture.Options, f *capture.Frame) *picture.Picture {
	t.Helper()
	p, err := picture.New(o)
	if err != nil {
		t.Fatal(err)
	}
	p.Set(f)
	return p
}

// run is the tensor that f becomes; camera is that of its picture, if it is not the usual one.
func run(t testing.TB, s infer.TensorSpec, o Options, f *capture.Frame, camera ...picture.Options) []byte {
	t.Helper()
	if camera == nil {
		camera = make([]picture.Options, 1)
	}
	p, err := New(s, o)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]byte, s.Bytes())
	if err := p.Run(newPicture(t, camera[0], f), out, nil); err != nil {
		t.Fatal(err)
	}
	return out
}

// compare fails if a byte of got is not the exact value, rounded, give or take one.
func compare(t *testing.T, got []byte, want []float64) {
	t.Helper()
	worst, bad := 0.0, 0
	for i, v := range got {
		d := math.Abs(float64(v) - math.Round(want[i]))
		worst = max(worst, d)
		if d > 1 {
			bad++
		}
	}
	if bad > 0 {
		t.Errorf("%d of %d values off by more than 1 level, worst by %g", bad, len(got), worst)
	}
}

func TestResize(t *testing.T) {
	for _, c := range []struct{ w, h, tw, th int }{
		{640, 480, 224, 224}, {400, 300, 128, 96}, {224, 224, 224, 224}, {120, 90, 299, 299},
		{1, 1, 8, 8}, {1, 300, 7, 5}, {300, 1, 5, 7}, {2, 3, 224, 224}, {225, 223, 224, 224}, {3000, 40, 16, 16}, {33, 17, 1, 1},
	} {
		pics := map[string]*canvas{"zone plate": zonePlate(c.w, c.h)}
		if c.w*c.h < 100_000 { // the reference is slow
			pics["noise"], pics["black and white"] = noise(c.w, c.h, 1), blackWhite(c.w, c.h, 2)
		}
		for name, pic := range pics {
			t.Run(fmt.Sprintf("%dx%d to %dx%d %s", c.w, c.h, c.tw, c.th, name), func(t *testing.T) {
				compare(t, run(t, tensor(c.tw, c.th), Options{}, pic.frame()), pic.reference(Options{}, c.tw, c.th))
			})
		}
	}
}

func TestOptions(t *testing.T) {
	pic := zonePlate(67, 43)
	regions := []Region{{}, {X: 0.25, Y: 0.1, Width: 0.5, Height: 0.8}, {X: 0.013, Y: 0.7, Width: 0.3, Height: 0.3}, {X: 0.9, Y: 0.9, Width: 0.001, Height: 0.1}}
	sizes := [][2]int{{30, 30}, {41, 22}, {75, 70}}
	for _, rotate := range []int{0, 90, 180, 270} {
		for flip := range picture.FlipBoth + 1 {
			for fit := range Letterbox + 1 {
				t.Run(fmt.Sprintf("%d %v %v", rotate, flip, fit), func(t *testing.T) {
					camera := picture.Options{Rotate: rotate, Flip: flip}
					upright := pic.upright(camera)
					for _, region := range regions {
						for _, s := range sizes {
							o := Options{Region: region, Fit: fit, Fill: [3]uint8{1, 200, 77}}
							compare(t, run(t, tensor(s[0], s[1]), o, pic.frame(), camera), upright.reference(o, s[0], s[1]))
						}
					}
				})
			}
		}
	}
}

// TestOneColour shows that weights add up: a picture of one colour keeps it, whatever the sizes.
func TestOneColour(t *testing.T) {
	for _, w := range []int{1, 2, 3, 100, 223, 225, 1001} {
		pic := newCanvas(w, 61)
		for i := range pic.pix {
			pic.pix[i] = [3]byte{255, 0, 131}[i%3]
		}
		for i, v := range run(t, tensor(224, 33), Options{}, pic.frame()) {
			if v != pic.pix[i%3] {
				t.Fatalf("width %d: value %d is %d, want %d", w, i, v, pic.pix[i%3])
			}
		}
	}
}

// TestReplan runs one Preprocessor over frames of changing sizes, formats and back.
func TestReplan(t *testing.T) {
	p, err := New(tensor(50, 40), Options{Fit: Letterbox})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]byte, p.target.spec.Bytes())
	for _, s := range [][2]int{{64, 48}, {300, 20}, {20, 300}, {64, 48}, {5, 5}, {1000, 700}, {64, 48}} {
		pic := noise(s[0], s[1], uint64(s[0]))
		if err := p.Run(newPicture(t, picture.Options{}, pic.frame()), out, nil); err != nil {
			t.Fatal(err)
		}
		compare(t, out, pic.reference(Options{Fit: Letterbox}, 50, 40))
	}
}

func TestTypes(t *testing.T) {
	pic := noise(9, 7, 3) // as large as the tensor: bytes pass through
	shape := []int{1, 7, 9, 3}
	caffe := Options{Mean: []float32{124, 117, 104}, Std: []float32{1}}
	for _, c := range []struct {
		name string
		spec infer.TensorSpec
		opt  Options
		want func(v byte, ch int) float64
	}{
		{"uint8", infer.TensorSpec{Type: infer.Uint8, Scale: 1. / 128, ZeroPoint: 128}, Options{},
			func(v byte, _ int) float64 { return float64(v) }},
		{"uint8 other scale", infer.TensorSpec{Type: infer.Uint8, Scale: 1. / 255}, Options{},
			func(v byte, _ int) float64 { return float64(v) }},
		{"uint8 same as raw", infer.TensorSpec{Type: infer.Uint8, Scale: 1. / 128, ZeroPoint: 128},
			Options{Mean: []float32{128}, Std: []float32{128}},
			func(v byte, _ int) float64 { return float64(v) }},
		{"uint8 mean", infer.TensorSpec{Type: infer.Uint8, Scale: 1.1, ZeroPoint: 112}, caffe, func(v byte, ch int) float64 {
			q := math.RoundToEven((float64(v)-[]float64{124, 117, 104}[ch])/float64(float32(1.1))) + 112
			return min(max(q, 0), 255)
		}},
		{"int8", infer.TensorSpec{Type: infer.Int8, Scale: 1. / 255, ZeroPoint: -128}, Options{},
			func(v byte, _ int) float64 { return float64(v) - 128 }},
		{"int8 mean", infer.TensorSpec{Type: infer.Int8, Scale: 0.5, ZeroPoint: -3}, caffe, func(v byte, ch int) float64 {
			return min(max((float64(v)-[]float64{124, 117, 104}[ch])*2-3, -128), 127)
		}},
		{"float32", infer.TensorSpec{Type: infer.Float32}, Options{},
			func(v byte, _ int) float64 { return float64(float32((float64(v) - 127.5) / 127.5)) }},
		{"float32 mean", infer.TensorSpec{Type: infer.Float32}, Options{Mean: []float32{0}, Std: []float32{255, 1, 2}},
			func(v byte, ch int) float64 { return float64(float32(float64(v) / []float64{255, 1, 2}[ch])) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.spec.Shape = shape
			out := run(t, c.spec, c.opt, pic.frame())
			for i, v := range pic.pix {
				if got, want := elementAt(c.spec, out, i), c.want(v, i%3); got != want {
					t.Fatalf("byte %d of channel %d became %g, want %g", v, i%3, got, want)
				}
			}
		})
	}
}

// elementAt reads element i of a tensor.
func elementAt(s infer.TensorSpec, b []byte, i int) float64 {
	switch s.Type {
	case infer.Int8:
		return float64(int8(b[i]))
	case infer.Float32:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
	}
	return float64(b[i])
}

func TestOneChannel(t *testing.T) {
	pic := noise(9, 7, 3)
	for _, typ := range []infer.DType{infer.Uint8, infer.Float32} {
		s := infer.TensorSpec{Shape: []int{1, 7, 9, 1}, Type: typ}
		out := run(t, s, Options{Mean: nil}, pic.frame())
		for i := range 9 * 7 {
			r, g, b := float64(pic.pix[3*i]), float64(pic.pix[3*i+1]), float64(pic.pix[3*i+2])
			want := math.Round(0.299*r + 0.587*g + 0.114*b)
			got := elementAt(s, out, i)
			if typ == infer.Float32 {
				got = got*127.5 + 127.5
			}
			if math.Abs(got-want) > 0.51 { // a sum right at a half may round either way
				t.Fatalf("%v: %g %g %g became %g, want %g", typ, r, g, b, got, want)
			}
		}
	}
}

func TestNewErrors(t *testing.T) {
	good := tensor(8, 8)
	for _, c := range []struct {
		name string
		spec infer.TensorSpec
		opt  Options
		want string
	}{
		{"shape", infer.TensorSpec{Shape: []int{1, 8, 8}, Type: infer.Uint8}, Options{}, "not one image"},
		{"channels", infer.TensorSpec{Shape: []int{1, 8, 8, 2}, Type: infer.Uint8}, Options{}, "not one image"},
		{"empty", tensor(0, 8), Options{}, "no usable picture size"},
		{"huge", tensor(1<<20, 1<<20), Options{}, "no usable picture size"},
		{"type", infer.TensorSpec{Shape: []int{1, 8, 8, 3}}, Options{}, "no type"},
		{"fit", good, Options{Fit: 3}, "Fit(3)"},
		{"region outside", good, Options{Region: Region{X: 0.5, Y: 0, Width: 0.6, Height: 1}}, "does not lie in the frame"},
		{"region empty", good, Options{Region: Region{X: 0.5, Y: 0, Width: 0, Height: 1}}, "does not lie in the frame"},
		{"region not a number", good, Options{Region: Region{X: math.NaN(), Y: 0, Width: 1, Height: 1}}, "does not lie in the frame"},
		{"mean alone", good, Options{Mean: []float32{1}}, "give 1 or 3 of each"},
		{"mean of two", good, Options{Mean: []float32{1, 2}, Std: []float32{1}}, "give 1 or 3 of each"},
		{"std zero", good, Options{Mean: []float32{1}, Std: []float32{0}}, "std above 0"},
		{"std not a number", good, Options{Mean: []float32{1}, Std: []float32{float32(math.NaN())}}, "std above 0"},
		{"no scale", infer.TensorSpec{Shape: []int{1, 8, 8, 3}, Type: infer.Int8},
			Options{Mean: []float32{1}, Std: []float32{1}}, "need a scale"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(c.spec, c.opt)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestParse(t *testing.T) {
	for f := range Letterbox + 1 {
		if got, err := ParseFit(f.String()); got != f || err != nil {
			t.Errorf("fit %v: got %v, %v", f, got, err)
		}
	}
	if _, err := ParseFit("fill"); err == nil || !strings.Contains(err.Error(), "letterbox") {
		t.Errorf("unknown fit: got %v, want an error that names the choice", err)
	}
}

func TestRunErrors(t *testing.T) {
	p, err := New(tensor(8, 8), Options{})
	if err != nil {
		t.Fatal(err)
	}
	show := func(f *capture.Frame) *picture.Picture { return newPicture(t, picture.Options{}, f) }
	good := noise(16, 16, 1).frame()
	if err := p.Run(show(good), make([]byte, 10), nil); err == nil || !strings.Contains(err.Error(), "10 bytes, want 192") {
		t.Errorf("short tensor: got %v", err)
	}
	out := make([]byte, 192)
	for _, pixel := range capture.PixelFormats() {
		f := &capture.Frame{Format: capture.Packed(pixel, 16, 16)}
		size, _ := f.Format.Size()
		f.Pix = make([]byte, max(size-1, 0))
		if err := p.Run(show(f), out, nil); !errors.Is(err, capture.ErrBadFrame) {
			t.Errorf("%v one byte short: got %v, want ErrBadFrame", pixel, err)
		}
	}
	junk := &capture.Frame{Format: capture.Packed(capture.MJPG, 16, 16), Pix: []byte("this is not a picture")}
	if err := p.Run(show(junk), out, nil); !errors.Is(err, capture.ErrBadFrame) {
		t.Errorf("junk for a JPEG: got %v, want ErrBadFrame", err)
	}
	unknown := &capture.Frame{Format: capture.Format{Pixel: 7, Width: 4, Height: 4, Stride: 16}, Pix: make([]byte, 64)}
	if err := p.Run(show(unknown), out, nil); err == nil || errors.Is(err, capture.ErrBadFrame) {
		t.Errorf("unknown format: got %v, want an error that is not ErrBadFrame", err)
	}
	if err := p.Run(show(good), out, nil); err != nil {
		t.Errorf("good frame after bad ones: %v", err)
	}
}

// FuzzRun gives Run frames that lie about themselves.
func FuzzRun(f *testing.F) {
	for i, pixel := range capture.PixelFormats() {
		form := capture.Packed(pixel, 5, 3)
		f.Add(uint32(pixel), 5, 3, form.Stride, byte(i), []byte(strings.Repeat("\x00\x50\xff\xa0", 20)))
	}
	f.Add(uint32(capture.MJPG), 16, 16, 0, byte(0x41), encode(f, soft(16, 16), 5).Pix)
	f.Add(uint32(capture.MJPG), 16, 16, 0, byte(2), picturetest.Progressive())
	f.Add(uint32(capture.I420), 1<<15, 1<<15, 1<<18, byte(0), []byte{1})
	f.Add(uint32(capture.RGB24), -1, 1<<30, 3, byte(0), []byte{1})
	f.Fuzz(func(t *testing.T, pixel uint32, w, h, stride int, how byte, pix []byte) {
		if len(pix) > 1<<12 { // enough for every format; more is only slow
			return
		}
		o := Options{
			Fit: Fit(how >> 4 % 3), FastDecode: FastDecode(how >> 6 % 3),
			Region: Region{X: 0.3, Y: 0.1, Width: 0.6, Height: 0.9},
		}
		camera := picture.Options{Rotate: int(how&3) * 90, Flip: picture.Flip(how >> 2 & 3)}
		p, err := New(tensor(9, 6), o)
		if err != nil {
			t.Fatal(err)
		}
		frame := &capture.Frame{Pix: pix, Format: capture.Format{Pixel: capture.PixelFormat(pixel), Width: w, Height: h, Stride: stride}}
		out := make([]byte, p.target.spec.Bytes())
		_ = p.Run(newPicture(t, camera, frame), out, nil) // must not panic or read past pix, which the runtime checks
	})
}

func TestRandomRegions(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pic := zonePlate(97, 53)
	for range 60 {
		x, y := r.Float64()*0.9, r.Float64()*0.9
		o := Options{
			Region: Region{X: x, Y: y, Width: (1 - x) * (0.01 + 0.99*r.Float64()), Height: (1 - y) * (0.01 + 0.99*r.Float64())},
			Fit:    Fit(r.IntN(3)),
		}
		camera := picture.Options{Rotate: r.IntN(4) * 90, Flip: picture.Flip(r.IntN(4))}
		tw, th := 1+r.IntN(70), 1+r.IntN(70)
		compare(t, run(t, tensor(tw, th), o, pic.frame(), camera), pic.upright(camera).reference(o, tw, th))
		if t.Failed() {
			t.Fatalf("%+v of %+v to %dx%d", o, camera, tw, th)
		}
	}
}
