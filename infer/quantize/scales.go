package quantize

import (
	"math"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/levels"
)

// The arithmetic here is exact or rounds once for each operation, so that every processor has the same numbers.

// Ranges says which numbers of a tensor the 256 levels are spread over.
type Ranges string

// The ways.
const (
	Auto       Ranges = "auto"       // that of those below which agrees best with the float model
	MinMax     Ranges = "minmax"     // from the least to the greatest that the pictures gave
	Finest     Ranges = "finest"     // narrower, as far as finer levels gain more than clipping loses, in mean square error
	Percentile Ranges = "percentile" // but for one in 10 000 on each side, which is clipped
)

// clipped is the share of numbers that Percentile leaves out on each side.
const clipped = 1e-4

// span is a range that includes 0.
type span struct{ low, high float64 }

func (a span) with(low, high float32) span {
	return span{min(a.low, float64(low)), max(a.high, float64(high))}
}

// spans chooses the range of each class of p, by the tensor that stands for it.
func (p *plan) spans(spreads map[int]*spread, how Ranges) map[int]span {
	list := map[int]span{}
	for _, t := range p.open() {
		s, root := spreads[t], p.root(t)
		low, high := s.low, s.high
		switch {
		case p.keen[root]:
		case how == Percentile:
			low, high = s.within(clipped)
		case how == Finest:
			low, high = s.finest()
		}
		list[root] = list[root].with(low, high)
	}
	for i := range p.m.Operators {
		if p.why[i] != "" {
			continue
		}
		for _, t := range p.real(i) {
			if c := &p.m.Tensors[t]; c.Data != nil {
				class := p.classOfInput(i, t)
				list[class] = list[class].of(c)
			}
		}
	}
	return list
}

// classOfInput is the class whose scale a real number among the inputs of operator i has: a constant has that of the output
// if nothing but moving is done to it, else its own.
func (p *plan) classOfInput(i, t int) int {
	if p.rules[i].kind == moving && p.m.Tensors[t].Data != nil {
		return p.root(p.m.Operators[i].Outputs[0])
	}
	return p.root(t)
}

// of is a with the numbers of a constant in float32.
func (a span) of(c *model.Tensor) span {
	values, err := numbers(c)
	if err != nil {
		return a
	}
	for _, v := range values {
		a = a.with(v, v)
	}
	return a
}

// quants turns the ranges of classes into scales, by the tensor that stands for the class.
func (p *plan) quants(spans map[int]span, input *model.Quant) map[int]*model.Quant {
	list := map[int]*model.Quant{}
	for root, s := range spans {
		list[root] = affine(p.bytes, s.low, s.high)
	}
	for t, r := range p.scale {
		if t == p.root(t) && r.scale != 0 {
			list[t] = levels.One(r.scale, r.zero+levels.Offset(p.bytes))
		}
	}
	list[p.root(p.m.Inputs[0])] = input
	for again, turns := true, 0; again && turns < len(p.m.Operators); turns++ {
		again = false
		for i := range p.m.Operators {
			again = p.coarsen(i, spans, list) || again
		}
	}
	return list
}

// coarsen gives the output of operator i a larger scale, if its kernel could not compute it otherwise.
func (p *plan) coarsen(i int, spans map[int]span, list map[int]*model.Quant) bool {
	o := &p.m.Operators[i]
	if p.why[i] != "" || p.rules[i].kind != free {
		return false
	}
	most := 0. // scale of an input
	for _, t := range p.real(i) {
		most = max(most, float64(list[p.classOfInput(i, t)].Scale[0]))
	}
	least := 0.
	switch o.Op.String() {
	case "ADD", "SUB":
		least = most / (1 << 18) // the sum has 20 bits more than the inputs, and may only be scaled down
	case "SQUARED_DIFFERENCE":
		least = 4 * most * most / (1 << 13)
	case "HARD_SWISH":
		least = most / 100 // the input has 7 bits more
	}
	root := p.root(o.Outputs[0])
	if q := list[root]; float64(q.Scale[0]) < least && p.scale[root].kind != fixed {
		s := spans[root]
		factor := 1.01 * least / float64(q.Scale[0])
		spans[root] = span{s.low * factor, s.high * factor}
		list[root] = affine(p.bytes, s.low*factor, s.high*factor)
		return true
	}
	return false
}

// affine is the quantization that spreads the levels of type t over low to high, which includes 0.
func affine(t model.Type, low, high float64) *model.Quant {
	if high-low < 1e-6 { // always 0: any scale will do
		high = low + 1
	}
	return levels.Affine(t, low, high)
}

// quantized is v as a byte of type t in the units of q.
func quantized(v float32, t model.Type, q *model.Quant) byte {
	low, high := t.Range()
	n := math.Round(float64(v)/float64(q.Scale[0])) + float64(q.ZeroPoint[0])
	return byte(int32(min(max(n, float64(low)), float64(high))))
}
