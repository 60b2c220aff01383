//go:build linux && !purego

package kernel

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTurns: what can be turned is, and no two weights come together that must not.
func TestTurns(t *testing.T) {
	needsAVX2(t)
	repeat := func(w ...int32) []int32 { return slices.Repeat(w, 16/len(w)) }
	for _, c := range []struct {
		name          string
		weights       []int32 // of one column, of one segment
		turned, words int
	}{
		{"mild", repeat(64, 64, -64, -64), 0, 0},
		{"large, of both signs", repeat(100, 100, -100, -100), 4, 0},
		{"one step", append([]int32{100, 100, -100, -100}, repeat(1)[:12]...), 1, 0},
		{"one that needs a neighbour", append([]int32{100, 100, 100, 100}, repeat(1)[:12]...), 4, 0},
		{"of one sign", repeat(100), 0, 4},
		{"no byte", append([]int32{128, 0, 0, 0, 100, 100, -100, -100}, repeat(1)[:8]...), 1, 1},
		{"too short for a window", []int32{100, 100, -100, -100}, 0, 1},
		{"a last window that begins before its steps", append(repeat(1), 100, 100, -100, -100), 1, 0},
	} {
		columns := Columns{Segments: 1, Segment: len(c.weights), Width: 1, Vectors: 1, Zero: 100}
		for _, w := range c.weights {
			columns.Weights = append(columns.Weights, uint8(w+100))
		}
		new(stepPacker).pack(&columns, true, true)
		if columns.Turned != c.turned || columns.Words != c.words {
			t.Errorf("%s: %d turned, %d words (want %d, %d)", c.name, columns.Turned, columns.Words, c.turned, c.words)
		}
	}
}

// TestTurnedOnce: each element is in one step, and pairs of turned ones stay in 16 bits.
func TestTurnedOnce(t *testing.T) {
	needsAVX2(t)
	var p stepPacker
	r, turned := rand.New(rand.NewPCG(19, 1)), 0
	for range 400 {
		c := Columns{Segments: 1 + r.IntN(2), Segment: 16 + r.IntN(40), Pitch: 100, Width: 1 + r.IntN(Panel), Vectors: 1, Zero: r.Int32N(256)}
		c.Weights = make([]uint8, c.Segments*c.Segment*c.Width)
		for i := range c.Weights {
			c.Weights[i] = uint8(min(max(c.Zero+int32(r.NormFloat64()*40), 0), 255))
		}
		p.pack(&c, true, true)
		seen := make([]int, c.Segments*c.Pitch) // by where elements lie
		for _, list := range [][]uint8{p.bytesAt, p.wordsAt} {
			for at := range slices.Chunk(list, 4) {
				for k := range stepSize {
					seen[int(binary.LittleEndian.Uint32(at))+k]++
				}
			}
		}
		for step := range slices.Chunk(p.turnedAt, 8) {
			turned++
			from, order := int(binary.LittleEndian.Uint32(step)), step[4:]
			for i, k := range order {
				seen[from+int(k)]++
				for n := range c.Width {
					a, b := c.padded(n, from+int(k)), c.padded(n, from+int(order[i^1]))
					if sum := a + b; a < -128 || a > 127 || sum < -128 || sum > 128 {
						t.Fatalf("%v: %d and %d come together", step, a, b)
					}
				}
			}
		}
		for i, got := range seen {
			want := 0
			if i%c.Pitch < c.perSegment()*stepSize {
				want = 1
			}
			if got != want {
				t.Fatalf("element %d is in %d steps (want %d)", i, got, want)
			}
		}
	}
	if turned < 1000 {
		t.Errorf("%d turned steps (want at least 1000)", turned)
	}
}

// padded is the weight of the element that lies at an offset, 0 behind a segment's end.
func (c *Columns) padded(n, at int) int32 {
	if k := at % c.Pitch; k < c.Segment {
		return c.at(n, at/c.Pitch, k)
	}
	return 0
}
