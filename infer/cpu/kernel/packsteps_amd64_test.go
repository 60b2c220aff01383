//go:build linux && !purego

package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/sys/cpu"
)

// TestGatherSteps compares with the rule, weight by weight: zero points of all bytes, segments of all lengths.
func TestGatherSteps(t *testing.T) {
	needsAVX2(t)
	var p stepPacker
	r, count := rand.New(rand.NewPCG(15, 1)), [4]int{}
	for zero := int32(-1); zero <= 256; zero++ {
		for segment := 1; segment <= 35; segment++ {
			c := Columns{
				Flip: uint8(r.IntN(2) * 0x80), Segments: 1 + r.IntN(2), Segment: segment, Width: min(1+r.IntN(2*Panel), Panel), Zero: zero,
			}
			w := extremes(r, c.Width*c.Segments*segment)
			mild(r, w, zero)
			if r.IntN(3) == 0 { // nearly all are bytes, and do not clash
				for i := range w {
					w[i] = uint8(zero + int32(w[i])%65)
				}
			}
			for i := range w {
				w[i] ^= c.Flip
			}
			c.Weights = cloned(t, w, r.IntN(2) == 0)
			p.gather(&c)
			for s := range c.Segments {
				for i := range c.perSegment() {
					at := s*c.perSegment() + i
					found, want := p.found[at], naiveStep(&c, s, i*stepSize)
					count[found]++
					if zero < 0 || zero > 255 {
						want.found = noBytes
					}
					if found != want.found && found&want.found&noBytes == 0 { // what clashes does not matter where there are no bytes
						t.Fatalf("zero %d, %d segments of %d, %d columns, step %d: found %b (want %b)", zero, c.Segments, segment, c.Width, at, found, want.found)
					}
					if got := p.bytes[at*stepBytes:][:stepBytes]; found&noBytes == 0 && !slices.Equal(got, want.bytes[:]) {
						t.Fatalf("zero %d, %d segments of %d, %d columns, step %d: %v (want %v)", zero, c.Segments, segment, c.Width, at, got, want.bytes)
					}
				}
			}
		}
	}
	if slices.Min(count[:3]) < 1000 {
		t.Errorf("%d steps with nothing found, %d that are no bytes, %d that clash (want at least 1000 of each)", count[0], count[1], count[2])
	}
}

func needsAVX2(t *testing.T) {
	t.Helper()
	if !cpu.X86.HasAVX2 {
		t.Skip("needs AVX2")
	}
}

// naive is a step as bytes, and what is to be found of it by the limits of PMADDUBSW, -32768 … 32767.
type naive struct {
	bytes [stepBytes]uint8
	found uint8
}

// naiveStep is the step of elements k … k+3 of a segment.
func naiveStep(c *Columns, s, k int) (step naive) {
	for n := range c.Width {
		for i := k; i < min(k+stepSize, c.Segment); i++ {
			a, b := c.at(n, s, i), int32(0)
			step.bytes[n*stepSize+i-k] = uint8(a)
			if i%2 == 0 && i+1 < c.Segment {
				b = c.at(n, s, i+1)
			}
			if a < -128 || a > 127 {
				step.found |= noBytes
			}
			if 255*(min(a, 0)+min(b, 0)) < -32768 || 255*(max(a, 0)+max(b, 0)) > 32767 {
				step.found |= clashes
			}
		}
	}
	return step
}

// TestPlanes: elements of a window, their partners, and steps that are put together of them.
func TestPlanes(t *testing.T) {
	needsAVX2(t)
	r, partners := rand.New(rand.NewPCG(15, 2)), 0
	for range 500 {
		steps := cloned(t, make([]uint8, windowSteps*stepBytes), r.IntN(2) == 0)
		for i := range steps {
			steps[i] = uint8(int32(r.NormFloat64() * 30))
			if r.IntN(20) == 0 {
				steps[i] = []uint8{64, 192, 127, 129, 128, 1, 255}[r.IntN(7)]
			}
		}
		var planes, want [windowSize][Panel]uint8
		for e := range want {
			for n := range Panel {
				want[e][n] = steps[e/stepSize*stepBytes+n*stepSize+e%stepSize]
			}
		}
		if planesOf(&planes, &steps[0]); planes != want {
			t.Fatalf("%v (want %v)", planes, want)
		}
		for a := range windowSize {
			mask := uint16(0)
			for b := range windowSize {
				good := true
				for n := range Panel {
					sum := int(int8(want[a][n])) + int(int8(want[b][n]))
					good = good && -128 <= sum && sum <= 128
				}
				if good {
					mask |= 1 << b
					partners++
				}
			}
			if got := partnersOf(&planes, a); got != mask {
				t.Fatalf("%v, element %d: %016b (want %016b)", planes, a, got, mask)
			}
		}
		order := [stepSize]uint8{uint8(r.IntN(16)), uint8(r.IntN(16)), uint8(r.IntN(16)), uint8(r.IntN(16))}
		var got, turned [stepBytes]uint8
		for i := range turned {
			turned[i] = want[order[i%stepSize]][i/stepSize]
		}
		if turnStep(&got[0], &planes, &order); got != turned {
			t.Fatalf("order %v: %v (want %v)", order, got, turned)
		}
	}
	if partners < 1000 {
		t.Errorf("%d partners (want at least 1000)", partners)
	}
}
