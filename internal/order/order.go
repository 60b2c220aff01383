// Package order sorts slices by a comparison, as slices.SortFunc does. That is compiled anew for every type of element,
// into some 20 kB each, which a program with many small lists of structs pays in megabytes; here all types share the
// code of package sort. It is a little slower for that: lists that are sorted for each frame are not for it.
package order

import (
	"iter"
	"slices"
	"sort"
)

// Sort sorts list in place. Equal elements end in any order.
func Sort[T any](list []T, compare func(a, b T) int) {
	sort.Slice(list, func(i, j int) bool { return compare(list[i], list[j]) < 0 })
}

// Stable sorts list in place. Equal elements keep their order.
func Stable[T any](list []T, compare func(a, b T) int) {
	sort.SliceStable(list, func(i, j int) bool { return compare(list[i], list[j]) < 0 })
}

// Sorted gathers the elements of seq and sorts them as Sort does.
func Sorted[T any](seq iter.Seq[T], compare func(a, b T) int) []T {
	list := slices.Collect(seq)
	Sort(list, compare)
	return list
}
