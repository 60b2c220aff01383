//go:build linux

package kernel

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/guard"
)

// TestArgMax compares rows of 1 to past four vectors, also such as have many equal numbers.
func TestArgMax(t *testing.T) {
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		r := rand.New(rand.NewPCG(8, 1))
		for n := 1; n <= 140; n++ {
			for _, levels := range []int{1, 3, 256} {
				count := 1 + r.IntN(20)
				rows := extremes(r, count*n)
				for i := range rows {
					rows[i] = uint8(int(rows[i]) % levels)
				}
				src := cloned(t, rows, atEnd)
				got, want := guard.Slice[int32](t, count, atEnd), make([]int32, count)
				s.ArgMax(got, src, n)
				ArgMax(want, rows, n)
				if !slices.Equal(got, want) {
					t.Fatalf("greatest of %d in each of %v: %v (want %v)", n, rows, got, want)
				}
				unchanged(t, "rows", src, rows)
			}
		}
		s.ArgMax(nil, nil, 21)
	})
}

func BenchmarkArgMax(b *testing.B) {
	for _, s := range available() {
		b.Run(s.Name, func(b *testing.B) {
			for _, n := range []int{3, 21} {
				b.Run(strconv.Itoa(n), func(b *testing.B) {
					r := rand.New(rand.NewPCG(8, 1))
					src, dst := extremes(r, n*256), make([]int32, 256)
					b.SetBytes(int64(len(src)))
					for b.Loop() {
						s.ArgMax(dst, src, n)
					}
				})
			}
		})
	}
}
