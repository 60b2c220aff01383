package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestStepKinds compares with the rule, weight by weight: zero points of all bytes, segments of all lengths.
func TestStepKinds(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 1))
	words, bytes := 0, 0
	for zero := int32(-1); zero <= 256; zero++ {
		for _, flip := range []uint8{0, 0x80} {
			for segment := 1; segment <= 21; segment++ {
				c := Columns{Flip: flip, Segments: 1 + r.IntN(2), Segment: segment, Width: 1 + r.IntN(3), Zero: zero}
				c.Weights = extremes(r, c.Width*c.Segments*segment)
				mild(r, c.Weights, zero)
				for i := range c.Weights {
					c.Weights[i] ^= flip
				}
				for _, couples := range []bool{false, true} {
					got, want := c.stepKinds(couples), naiveKinds(&c, couples)
					if !slices.Equal(got, want) {
						t.Fatalf("zero %d, flip %d, %d segments of %d, %d columns: %v (want %v)", zero, flip, c.Segments, segment, c.Width, got, want)
					}
					(&Tiling{Listed: true, Couples: couples}).Plan(&c)
					words, bytes = words+c.Words, bytes+len(got)-c.Words
				}
			}
		}
	}
	if words < 1000 || bytes < 1000 {
		t.Errorf("%d steps of words and %d of bytes (want at least 1000 of each)", words, bytes)
	}
}

// naiveKinds is stepKinds by the limits of PMADDUBSW, -32768 … 32767.
func naiveKinds(c *Columns, couples bool) []stepKind {
	var list []stepKind
	for s := range c.Segments {
		for k := 0; k < c.Segment; k += stepSize {
			wide := false
			for n := range c.Width {
				for i := k; i < min(k+stepSize, c.Segment); i++ {
					a, b := c.at(n, s, i), int32(0)
					if i%2 == 0 && i+1 < c.Segment {
						b = c.at(n, s, i+1)
					}
					least, most := 255*(min(a, 0)+min(b, 0)), 255*(max(a, 0)+max(b, 0))
					wide = wide || a < -128 || a > 127 || c.Zero < 0 || c.Zero > 255 || couples && (least < -32768 || most > 32767)
				}
			}
			kind := asBytes
			if wide {
				kind = asWords
			}
			list = append(list, kind)
		}
	}
	return list
}
