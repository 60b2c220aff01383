package inception

import "math/rand/v2"

// filters returns the raw weights of node i: [height*width*in][out], of a depthwise convolution [height*width][out].
// Every filter sums to zero, so that it answers to differences and not to brightness.
func filters(nodes []*node, i int) []float32 {
	o := nodes[i]
	k := o.kh * o.kw
	if o.kind != depthwise {
		k *= nodes[o.from[0]].c
	}
	w := make([]float32, k*o.c)
	sum := make([]int64, o.c)
	random := rand.NewPCG(uint64(i), 0x1ce9710)
	for row := range k {
		line := w[row*o.c : (row+1)*o.c]
		for c := range line {
			v := bell(random.Uint64())
			sum[c] += v
			line[c] = float32(v)
		}
	}
	mean := make([]float32, o.c)
	for c := range mean {
		mean[c] = float32(sum[c]) / float32(k)
	}
	for row := range k {
		line := w[row*o.c : (row+1)*o.c]
		for c := range line {
			line[c] = (line[c] - mean[c]) / (1 << 17)
		}
	}
	return w
}

// bell makes one number of roughly normal distribution around 0, below 1<<17, from 64 random bits.
func bell(bits uint64) int64 {
	const mask = 1<<16 - 1
	return int64(bits&mask+bits>>16&mask+bits>>32&mask+bits>>48) - 2*mask
}

// weightZeroPoint draws the zero point of a uint8 weight tensor from the span seen in the hosted Inception v4.
func weightZeroPoint(i int) int32 {
	return 76 + rand.New(rand.NewPCG(uint64(i), 0x2e20)).Int32N(163-76+1)
}

// deviation draws how far the outputs of node i spread, 0.5 to 1.5: real layers differ by as much.
func deviation(i int) float32 {
	return 0.5 + rand.New(rand.NewPCG(uint64(i), 0xde51)).Float32()
}

// biases draws the biases of node i, -0.25 to 0.25 deviations.
func biases(i, channels int) []float32 {
	random := rand.New(rand.NewPCG(uint64(i), 0xb1a5))
	b := make([]float32, channels)
	for c := range b {
		b[c] = (random.Float32() - 0.5) / 2
	}
	return b
}
