//go:build linux

package preprocess

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/guard"
)

// tables is those of full range and of video.
func tables() map[string]*yccTable {
	r := newColours()
	return map[string]*yccTable{"full": r.full, "video": r.limited}
}

// TestLine compares Y by arithmetic with the table.
func TestLine(t *testing.T) {
	for name, table := range tables() {
		for i, want := range table.y {
			if got := uint64((uint32(i)*table.line[0]+table.line[1])>>lineBits) * each; got != want {
				t.Errorf("%s: Y %d: %x (want %x)", name, i, got, want)
			}
		}
	}
}

// extremes fills b with levels of which many are black, white or no colour.
func extremes(b []byte, r *rand.Rand) {
	for i := range b {
		b[i] = []byte{0, 255, 128, byte(r.Uint32()), byte(r.Uint32())}[r.IntN(5)]
	}
}

// guards makes rows that lie against the end or the beginning of memory.
type guards struct {
	*testing.T
	*rand.Rand
	loops *loops
	atEnd bool
}

// samples is n of them, step bytes apart.
func (g guards) samples(n, step int) []byte {
	b := guard.Slice[byte](g, max((n-1)*step+1, 0), g.atEnd)
	extremes(b, g.Rand)
	return b
}

func (g guards) words(n int) []uint64 { return guard.Slice[uint64](g, n, g.atEnd) }

// TestConvert compares the conversion of chroma with plain Go.
func TestConvert(t *testing.T) {
	eachLoops(t, func(t *testing.T, l *loops) {
		r := rand.New(rand.NewPCG(3, 1))
		for name, table := range tables() {
			for n := range 20 {
				for _, step := range []int{1, 2, 4} {
					g := guards{t, r, l, n%2 == 0}
					cb, cr := g.samples(n, step), g.samples(n, step)
					got, want := g.words(n), make([]uint64, n)
					l.convert(table, got, cb, cr, step)
					table.convertPlain(want, cb, cr, step)
					if !slices.Equal(got, want) {
						t.Fatalf("%s: %d samples, step %d: %x (want %x)", name, n, step, got, want)
					}
				}
			}
		}
	})
}

// TestHalf compares rows of all lengths past two rounds of the loop with plain Go: same and different chroma rows, luma of
// every step.
func TestHalf(t *testing.T) {
	eachLoops(t, func(t *testing.T, l *loops) {
		r := rand.New(rand.NewPCG(4, 1))
		for name, table := range tables() {
			for n := range 36 {
				for _, step := range []int{1, 2, 3} {
					for _, atEnd := range []bool{false, true} {
						g := guards{t, r, l, atEnd}
						near, far := g.chroma(table, n), g.chroma(table, n)
						g.compareHalf(name, table, n, step, near, near)
						g.compareHalf(name, table, n, step, near, far)
					}
				}
			}
		}
	})
}

// chroma is a converted row for n pixels.
func (g guards) chroma(table *yccTable, n int) []uint64 {
	words := g.words((n+1)/2 + 2)
	table.convertPlain(words, g.samples(len(words), 1), g.samples(len(words), 1), 1)
	return words
}

func (g guards) compareHalf(name string, table *yccTable, n, step int, near, far []uint64) {
	g.Helper()
	luma, got, want := g.samples(n, step), g.words(n), make([]uint64, n)
	g.loops.readHalf(table, got, luma, step, near, far)
	table.readHalfPlain(want, luma, step, near, far)
	if !slices.Equal(got, want) {
		g.Fatalf("%s: %d words, step %d, at the end %v: %x (want %x)", name, n, step, g.atEnd, got, want)
	}
}

// TestHalfColours compares all levels of Y with chroma of all levels in steps, beyond what a picture can show.
func TestHalfColours(t *testing.T) {
	eachLoops(t, func(t *testing.T, l *loops) {
		luma := make([]byte, 256)
		for i := range luma {
			luma[i] = byte(i)
		}
		cb, cr := make([]byte, 130), make([]byte, 130)
		near := make([]uint64, 130)
		got, want := make([]uint64, 256), make([]uint64, 256)
		for name, table := range tables() {
			for b := 0; b < 256; b += 5 {
				for c := 0; c < 256; c += 5 {
					for i := range cb {
						cb[i], cr[i] = byte(b), byte(c)
					}
					table.convertPlain(near, cb, cr, 1)
					l.readHalf(table, got, luma, 1, near, near)
					table.readHalfPlain(want, luma, 1, near, near)
					if !slices.Equal(got, want) {
						t.Fatalf("%s: chroma %d, %d: %x (want %x)", name, b, c, got, want)
					}
				}
			}
		}
	})
}
