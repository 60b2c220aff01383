//go:build linux && !purego

package kernel

import (
	"math/rand/v2"
	"testing"
)

// TestTurnedOnceSSE: each weight is in one step, what is added fits 16 bits, and what can be turned is no words.
func TestTurnedOnceSSE(t *testing.T) {
	var turns sseTurns
	r, turned, words := rand.New(rand.NewPCG(20, 1)), 0, 0
	for range 3000 {
		c := Columns{Segments: 1 + r.IntN(2), Segment: 1 + r.IntN(60), Pitch: 100, Width: 1 + r.IntN(sseTurn), Zero: r.Int32N(256)}
		c.Weights = make([]uint8, c.Segments*c.Segment*c.Width)
		for i := range c.Weights {
			c.Weights[i] = uint8(min(max(c.Zero+int32(r.NormFloat64()*40), 0), 255))
		}
		turns.sort(&c, 0)
		seen := make([]int, c.Segments*c.Pitch) // by where elements lie
		for i, units := range []sseUnits{turns.plain, turns.turned} {
			units.test(t, &c, seen, i == 1)
			turned += i * (len(units.quads) + len(units.couples) + len(units.singles))
		}
		words += len(turns.words)
		for _, w := range turns.words {
			for k := range sseStep {
				seen[w.segment*c.Pitch+w.from+k]++
			}
		}
		for i, got := range seen {
			want := 0
			if i%c.Pitch < c.sseSteps()*sseStep {
				want = 1
			}
			if got != want {
				t.Fatalf("element %d is in %d steps (want %d)", i, got, want)
			}
		}
	}
	if turned < 1000 || words < 100 || words > turned/2 {
		t.Errorf("%d turned steps, %d of words (want at least 1000 and 100, and more of the former)", turned, words)
	}
}

// test looks at the steps of a turn, and counts where their elements lie.
func (u *sseUnits) test(t *testing.T, c *Columns, seen []int, turned bool) {
	t.Helper()
	for size, list := range map[int][]sseWeights{4: u.quads, 2: u.couples, 1: u.singles} {
		for i := range list {
			var pos, neg [sseTurn][sseStep / 2]int
			for _, w := range list[i/size*size:][:size] {
				for j, x := range w.columns {
					for k := range sseStep {
						weight := int(int8(x >> (8 * k)))
						pos[j][k/2] += max(weight, 0)
						neg[j][k/2] -= min(weight, 0)
					}
				}
			}
			for j := range pos {
				for k := range pos[j] {
					if pos[j][k] > 128 || neg[j][k] > 128 {
						t.Fatalf("step %d of %d together: %d and %d in column %d", i, size, pos[j][k], neg[j][k], j)
					}
				}
			}
			w := &list[i]
			for k := range sseStep {
				from := k
				if turned {
					from = int(w.mask[k])
				}
				seen[w.segment*c.Pitch+w.from+from]++
				for j := range c.Width {
					if got, want := int32(int8(w.columns[j]>>(8*k))), c.padded(j, w.segment*c.Pitch+w.from+from); got != want {
						t.Fatalf("weight %d of step %d is %d (want %d)", k, i, got, want)
					}
				}
			}
		}
	}
}
