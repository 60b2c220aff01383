// Package stats holds the few statistics with which the program says how sure its figures are. All functions are pure
// and give the same numbers on every machine: products are rounded before they are added.
package stats

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// z95 is the number of standard deviations on either side of the mean that hold 95 % of a normal distribution.
const z95 = 1.959963984540054

// Wilson is the 95 % interval of a share of which right of n were seen (Wilson 1927, score interval). Of n = 0 nothing
// is known: 0 to 1. It holds right/n, and both ends are within 0 to 1.
func Wilson(right, n int) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	const z2 = z95 * z95
	k, m := float64(min(max(right, 0), n)), float64(n)
	middle := (k + z2/2) / (m + z2)
	half := z95 * math.Sqrt(float64(k*(m-k))/m+z2/4) / (m + z2)
	low, high = max(middle-half, 0), min(middle+half, 1)
	if k == 0 {
		low = 0
	}
	if k == m {
		high = 1
	}
	return low, high
}

// Bin is the answers whose confidence lies in one part of 0 to 1.
type Bin struct {
	Low, High  float64 // from Low, up to but not including High; the last bin includes 1
	Count      int
	Confidence float64 // mean; 0 if there is none
	Right      int
}

// Accuracy is the share of b's answers that are right, 0 if there is none.
func (b Bin) Accuracy() float64 {
	if b.Count == 0 {
		return 0
	}
	return float64(b.Right) / float64(b.Count)
}

// Calibration sorts answers into bins of equal width by their confidence, which is limited to 0 to 1. right says, for
// each confidence, whether the answer was. Confidences that are no numbers are left out. There is at least one bin.
func Calibration(confidence []float64, right []bool, bins int) []Bin {
	bins = max(bins, 1)
	all := make([]Bin, bins)
	for i := range all {
		all[i].Low, all[i].High = float64(i)/float64(bins), float64(i+1)/float64(bins)
	}
	for i, c := range confidence {
		if math.IsNaN(c) {
			continue
		}
		c = min(max(c, 0), 1)
		b := &all[min(int(c*float64(bins)), bins-1)]
		b.Count++
		b.Confidence += c
		if right[i] {
			b.Right++
		}
	}
	for i := range all {
		if n := all[i].Count; n > 0 {
			all[i].Confidence /= float64(n)
		}
	}
	return all
}

// CalibrationError is the expected calibration error of [Calibration]'s bins: how far, on average over the answers, the
// confidence of a bin is from the share that is right in it. 0 is perfect, and what no answers have.
func CalibrationError(confidence []float64, right []bool, bins int) float64 {
	sum, n := 0.0, 0
	for _, b := range Calibration(confidence, right, bins) {
		sum += float64(math.Abs(b.Accuracy()-b.Confidence) * float64(b.Count))
		n += b.Count
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

// AUROC is the area under the receiver operating characteristic: how often a positive scores higher than a negative,
// where equal scores count half. 0.5 is chance, and what is said when either is empty. A score that is no number is
// lower than all others.
func AUROC(positive, negative []float64) float64 {
	if len(positive) == 0 || len(negative) == 0 {
		return 0.5
	}
	positive, negative = slices.Clone(positive), slices.Clone(negative)
	slices.Sort(positive) // not-a-number first
	slices.Sort(negative)
	halves := 0 // twice the number of pairs that are in order
	below, upTo := 0, 0
	for _, p := range positive {
		for below < len(negative) && cmp.Less(negative[below], p) {
			below++
		}
		for upTo < len(negative) && !cmp.Less(p, negative[upTo]) {
			upTo++
		}
		halves += below + upTo
	}
	return float64(halves) / 2 / (float64(len(positive)) * float64(len(negative)))
}

// McNemar is the exact two-sided probability of McNemar's test: that chance alone makes two classifiers, equally good,
// differ as much as they do on the same pictures, where the one alone was right first times and the other alone second
// times. It is 1 if they never differ.
func McNemar(first, second int) float64 {
	n, k := first+second, min(first, second)
	if k < 0 || n == 0 {
		return 1
	}
	// The sum of the binomial coefficients from 0 to k, in units of 2^scale.
	term, sum, scale := 1.0, 1.0, 0
	for i := range k {
		term = term * float64(n-i) / float64(i+1)
		sum += term
		if sum > 1<<500 {
			term, sum, scale = math.Ldexp(term, -500), math.Ldexp(sum, -500), scale+500
		}
	}
	return min(math.Ldexp(sum, scale+1-n), 1)
}

// Normal95 is the number of standard deviations on either side of the mean that hold 95 % of a normal distribution.
const Normal95 = z95

// Resample calls figure for so many sets of n things that are drawn from n, with replacement, as bootstrapping does (Efron 1979): weights,
// which is used again, says how often each is in the set. The sets are the same every time, so that two figures of them go together.
func Resample(n, sets int, figure func(weights []int32)) {
	weights := make([]int32, n)
	for set := range sets {
		r := rand.New(rand.NewPCG(uint64(set), uint64(n)))
		clear(weights)
		for range n {
			weights[r.IntN(n)]++
		}
		figure(weights)
	}
}

// Deviation is the standard deviation of values, of which there are samples; 0 of fewer than two.
func Deviation(values []float64) float64 {
	n := float64(len(values))
	if n < 2 {
		return 0
	}
	mean, sum := 0.0, 0.0
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		sum += float64((v - mean) * (v - mean))
	}
	return math.Sqrt(sum / (n - 1))
}

// TwoSided is the probability that what is normally distributed around 0 with a standard deviation is as far from it as v or farther. Of a
// deviation of 0 it is 1 if v is 0, and else 0.
func TwoSided(v, deviation float64) float64 {
	switch {
	case v == 0:
		return 1
	case deviation == 0:
		return 0
	}
	return math.Erfc(math.Abs(v) / deviation / math.Sqrt2)
}
