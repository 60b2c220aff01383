package quantize

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// plan says what of a prepared model becomes 8-bit, and which tensors share a scale. It knows no numbers yet.
type plan struct {
	m     *model.Model
	bytes model.Type // of numbers between operators: Int8 or Uint8
	rules []rule     // by operator
	why   []string   // by operator: why it stays as it is; empty: it becomes 8-bit

	class []int           // by tensor: another one of the same scale; itself: it stands for its class
	scale map[int]rule    // of classes whose scale is fixed: the rule that fixes it
	keen  map[int]bool    // of classes: nothing may be clipped
	apart map[[2]int]bool // operator and number of an input that gets the operator's scale by a QUANTIZE
}

func newPlan(m *model.Model, bytes model.Type) *plan {
	n := len(m.Operators)
	p := &plan{
		m: m, bytes: bytes, rules: make([]rule, n), why: make([]string, n), class: make([]int, len(m.Tensors)),
		scale: map[int]rule{}, keen: map[int]bool{}, apart: map[[2]int]bool{},
	}
	for t := range p.class {
		p.class[t] = t
	}
	for i := range m.Operators {
		p.rules[i], p.why[i] = p.judge(&m.Operators[i])
	}
	p.leaveIslands()
	p.fixScales()
	p.join()
	return p
}

// noNumbers is why an operator on shapes, say, stays as it is: nothing about it needs telling.
const noNumbers = "no real numbers"

// judge finds the rule of an operator, or says why it stays as it is.
func (p *plan) judge(o *model.Operator) (r rule, why string) {
	r, ok := ruleOf(o)
	if !p.onNumbers(o) {
		return r, noNumbers
	}
	if !ok {
		return r, "there is no kernel of 8 bits for it"
	}
	if len(o.Outputs) == 0 {
		return r, "it has no output"
	}
	for _, t := range slices.Concat(o.Inputs, o.Outputs) {
		if t >= 0 && p.m.Tensors[t].Odd != "" {
			return r, p.m.Tensors[t].Odd
		}
	}
	if r.int8s && p.bytes != model.Int8 {
		return r, "there is no kernel of uint8 for it"
	}
	if r.kind == weighted {
		return r, p.judgeWeights(o, r)
	}
	for _, k := range r.real(len(o.Inputs)) {
		if k >= len(o.Inputs) || o.Inputs[k] < 0 {
			return r, "an input is missing"
		}
		if t := &p.m.Tensors[o.Inputs[k]]; t.Type != model.Float32 {
			return r, fmt.Sprintf("%v among its inputs", t.Type)
		}
	}
	if !r.reads(p.m, o) {
		return r, "all of its inputs are constant"
	}
	return r, ""
}

// onNumbers tells whether o computes float32, or something of float32.
func (p *plan) onNumbers(o *model.Operator) bool {
	is := func(t int) bool { return t >= 0 && p.m.Tensors[t].Type == model.Float32 }
	return slices.ContainsFunc(o.Outputs, is) || slices.ContainsFunc(o.Inputs, is)
}

// reads tells whether one of the real numbers among the inputs is computed.
func (r rule) reads(m *model.Model, o *model.Operator) bool {
	return slices.ContainsFunc(r.real(len(o.Inputs)), func(k int) bool { return m.Tensors[o.Inputs[k]].Data == nil })
}

// judgeWeights says what of a weighted operator has no form of 8 bits.
func (p *plan) judgeWeights(o *model.Operator, r rule) string {
	constant := func(k int) bool {
		t := &p.m.Tensors[o.Inputs[k]]
		return t.Type == model.Float32 && t.Data != nil
	}
	options, _ := o.Options.(model.FullyConnected)
	switch {
	case len(o.Inputs) <= max(r.input, 1) || o.Inputs[r.input] < 0 || o.Inputs[1] < 0:
		return "an input is missing"
	case !constant(1) || constant(r.input):
		return "its weights are not constant"
	case len(o.Inputs) > r.bias() && o.Inputs[r.bias()] >= 0 && !constant(r.bias()):
		return "its bias is not constant"
	case p.m.Tensors[o.Inputs[r.input]].Type != model.Float32:
		return "its input is no float32"
	case options.ShuffledWeights:
		return "its weights are shuffled"
	case max(r.axis, 0) >= len(p.m.Tensors[o.Inputs[1]].Shape):
		return "its weights have too few dimensions"
	case len(o.Inputs) > r.bias() && o.Inputs[r.bias()] >= 0 &&
		p.m.Tensors[o.Inputs[r.bias()]].Elements() != p.m.Tensors[o.Inputs[1]].Shape[max(r.axis, 0)]:
		return "its bias is not one for each output"
	}
	return ""
}

// leaveIslands takes back what has no product of weights near, with nothing but operators of 8 bits between: it would only
// lose precision, as nothing that takes time is there. A model without any such product keeps all.
func (p *plan) leaveIslands() {
	near := make([]bool, len(p.m.Operators))
	products := false
	for i := range near {
		near[i] = p.why[i] == "" && p.rules[i].kind == weighted
		products = products || near[i]
	}
	if !products {
		return
	}
	for again := true; again; {
		again = false
		for i := range near {
			if !near[i] && p.why[i] == "" && p.beside(i, near) {
				near[i], again = true, true
			}
		}
	}
	for i := range near {
		if !near[i] && p.why[i] == "" {
			p.why[i] = "all around it is float32"
		}
	}
}

// beside tells whether operator i reads what one of others computes, or the other way round.
func (p *plan) beside(i int, others []bool) bool {
	o := &p.m.Operators[i]
	for j, yes := range others {
		if other := &p.m.Operators[j]; yes && (sharesAny(other.Outputs, o.Inputs) || sharesAny(o.Outputs, other.Inputs)) {
			return true
		}
	}
	return false
}

func sharesAny(a, b []int) bool {
	return slices.ContainsFunc(a, func(t int) bool { return slices.Contains(b, t) })
}

// root is the tensor that stands for the class of t.
func (p *plan) root(t int) int {
	for p.class[t] != t {
		p.class[t] = p.class[p.class[t]]
		t = p.class[t]
	}
	return t
}

// fixScales notes what decides a scale before anything is measured.
func (p *plan) fixScales() {
	for i := range p.m.Operators {
		o := &p.m.Operators[i]
		if p.why[i] == "" && p.rules[i].kind == fixed {
			p.scale[o.Outputs[0]] = p.rules[i]
		}
		if keen(o) && p.why[i] == "" {
			p.keen[o.Inputs[0]] = true
		}
	}
	for _, t := range p.m.Outputs {
		p.keen[t] = true
	}
	in := p.m.Inputs[0]
	p.scale[in], p.keen[in] = rule{kind: fixed}, true // by what pixels are
}

// join makes classes: what only moves numbers has the scale of its input. Where there are several inputs, one that nobody
// else reads takes the output's scale; the others are rescaled before.
func (p *plan) join() {
	var several []int
	for i := range p.m.Operators {
		if p.why[i] != "" || p.rules[i].kind != moving {
			continue
		}
		in := p.computed(i)
		if len(in) != 1 {
			several = append(several, i)
			continue
		}
		for _, out := range p.m.Operators[i].Outputs {
			p.union(in[0], out)
		}
	}
	for _, i := range several {
		p.joinInputs(i)
	}
}

// computed lists the tensors of an operator's inputs that are real numbers and not constant.
func (p *plan) computed(i int) []int {
	return slices.DeleteFunc(p.real(i), func(t int) bool { return p.m.Tensors[t].Data != nil })
}

// real lists the tensors of an operator's inputs that are real numbers.
func (p *plan) real(i int) (list []int) {
	o := &p.m.Operators[i]
	for _, k := range p.rules[i].real(len(o.Inputs)) {
		list = append(list, o.Inputs[k])
	}
	return list
}

func (p *plan) joinInputs(i int) {
	o := &p.m.Operators[i]
	out := o.Outputs[0]
	for _, k := range p.rules[i].real(len(o.Inputs)) {
		t := o.Inputs[k]
		_, fixes := p.scale[p.root(t)]
		switch {
		case p.m.Tensors[t].Data != nil, p.root(t) == p.root(out): // a constant takes any scale
		case !fixes && p.onlyFor(t, i):
			p.union(out, t)
		default:
			p.apart[[2]int{i, k}] = true
		}
	}
}

// onlyFor tells whether the class of t has no readers but operator i, beside those inside the class.
func (p *plan) onlyFor(t, i int) bool {
	root := p.root(t)
	for j := range p.m.Operators {
		if j == i {
			continue
		}
		inside := slices.ContainsFunc(p.m.Operators[j].Outputs, func(out int) bool { return p.root(out) == root })
		if !inside && slices.ContainsFunc(p.m.Operators[j].Inputs, func(in int) bool { return in >= 0 && p.root(in) == root }) {
			return false
		}
	}
	return true
}

// union makes two classes one.
func (p *plan) union(a, b int) {
	a, b = p.root(a), p.root(b)
	if a == b {
		return
	}
	if r, ok := p.scale[b]; ok {
		p.scale[a] = r
	}
	p.keen[a] = p.keen[a] || p.keen[b]
	p.class[b] = a
}

// eightBit tells of each tensor whether it has a form of 8 bits: an operator of 8 bits computes or reads it.
func (p *plan) eightBit() []bool {
	list := make([]bool, len(p.m.Tensors))
	for i := range p.m.Operators {
		if p.why[i] != "" {
			continue
		}
		for _, t := range p.computed(i) {
			list[t] = true
		}
		if p.rules[i].kind != counting {
			for _, t := range p.m.Operators[i].Outputs {
				list[t] = true
			}
		}
	}
	return list
}

// measured lists the tensors whose numbers are measured: all that are computed in 8 bits.
func (p *plan) measured() (list []int) {
	for t, yes := range p.eightBit() {
		if yes && t != p.m.Inputs[0] {
			list = append(list, t)
		}
	}
	return list
}

// open lists those of measured whose scale is decided by that.
func (p *plan) open() (list []int) {
	return slices.DeleteFunc(p.measured(), func(t int) bool {
		_, fixes := p.scale[p.root(t)]
		return fixes
	})
}
