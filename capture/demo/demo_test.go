package demo

import (
	"context"
	"errors"
	"hash/crc32"
	"io/fs"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/capturetest"
)

func open(t *testing.T, o Options) capture.Source {
	t.Helper()
	src, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

func TestSource(t *testing.T) {
	capturetest.Source(t, func(t *testing.T) capture.Source {
		return open(t, Options{Width: 160, Height: 120, Interval: time.Millisecond, Seed: 1})
	})
}

func TestOpen(t *testing.T) {
	tests := []struct {
		name string
		o    Options
		ok   bool
	}{
		{"defaults", Options{}, true},
		{"smallest", Options{Width: minSide, Height: minSide}, true},
		{"widest", Options{Width: maxSide, Height: minSide}, true},
		{"too small", Options{Width: minSide - 1}, false},
		{"too large", Options{Height: maxSide + 1}, false},
		{"negative", Options{Width: -640}, false},
		{"backwards", Options{Interval: -time.Second}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src, err := Open(t.Context(), tt.o)
			if (err == nil) != tt.ok {
				t.Fatalf("Open(%+v): %v", tt.o, err)
			}
			if err == nil {
				src.Close()
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Open with an ended context: %v", err)
	}
	want := capture.Format{Pixel: capture.RGB24, Width: 640, Height: 480, Stride: 1920, Rate: 1}
	if got := open(t, Options{}).Format(); got != want {
		t.Errorf("format by default %+v, want %+v", got, want)
	}
}

// TestSeed: equal seeds give equal frames, other seeds and no seed give others.
func TestSeed(t *testing.T) {
	frames := func(seed uint64) (all []byte) {
		src := open(t, Options{Width: 64, Height: 48, Interval: 1, Seed: seed})
		var f capture.Frame
		for range 3 {
			if err := src.Read(t.Context(), &f); err != nil {
				t.Fatal(err)
			}
			all = append(all, f.Pix...)
		}
		return all
	}
	five := frames(5)
	if !slices.Equal(five, frames(5)) {
		t.Error("the same seed gave other frames")
	}
	if slices.Equal(five, frames(6)) {
		t.Error("another seed gave the same frames")
	}
	if slices.Equal(frames(0), frames(0)) {
		t.Error("two sources without a seed gave the same frames")
	}
}

// TestInterval: the first frame comes at once, the next not before the interval has passed.
func TestInterval(t *testing.T) {
	const interval = 50 * time.Millisecond
	src := open(t, Options{Width: 32, Height: 32, Interval: interval})
	var first, second capture.Frame
	before := time.Now()
	for _, f := range []*capture.Frame{&first, &second} {
		if err := src.Read(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	if d := second.Time.Sub(before); d < interval {
		t.Errorf("two frames after %v, want %v or more", d, interval)
	}
	src.Close()
	if err := src.Read(t.Context(), &first); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Read after Close: %v", err)
	}
}

// TestDrawSame holds the scenes to known checksums: a machine that draws others would not match the demo model, and
// whoever changes a scene on purpose has to train that model anew (go generate ./infer/demomodel).
func TestDrawSame(t *testing.T) {
	want := [classes]uint32{
		0x5c8e50d5, 0x492b8191, 0x0a1c056e, 0x77aaef70, 0xf2c17f60, 0x3c8f957b,
		0x38bbe28d, 0x68ff356b, 0xd7a36885, 0x3c36a0f6, 0xe0df6a52, 0xd9590121,
	}
	var f capture.Frame
	for class, label := range Labels() {
		Draw(rand.New(rand.NewPCG(1, uint64(class))), class, 320, 240, &f)
		if f.Name != label {
			t.Errorf("class %d: name %q, want %q", class, f.Name, label)
		}
		if err := f.Check(); err != nil {
			t.Error(err)
		}
		if got := crc32.ChecksumIEEE(f.Pix); got != want[class] {
			t.Errorf("%s: checksum %#08x, want %#08x", label, got, want[class])
		}
	}
}

// TestDrawInside: whatever the proportions, the object lies in the centred square, so its mirror image outside it has
// none of the class's paint. Red is told from the greyish background by the difference of the channels.
func TestDrawInside(t *testing.T) {
	var f capture.Frame
	for seed := range uint64(40) {
		for _, size := range [][2]int{{96, 64}, {64, 96}} {
			w, h := size[0], size[1]
			Draw(rand.New(rand.NewPCG(seed, 1)), 0, w, h, &f)
			inside, outside := 0, 0
			for i := range w * h {
				p := f.Pix[3*i:]
				if int(p[0])-int(max(p[1], p[2])) < 100 {
					continue
				}
				if x, y := i%w, i/w; max(x-w/2, w/2-1-x, y-h/2, h/2-1-y) < 32 {
					inside++
				} else {
					outside++
				}
			}
			if inside < 200 || outside > 0 {
				t.Errorf("seed %d, %dx%d: %d red pixels inside the central square, %d outside", seed, w, h, inside, outside)
			}
		}
	}
}

// TestDrawSizes: no size and no scene makes the arithmetic leave the picture.
func TestDrawSizes(t *testing.T) {
	sizes := [][2]int{{32, 32}, {33, 47}, {320, 32}, {32, 320}}
	if !testing.Short() {
		sizes = append(sizes, [2]int{maxSide, minSide}, [2]int{1920, 1080})
	}
	var f capture.Frame
	for _, size := range sizes {
		for class := range classes {
			Draw(rand.New(rand.NewPCG(2, uint64(class))), class, size[0], size[1], &f)
			if err := f.Check(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestReadAllocatesNothing(t *testing.T) {
	src := open(t, Options{Width: 64, Height: 64, Interval: 1, Seed: 3})
	var f capture.Frame
	allocs := testing.AllocsPerRun(50, func() {
		if err := src.Read(t.Context(), &f); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 0 {
		t.Errorf("%v allocations for a frame", allocs)
	}
}

func BenchmarkDraw(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	var f capture.Frame
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		Draw(rng, i%classes, 640, 480, &f)
	}
}
