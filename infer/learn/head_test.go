package learn

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// clouds are rows around a middle for each class, with a weight each.
func clouds(classes, each, features int, spread float64) (rows []row) {
	r := rand.New(rand.NewPCG(1, 2))
	middles := make([][]float64, classes)
	for c := range middles {
		for range features {
			middles[c] = append(middles[c], r.NormFloat64())
		}
	}
	for i := range classes * each {
		one := row{class: i % classes, weight: 1 / float64(classes*each)}
		for _, m := range middles[one.class] {
			one.features = append(one.features, float32(m+spread*r.NormFloat64()))
		}
		rows = append(rows, one)
	}
	return rows
}

// accuracy is the share of rows of which h has the class right.
func accuracy(h *head, rows []row) float64 {
	right := 0
	for _, one := range rows {
		z := make([]float64, len(h.bias))
		h.logits(z, one.features)
		if slices.Index(z, slices.Max(z)) == one.class {
			right++
		}
	}
	return float64(right) / float64(len(rows))
}

func TestTrainHead(t *testing.T) {
	for _, classes := range []int{2, 3, 5, 9} {
		rows := clouds(classes, 20, 33, 0.7)
		h, err := trainHead(t.Context(), rows, classes, 0.001)
		if err != nil {
			t.Fatal(err)
		}
		if a := accuracy(h, rows); a < 0.99 {
			t.Errorf("%d classes: %v right of what it was taught with", classes, a)
		}
	}
}

// TestGradient compares with differences.
func TestGradient(t *testing.T) {
	r := newRegression(clouds(5, 9, 130, 1), 5, 0.01)
	n := 5 * (130 + 1)
	x, g, none := make([]float64, n), make([]float64, n), make([]float64, n)
	random := rand.New(rand.NewPCG(3, 4))
	for i := range x {
		x[i] = random.NormFloat64()
	}
	r.loss(x, g)
	for i := 0; i < n; i += 7 {
		const h = 1e-5
		at := x[i]
		x[i] = at + h
		above := r.loss(x, none)
		x[i] = at - h
		below := r.loss(x, none)
		x[i] = at
		if want := (above - below) / (2 * h); math.Abs(g[i]-want) > 1e-6 {
			t.Errorf("parameter %d: %v, want %v", i, g[i], want)
		}
	}
}

// TestHeadIsTheSame for any number of threads.
func TestHeadIsTheSame(t *testing.T) {
	rows := clouds(5, 30, 300, 1)
	var want *head
	for _, threads := range []int{1, 2, 4} {
		before := runtime.GOMAXPROCS(threads)
		h, err := trainHead(t.Context(), rows, 5, 0.001)
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = h
		}
		for c := range h.weights {
			if !slices.Equal(h.weights[c], want.weights[c]) || h.bias[c] != want.bias[c] {
				t.Fatalf("class %d differs with %d threads", c, threads)
			}
		}
	}
}

// TestWeights: what has no weight is not learned from; what has twice as much counts as if it were there twice.
func TestWeights(t *testing.T) {
	rows := clouds(2, 4, 5, 1)
	twice := slices.Clone(rows)
	twice[0].weight *= 2
	again := append(slices.Clone(rows), rows[0], row{features: []float32{9, 9, 9, 9, 9}, class: 1})
	for _, list := range [][]row{twice, again} {
		total := 0.0
		for _, one := range list {
			total += one.weight
		}
		for i := range list {
			list[i].weight /= total
		}
	}
	a, err := trainHead(t.Context(), twice, 2, 0.001)
	if err != nil {
		t.Fatal(err)
	}
	b, err := trainHead(t.Context(), again, 2, 0.001)
	if err != nil {
		t.Fatal(err)
	}
	for d, w := range a.weights[0] {
		if math.Abs(w-b.weights[0][d]) > 0.02*(math.Abs(w)+1) {
			t.Errorf("feature %d: %v and %v", d, w, b.weights[0][d])
		}
	}
}

// FuzzTrainHead: whatever the features are, it ends, and the head is made of numbers.
func FuzzTrainHead(f *testing.F) {
	f.Add([]byte{}, uint8(2), uint8(3))
	f.Add(make([]byte, 200), uint8(3), uint8(4)) // all zero
	same, huge := []byte{}, []byte{}
	for i := range 40 {
		same = binary.LittleEndian.AppendUint32(same, math.Float32bits(1.5))
		huge = binary.LittleEndian.AppendUint32(huge, math.Float32bits(math.MaxFloat32*float32(1-2*(i&1))))
	}
	f.Add(same, uint8(2), uint8(4))
	f.Add(huge, uint8(5), uint8(2))
	f.Fuzz(func(t *testing.T, data []byte, classes, features uint8) {
		n, width := 2+int(classes)%8, 1+int(features)%9
		var rows []row
		for len(data) >= 4*width && len(rows) < 50 {
			one := row{class: len(rows) % n}
			for range width {
				v := math.Float32frombits(binary.LittleEndian.Uint32(data))
				if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
					v = 0 // looker refuses them
				}
				one.features = append(one.features, v)
				data = data[4:]
			}
			rows = append(rows, one)
		}
		for i := range rows {
			rows[i].weight = 1 / float64(len(rows))
		}
		h, err := trainHead(t.Context(), rows, n, 0.001)
		if err != nil {
			t.Fatal(err)
		}
		h.cool(0.05)
		for c := range h.weights {
			for _, w := range append(h.weights[c], h.bias[c]) {
				if math.IsNaN(w) || math.IsInf(w, 0) {
					t.Fatalf("class %d: %v, %v", c, h.weights[c], h.bias[c])
				}
			}
		}
	})
}

func TestSoftmax(t *testing.T) {
	for _, z := range [][]float64{{0, 0}, {1000, 0, -1000}, {-1e300, 1e300}, {3, 1, 2}} {
		p := slices.Clone(z)
		lse := softmax(p)
		sum := 0.0
		for _, v := range p {
			sum += v
		}
		if math.Abs(sum-1) > 1e-12 || lse < slices.Max(z) || math.IsInf(lse, 0) {
			t.Errorf("%v: %v, sum %v, %v", z, p, sum, lse)
		}
	}
}
