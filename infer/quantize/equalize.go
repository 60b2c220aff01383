package quantize

import (
	"context"
	"maps"
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// Where all weights of a layer share one scale, a channel with large ones leaves few levels to the others. Dividing what a layer
// gives in a channel by a factor, and multiplying by it what the next one takes from there, changes no answer: so levels are traded
// between two layers (Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction, 2019, section 4.1).
//
// The paper makes RELU of RELU6, which stops at 6 whatever the factor; networks that live on that have other answers then. Here a channel
// that was seen to come as far as any other stays as it is, and none is made to come farther. So the ranges between layers stay
// what they are, and it is the weights of the second layer alone that reach less far.
//
// Of MobileNet v2 as TensorFlow 2 has it, which loses a quarter of its sure answers otherwise, that leaves an error twice that of int8. What
// was tried beyond it and gave no less: weights clipped where their mean square error is least, and biases corrected by averages that
// the model of 8 bits was measured to have, from layer to layer (which made others worse).

const (
	worthwhile  = 1.5  // how much less far the weights of some layer have to reach
	reserve     = 1.25 // how much farther a channel may come in pictures than in those that ranges were measured with
	leastFactor = 1e-3 // a bias grows by its reciprocal
)

// pair are two operators with weights, of which the second one alone reads what the first one gives.
type pair struct {
	first, second int   // operators
	between       []int // tensors: what the first one gives, …, what the second one reads
}

// pairs lists those whose weights have one scale for each tensor.
func (p *plan) pairs() (list []pair) {
	if p.bytes != model.Uint8 {
		return nil
	}
	maker, readers := p.m.Makers(), readers(p.m)
	for i := range p.m.Operators {
		if !p.ownsWeights(i, readers) {
			continue
		}
		t := p.m.Operators[i].Inputs[0]
		between, n := []int{t}, p.channels(t)
		for maker[t] >= 0 && readers[t] == 1 && keepsChannels(&p.m.Operators[maker[t]]) {
			t = p.m.Operators[maker[t]].Inputs[0]
			between = append([]int{t}, between...)
		}
		first := maker[t]
		if first < 0 || readers[t] != 1 || !p.ownsWeights(first, readers) {
			continue
		}
		weights := p.m.Tensors[p.m.Operators[i].Inputs[1]].Shape
		if p.channels(t) == n && (p.rules[i].axis == 3 || channelsOf(weights) == n) {
			list = append(list, pair{first, i, between})
		}
	}
	return list
}

func (p *plan) channels(t int) int { return channelsOf(p.m.Tensors[t].Shape) }

// ownsWeights tells whether operator i becomes one of 8 bits with weights and a bias that no other reads.
func (p *plan) ownsWeights(i int, readers []int) bool {
	return p.why[i] == "" && p.rules[i].kind == weighted && p.rules[i].input == 0 &&
		!slices.ContainsFunc(p.m.Operators[i].Inputs[1:], func(t int) bool { return t >= 0 && readers[t] != 1 })
}

// keepsChannels tells whether o works on each channel of an image alone, and gives twice as much for twice the input.
func keepsChannels(o *model.Operator) bool {
	switch o.Op.String() {
	case "PAD", "SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR":
		return true
	case "MAX_POOL_2D", "AVERAGE_POOL_2D":
		options, ok := o.Options.(model.Pool2D)
		return ok && options.Activation == model.NoActivation
	}
	return false
}

// ceiling is where the activation of o stops, +Inf if nowhere. Below it there is twice as much for twice the sum of products.
func ceiling(o *model.Operator) float64 {
	var a model.Activation // the engine has none but these
	switch options := o.Options.(type) {
	case model.Conv2D:
		a = options.Activation
	case model.DepthwiseConv2D:
		a = options.Activation
	case model.FullyConnected:
		a = options.Activation
	}
	switch a {
	case model.ReLU6:
		return 6
	case model.ReLUN1To1:
		return 1
	}
	return math.Inf(1)
}

// equalized is j with levels traded between layers; nil if no layer has much to gain.
func (j *job) equalized(ctx context.Context) (*job, error) {
	other, p, m := *j, *j.plan, *j.ready
	m.Tensors, p.m = slices.Clone(m.Tensors), &m
	other.ready, other.plan, other.spreads = &m, &p, maps.Clone(j.spreads)
	var changed []int
	for _, pair := range p.pairs() {
		if other.trade(pair) {
			changed = append(changed, pair.between...)
		}
	}
	if changed == nil {
		return nil, nil
	}
	return &other, other.measureTensors(ctx, changed)
}

// trade has the weights of a pair's second operator reach less far, if that is worthwhile.
func (j *job) trade(p pair) (done bool) {
	first, second := j.plan.layer(p.first), j.plan.layer(p.second)
	n := first.outputs
	if n == 0 || n != len(j.spreads[p.between[0]].lows) {
		return false
	}
	column := second.inputChannel(n)
	factors, takes := j.leastFactors(p, first), reaches(second.weights, n, column)
	widest, far := 0., 0. // far: where the channel ends up that takes the least factor
	for c, reach := range takes {
		widest, far = max(widest, reach), max(far, reach*factors[c])
	}
	if !(far > 0 && widest >= worthwhile*far && widest < math.MaxFloat32) {
		return false
	}
	for c, reach := range takes {
		factors[c] = far / max(reach, far)
	}
	scale(second.weights, factors, column)
	for c := range factors {
		factors[c] = 1 / factors[c]
	}
	scale(first.weights, factors, first.outputChannel())
	scale(first.bias, factors, func(i int) int { return i })
	j.plan.change(p.first, first)
	j.plan.change(p.second, second)
	return true
}

// scale multiplies what belongs to each channel by a factor.
func scale(values []float32, factors []float64, channel func(i int) int) {
	for i := range values {
		values[i] = float32(float64(values[i]) * factors[channel(i)])
	}
}

// leastFactors are those that the channels between two operators may have.
func (j *job) leastFactors(p pair, first *layer) []float64 {
	list, widest := reaches(first.weights, first.outputs, first.outputChannel()), 0.
	for _, reach := range list {
		widest = max(widest, reach)
	}
	s := j.spreads[p.between[0]]
	most := min(float64(max(s.high, -s.low)), ceiling(&j.ready.Operators[p.first]))
	for c := range list {
		seen := float64(max(s.highs[c], -s.lows[c]))
		list[c] = min(1, max(list[c]/widest, reserve*seen/most, leastFactor))
	}
	return list
}

// reaches is how far the weights of each of n channels reach.
func reaches(weights []float32, n int, channel func(i int) int) []float64 {
	list := make([]float64, n)
	for i, w := range weights {
		c := channel(i)
		list[c] = max(list[c], math.Abs(float64(w)))
	}
	return list
}
