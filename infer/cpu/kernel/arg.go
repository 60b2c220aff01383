package kernel

import "cmp"

// ArgMax makes each number of dst the place of the greatest of a row of n numbers of src, of equal ones the first; so what is
// not a number is greatest only in the first place.
func ArgMax[T cmp.Ordered](dst []int32, src []T, n int) {
	for i := range dst {
		row, best := src[i*n:(i+1)*n], 0
		for k, x := range row {
			if x > row[best] {
				best = k
			}
		}
		dst[i] = int32(best)
	}
}

// ArgMin is [ArgMax] of the least.
func ArgMin[T cmp.Ordered](dst []int32, src []T, n int) {
	for i := range dst {
		row, best := src[i*n:(i+1)*n], 0
		for k, x := range row {
			if x < row[best] {
				best = k
			}
		}
		dst[i] = int32(best)
	}
}

// ArgMaxAcross is [ArgMax] of n rows of numbers, step apart, of which each number is the greatest of a column.
func ArgMaxAcross[T cmp.Ordered](dst []int32, src []T, n, step int) {
	Fill(dst, 0)
	for k := 1; k < n; k++ {
		row := src[k*step:][:len(dst)]
		for i, x := range row {
			if x > src[int(dst[i])*step+i] {
				dst[i] = int32(k)
			}
		}
	}
}

// ArgMinAcross is [ArgMaxAcross] of the least.
func ArgMinAcross[T cmp.Ordered](dst []int32, src []T, n, step int) {
	Fill(dst, 0)
	for k := 1; k < n; k++ {
		row := src[k*step:][:len(dst)]
		for i, x := range row {
			if x < src[int(dst[i])*step+i] {
				dst[i] = int32(k)
			}
		}
	}
}

// Top finds the len(places) greatest of row, the greatest first, of equal ones the first, and where they are.
func Top[T cmp.Ordered](values []T, places []int32, row []T) {
	found := 0
	values = values[:len(places)]
	for k, x := range row {
		if found == len(places) && !(x > values[found-1]) {
			continue
		}
		at := found
		if found == len(places) {
			at--
		} else {
			found++
		}
		for ; at > 0 && x > values[at-1]; at-- {
			values[at], places[at] = values[at-1], places[at-1]
		}
		values[at], places[at] = x, int32(k)
	}
}

// Running makes dst[i] the sum of src[0] to src[i], or of those before i, numbers that are step apart; backwards from the last one.
func Running[T number](dst, src []T, n, step int, exclusive, backwards bool) {
	sum := T(0)
	for i := range n {
		at := i * step
		if backwards {
			at = (n - 1 - i) * step
		}
		x := src[at]
		if exclusive {
			dst[at] = sum
			sum += x
			continue
		}
		sum += x
		dst[at] = sum
	}
}
