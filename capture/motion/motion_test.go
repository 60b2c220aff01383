package motion

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func defaults() Options {
	return Options{Threshold: 12, Area: 0.005, Frames: 2, Light: 0.6, Learn: 30 * time.Second}
}

// scene draws a cell's brightness at a look, without noise.
type scene func(look, x, y int) float64

// plain is a still scene with some texture.
func plain(_, x, y int) float64 { return 60 + float64((x*7+y*13)%100) }

// box adds to a square of cells while it is there.
func box(from, until, side int, add float64, place func(look int) (x, y int)) scene {
	return func(look, x, y int) float64 {
		v := plain(look, x, y)
		if look < from || look > until {
			return v
		}
		if bx, by := place(look); x >= bx && x < bx+side && y >= by && y < by+side {
			v += add
		}
		return v
	}
}

func everywhere(add func(look int) float64) scene {
	return func(look, x, y int) float64 { return plain(look, x, y) + add(look) }
}

func at(x, y int) func(int) (int, int) { return func(int) (int, int) { return x, y } }

// watch shows looks of a scene, five a second, and returns those with motion and with another light.
func watch(t *testing.T, o Options, looks int, noise float64, s scene, seed uint64) (motion, light []int) {
	t.Helper()
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(seed, 1))
	var cells [Cells]uint8
	for look := range looks {
		for i := range cells {
			v := s(look, i%Width, i/Width) + noise*random.NormFloat64()
			cells[i] = uint8(math.Round(min(max(v, 0), 255)))
		}
		v := d.Look(&cells, Every)
		if v.Motion {
			motion = append(motion, look)
		}
		if v.Light {
			light = append(light, look)
		}
	}
	return motion, light
}

// The vectors of the design.
func TestLook(t *testing.T) {
	walk := func(look int) (int, int) { return look - 100, 20 }
	from := func(first, last int) func(int) bool {
		return func(look int) bool { return look >= first && look <= last }
	}
	never := from(0, -1)
	for _, test := range []struct {
		name      string
		looks     int
		noise     float64
		scene     scene
		may, must func(look int) bool // there is motion
		light     int                 // the look at which the light changes; 0: none
	}{
		{"still", 3000, 4, plain, never, never, 0},
		{"walking by, brighter", 200, 2, box(100, 150, 5, 40, walk), from(101, 150), from(101, 150), 0},
		{"walking by, darker, in noise", 200, 4, box(100, 150, 5, -25, walk), from(101, 150), from(101, 150), 0},
		{"too small", 200, 2, box(100, 150, 3, 40, at(20, 20)), never, never, 0},
		{"light everywhere", 200, 2, everywhere(func(look int) float64 { return 60 * step01(look >= 100) }), never, never, 100},
		{"light in half of it", 300, 2, func(look, x, y int) float64 {
			return plain(look, x, y) + 70*step01(look >= 100 && x < Width/2)
		}, from(101, 136), from(101, 126), 0},
		{"clouds", 1500, 2, everywhere(func(look int) float64 { return 15 * math.Sin(2*math.Pi*float64(look)/50) }), never, never, 0},
		{"dusk", 1500, 2, everywhere(func(look int) float64 { return -80 * min(float64(look)/1000, 1) }), never, never, 0},
		{"the edge of a cloud", 400, 2, func(look, x, y int) float64 {
			return plain(look, x, y) - 30*min(max(float64(look-100-x)/100, 0), 1) // which takes 20 s to pass over a cell
		}, never, never, 0},
		{"something left behind", 300, 2, box(100, 1000, 8, 40, at(20, 20)), from(101, 132), from(101, 126), 0},
		{"flicker", 300, 2, func(look, x, y int) float64 {
			return plain(look, x, y) + float64(30*(1-2*(look%2)))*step01(x >= 20 && x < 30 && y >= 20 && y < 30)
		}, from(0, 20), never, 0},
		{"leaves", 300, 2, func(look, x, y int) float64 {
			return plain(look, x, y) + 30*math.Sin(float64(look)*0.9+float64(x))*step01(x >= 20 && x < 32 && y >= 20 && y < 32)
		}, from(0, 40), never, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			seeds := uint64(3)
			if testing.Short() {
				seeds = 1
			}
			for seed := range seeds {
				motion, light := watch(t, defaults(), test.looks, test.noise, test.scene, seed)
				for look := range test.looks {
					if is := slices.Contains(motion, look); is && !test.may(look) || !is && test.must(look) {
						t.Errorf("seed %d, look %d: motion %t", seed, look, is)
					}
				}
				if test.light > 0 && !slices.Contains(light, test.light) || len(light) > 1 || len(light) == 1 && light[0] != test.light {
					t.Errorf("seed %d: light at %d", seed, light)
				}
			}
		})
	}
}

func step01(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// What changed is learned at the pace of Learn, however long that is: the steps of a look are then smaller than the fixed point
// can tell.
func TestLongLearning(t *testing.T) {
	for _, learn := range []time.Duration{30 * time.Second, 10 * time.Minute, 4 * time.Hour, 24 * time.Hour} {
		o := defaults()
		o.Learn = learn
		d, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		var cells [Cells]uint8
		d.Look(&cells, Every)
		const there, level = 24*Width + 24, 100
		for x := range 8 {
			for y := range 8 {
				cells[there+y*Width+x] = level
			}
		}
		looks := min(int(learn/10/Every), 2000)
		for range looks {
			d.Look(&cells, Every)
		}
		want := level * one * float64(looks) * float64(Every) / float64(learn)
		if got := float64(d.background[there]); got < want*0.8 || got > want*1.2 {
			t.Errorf("%v: after %d looks the background has come up by %.0f of 1/256, want about %.0f", learn, looks, got, want)
		}
	}
}

func TestMedian(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := 1; n < 200; n++ {
		list := make([]int32, n)
		for i := range list {
			list[i] = int32(random.IntN(20) - 10)
		}
		want := slices.Sorted(slices.Values(list))[(n-1)/2]
		if got := median(list); got != want {
			t.Errorf("%d values: %d, want %d", n, got, want)
		}
	}
}

// Who covers most of the picture, and goes away again, is seen both times: as motion, or as a change of light.
func TestCovered(t *testing.T) {
	for seed := range uint64(3) {
		motion, light := watch(t, defaults(), 140, 2, func(look, x, y int) float64 {
			if look < 100 || look >= 120 || y >= Height*3/4 {
				return plain(look, x, y)
			}
			return 40 + float64((x*11+y*5)%30)
		}, seed)
		for _, moment := range []int{100, 120} {
			if !slices.ContainsFunc(append(motion, light...), func(look int) bool { return look == moment || look == moment+1 }) {
				t.Errorf("seed %d: nothing at %d: motion at %d, light at %d", seed, moment, motion, light)
			}
		}
	}
}

// What is masked does not count, and the share is that of the rest.
func TestMask(t *testing.T) {
	o := defaults()
	o.Mask = [][]float64{{0, 0, 1, 0, 1, 0.5, 0, 0.5}} // the upper half
	if motion, _ := watch(t, o, 200, 2, box(100, 150, 5, 40, func(look int) (int, int) { return look - 100, 10 }), 1); len(motion) > 0 {
		t.Errorf("motion under the mask at %d", motion)
	}
	o.Area = 10.0 / (Cells / 2)
	if motion, _ := watch(t, o, 200, 2, box(100, 1000, 4, 40, at(20, 30)), 1); len(motion) == 0 {
		t.Error("16 cells of the lower half are too few")
	}
	o.Mask = [][]float64{{0, 0, 1, 0, 1, 1, 0, 1}}
	if _, err := New(o); err == nil {
		t.Error("nothing is watched, and there is no error")
	}
}

func TestInside(t *testing.T) {
	l := []float64{0, 0, 1, 0, 1, 0.5, 0.5, 0.5, 0.5, 1, 0, 1} // an L
	for _, test := range []struct {
		x, y float64
		in   bool
	}{{0.2, 0.8, true}, {0.8, 0.8, false}, {0.8, 0.2, true}, {1.2, 0.2, false}, {-0.1, 0.9, false}} {
		if in := inside(l, test.x, test.y); in != test.in {
			t.Errorf("%v, %v: %t", test.x, test.y, in)
		}
	}
}

// A polygon that crosses itself covers all that it goes around, as the privacy mask does: the middle of a star, and both loops of
// an eight.
func TestInsideOfWhatCrossesItself(t *testing.T) {
	star := []float64{0.5, 0, 0.8, 1, 0, 0.4, 1, 0.4, 0.2, 1}
	twice := []float64{0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1}
	eight := []float64{0, 0, 1, 1, 1, 0, 0, 1}
	for _, test := range []struct {
		polygon []float64
		x, y    float64
		in      bool
	}{
		{star, 0.5, 0.5, true}, {star, 0.5, 0.1, true}, {star, 0.3, 0.2, false}, {star, 0.5, 0.95, false},
		{twice, 0.5, 0.5, true}, {eight, 0.1, 0.5, true}, {eight, 0.9, 0.5, true}, {eight, 0.5, 0.1, false},
	} {
		if in := inside(test.polygon, test.x, test.y); in != test.in {
			t.Errorf("%v: %v, %v: %t", test.polygon, test.x, test.y, in)
		}
	}
}

func TestResetForgets(t *testing.T) {
	d, err := New(defaults())
	if err != nil {
		t.Fatal(err)
	}
	var dark, bright [Cells]uint8
	for i := range bright {
		bright[i] = 200
	}
	d.Look(&dark, Every)
	d.Reset()
	if v := d.Look(&bright, Every); v != (Verdict{}) {
		t.Errorf("%+v", v)
	}
}

func TestLookAllocatesNothing(t *testing.T) {
	d, cells := noisy(t)
	if n := testing.AllocsPerRun(10, func() { d.Look(&cells, Every) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func noisy(t testing.TB) (*Detector, [Cells]uint8) {
	d, err := New(defaults())
	if err != nil {
		t.Fatal(err)
	}
	var cells [Cells]uint8
	for i := range cells {
		cells[i] = uint8(i * 131)
	}
	return d, cells
}

func BenchmarkLook(b *testing.B) {
	d, cells := noisy(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		cells[i%Cells] ^= 1
		d.Look(&cells, Every)
	}
}

// Whatever is seen, and however long ago the look before was: shares are shares, and nothing overflows.
func FuzzLook(f *testing.F) {
	f.Add([]byte("abc"), int64(Every))
	f.Add([]byte{0, 255, 255, 0}, int64(-1))
	f.Add([]byte{255}, int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, looks []byte, since int64) {
		d, err := New(defaults())
		if err != nil {
			t.Fatal(err)
		}
		var cells [Cells]uint8
		for n, b := range looks[:min(len(looks), 20)] {
			for i := range cells {
				cells[i] = b ^ uint8(i*n)
			}
			v := d.Look(&cells, time.Duration(since))
			if !(v.Area >= 0 && v.Area <= 1) || v.Motion && v.Light {
				t.Fatalf("%+v", v)
			}
			for i := range cells {
				if d.background[i] < 0 || d.background[i] > 255*one || d.deviation[i] < 0 || d.deviation[i] > 255*one {
					t.Fatalf("background %d, deviation %d", d.background[i], d.deviation[i])
				}
			}
		}
	})
}
