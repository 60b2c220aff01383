package cpu

import (
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// fusion is what fuse has found.
type fusion struct {
	joined []bool        // operators that an earlier one's step computes
	with   map[int][]int // for such an earlier one, the others
}

// fuse finds what need not be done: inputs of concatenations that can be written where they are to end up, and
// convolutions that can be computed together because they see the same. It trusts nothing: what is not as expected
// stays as it is, for the operators' builders to judge.
func (p *planner) fuse() {
	p.fusion = fusion{make([]bool, len(p.m.Operators)), map[int][]int{}}
	makers := p.makers()
	p.place(makers)
	if p.set.Tiling != nil {
		p.join()
	}
	for i := range p.values {
		if v := &p.values[i]; v.into >= 0 {
			whole := &p.values[v.into]
			whole.first = min(whole.first, v.first)
		}
	}
}

// makers is the operator that computes each tensor, -1 if none does.
func (p *planner) makers() []int {
	makers := slices.Repeat([]int{-1}, len(p.m.Tensors))
	for n := range p.m.Operators {
		for _, i := range p.m.Operators[n].Outputs {
			makers[i] = n
		}
	}
	return makers
}

// place lets the operators before concatenations write into these, the last one first: then one that is itself part of
// another knows where.
func (p *planner) place(makers []int) {
	uses := p.uses()
	for n := len(p.m.Operators) - 1; n >= 0; n-- {
		o := &p.m.Operators[n]
		if !p.concatenates(o) {
			continue
		}
		at, whole := 0, o.Outputs[0]
		if v := &p.values[whole]; v.into >= 0 {
			at, whole = v.channel, v.into
		}
		for _, i := range o.Inputs {
			v, shape := &p.values[i], p.tensor(i).Shape
			if by := makers[i]; by >= 0 && v.root == i && uses[i] == 1 && placeable(&p.m.Operators[by]) {
				if table, err := p.rescale(i, o.Outputs[0]); err == nil {
					v.into, v.channel, v.table = whole, at, then(table, p.values[o.Outputs[0]].table)
				}
			}
			at += shape[len(shape)-1]
		}
	}
}

// placeable tells whether an operator can write into a part of a tensor.
func placeable(o *model.Operator) bool {
	switch o.Op {
	case model.OpConv2D, model.OpConcatenation, model.OpMaxPool2D, model.OpAveragePool2D:
		return true
	}
	return false
}

// concatenates tells whether o puts channels of 8-bit images side by side.
func (p *planner) concatenates(o *model.Operator) bool {
	opt, ok := o.Options.(model.Concat)
	if !ok || o.Op != model.OpConcatenation || opt.Activation != model.NoActivation || len(o.Outputs) != 1 {
		return false
	}
	out := p.tensor(o.Outputs[0])
	if len(out.Shape) == 0 || opt.Axis != len(out.Shape)-1 || out.Type != model.Uint8 && out.Type != model.Int8 {
		return false
	}
	total := 0
	for _, i := range o.Inputs {
		if i < 0 || p.tensor(i).Type != out.Type || !sameBut(p.tensor(i).Shape, out.Shape, opt.Axis) {
			return false
		}
		total += p.tensor(i).Shape[opt.Axis]
	}
	return total == out.Shape[opt.Axis]
}

// uses counts how often each tensor is read; the model's outputs are read once more.
func (p *planner) uses() []int {
	uses := make([]int, len(p.m.Tensors))
	for _, o := range p.m.Operators {
		for _, i := range o.Inputs {
			if i >= 0 {
				uses[i]++
			}
		}
	}
	for _, i := range p.m.Outputs {
		uses[i]++
	}
	return uses
}

// join finds convolutions of the same input, window and type. The first one's step will compute all.
func (p *planner) join() {
	for n := range p.m.Operators {
		first := &p.m.Operators[n]
		if p.joined[n] || !joinable(p.m, first) {
			continue
		}
		for later := n + 1; later < len(p.m.Operators); later++ {
			o := &p.m.Operators[later]
			if joinable(p.m, o) && alike(p.m, first, o) {
				p.joined[later] = true
				p.with[n] = append(p.with[n], later)
				v := &p.values[o.Outputs[0]]
				v.first = min(v.first, n)
			}
		}
	}
}

func joinable(m *model.Model, o *model.Operator) bool {
	if o.Op != model.OpConv2D || len(o.Inputs) < 2 || o.Inputs[0] < 0 || o.Inputs[1] < 0 || len(o.Outputs) != 1 {
		return false
	}
	if slices.ContainsFunc(o.Inputs[1:], func(i int) bool { return i >= 0 && m.Tensors[i].Data == nil }) {
		return false
	}
	t := m.Tensors[o.Inputs[0]].Type
	return t == model.Uint8 || t == model.Int8
}

// alike tells whether two convolutions see the same.
func alike(m *model.Model, a, b *model.Operator) bool {
	x, ok := a.Options.(model.Conv2D)
	y, also := b.Options.(model.Conv2D)
	x.Activation, y.Activation = 0, 0
	v, w := m.Tensors[a.Inputs[1]].Shape, m.Tensors[b.Inputs[1]].Shape
	return ok && also && x == y && a.Inputs[0] == b.Inputs[0] && len(v) == 4 && len(w) == 4 && slices.Equal(v[1:], w[1:])
}
