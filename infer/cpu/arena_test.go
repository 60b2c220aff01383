package cpu

import (
	"math/rand/v2"
	"testing"
)

// TestPlace wants no two usages at the same time to overlap, and an arena that is not larger than all usages
// nor smaller than what lives at once.
func TestPlace(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		var usages []*usage
		sum := int64(0)
		for range r.IntN(40) {
			first := r.IntN(20)
			u := &usage{size: r.Int64N(1000) + 1, first: first, last: first + r.IntN(6)}
			usages = append(usages, u)
			sum += align(u.size)
		}
		total := place(usages)
		if total > sum {
			t.Fatalf("arena of %d for usages of %d", total, sum)
		}
		for step := range 30 {
			live := int64(0)
			for i, a := range usages {
				if step < a.first || step > a.last {
					continue
				}
				live += a.size
				if a.offset < 0 || a.offset%alignment != 0 || a.offset+a.size > total {
					t.Fatalf("%+v in an arena of %d", a, total)
				}
				for _, b := range usages[:i] {
					if b.first <= step && step <= b.last && a.offset < b.offset+b.size && b.offset < a.offset+a.size {
						t.Fatalf("%+v and %+v overlap", a, b)
					}
				}
			}
			if live > total {
				t.Fatalf("%d bytes live in an arena of %d", live, total)
			}
		}
	}
}

// TestPlaceReuses wants a chain of tensors to take turns in the memory of the two largest neighbours.
func TestPlaceReuses(t *testing.T) {
	var chain []*usage
	for i := range 10 {
		chain = append(chain, &usage{size: 64 * int64(10-i), first: i, last: i + 1})
	}
	if total := place(chain); total != 64*19 {
		t.Errorf("arena of %d (want %d)", total, 64*19)
	}
}
