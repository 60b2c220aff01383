package pipeline

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
)

// blocks draws 8x8 blocks of grey on 32x32 pixels, as a float tensor from -1 to 1: other seeds are other pictures.
func blocks(seed uint64, change func(v float64, x, y int) float64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	var cells [64]float64
	for i := range cells {
		cells[i] = r.Float64()
	}
	var data []byte
	for y := range 32 {
		for x := range 32 {
			v := cells[y/4*8+x/4]
			if change != nil {
				v = change(v, x, y)
			}
			for range 3 {
				data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(2*v-1)))
			}
		}
	}
	return data
}

func checkOf(scene bool) *rangeCheck {
	c := newRangeCheck(infer.TensorSpec{Shape: []int{1, 32, 32, 3}, Type: infer.Float32}, nil, 4, false)
	c.scene = scene
	return c
}

// What a camera sees of one scene is one picture, whatever the light; what it is shown one by one are many.
func TestRangeCheckOfAScene(t *testing.T) {
	noise := rand.New(rand.NewPCG(7, 7))
	for name, change := range map[string]func(v float64, x, y int) float64{
		"still":       nil,
		"noise":       func(v float64, _, _ int) float64 { return v + 0.2*noise.Float64() - 0.1 },
		"night":       func(v float64, _, _ int) float64 { return 0.05 * v },
		"fog":         func(v float64, _, _ int) float64 { return 0.8 + 0.1*v },
		"evening sun": func(v float64, x, _ int) float64 { return v * (0.3 + float64(x)/45) },
		"somebody": func(v float64, x, y int) float64 {
			if x > 8 && x < 16 && y > 10 {
				return 0.9
			}
			return v
		},
		"covered":   func(float64, int, int) float64 { return 0.01 },
		"all white": func(float64, int, int) float64 { return 1 },
	} {
		c := checkOf(true)
		c.see(blocks(1, nil), []float32{0.25, 0.25, 0.25, 0.25})
		for range 20 {
			c.see(blocks(1, change), []float32{0.25, 0.25, 0.25, 0.25})
		}
		if c.n != 1 {
			t.Errorf("%s: %d pictures", name, c.n)
		}
	}
	c := checkOf(true)
	for seed := range uint64(20) {
		c.see(blocks(seed, nil), []float32{0.25, 0.25, 0.25, 0.25})
	}
	if c.n != maxDiffering {
		t.Errorf("%d pictures of 20", c.n)
	}
}

// Pictures that somebody gives need only be other ones: in another colour, in another light.
func TestRangeCheckOfPictures(t *testing.T) {
	c := checkOf(false)
	for i, change := range []func(float64, int, int) float64{
		nil, func(v float64, _, _ int) float64 { return v }, func(v float64, _, _ int) float64 { return v / 3 }, func(float64, int, int) float64 { return 1 },
	} {
		c.see(blocks(1, change), []float32{1, 0, 0, 0})
		if want := []int{1, 1, 2, 3}[i]; c.n != want {
			t.Errorf("after %d: %d pictures, want %d", i, c.n, want)
		}
	}
}

func TestRangeCheckDoubts(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		name    string
		answers [][]float32
		doubt   bool
	}{
		{"all the same", [][]float32{{0.4, 0.3, 0.2, 0.1}, {0.4, 0.3, 0.2, 0.1}, {0.4, 0.3, 0.2, 0.1}}, true},
		{"hardly different", [][]float32{{0.4, 0.3, 0.2, 0.1}, {0.45, 0.3, 0.15, 0.1}, {0.35, 0.35, 0.2, 0.1}}, true},
		{"sure, and all the same", [][]float32{{0.97, 0.01, 0.01, 0.01}, {0.97, 0.01, 0.01, 0.01}, {0.97, 0.01, 0.01, 0.01}}, true},
		{"sure of the same thing", [][]float32{{0.97, 0.01, 0.01, 0.01}, {0.999, 0.0005, 0.0005, 0}, {0.98, 0.001, 0.018, 0.001}}, false},
		{"sure of one in an 8-bit output", [][]float32{{1, 0, 0, 0}, {0.996, 0.004, 0, 0}, {0.996, 0, 0.004, 0}}, false},
		{"different", [][]float32{{0.9, 0.05, 0.05, 0}, {0.1, 0.8, 0.1, 0}, {0, 0, 0, 1}}, false},
		{"one of them different", [][]float32{{0.4, 0.3, 0.2, 0.1}, {0.4, 0.3, 0.2, 0.1}, {0.1, 0.3, 0.2, 0.4}}, false},
		{"too few", [][]float32{{0.4, 0.3, 0.2, 0.1}, {0.4, 0.3, 0.2, 0.1}}, false},
		{"none", nil, false},
		{"no numbers", [][]float32{{nan, 0, 0, 0}, {nan, 0, 0, 0}, {nan, 0, 0, 0}}, false},
		{"of another length", [][]float32{{1}, {1}, {1}}, false},
	} {
		check := checkOf(false)
		for seed, a := range c.answers {
			check.see(blocks(uint64(seed), nil), a)
		}
		if got := check.doubt(minDiffering); (got != "") != c.doubt || c.doubt && !strings.Contains(got, "mean 0 and std 255") {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

// Where the input is quantized, or no picture, there is nothing to check.
func TestRangeCheckOfOthers(t *testing.T) {
	for _, s := range []infer.TensorSpec{{Shape: []int{1, 8, 8, 3}, Type: infer.Uint8}, {Shape: []int{1, 7}, Type: infer.Float32}} {
		c := newRangeCheck(s, nil, 3, false)
		c.see(nil, nil)
		if c != nil || c.doubt(0) != "" {
			t.Errorf("%v: %v", s, c)
		}
	}
	raw := newRangeCheck(infer.TensorSpec{Shape: []int{1, 32, 32, 3}, Type: infer.Float32}, []float32{1}, 4, true)
	for seed := range uint64(8) {
		raw.see(blocks(seed, nil), []float32{7, 7, 7, 7})
	}
	if raw.doubt(0) != "" {
		t.Error("numbers that are no probabilities are judged as such")
	}
}

// The smallest input, one pixel, is read inside its bounds; what is no number is no reason to panic.
func TestRangeCheckOfSmallInputs(t *testing.T) {
	for _, side := range [][2]int{{1, 1}, {1, 9}, {31, 33}, {5, 2}} {
		c := newRangeCheck(infer.TensorSpec{Shape: []int{1, side[0], side[1], 1}, Type: infer.Float32}, nil, 1, false)
		in := make([]byte, 4*side[0]*side[1])
		c.see(in, []float32{1})
		for i := range in {
			in[i] = 0xff // NaN
		}
		c.see(in, []float32{1})
		c.doubt(0)
	}
}

func BenchmarkRangeCheck(b *testing.B) {
	c := newRangeCheck(infer.TensorSpec{Shape: []int{1, 224, 224, 3}, Type: infer.Float32}, nil, 1000, false)
	c.scene = true
	in, answer := make([]byte, 4*224*224*3), make([]float32, 1000)
	b.ReportAllocs()
	for b.Loop() {
		c.see(in, answer)
	}
}
