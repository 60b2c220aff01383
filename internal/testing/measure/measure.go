// Package measure has what tests and benchmarks measure with, and summarizes what they have measured.
package measure

import (
	"cmp"
	"slices"
)

// Median is that of one side of a list, which is not empty: of two in the middle, the upper one.
func Median[T any, N cmp.Ordered](list []T, side func(T) N) N {
	values := make([]N, len(list))
	for i, x := range list {
		values[i] = side(x)
	}
	slices.Sort(values)
	return values[len(values)/2]
}
