package demo

import "math/rand/v2"

// filters is the bank of a convolution: weights in the order filter, row, column, channel, and for each filter the mean
// that its weighted sum is to have, in deviations. ReLU drops what lies below zero: at a level of 0 about half.
type filters struct {
	size, in int
	weights  []float64
	level    []float64
}

func (f *filters) count() int { return len(f.level) }

// add adds a filter of 3x3: a pattern in space times a weight for each channel.
func (f *filters) add(level float64, pattern [9]float64, channels []float64) {
	f.size, f.in = 3, len(channels)
	f.level = append(f.level, level)
	for _, p := range pattern {
		for _, c := range channels {
			f.weights = append(f.weights, p*c)
		}
	}
}

// Patterns in space. An edge's direction is where it gets brighter.
var (
	blob  = [9]float64{1, 2, 1, 2, 4, 2, 1, 2, 1}
	edges = [8][9]float64{
		{-1, 0, 1, -2, 0, 2, -1, 0, 1}, {1, 0, -1, 2, 0, -2, 1, 0, -1},
		{-1, -2, -1, 0, 0, 0, 1, 2, 1}, {1, 2, 1, 0, 0, 0, -1, -2, -1},
		{-2, -1, 0, -1, 0, 1, 0, 1, 2}, {2, 1, 0, 1, 0, -1, 0, -1, -2},
		{0, 1, 2, -1, 0, 1, -2, -1, 0}, {0, -1, -2, 1, 0, -1, 2, 1, 0},
	}
	peak  = [9]float64{-1, -1, -1, -1, 8, -1, -1, -1, -1}
	hole  = [9]float64{1, 1, 1, 1, -8, 1, 1, 1, 1}
	lines = [4][9]float64{
		{-1, -1, -1, 2, 2, 2, -1, -1, -1}, {-1, 2, -1, -1, 2, -1, -1, 2, -1},
		{2, -1, -1, -1, 2, -1, -1, -1, 2}, {-1, -1, 2, -1, 2, -1, 2, -1, -1},
	}
)

// hues are opponent colours: red, green, blue, yellow and purple, each against the rest.
var hues = [5][]float64{{2, -1, -1}, {-1, 2, -1}, {-1, -1, 2}, {1, 1, -2}, {1, -2, 1}}

// stem is the first layer on R, G, B: channels 0 to 4 hues, 5 to 7 light, dark and fine detail, 8 to 15 edges.
func stem() (f filters) {
	light, dark := []float64{1, 1, 1}, []float64{-1, -1, -1}
	for _, hue := range hues {
		f.add(0, blob, hue)
	}
	f.add(-0.5, blob, light)
	f.add(-0.5, blob, dark)
	f.add(0, peak, light)
	for _, e := range edges {
		f.add(-0.5, e, light)
	}
	return f
}

// second looks at what the stem saw: the outlines of coloured things in channels 0 to 7, their details in 8 to 13, the
// stem's hues and lights in 14 to 21, and how much goes on in each of the four directions of its edges in 22 to 25.
func second() (f filters) {
	const in = 16
	colour := make([]float64, in)
	for i := range hues {
		colour[i] = 1
	}
	for _, e := range edges {
		f.add(-0.5, e, colour)
	}
	f.add(-0.5, peak, colour)
	f.add(-0.5, hole, colour)
	for _, l := range lines {
		f.add(-0.5, l, colour)
	}
	for i := range 8 {
		one := make([]float64, in)
		one[i] = 1
		f.add(0, blob, one)
	}
	for i := 8; i < in; i += 2 {
		both := make([]float64, in)
		both[i], both[i+1] = 1, 1
		f.add(0, blob, both)
	}
	return f
}

// chosen is a layer of 1x1 that passes channels first to last of in on.
func chosen(in, first, last int) filters {
	f := filters{size: 1, in: in}
	for c := first; c <= last; c++ {
		one := make([]float64, in)
		one[c] = 1
		f.weights = append(f.weights, one...)
		f.level = append(f.level, 1)
	}
	return f
}

// random is a layer of count filters with any weights.
func random(rng *rand.Rand, count, size, in int) filters {
	f := filters{size: size, in: in, weights: make([]float64, count*size*size*in), level: make([]float64, count)}
	for i := range f.weights {
		f.weights[i] = float64(rng.Uint32()>>24) - 127.5
	}
	return f
}
