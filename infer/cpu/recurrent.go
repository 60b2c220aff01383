package cpu

import (
	"fmt"
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// stretch is the shape of what recurrent layers read and write: rows of numbers, for each step of some sequences.
type stretch struct {
	steps, batch    int
	timeMajor       bool // rows lie step by step, else sequence by sequence
	inputs, outputs int  // numbers of a row
}

// newStretch reads the shapes of n's input and output. The rows of one step, of an input of two dimensions, are sequences.
func newStretch(n *node, timeMajor bool) (stretch, error) {
	in, out := n.inputs[0], n.outputs[0]
	rank := len(in.Shape)
	if rank < 2 || rank > 3 || !sameBut(in.Shape, out.Shape, rank-1) || in.Type != out.Type {
		return stretch{}, fmt.Errorf("%v %v cannot become %v %v: %w", in.Type, in.Shape, out.Type, out.Shape, model.ErrUnsupported)
	}
	s := stretch{steps: 1, batch: in.Shape[0], timeMajor: timeMajor, inputs: in.channels(), outputs: out.channels()}
	if rank == 3 {
		s.steps, s.batch = in.Shape[1], in.Shape[0]
		if timeMajor {
			s.steps, s.batch = in.Shape[0], in.Shape[1]
		}
	}
	return s, nil
}

// row is where the row of a step of a sequence lies.
func (s *stretch) row(step, sequence int) int {
	if s.timeMajor {
		return step*s.batch + sequence
	}
	return sequence*s.steps + step
}

// sequence is what recurrent layers of float32 have in common: of each step of a sequence, rows of inputs, and what came of
// the step before, are multiplied by weights. The inputs of all steps are multiplied before the first.
type sequence struct {
	stretch
	width      int  // sums of a row
	asymmetric bool // how rows are quantized if weights are bytes

	before    []float32 // the sums of the inputs, of all rows
	again     []layer   // make the sums of state, one after the other
	recurrent []float32 // these, of each sequence
	state     []float32 // what came of the latest step, of each sequence; it stays for the next run
	out       []float32
}

// recurrentShape is the rule of recurrent operators, whose outputs have as many numbers as a row of input i, weights, or as
// many as it has rows.
func recurrentShape(i, dimension int) rule {
	return func(n *node) ([][]int, error) {
		in := n.inputs[0]
		if len(n.inputs) <= i || n.inputs[i] == nil || len(n.inputs[i].Shape) != 2 || len(in.Shape) < 2 {
			return nil, nil
		}
		shape := slices.Clone(in.Shape)
		shape[len(shape)-1] = n.inputs[i].Shape[dimension]
		return one(shape...), nil
	}
}

// newSequence prepares n but for its products.
func newSequence(l *lowering, n *node, timeMajor bool, width int, state *value) (*sequence, error) {
	shape, err := newStretch(n, timeMajor)
	if err != nil {
		return nil, err
	}
	s := &sequence{stretch: shape, width: width}
	if err := state.variable(s.batch * s.outputs); err != nil {
		return nil, err
	}
	if s.state, err = l.floats(state); err != nil {
		return nil, err
	}
	if s.out, err = l.floats(n.outputs[0]); err != nil {
		return nil, err
	}
	s.before, s.recurrent = make([]float32, s.steps*s.batch*width), make([]float32, s.batch*width)
	return s, l.take(4 * int64(len(s.before)+len(s.recurrent)))
}

// variable says why v is no variable of so many numbers.
func (v *value) variable(n int) error {
	if v == nil || !v.Variable {
		return fmt.Errorf("its state is no variable: %w", model.ErrUnsupported)
	}
	if v.Elements() != n {
		return fmt.Errorf("variable %q has %d numbers (want %d)", v.Name, v.Elements(), n)
	}
	return nil
}

// multiply adds the steps that multiply the inputs, and prepares what multiplies state; first and second have the weights for
// either, biases the former's.
func (s *sequence) multiply(l *lowering, n *node, first, second []*value, biases [][]float32) error {
	rows, err := l.floats(n.inputs[0])
	if err != nil {
		return err
	}
	made, err := s.products(l, s.steps*s.batch, s.inputs, rows, first, biases, view32{s.before, s.width})
	if err != nil {
		return err
	}
	for _, m := range made {
		l.add(m, n)
	}
	s.again, err = s.products(l, s.batch, s.outputs, s.state, second, make([][]float32, len(second)), view32{s.recurrent, s.width})
	return err
}

// products is layers, one after the other, that multiply rows of k numbers by several weights, whose sums come side by side. A
// bias may be nil.
func (s *sequence) products(l *lowering, rows, k int, in []float32, weights []*value, biases [][]float32, out view32) ([]layer, error) {
	g := &window{inH: rows, inW: 1, inC: k, outH: rows, outW: 1, h: 1, w: 1, strideH: 1, strideW: 1, dilationH: 1, dilationW: 1}
	inf := float32(math.Inf(1))
	var list []weights32
	for i, v := range weights {
		if v == nil || !v.root().isConstant() || v.Type != weights[0].Type || len(v.Shape) != 2 || v.Shape[1] != k {
			return nil, fmt.Errorf("its weights are not constants of one type, of rows of %d: %w", k, model.ErrUnsupported)
		}
		w := weights32{numbers: v.root(), bias: biases[i], lo: -inf, hi: inf, out: out}
		if w.bias == nil {
			w.bias = make([]float32, v.Shape[0])
		}
		if len(w.bias) != v.Shape[0] {
			return nil, fmt.Errorf("%d biases of weights %v", len(w.bias), v.Shape)
		}
		if err := workOf(l, g, len(w.bias)); err != nil {
			return nil, err
		}
		list = append(list, w)
		out = out.from(min(len(w.bias), len(out.data)))
	}
	switch typ := weights[0].Type; {
	case weights[0].is8bit():
		return s.hybridProducts(l, g, in, list)
	case typ != model.Float32:
		return nil, fmt.Errorf("its weights are %v: %w", typ, model.ErrUnsupported)
	}
	if c, err := newTileConv32(l, g, in, list); c != nil || err != nil {
		return []layer{c}, err
	}
	var layers []layer
	for i := range list {
		made, err := newConv32(l, g, in, &list[i])
		if err != nil {
			return nil, err
		}
		layers = append(layers, made)
	}
	return layers, nil
}

// hybridProducts is products by bytes: each row is quantized before.
func (s *sequence) hybridProducts(l *lowering, g *window, in []float32, list []weights32) ([]layer, error) {
	how := &dynamic{!s.asymmetric, make([]kernel.Dynamic, g.outH)}
	rows := make([]uint8, g.outH*g.inC)
	layers := []layer{&quantizeRows{in[:len(rows)], rows, how, l.set.QuantizeDynamic}}
	for _, w := range list {
		v, n := w.numbers, len(w.bias)
		if v.Data == nil || v.Quant == nil || len(v.Quant.Scale) != 1 || !symmetric(v) {
			return nil, fmt.Errorf("weights %q have no scale, or several, or a zero point: %w", v.Name, model.ErrUnsupported)
		}
		h := &hybridSums{kernel.Hybrid{Bias: w.bias, Scales: slices.Repeat(v.Quant.Scale, n), Sums: make([]int32, n), Lo: w.lo, Hi: w.hi}, how, w.out}
		p := &hybridProduct{window: g, in: rows, sums: h, weights: make([]uint8, len(v.Data)), dot: l.set.Dot, columns: n}
		flipCopy(p.weights, v.Data, 0x80)
		for c := range n {
			h.Sums[c] = kernel.SumBytes(p.weights[c*g.inC:(c+1)*g.inC], 0) - int32(128*g.inC)
		}
		l.scratch.grow(need{sums: n})
		if err := l.take(int64(len(p.weights) + 8*n)); err != nil {
			return nil, err
		}
		layers = append(layers, p)
	}
	return layers, l.take(int64(len(rows) + 16*len(how.rows)))
}

// units is 1: steps come one after the other.
func (s *sequence) units() int { return 1 }

// step makes the sums of a step: those of the state are added to those of the inputs.
func (s *sequence) step(t *scratch, step int) {
	inOrder(t, s.again)
	for b := range s.batch {
		sums := s.before[s.row(step, b)*s.width:][:s.width]
		for i, x := range s.recurrent[b*s.width:][:s.width] {
			sums[i] += x
		}
	}
}

// inOrder runs layers, each by itself.
func inOrder(t *scratch, layers []layer) {
	for _, l := range layers {
		t.begin()
		l.run(t, 0, l.units())
	}
}

// answer writes the state to the output.
func (s *sequence) answer(step int) {
	for b := range s.batch {
		copy(s.out[s.row(step, b)*s.outputs:][:s.outputs], s.state[b*s.outputs:])
	}
}

// activated is the function of an activation, in place; nil if there is none.
func activated(a model.Activation) (func(x []float32), error) {
	switch a {
	case model.NoActivation:
		return func([]float32) {}, nil
	case model.Tanh:
		return func(x []float32) { apply(x, tanh) }, nil
	}
	lo, hi, err := limits(a)
	return func(x []float32) { kernel.Clamp32s(x, x, lo, hi) }, err
}

func tanh(x float32) float32 { return float32(math.Tanh(float64(x))) }

func apply(list []float32, f func(float32) float32) {
	for i, x := range list {
		list[i] = f(x)
	}
}

// lowerRNN makes an RNN or UNIDIRECTIONAL_SEQUENCE_RNN: inputs, their weights, those of the state, a bias, and the state.
func lowerRNN(l *lowering, n *node) (layer, error) {
	opt, ok := n.options.(model.Recurrent)
	if !ok || len(n.inputs) != 5 || n.inputs[1] == nil || n.inputs[2] == nil || n.inputs[3] == nil {
		return nil, fmt.Errorf("no options, or %d inputs (want 5)", len(n.inputs))
	}
	r := &rnn{}
	var err error
	if r.activate, err = activated(opt.Activation); err != nil {
		return nil, err
	}
	if r.sequence, err = newSequence(l, n, opt.TimeMajor, n.outputs[0].channels(), n.inputs[4]); err != nil {
		return nil, err
	}
	r.asymmetric = opt.AsymmetricInputs
	bias, err := l.floats(n.inputs[3])
	if err != nil {
		return nil, err
	}
	if w := n.inputs[2]; len(w.Shape) != 2 || w.Shape[0] != r.width || !n.constant(3) {
		return nil, fmt.Errorf("weights %v and bias %v (want constants for %d)", w.Shape, n.inputs[3].Shape, r.width)
	}
	return r, r.multiply(l, n, n.inputs[1:2], n.inputs[2:3], [][]float32{bias})
}

// rnn is a recurrent layer whose state is its output. It is one piece.
type rnn struct {
	*sequence
	activate func(x []float32)
}

func (r *rnn) run(t *scratch, _, _ int) {
	for step := range r.steps {
		r.step(t, step)
		for b := range r.batch {
			copy(r.state[b*r.outputs:][:r.outputs], r.before[r.row(step, b)*r.width:])
		}
		r.activate(r.state)
		r.answer(step)
	}
}
