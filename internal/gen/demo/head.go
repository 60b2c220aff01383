package demo

import (
	"encoding/binary"
	"math"
	"math/rand/v2"

	"github.com/inceptiond/inceptiond/infer/model"
)

// example is a picture's features, and its class.
type example struct {
	x     []byte
	class int
}

// classifier turns features into a logit for each class: the sum over weights[class][i] * x[i], plus bias[class].
type classifier struct {
	weights [][]float64
	bias    []float64
}

// Training, by gradient descent with momentum on the cross entropy.
const (
	epochs   = 25
	batch    = 32
	rate     = 0.02 // falls to 0
	momentum = 0.9
	decay    = 0.003 // of weights
)

// All sums below convert each product to float64, which forbids the compiler to fuse it with the addition: machines
// that can would come to another result.

// learn trains a classifier on features brought to the mean 0 and the deviation 1. It changes the order of examples.
func learn(rng *rand.Rand, examples []example, classes int) classifier {
	mean, deviation := spread(examples)
	n := len(mean)
	w, step, slope := matrix(classes, n+1), matrix(classes, n+1), matrix(classes, n+1)
	x := make([]float64, n+1)
	x[n] = 1
	p := make([]float64, classes)
	for epoch := range epochs {
		shuffle(rng, examples)
		r := rate * (1 - float64(epoch)/epochs)
		for first := 0; first+batch <= len(examples); first += batch {
			for c := range slope {
				clear(slope[c])
			}
			for _, e := range examples[first : first+batch] {
				for i, v := range e.x {
					x[i] = (float64(v) - mean[i]) / deviation[i]
				}
				for c := range w {
					p[c] = dot(w[c], x)
				}
				softmax(p)
				p[e.class]--
				for c := range slope {
					accumulate(slope[c], x, p[c]/batch)
				}
			}
			for c := range w {
				for i := range w[c] {
					d := slope[c][i] + float64(decay*w[c][i])
					step[c][i] = float64(momentum*step[c][i]) - float64(r*d)
					w[c][i] += step[c][i]
				}
			}
		}
	}
	return unspread(w, mean, deviation)
}

// unspread returns the classifier on plain features that does what w does on spread ones.
func unspread(w [][]float64, mean, deviation []float64) classifier {
	n := len(mean)
	k := classifier{weights: matrix(len(w), n), bias: make([]float64, len(w))}
	for c := range w {
		for i := range n {
			k.weights[c][i] = w[c][i] / deviation[i]
		}
		k.bias[c] = w[c][n] - dot(k.weights[c], mean)
	}
	return k
}

// spread returns the mean and the deviation of each feature; a little is added to the deviation, lest a feature that
// hardly ever changes counts for much.
func spread(examples []example) (mean, deviation []float64) {
	n := len(examples[0].x)
	mean, deviation = make([]float64, n), make([]float64, n)
	for i := range n {
		var sum, squares int64
		for _, e := range examples {
			v := int64(e.x[i])
			sum += v
			squares += v * v
		}
		k := float64(len(examples))
		mean[i] = float64(sum) / k
		deviation[i] = math.Sqrt(max(float64(squares)/k-float64(mean[i]*mean[i]), 0)) + 2
	}
	return mean, deviation
}

// addHead adds the classifier to a graph that ends with the features: a convolution of 1x1, and a softmax. The logits
// get the range that the examples need.
func addHead(g *graph, k classifier, examples []example) error {
	features := g.m.Outputs[0]
	classes, n := len(k.bias), len(k.weights[0])
	var all []float64
	for _, w := range k.weights {
		all = append(all, w...)
	}
	scale := float32(largest(all) / 127 / hiddenScale)
	unit := float64(scale) * hiddenScale // of the weighted sum
	weights := make([]byte, len(all))
	quantize(weights, all, unit)
	var bias []byte
	for _, b := range k.bias {
		bias = binary.LittleEndian.AppendUint32(bias, uint32(int32(math.Round(b/unit))))
	}
	outScale := float32(k.largestLogit(examples) / 127)
	t := &trunk{graph: g}
	x := t.add(model.OpConv2D, convolution(1, model.NoActivation),
		g.tensor("logits", model.Uint8, outScale, middle, 1, 1, 1, classes), features,
		g.constant("logits/weights", model.Uint8, scale, middle, weights, classes, 1, 1, n),
		g.constant("logits/bias", model.Int32, float32(unit), 0, bias, classes))
	x = t.add(model.OpReshape, model.Reshape{NewShape: []int{1, classes}},
		g.tensor("squeezed", model.Uint8, outScale, middle, 1, classes), x)
	t.add(model.OpSoftmax, model.Softmax{Beta: 1}, g.tensor("scores", model.Uint8, 1./256, 0, 1, classes), x)
	return t.err
}

// largestLogit is the largest magnitude that a logit has for any of the examples.
func (k classifier) largestLogit(examples []example) float64 {
	m := 0.
	for _, e := range examples {
		for c, w := range k.weights {
			sum := k.bias[c]
			for i, v := range e.x {
				sum += float64(w[i] * float64(v))
			}
			m = max(m, math.Abs(sum))
		}
	}
	return m
}

func matrix(rows, columns int) [][]float64 {
	m := make([][]float64, rows)
	for i := range m {
		m[i] = make([]float64, columns)
	}
	return m
}

func dot(a, b []float64) float64 {
	sum := 0.
	for i, v := range a {
		sum += float64(v * b[i])
	}
	return sum
}

// accumulate adds k times x to sum.
func accumulate(sum, x []float64, k float64) {
	for i, v := range x {
		sum[i] += float64(v * k)
	}
}

// softmax turns logits into probabilities.
func softmax(p []float64) {
	highest, sum := p[0], 0.
	for _, v := range p {
		highest = max(highest, v)
	}
	for i, v := range p {
		p[i] = exp(v - highest)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
}

// exp is e to the power of x for x up to 0, to eight digits. Unlike math.Exp, which is assembly on some machines,
// it gives the same bits everywhere: (1 + y + y²/2 + …) squared ten times, where y = x / 1024.
func exp(x float64) float64 {
	if x < -40 {
		return 0
	}
	y := x / 1024
	e := 1 + float64(y*(1+float64(y/2*(1+float64(y/3*(1+float64(y/4*(1+y/5))))))))
	for range 10 {
		e *= e
	}
	return e
}

// shuffle puts the examples into a random order, the same on machines of 32 and of 64 bits.
func shuffle(rng *rand.Rand, examples []example) {
	for i := len(examples) - 1; i > 0; i-- {
		j := int(uint64(rng.Uint32()) * uint64(i+1) >> 32)
		examples[i], examples[j] = examples[j], examples[i]
	}
}
