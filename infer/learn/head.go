package learn

import (
	"context"
	"math"

	"github.com/inceptiond/inceptiond/internal/exact"
)

// row is what the network says of a picture or of a variant of it: the mean of each feature over its map.
type row struct {
	features []float32
	class    int
	weight   float64 // in the mean over all rows; 0: it is not trained on
}

// head is the last layer: the logit of class c is weights[c] . features + bias[c].
type head struct {
	weights [][]float64
	bias    []float64
}

// logits sets dst to those of all classes.
func (h *head) logits(dst []float64, features []float32) {
	for c, w := range h.weights {
		sum := 0.0
		for d, f := range features {
			sum += float64(w[d] * float64(f))
		}
		dst[c] = sum + h.bias[c]
	}
}

// cool divides all logits by the temperature t.
func (h *head) cool(t float64) {
	for c := range h.weights {
		for d := range h.weights[c] {
			h.weights[c][d] /= t
		}
		h.bias[c] /= t
	}
}

// trainHead finds the head that tells the classes of rows apart: multinomial logistic regression with an L2 penalty on the
// weights, of features that are centred and scaled to a length of about 1. The weights of the rows are to have the sum 1.
// The same rows give the same bits, on every machine and with any number of threads. The error is ctx's.
func trainHead(ctx context.Context, rows []row, classes int, lambda float64) (*head, error) {
	r := newRegression(rows, classes, lambda)
	x := make([]float64, classes*(r.features+1))
	if err := minimize(ctx, x, r.loss); err != nil {
		return nil, err
	}
	return r.head(x), nil
}

// regression is the problem that trainHead solves. Its parameters are those of one class after the other: a weight for
// each feature, and the bias.
type regression struct {
	rows     []row
	classes  int
	features int
	lambda   float64

	centre []float64 // mean of the features
	scale  float64   // root mean square of their distance from it

	products []float64 // weights . centre, by class
	errors   []float64 // probability less truth, weighted, by row and class
	sums     []float64 // of errors, by class
	losses   []float64 // by row
}

// newRegression takes of rows those that have a weight.
func newRegression(all []row, classes int, lambda float64) *regression {
	r := &regression{classes: classes, lambda: lambda, scale: 1}
	for _, one := range all {
		if one.weight > 0 {
			r.rows = append(r.rows, one)
			r.features = len(one.features)
		}
	}
	r.centre = make([]float64, r.features)
	for _, one := range r.rows {
		for d, f := range one.features {
			r.centre[d] += float64(one.weight * float64(f))
		}
	}
	square := 0.0
	for _, one := range r.rows {
		sum := 0.0
		for d, f := range one.features {
			off := float64(f) - r.centre[d]
			sum += float64(off * off)
		}
		square += float64(one.weight * sum)
	}
	if square > 0 {
		r.scale = math.Sqrt(square)
	}
	r.products, r.sums = make([]float64, classes), make([]float64, classes)
	r.errors, r.losses = make([]float64, len(r.rows)*classes), make([]float64, len(r.rows))
	return r
}

// weightsOf is the part of the parameters x that are the weights of class c.
func (r *regression) weightsOf(x []float64, c int) []float64 {
	return x[c*(r.features+1):][:r.features]
}

// biasOf is where in the parameters the bias of class c is.
func (r *regression) biasOf(c int) int { return c*(r.features+1) + r.features }

// loss is the objective: the mean cross entropy and the penalty.
func (r *regression) loss(x, g []float64) float64 {
	penalty := 0.0
	for c := range r.classes {
		w := r.weightsOf(x, c)
		penalty += dot(w, w)
		r.products[c] = dot(w, r.centre)
	}
	parallel((len(r.rows)+rowsApiece-1)/rowsApiece, func(i int) {
		for k := i * rowsApiece; k < min((i+1)*rowsApiece, len(r.rows)); k++ {
			r.losses[k] = r.errorsOf(k, x)
		}
	})
	value := float64(r.lambda / 2 * penalty)
	for _, l := range r.losses {
		value += l
	}
	clear(r.sums)
	for i, e := range r.errors {
		r.sums[i%r.classes] += e
	}
	parallel((r.features+featuresApiece-1)/featuresApiece, func(i int) {
		r.gradient(x, g, i*featuresApiece, min((i+1)*featuresApiece, r.features))
	})
	for c, sum := range r.sums {
		g[r.biasOf(c)] = sum
	}
	return value
}

// What one piece of work is: large enough to be worth a change of threads, small enough to stay in the cache.
const (
	rowsApiece     = 32
	featuresApiece = 128
)

// errorsOf sets the errors of row k and returns its weighted loss.
func (r *regression) errorsOf(k int, x []float64) float64 {
	one := &r.rows[k]
	p := r.errors[k*r.classes:][:r.classes]
	for c := 0; c < r.classes; c += 4 {
		if c+4 <= r.classes {
			p[c], p[c+1], p[c+2], p[c+3] = products4(one.features,
				r.weightsOf(x, c), r.weightsOf(x, c+1), r.weightsOf(x, c+2), r.weightsOf(x, c+3))
			continue
		}
		for c := c; c < r.classes; c++ {
			p[c] = product(one.features, r.weightsOf(x, c))
		}
	}
	for c := range p {
		p[c] = (p[c]-r.products[c])/r.scale + x[r.biasOf(c)]
	}
	own := p[one.class]
	loss := float64(one.weight * (softmax(p) - own))
	for c := range p {
		p[c] = float64(one.weight * p[c])
	}
	p[one.class] -= one.weight
	return loss
}

// product is weights . features.
func product(features []float32, w []float64) (sum float64) {
	w = w[:len(features)]
	for d, f := range features {
		sum += float64(w[d] * float64(f))
	}
	return sum
}

// products4 is product with the weights of four classes.
func products4(features []float32, w0, w1, w2, w3 []float64) (s0, s1, s2, s3 float64) {
	n := len(features)
	w0, w1, w2, w3 = w0[:n], w1[:n], w2[:n], w3[:n]
	for d, f := range features {
		v := float64(f)
		s0 += float64(w0[d] * v)
		s1 += float64(w1[d] * v)
		s2 += float64(w2[d] * v)
		s3 += float64(w3[d] * v)
	}
	return s0, s1, s2, s3
}

// gradient sets g of the weights of the features from first to end: the rows follow each other in each sum, wherever the
// features are cut.
func (r *regression) gradient(x, g []float64, first, end int) {
	for c := range r.classes {
		out := r.weightsOf(g, c)[first:end]
		clear(out)
		k := 0
		for ; k+4 <= len(r.rows); k += 4 {
			e := r.errors[k*r.classes+c:]
			add4(out, r.rows[k:], first, e[0], e[r.classes], e[2*r.classes], e[3*r.classes])
		}
		for ; k < len(r.rows); k++ {
			e := r.errors[k*r.classes+c]
			for d, f := range r.rows[k].features[first:end] {
				out[d] += float64(e * float64(f))
			}
		}
		w := r.weightsOf(x, c)[first:end]
		for d := range out {
			out[d] = (out[d]-float64(r.sums[c]*r.centre[first+d]))/r.scale + float64(r.lambda*w[d])
		}
	}
}

// add4 adds the features of four rows, from first on, times e0 to e3, to out.
func add4(out []float64, rows []row, first int, e0, e1, e2, e3 float64) {
	n := len(out)
	f0, f1 := rows[0].features[first:][:n], rows[1].features[first:][:n]
	f2, f3 := rows[2].features[first:][:n], rows[3].features[first:][:n]
	for d, sum := range out {
		sum += float64(e0 * float64(f0[d]))
		sum += float64(e1 * float64(f1[d]))
		sum += float64(e2 * float64(f2[d]))
		out[d] = sum + float64(e3*float64(f3[d]))
	}
}

// head is the parameters x as a layer of the features themselves.
func (r *regression) head(x []float64) *head {
	h := &head{bias: make([]float64, r.classes)}
	for c := range r.classes {
		w := make([]float64, r.features)
		for d, v := range r.weightsOf(x, c) {
			w[d] = v / r.scale
		}
		h.weights = append(h.weights, w)
		h.bias[c] = x[r.biasOf(c)] - dot(w, r.centre)
	}
	return h
}

// softmax makes probabilities of logits, and returns the logarithm of the sum of their exponentials.
func softmax(logits []float64) float64 {
	top := math.Inf(-1)
	for _, v := range logits {
		top = max(top, v)
	}
	sum := 0.0
	for i, v := range logits {
		logits[i] = exact.Exp(v - top)
		sum += logits[i]
	}
	for i := range logits {
		logits[i] /= sum
	}
	return top + exact.Log(sum)
}
