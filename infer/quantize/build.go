package quantize

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/levels"
)

// builder makes the model of 8 bits. A tensor of the float model may have two forms in it: one of 8 bits, which has its name,
// and one in float32.
type builder struct {
	*plan
	quants  map[int]*model.Quant // by class
	spreads map[int]*spread      // by tensor
	ends    ends
	out     model.Model

	real, byte []int        // by tensor of the float model: its forms in out; -1: there is none yet
	stays      map[int]bool // tensors that operators compute that stay as they are
	rescaled   map[rescaled]int
	constants  map[string][]int // what was made of a constant of a name, to be used again
}

// ends are the types of the model's input and outputs, and what the input's pixels are.
type ends struct {
	input, output model.Type
	pixels        pixels
}

// rescaled is a tensor of out with another scale.
type rescaled struct {
	tensor int
	scale  float32
	zero   int32
}

// build makes the model of 8 bits by p, with the scales of classes.
func build(p *plan, quants map[int]*model.Quant, spreads map[int]*spread, e ends) *builder {
	b := &builder{plan: p, quants: quants, spreads: spreads, ends: e, stays: map[int]bool{}, rescaled: map[rescaled]int{}, constants: map[string][]int{}}
	b.real, b.byte = slices.Repeat([]int{-1}, len(p.m.Tensors)), slices.Repeat([]int{-1}, len(p.m.Tensors))
	b.out.Description = p.m.Description
	b.input()
	for i := range p.m.Operators {
		switch {
		case p.why[i] != "":
			b.keep(i)
		case p.rules[i].kind == weighted:
			b.weighted(i)
		default:
			b.operator(i)
		}
	}
	for _, t := range p.m.Outputs {
		b.out.Outputs = append(b.out.Outputs, b.output(t))
	}
	return b
}

func (b *builder) quant(t int) *model.Quant { return b.quants[b.root(t)] }

// add appends a tensor, which is returned. It is not inlined: it copies much, in many places.
//
//go:noinline
func (b *builder) add(t model.Tensor) int {
	b.out.Tensors = append(b.out.Tensors, t)
	return len(b.out.Tensors) - 1
}

// emit appends an operator with one output, which is returned. It is not inlined, like add.
//
//go:noinline
func (b *builder) emit(op model.Op, options any, out model.Tensor, inputs ...int) int {
	made := b.add(out)
	b.out.Operators = append(b.out.Operators, model.Operator{Op: op, Options: options, Inputs: inputs, Outputs: []int{made}})
	return made
}

// form is tensor t of the float model as another type, under its name with that type behind it.
func (b *builder) form(t int, typ model.Type, q *model.Quant) model.Tensor {
	in := &b.m.Tensors[t]
	return model.Tensor{Name: in.Name + "/" + typ.String(), Shape: in.Shape, Type: typ, Quant: q}
}

// named is form under the tensor's own name.
func (b *builder) named(t int, typ model.Type, q *model.Quant) model.Tensor {
	made := b.form(t, typ, q)
	made.Name = b.m.Tensors[t].Name
	return made
}

// asBytes is the form of 8 bits of tensor t, which is not constant.
func (b *builder) asBytes(t int) int {
	if b.byte[t] < 0 {
		b.byte[t] = b.emit(model.OpQuantize, nil, b.form(t, b.bytes, b.quant(t)), b.real[t])
	}
	return b.byte[t]
}

// asReal is the form of tensor t that float operators read; what never was float32 has only one.
func (b *builder) asReal(t int) int {
	if b.real[t] < 0 && b.byte[t] >= 0 {
		b.real[t] = b.emit(model.OpDequantize, nil, b.form(t, model.Float32, nil), b.byte[t])
	}
	if b.real[t] < 0 {
		b.real[t] = b.add(b.m.Tensors[t]) // a constant, or what the next operator computes
	}
	return b.real[t]
}

// rescale is tensor made with the scale of a class.
func (b *builder) rescale(made int, q *model.Quant) int {
	t := b.out.Tensors[made]
	if t.Quant.Scale[0] == q.Scale[0] && t.Quant.ZeroPoint[0] == q.ZeroPoint[0] {
		return made
	}
	key := rescaled{made, q.Scale[0], q.ZeroPoint[0]}
	again, ok := b.rescaled[key]
	if !ok {
		t.Name, t.Quant = t.Name+"/rescaled", q
		again = b.emit(model.OpQuantize, nil, t, made)
		b.rescaled[key] = again
	}
	return again
}

// keep copies an operator that stays as it is.
func (b *builder) keep(i int) {
	o := b.m.Operators[i]
	in := make([]int, len(o.Inputs))
	for k, t := range o.Inputs {
		switch {
		case t < 0:
			in[k] = -1
		case looksOnly(&o) && b.byte[t] >= 0:
			in[k] = b.byte[t]
		default:
			in[k] = b.asReal(t)
		}
	}
	o.Inputs = in
	outputs := make([]int, len(o.Outputs))
	for k, t := range o.Outputs {
		b.real[t] = b.add(b.m.Tensors[t])
		b.stays[t] = true
		outputs[k] = b.real[t]
	}
	o.Outputs = outputs
	b.out.Operators = append(b.out.Operators, o)
}

// looksOnly tells whether an operator reads no numbers of its input, only what shape that has.
func looksOnly(o *model.Operator) bool {
	name := o.Op.String()
	return name == "SHAPE" || name == "RANK"
}

// operator makes one of 8 bits without weights.
func (b *builder) operator(i int) {
	o := b.m.Operators[i]
	o.Version = 0 // that of its types
	in := make([]int, len(o.Inputs))
	numbers := b.rules[i].real(len(o.Inputs))
	for k, t := range o.Inputs {
		switch {
		case t < 0:
			in[k] = -1
		case !slices.Contains(numbers, k):
			in[k] = b.asReal(t)
		case b.m.Tensors[t].Data != nil:
			in[k] = b.constant(t, b.quants[b.classOfInput(i, t)])
		default:
			in[k] = b.asBytes(t)
		}
		if b.apart[[2]int{i, k}] {
			in[k] = b.rescale(in[k], b.quant(o.Outputs[0]))
		}
	}
	o.Inputs = in
	outputs := make([]int, len(o.Outputs))
	for k, t := range o.Outputs {
		if b.rules[i].kind == counting {
			b.real[t] = b.add(b.m.Tensors[t])
			outputs[k] = b.real[t]
			continue
		}
		b.byte[t] = b.add(b.named(t, b.bytes, b.quant(t)))
		outputs[k] = b.byte[t]
	}
	o.Outputs = outputs
	b.out.Operators = append(b.out.Operators, o)
}

// constant is constant t in 8 bits.
func (b *builder) constant(t int, q *model.Quant) int {
	made := b.named(t, b.bytes, q)
	data := b.m.Tensors[t].Data
	for ; len(data) > 0; data = data[4:] {
		v := math.Float32frombits(binary.LittleEndian.Uint32(data))
		made.Data = append(made.Data, quantized(v, b.bytes, q))
	}
	return b.shared(made)
}

// shared adds a constant, unless the same is there already: operators that share weights go on doing so.
func (b *builder) shared(t model.Tensor) int {
	for _, i := range b.constants[t.Name] {
		have := &b.out.Tensors[i]
		if slices.Equal(have.Data, t.Data) && slices.Equal(have.Quant.Scale, t.Quant.Scale) && slices.Equal(have.Quant.ZeroPoint, t.Quant.ZeroPoint) {
			return i
		}
	}
	i := b.add(t)
	b.constants[t.Name] = append(b.constants[t.Name], i)
	return i
}

// weighted makes a convolution or fully connected layer.
func (b *builder) weighted(i int) {
	o, r := b.m.Operators[i], b.rules[i]
	o.Version = 0
	image := b.asBytes(o.Inputs[r.input])
	out := b.named(o.Outputs[0], b.bytes, b.quant(o.Outputs[0]))
	w := &b.m.Tensors[o.Inputs[1]]
	l := b.layer(i)
	l.in, l.out = float64(b.out.Tensors[image].Quant.Scale[0]), float64(out.Quant.Scale[0])
	biasName := w.Name + "/bias"
	if t := b.bias(i); t >= 0 {
		biasName = b.m.Tensors[t].Name
	}
	if s := b.spreads[o.Inputs[r.input]]; s != nil && r.input == 0 { // not of a transposed one, whose outputs see some weights each
		l.means = s.means()
	}
	weights, bias := l.quantize()
	weights.Name, bias.Name = w.Name, biasName
	in := make([]int, r.bias()+1)
	for k := range in {
		switch k {
		case r.input:
			in[k] = image
		case 1:
			in[k] = b.shared(weights)
		case r.bias():
			in[k] = b.shared(bias)
		default:
			in[k] = b.asReal(o.Inputs[k])
		}
	}
	b.byte[o.Outputs[0]] = b.add(out)
	o.Inputs, o.Outputs = in, []int{b.byte[o.Outputs[0]]}
	b.out.Operators = append(b.out.Operators, o)
}

// output is tensor t of the float model as the file gives it.
func (b *builder) output(t int) int {
	have := b.byte[t]
	switch {
	case have < 0 || b.stays[t]:
		return b.asReal(t)
	case b.ends.output == model.Float32:
		return b.outer(t, model.OpDequantize, model.Float32, nil)
	case b.ends.output != b.bytes:
		q := b.out.Tensors[have].Quant
		zero := q.ZeroPoint[0] + levels.Offset(b.ends.output) - levels.Offset(b.bytes)
		return b.outer(t, model.OpQuantize, b.ends.output, levels.One(q.Scale[0], zero))
	}
	return have
}

// outer is what follows the form of 8 bits of output t, and gets its name.
func (b *builder) outer(t int, op model.Op, typ model.Type, q *model.Quant) int {
	inner := b.byte[t]
	b.out.Tensors[inner].Name += "/" + b.bytes.String()
	return b.emit(op, nil, b.named(t, typ, q), inner)
}
