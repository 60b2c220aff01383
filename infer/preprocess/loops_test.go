package preprocess

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// eachLoops tests all that this machine can run but plain Go, which is what they are compared with, and those that do strips.
func eachLoops(t *testing.T, test func(t *testing.T, l *loops)) {
	for _, l := range available() {
		if l.name != plain().name && l.strips == nil {
			t.Run(l.name, func(t *testing.T) { test(t, l) })
		}
	}
}

// TestLoops compares the loops of every kind with plain Go, over all lengths past two vectors.
func TestLoops(t *testing.T) {
	eachLoops(t, func(t *testing.T, l *loops) {
		r := rand.New(rand.NewPCG(1, 1))
		for n := 1; n <= 70; n++ {
			bytes := make([]byte, 3*n)
			for i := range bytes {
				bytes[i] = []byte{0, 255, byte(r.Uint32())}[r.IntN(3)]
			}
			got, want := make([]uint64, n+1), make([]uint64, n+1)
			l.readRGB(got[:n], bytes)
			readRGBPlain(want[:n], bytes)
			if !slices.Equal(got, want) {
				t.Fatalf("%d words: %x (want %x)", n, got, want)
			}
			rows := make([]uint64, n)
			for i := range rows {
				rows[i] = uint64(r.IntN(0xff01)) | uint64(r.IntN(0xff01))<<32
				got[i] = uint64(r.Uint32()>>9) | uint64(r.Uint32()>>9)<<32
				want[i] = got[i]
			}
			for _, w := range []uint64{1, 12345, 1 << 16} {
				l.accumulate(got[:n], rows, w/2)
				accumulatePlain(want[:n], rows, w/2)
				if !slices.Equal(got, want) {
					t.Fatalf("%d rows times %d: %x (want %x)", n, w, got, want)
				}
			}
		}
	})
}

// TestSweep compares rows that shrink, of all sizes, whole and in part.
func TestSweep(t *testing.T) {
	eachLoops(t, func(t *testing.T, l *loops) {
		r := rand.New(rand.NewPCG(2, 1))
		for n := 1; n <= 40; n++ {
			for _, size := range []int{n, n + 1, 2*n - 1, 3 * n, 7*n + 3} {
				var a axis
				s := span{from: 0, to: float64(size), n: n}
				a.plan(s, size, acrossBits)
				a.planSweep(s)
				if !a.shrinks {
					continue
				}
				words := make([]uint64, a.high-a.low)
				for i := range words {
					words[i] = uint64(r.IntN(256)) | uint64(r.IntN(256))<<greenShift | uint64(r.IntN(256))<<blueShift
				}
				got, want := make([]uint64, 2*n), make([]uint64, 2*n)
				l.sweep(&a, got, words)
				a.sweepPlain(want, words)
				if !slices.Equal(got, want) {
					t.Fatalf("%d of %d: %x (want %x)", n, size, got, want)
				}
			}
		}
	})
}
