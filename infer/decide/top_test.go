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

// frame is what one frame shows, and its top class then; index -1: none.
type frame struct {
	scores  []float32
	index   int
	score   float32 // when it changed
	changed bool
}

func TestTop(t *testing.T) {
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
			d := newDecider(t, Options{Threshold: c.threshold})
			since := time.Duration(0)
			for i, f := range c.frames {
				now := time.Duration(i+1) * time.Second
				if f.changed {
					since = now
				}
				want := Top{Since: since, Changed: f.changed}
				if f.index >= 0 {
					want.Found, want.Class = true, task.Class{Index: f.index, Score: f.score}
				}
				got, _ := d.Step(now, &task.Findings{Classes: f.scores})
				if got.Top != want {
					t.Errorf("frame %d: %+v (want %+v)", i, got.Top, want)
				}
			}
			if got, _ := d.Interrupt(time.Hour, "paused"); got.Top.Changed || got.Top.Since != since {
				t.Errorf("after an interrupt: %+v", got.Top)
			}
		})
	}
}

// FuzzTop shows frames of three classes, whose scores are any bits, and holds each step to what Top promises.
func FuzzTop(f *testing.F) {
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
		d := newDecider(t, Options{Threshold: threshold})
		var before Top
		known := false
		for now := time.Duration(0); len(data) >= 4*classes; now++ {
			scores := make([]float32, classes)
			for i := range scores {
				scores[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
			}
			data = data[4*classes:]
			decision, _ := d.Step(now, &task.Findings{Classes: scores})
			got := decision.Top
			best := bestOf(scores, threshold)
			if got.Found != (best >= 0) || got.Found && got.Class.Index != best || !got.Found && got.Class != (task.Class{}) {
				t.Fatalf("%v, threshold %v: %+v (want class %d)", scores, threshold, got, best)
			}
			same := known && before.Found == got.Found && before.Class.Index == got.Class.Index
			if got.Changed == same || same && (got.Since != before.Since || got.Class != before.Class) ||
				!same && (got.Since != now || got.Found && got.Class.Score != scores[best]) {
				t.Fatalf("%v after %+v: %+v", scores, before, got)
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
