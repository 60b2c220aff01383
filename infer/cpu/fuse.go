package cpu

import (
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// fusion is what fuse has found.
type fusion struct {
	joined   []bool          // operators that an earlier one's step computes
	with     map[int][]int   // for such an earlier one, the others
	absorbed []bool          // operators that leave nothing to do
	borders  map[int]padding // tensors that are not computed: an image with a border
}

// fuse finds what need not be done: inputs of concatenations that can be written where they are to end up, and
// convolutions that can be computed together because they see the same. It trusts nothing: what is not as expected
// stays as it is, for the operators' builders to judge.
func (p *planner) fuse() {
	n := len(p.m.Operators)
	p.fusion = fusion{make([]bool, n), map[int][]int{}, make([]bool, n), map[int]padding{}}
	uses, makers := p.uses(), p.makers()
	p.place(uses, makers)
	p.absorb(uses)
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
func (p *planner) place(uses, makers []int) {
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

// absorb leaves out each PAD of height and width whose readers are all convolutions without padding: these have lines
// with a border anyway. Its numbers are the zero point's, as the convolutions' own border is.
func (p *planner) absorb(uses []int) {
	for n := range p.m.Operators {
		o := &p.m.Operators[n]
		border, ok := p.border(o)
		if !ok {
			continue
		}
		readers := p.readers(o.Outputs[0])
		if len(readers) == 0 || len(readers) != uses[o.Outputs[0]] {
			continue
		}
		for _, r := range readers {
			ok = ok && unpadded(&p.m.Operators[r], o.Outputs[0])
		}
		if !ok {
			continue
		}
		p.absorbed[n], p.borders[o.Outputs[0]] = true, border
		in := &p.values[p.values[o.Inputs[0]].root]
		in.last = max(in.last, readers[len(readers)-1])
	}
}

// padding is a border around an image, of which tensor in is the inside.
type padding struct{ in, top, left int }

// border is what a PAD of an 8-bit image adds, if that is rows and columns only.
func (p *planner) border(o *model.Operator) (padding, bool) {
	if o.Op != model.OpPad || len(o.Inputs) != 2 || len(o.Outputs) != 1 || o.Inputs[0] < 0 || p.values[o.Outputs[0]].into >= 0 {
		return padding{}, false
	}
	sizes, err := p.ints(o.Inputs[1])
	in, out := p.tensor(o.Inputs[0]), p.tensor(o.Outputs[0])
	if err != nil || len(in.Shape) != 4 || len(out.Shape) != 4 || len(sizes) != 8 || in.Type != out.Type || in.Type != model.Uint8 && in.Type != model.Int8 {
		return padding{}, false
	}
	for d := range 4 {
		before, after := sizes[2*d], sizes[2*d+1]
		outer := d == 0 || d == 3
		if before < 0 || after < 0 || outer && before+after > 0 || before+in.Shape[d]+after != out.Shape[d] {
			return padding{}, false
		}
	}
	return padding{o.Inputs[0], sizes[2], sizes[4]}, true
}

// readers are the operators that read tensor i, in order.
func (p *planner) readers(i int) []int {
	var list []int
	for n := range p.m.Operators {
		if slices.Contains(p.m.Operators[n].Inputs, i) {
			list = append(list, n)
		}
	}
	return list
}

// unpadded tells whether o is a convolution of tensor i that adds no border.
func unpadded(o *model.Operator, i int) bool {
	conv, ok := o.Options.(model.Conv2D)
	if d, depth := o.Options.(model.DepthwiseConv2D); depth {
		conv, ok = d.Conv2D, true
	}
	return ok && conv.Padding == model.Valid && o.Inputs[0] == i && (o.Op == model.OpConv2D || o.Op == model.OpDepthwiseConv2D)
}

// inside is the tensor that lies in memory for an image tensor i: itself, or that inside its border.
func (p *planner) inside(i int) int {
	if b, ok := p.borders[i]; ok {
		return b.in
	}
	return i
}

// unpad turns a window over image tensor i into one over the tensor inside, with the border around it.
func (p *planner) unpad(g *window, i int) {
	if b, ok := p.borders[i]; ok {
		shape := p.tensor(b.in).Shape
		g.inH, g.inW, g.top, g.left = shape[1], shape[2], b.top, b.left
	}
}
