package cpu

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// step is a layer and what it is called.
type step struct {
	Layer
	job *job
}

// planner turns a model into steps. Operators' builders, in the files of the operators, ask it for tensors.
type planner struct {
	m       *model.Model
	set     *kernel.Set
	threads int
	values  []value // by tensor
	limit   int64   // bytes
	used    int64   // bytes of arena, scratch and prepared constants so far
	effort  float64 // products and sums of one run, see work
	need    need
	fusion
	steps []step
}

// value is where a tensor lives: in one of u8 and f32, which are parts of the arenas, or a constant's own memory.
type value struct {
	root        int // the tensor whose memory this one shares (RESHAPE); its own index if none
	first, last int // steps between which the memory is in use
	defined     bool

	// A tensor of which fuse made a part of another has no memory of its own: it is written to channels of tensor into,
	// translated by table. into is -1 otherwise.
	into, channel int
	table         *[256]uint8

	u8  []uint8
	f32 []float32
}

// quant is a tensor's quantization: real = scale * (byte - zero), byte being the engine's, 0 … 255.
type quant struct {
	scale float32
	zero  int32
}

// builder makes the layer of an operator, whose inputs and outputs have memory.
type builder func(p *planner, o *model.Operator) (layer, error)

// builders holds the operators that the engine runs. RESHAPE and SQUEEZE, which only rename memory, have none.
var builders = map[model.Op]builder{
	model.OpConv2D:          buildConv,
	model.OpDepthwiseConv2D: buildDepthwise,
	model.OpFullyConnected:  buildFullyConnected,
	model.OpMaxPool2D:       buildMaxPool,
	model.OpAveragePool2D:   buildAveragePool,
	model.OpMean:            buildMean,
	model.OpConcatenation:   buildConcat,
	model.OpAdd:             buildAdd,
	model.OpMul:             buildMul,
	model.OpSoftmax:         buildSoftmax,
	model.OpLRN:             buildLRN,
	model.OpL2Normalization: buildL2Norm,
	model.OpLogistic:        buildLogistic,
	model.OpReLU:            buildReLU,
	model.OpReLU6:           buildReLU,
	model.OpReLUN1To1:       buildReLU,
	model.OpQuantize:        buildQuantize,
	model.OpDequantize:      buildDequantize,
	model.OpPad:             buildPad,
	model.OpTranspose:       buildTranspose,
	model.OpSpaceToDepth:    buildSpaceToDepth,
	model.OpSplit:           buildSplit,
	model.OpSplitV:          buildSplitV,
}

func renames(o model.Op) bool { return o == model.OpReshape || o == model.OpSqueeze }

// maxTensors bounds the time to lay out the arena, which grows with the square. Large networks have 1000.
const maxTensors = 1 << 14

// plan lays out memory and builds all steps.
func plan(m *model.Model, set *kernel.Set, limit int64, threads int, release func([]byte)) (*planner, error) {
	if err := checkOperators(m); err != nil {
		return nil, err
	}
	if len(m.Tensors) > maxTensors {
		return nil, fmt.Errorf("%d tensors (the most is %d): %w", len(m.Tensors), maxTensors, infer.ErrUnsupported)
	}
	if len(m.Inputs) == 0 || len(m.Outputs) == 0 {
		return nil, fmt.Errorf("%d inputs and %d outputs (want at least 1 and 1): %w", len(m.Inputs), len(m.Outputs), infer.ErrUnsupported)
	}
	p := &planner{m: m, set: set, threads: threads, limit: limit, values: make([]value, len(m.Tensors))}
	if err := p.lifetimes(); err != nil {
		return nil, err
	}
	p.fuse()
	if err := p.layout(); err != nil {
		return nil, err
	}
	for i := range m.Operators {
		o := &m.Operators[i]
		if err := p.build(i, o); err != nil {
			return nil, fmt.Errorf("operator %d %s: %w", i, o.Name(), err)
		}
		if release != nil {
			p.release(i, release)
		}
	}
	for _, i := range slices.Concat(m.Inputs, m.Outputs) {
		if err := p.constant(i); err != nil {
			return nil, err
		}
		if v := &p.values[p.values[i].root]; v.u8 == nil && v.f32 == nil {
			t := p.tensor(i)
			return nil, fmt.Errorf("input or output %q is %v (want uint8, int8 or float32): %w", t.Name, t.Type, infer.ErrUnsupported)
		}
	}
	return p, p.take(p.need.bytes() * int64(threads))
}

// release tells about the constants that operator number i was the last to read.
func (p *planner) release(i int, f func([]byte)) {
	for _, in := range p.m.Operators[i].Inputs {
		if in >= 0 && p.m.Tensors[in].Data != nil && p.values[p.values[in].root].last == i {
			f(p.m.Tensors[in].Data)
		}
	}
}

// checkOperators names every operator that has no builder, with its count and what to do.
func checkOperators(m *model.Model) error {
	var names []string
	count := map[string]int{}
	for i := range m.Operators {
		o := &m.Operators[i]
		if builders[o.Op] != nil || renames(o.Op) {
			continue
		}
		if count[o.Name()]++; count[o.Name()] == 1 {
			names = append(names, o.Name())
		}
	}
	if names == nil {
		return nil
	}
	slices.Sort(names)
	var list []string
	for _, name := range names {
		switch n := count[name]; {
		case name == model.EdgeTPUOperator:
			list = append(list, fmt.Sprintf("%s (%d): the model is compiled for an Edge TPU; use the .tflite it was compiled from, or an engine with an Edge TPU", name, n))
		default:
			list = append(list, fmt.Sprintf("%s (%d)", name, n))
		}
	}
	return fmt.Errorf("operators that this engine does not have: %s (convert the model to built-in operators of image "+
		"classifiers, or use TensorFlow Lite): %w", strings.Join(list, ", "), infer.ErrUnsupported)
}

// take counts n bytes against the limit.
func (p *planner) take(n int64) error {
	if p.used += n; p.used > p.limit {
		return fmt.Errorf("the model needs %.1f MiB of memory or more (the limit is %.1f MiB): %w",
			float64(p.used)/(1<<20), float64(p.limit)/(1<<20), infer.ErrUnsupported)
	}
	return nil
}

// lifetimes finds out from which step to which the memory of each tensor is in use.
func (p *planner) lifetimes() error {
	for i := range p.values {
		p.values[i].root, p.values[i].into = i, -1
	}
	for _, i := range p.m.Inputs {
		p.values[i].defined = true
	}
	for n := range p.m.Operators {
		o := &p.m.Operators[n]
		for _, i := range o.Inputs {
			if i >= 0 {
				root := &p.values[p.values[i].root]
				root.last = max(root.last, n)
			}
		}
		for _, i := range o.Outputs {
			v := &p.values[i]
			if v.defined || p.m.Tensors[i].Data != nil {
				return fmt.Errorf("operator %d %s: output %q is computed or constant already", n, o.Name(), p.m.Tensors[i].Name)
			}
			v.defined, v.first, v.last = true, n, n
		}
		if renames(o.Op) {
			if err := p.rename(o); err != nil {
				return fmt.Errorf("operator %d %s: %w", n, o.Name(), err)
			}
		}
	}
	for _, i := range p.m.Outputs {
		p.values[p.values[i].root].last = len(p.m.Operators)
	}
	return nil
}

// rename makes the output of a RESHAPE or SQUEEZE share its input's memory.
func (p *planner) rename(o *model.Operator) error {
	if len(o.Inputs) < 1 || o.Inputs[0] < 0 || len(o.Outputs) != 1 {
		return fmt.Errorf("%d inputs and %d outputs (want 1 or 2, and 1)", len(o.Inputs), len(o.Outputs))
	}
	in, out := &p.m.Tensors[o.Inputs[0]], &p.m.Tensors[o.Outputs[0]]
	if in.Type != out.Type || in.Elements() != out.Elements() {
		return fmt.Errorf("%v %v cannot become %v %v", in.Type, in.Shape, out.Type, out.Shape)
	}
	p.values[o.Outputs[0]].root = p.values[o.Inputs[0]].root
	return nil
}

// layout allocates the arenas, one for bytes and one for floats, and gives every tensor computed at run time its part.
func (p *planner) layout() error {
	var u8, f32 []*block
	blocks := make([]*block, len(p.values))
	for i, v := range p.values {
		t := &p.m.Tensors[i]
		if _, bordered := p.borders[i]; bordered || !v.defined || v.root != i || v.into >= 0 || t.Data != nil {
			continue
		}
		b := &block{size: int64(t.Elements()), first: v.first, last: v.last}
		blocks[i] = b
		switch t.Type {
		case model.Uint8, model.Int8:
			u8 = append(u8, b)
		case model.Float32:
			f32 = append(f32, b)
		default:
			return fmt.Errorf("tensor %q is %v computed at run time (want uint8, int8 or float32): %w", t.Name, t.Type, infer.ErrUnsupported)
		}
	}
	size8, size32 := place(u8), place(f32)
	if err := p.take(size8 + 4*size32); err != nil {
		return err
	}
	arena8, arena32 := aligned(int(size8)+kernel.Slack), make([]float32, size32)
	for i, b := range blocks {
		switch {
		case b == nil:
		case p.m.Tensors[i].Type == model.Float32:
			p.values[i].f32 = arena32[b.offset : b.offset+b.size : b.offset+b.size]
		default:
			p.values[i].u8 = arena8[b.offset : b.offset+b.size : b.offset+b.size]
		}
	}
	return nil
}

// build appends the step of operator number i.
func (p *planner) build(i int, o *model.Operator) error {
	if renames(o.Op) {
		return p.constant(o.Inputs[0])
	}
	if len(o.Inputs) == 0 || o.Inputs[0] < 0 || len(o.Outputs) == 0 {
		return fmt.Errorf("%d inputs and %d outputs", len(o.Inputs), len(o.Outputs))
	}
	for _, t := range o.Inputs {
		if t < 0 {
			continue
		}
		if v := &p.values[t]; !v.defined && p.m.Tensors[t].Data == nil {
			return fmt.Errorf("nothing computes its input %q", p.m.Tensors[t].Name)
		}
	}
	if p.joined[i] || p.absorbed[i] {
		return nil
	}
	if with := p.with[i]; with != nil {
		return p.buildTogether(append([]int{i}, with...))
	}
	l, err := builders[o.Op](p, o)
	if err != nil || l == nil {
		return err
	}
	p.add(l, i)
	return nil
}

// add appends a step that computes operators.
func (p *planner) add(l layer, operators ...int) {
	s := step{job: newJob(l, p.threads)}
	for n, i := range operators {
		o := &p.m.Operators[i]
		out := &p.m.Tensors[o.Outputs[0]]
		s.MACs += p.m.MACs(i)
		if n == 0 {
			s.Op, s.Name, s.OutShape = o.Name(), out.Name, slices.Clone(out.Shape)
			continue
		}
		s.Name += " + " + out.Name
		s.OutShape[len(s.OutShape)-1] += out.Shape[len(out.Shape)-1]
	}
	p.steps = append(p.steps, s)
}
