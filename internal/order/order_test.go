package order_test

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/internal/order"
)

type item struct{ key, at int }

func byKey(a, b item) int { return cmp.Compare(a.key, b.key) }

// TestOrder sorts lists of many lengths, with many equal keys, and holds them to what package slices makes of them.
func TestOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 200 {
		list := make([]item, n)
		for i := range list {
			list[i] = item{random.IntN(1 + n/3), i}
		}
		want := slices.Clone(list)
		slices.SortStableFunc(want, byKey)
		stable := slices.Clone(list)
		order.Stable(stable, byKey)
		if !slices.Equal(stable, want) {
			t.Fatalf("Stable(%v) = %v", list, stable)
		}
		sorted := slices.Clone(list)
		order.Sort(sorted, byKey)
		if !slices.IsSortedFunc(sorted, byKey) {
			t.Fatalf("Sort(%v) = %v", list, sorted)
		}
		order.Stable(sorted, func(a, b item) int { return cmp.Or(byKey(a, b), cmp.Compare(a.at, b.at)) })
		if !slices.Equal(sorted, want) {
			t.Fatalf("Sort(%v) has other elements: %v", list, sorted)
		}
	}
}

func TestSorted(t *testing.T) {
	got := order.Sorted(maps.Keys(map[string]bool{"b": true, "c": true, "a": true}), func(a, b string) int { return cmp.Compare(b, a) })
	if want := []string{"c", "b", "a"}; !slices.Equal(got, want) {
		t.Errorf("Sorted = %v, want %v", got, want)
	}
}
