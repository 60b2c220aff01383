package decide

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer/task"
)

var (
	nan = float32(math.NaN())
	inf = float32(math.Inf(1))
)

// frame is what one frame shows, and what has to be decided then; index -1: none.
type frame struct {
	scores  []float32
	index   int
	score   float32 // of the decision
	changed bool
}

func TestStep(t *testing.T) {
	for _, c := range []struct {
		name      string
		threshold float32
		frames    []frame
	}{
		{"the first frame", 0.5, []frame{{[]float32{0.2, 0.8}, 1, 0.8, true}}},
		{"the first frame, none", 0.5, []frame{{[]float32{0.2, 0.3}, -1, 0, true}}},
		{"no classes", 0, []frame{{nil, -1, 0, true}, {nil, -1, 0, false}}},
		{"whatever the score", 0.5, []frame{
			{[]float32{0.2, 0.8}, 1, 0.8, true}, {[]float32{0.4, 0.6}, 1, 0.8, false}, {[]float32{0, 1}, 1, 0.8, false},
		}},
		{"another class", 0.5, []frame{
			{[]float32{0.2, 0.8}, 1, 0.8, true}, {[]float32{0.6, 0.4}, 0, 0.6, true}, {[]float32{0.3, 0.7}, 1, 0.7, true},
		}},
		{"to none and back", 0.5, []frame{
			{[]float32{0.9, 0}, 0, 0.9, true}, {[]float32{0.4, 0}, -1, 0, true}, {[]float32{0.3, 0.2}, -1, 0, false},
			{[]float32{0.5, 0}, 0, 0.5, true},
		}},
		{"equal scores", 0.1, []frame{
			{[]float32{0.1, 0.4, 0.4}, 1, 0.4, true}, {[]float32{0.4, 0.4, 0.4}, 0, 0.4, true}, {[]float32{0.4, 0.3, 0.4}, 0, 0.4, false},
		}},
		{"the threshold counts in", 0.5, []frame{{[]float32{0.5}, 0, 0.5, true}, {[]float32{0.49999997}, -1, 0, true}}},
		{"not a number", 0.5, []frame{
			{[]float32{nan, 0.6}, 1, 0.6, true}, {[]float32{nan, nan}, -1, 0, true}, {[]float32{inf, nan}, 0, inf, true},
		}},
		{"no threshold", nan, []frame{{[]float32{1, 2}, -1, 0, true}, {[]float32{2, 1}, -1, 0, false}}},
		{"scores below zero", -inf, []frame{{[]float32{-3, -2}, 1, -2, true}, {[]float32{-1, -2}, 0, -1, true}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := New(Options{Threshold: c.threshold})
			since := time.Duration(0)
			for i, f := range c.frames {
				now := time.Duration(i+1) * time.Second
				if f.changed {
					since = now
				}
				want := Decision{Since: since}
				if f.index >= 0 {
					want.Found, want.Class = true, task.Class{Index: f.index, Score: f.score}
				}
				got, changed := d.Step(now, &task.Findings{Classes: f.scores})
				if got != want || changed != f.changed {
					t.Errorf("frame %d: %+v, changed %v (want %+v, %v)", i, got, changed, want, f.changed)
				}
			}
		})
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	d := New(Options{Threshold: 0.1})
	f := task.Findings{Classes: make([]float32, 1001)}
	n := 0
	if allocations := testing.AllocsPerRun(10, func() {
		clear(f.Classes)
		f.Classes[n%len(f.Classes)] = 0.5
		n++
		if _, changed := d.Step(time.Duration(n), &f); !changed {
			t.Error("another class is no change")
		}
	}); allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}

// FuzzStep shows frames of three classes, whose scores are any bits, and holds each step to what Step promises.
func FuzzStep(f *testing.F) {
	bits := func(scores ...float32) (b []byte) {
		for _, s := range scores {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(s))
		}
		return b
	}
	f.Add(float32(0.5), bits(0.1, 0.9, 0, 0.9, 0.1, 0, 0.2, 0.2, 0.2))
	f.Add(float32(0), bits(nan, inf, -inf, nan, nan, nan))
	f.Add(nan, bits(1, 2, 3))
	f.Fuzz(func(t *testing.T, threshold float32, data []byte) {
		const classes = 3
		d := New(Options{Threshold: threshold})
		var before Decision
		known := false
		for now := time.Duration(0); len(data) >= 4*classes; now++ {
			scores := make([]float32, classes)
			for i := range scores {
				scores[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
			}
			data = data[4*classes:]
			got, changed := d.Step(now, &task.Findings{Classes: scores})
			best := bestOf(scores, threshold)
			if got.Found != (best >= 0) || got.Found && got.Class.Index != best || !got.Found && got.Class != (task.Class{}) {
				t.Fatalf("%v, threshold %v: %+v (want class %d)", scores, threshold, got, best)
			}
			same := known && before.Found == got.Found && before.Class.Index == got.Class.Index
			if changed == same || !changed && got != before || changed && (got.Since != now || got.Found && got.Class.Score != scores[best]) {
				t.Fatalf("%v after %+v: %+v, changed %v", scores, before, got, changed)
			}
			before, known = got, true
		}
	})
}

// bestOf is the first of the highest scores that reach threshold, -1 if none does.
func bestOf(scores []float32, threshold float32) int {
	best := -1
	for i, s := range scores {
		if s >= threshold && (best < 0 || s > scores[best]) {
			best = i
		}
	}
	return best
}
