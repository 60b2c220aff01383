package task

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
)

// values decodes logits as float32 outputs.
func decode(t testing.TB, become Scores, values ...float32) []float32 {
	t.Helper()
	outputs := []infer.TensorSpec{{Name: "logits", Shape: []int{1, len(values)}, Type: infer.Float32}}
	c, err := New(outputs, Options{Reading: Reading{Scores: become}})
	if err != nil {
		t.Fatal(err)
	}
	outs := infer.Buffers(outputs)
	for i, v := range values {
		binary.LittleEndian.PutUint32(outs[0][4*i:], math.Float32bits(v))
	}
	var f Findings
	if err := c.Decode(&f, outs); err != nil {
		t.Fatal(err)
	}
	return f.Classes
}

func TestScores(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		name   string
		become Scores
		values []float32
		want   []float32
	}{
		{"logits below 0", Softmax, []float32{0, -3.05, -3.10}, []float32{0.9154, 0.0434, 0.0412}},
		{"close to each other", Softmax, []float32{-1.15, -1.35, -1.55}, []float32{0.4018, 0.3289, 0.2693}},
		{"high ones do not overflow", Softmax, []float32{1000, 1000, 998}, []float32{0.4683, 0.4683, 0.0634}},
		{"low ones do not vanish", Softmax, []float32{-1e30, -1e30}, []float32{0.5, 0.5}},
		{"far apart", Softmax, []float32{3e38, -3e38}, []float32{1, 0}},
		{"one class", Softmax, []float32{-7}, []float32{1}},
		{"not a number", Softmax, []float32{1, nan, 1}, []float32{0.5, nan, 0.5}},
		{"infinite", Softmax, []float32{inf, 5, inf, -inf}, []float32{0.5, 0, 0.5, 0}},
		{"nothing is possible", Softmax, []float32{-inf, -inf}, []float32{nan, nan}},
		{"nothing at all", Softmax, []float32{nan, nan}, []float32{nan, nan}},
		{"log probabilities", Softmax, []float32{-0.2231436, -1.609438}, []float32{0.8, 0.2}},
		{"sigmoid", Sigmoid, []float32{0, 2, -2, 100, -100, inf, -inf, nan}, []float32{0.5, 0.8808, 0.1192, 1, 0, 1, 0, nan}},
		{"raw", Raw, []float32{-3, 7, inf, nan}, []float32{-3, 7, inf, nan}},
		{"as they are", "", []float32{-3, 7}, []float32{-3, 7}},
	} {
		got := decode(t, c.become, c.values...)
		for i, want := range c.want {
			if same := math.IsNaN(float64(want)) == math.IsNaN(float64(got[i])); !same || math.Abs(float64(got[i]-want)) > 5e-5 {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
				break
			}
		}
	}
}

// Quantized logits are dequantized first.
func TestScoresOfQuantizedLogits(t *testing.T) {
	for typ, bytes := range map[infer.DType][]byte{infer.Uint8: {255, 194, 193}, infer.Int8: {127, 66, 65}} {
		zero := map[infer.DType]int{infer.Uint8: 255, infer.Int8: 127}[typ]
		outputs := []infer.TensorSpec{{Shape: []int{1, 3}, Type: typ, Scale: 0.05, ZeroPoint: zero}}
		c, err := New(outputs, Options{Reading: Reading{Scores: Softmax}})
		if err != nil {
			t.Fatal(err)
		}
		var f Findings
		if err := c.Decode(&f, [][]byte{bytes}); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%.4f", f.Classes); got != "[0.9154 0.0434 0.0412]" {
			t.Errorf("%v: %s", typ, got)
		}
	}
}

func TestParseScores(t *testing.T) {
	for text, want := range map[string]Scores{"": Auto, "auto": Auto, "softmax": Softmax, "sigmoid": Sigmoid, "raw": Raw} {
		if got, err := ParseScores(text); got != want || err != nil {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	if _, err := ParseScores("loud"); err == nil {
		t.Error("loud: no error")
	}
	if _, err := New([]infer.TensorSpec{scores}, Options{Reading: Reading{Scores: Auto}}); err == nil {
		t.Error("a task that shall find out by itself: no error")
	}
}

// TestScoresAreTheSameEverywhere holds the bits, which no processor may change. .ci runs it on arm64 and arm too.
func TestScoresAreTheSameEverywhere(t *testing.T) {
	values := make([]float32, 1001)
	state := uint32(12345)
	for i := range values {
		state = state*1664525 + 1013904223
		values[i] = float32(int32(state)>>8) / (1 << 19) // -16 to 16
	}
	sum := fnv.New64a()
	for _, become := range []Scores{Softmax, Sigmoid} {
		for _, v := range decode(t, become, values...) {
			sum.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)))
		}
	}
	if got, want := sum.Sum64(), uint64(0x3e5a0246b5b6137b); got != want {
		t.Errorf("the probabilities' bits hash to %#x, want %#x", got, want)
	}
}

func FuzzSoftmax(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 0, 128, 191, 0, 0, 192, 127, 0, 0, 128, 255})
	f.Fuzz(func(t *testing.T, data []byte) {
		values := make([]float32, min(len(data)/4, 1000))
		for i := range values {
			values[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
		before := append([]float32(nil), values...)
		Softmax.apply(values)
		sum, any := 0.0, false
		for i, v := range values {
			if math.IsNaN(float64(before[i])) != math.IsNaN(float64(v)) && !math.IsInf(float64(before[i]), -1) {
				t.Fatalf("value %d: %v of %v", i, v, before)
			}
			if v == v {
				any = true
				sum += float64(v)
			}
			if v < 0 || v > 1 {
				t.Fatalf("value %d is %v", i, v)
			}
			for j := range i {
				if before[i] > before[j] && values[i] < values[j] {
					t.Fatalf("%v turned %v and %v around", before, i, j)
				}
			}
		}
		if any && math.Abs(sum-1) > 1e-4 {
			t.Fatalf("the sum of %v is %v", values, sum)
		}
	})
}

func BenchmarkSoftmax(b *testing.B) {
	values := make([]float32, 1001)
	for b.Loop() {
		for i := range values {
			values[i] = float32(i%97) / 7
		}
		softmax(values)
	}
}
