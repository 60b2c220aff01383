package cpu

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// lstm8 is an LSTM of int8 (tflite/kernels/lstm_eval.cc, LstmStepInteger8x8_16): sums, gates and cells are int16. It is one piece.
type lstm8 struct {
	stretch
	n          int // cells
	coupled    bool
	before     []int16 // the sums of the inputs, of all rows
	again      *gates8 // adds those of the state
	gates      [4]gate16
	cells      []int16
	integer    int   // bits of cells
	cellClip   int16 // 0: none
	hidden     []uint8
	toHidden   kernel.Multiplier // from a gate's and a cell's number
	hiddenZero int32
	project    *weightRows // nil: what is hidden is the state
	zero       int32       // of the state
	stateClip  int32
	out, state []uint8
}

// gate16 is what a gate makes of its sums.
type gate16 struct {
	peephole []int16 // nil: none
	factor   kernel.Multiplier
	norm     *kernel.Norm16 // nil: none
}

// weightRows is weights of rows of bytes, and what makes other numbers of their sums.
type weightRows struct {
	bytes []uint8 // 128 is 0
	start []int32 // of a sum
	mult  kernel.Multiplier
	dot   func(a, w []uint8) int32
}

// newWeightRows reads v, weights of n rows of bytes, in which zero is 0. A bias may be nil.
func newWeightRows(l *lowering, v *value, n, k int, zero int32, bias []int32, factor float32) (*weightRows, error) {
	if v == nil || v.Data == nil || v.Type != model.Int8 || v.Quant == nil || len(v.Quant.Scale) != 1 || !symmetric(v) || len(v.Shape) != 2 || v.Shape[0] != n || v.Shape[1] != k || bias != nil && len(bias) != n {
		return nil, fmt.Errorf("weights of integers are not constant int8 of one scale, %d for each of %d, or their bias is not: %w", k, n, model.ErrUnsupported)
	}
	w := &weightRows{bytes: make([]uint8, len(v.Data)), start: make([]int32, n), dot: l.set.Dot}
	flipCopy(w.bytes, v.Data, 0x80)
	copy(w.start, bias)
	for i := range w.start {
		w.start[i] -= zero * (kernel.SumBytes(w.bytes[i*k:(i+1)*k], 0) - 128*int32(k))
	}
	var err error
	if w.mult, err = multiplier(float64(factor)); err != nil {
		return nil, err
	}
	return w, l.take(int64(len(w.bytes) + 4*n))
}

// multiply is the numbers of a row.
func (w *weightRows) multiply(dst []int32, row []uint8) {
	k, less := len(row), 128*kernel.SumBytes(row, 0)
	for i, start := range w.start {
		dst[i] = w.mult.HalfAway(start + w.dot(row, w.bytes[i*k:(i+1)*k]) - less)
	}
}

// gates8 makes the sums of gates, side by side, of rows of bytes. A piece is a row.
type gates8 struct {
	weights []*weightRows
	in      []uint8
	k       int
	out     []int16
}

func (g *gates8) units() int { return len(g.in) / g.k }

func (g *gates8) run(s *scratch, from, to int) {
	width := len(g.out) / g.units()
	for row := from; row < to; row++ {
		out := g.out[row*width:][:width]
		clear(out)
		g.add(s.sums, out, g.in[row*g.k:][:g.k])
	}
}

// add adds the sums of a row to dst; numbers is for those of one gate.
func (g *gates8) add(numbers []int32, dst []int16, row []uint8) {
	for _, w := range g.weights {
		n := len(w.start)
		w.multiply(numbers, row)
		for i, x := range numbers[:n] {
			dst[i] = near16(int32(dst[i]) + x)
		}
		dst = dst[n:]
	}
}

// near16 is x as near as 16 bits come.
func near16(x int32) int16 { return int16(min(max(x, math.MinInt16), math.MaxInt16)) }

// lowerLSTM8 makes an LSTM or UNIDIRECTIONAL_SEQUENCE_LSTM of int8, with cells cells.
func lowerLSTM8(l *lowering, n *node, opt model.LSTM, cells int) (layer, error) {
	if len(n.inner) != 5 {
		return nil, fmt.Errorf("an LSTM of int8 with %d intermediate tensors (want 5): %w", len(n.inner), model.ErrUnsupported)
	}
	shape, err := newStretch(n, opt.TimeMajor)
	if err != nil {
		return nil, err
	}
	m := &lstm8{stretch: shape, n: cells, coupled: n.inputs[lstmInput] == nil}
	if err := m.readState(l, n, opt); err != nil {
		return nil, err
	}
	if err := m.readGates(l, n); err != nil {
		return nil, err
	}
	l.scratch.grow(need{sums: max(m.n, m.outputs)})
	return m, m.readProjection(l, n)
}

// readState reads the variables and the output.
func (m *lstm8) readState(l *lowering, n *node, opt model.LSTM) error {
	state, cells := n.inputs[lstmState], n.inputs[lstmCells]
	if err := state.variable(m.batch * m.outputs); err != nil {
		return err
	}
	if err := cells.variable(m.batch * m.n); err != nil {
		return err
	}
	var err error
	if m.state, err = l.bytes(state); err != nil {
		return err
	}
	if m.cells, err = l.int16s(cells); err != nil {
		return err
	}
	if m.out, err = l.bytes(n.outputs[0]); err != nil {
		return err
	}
	q, err := state.quant()
	if err != nil {
		return err
	}
	m.zero = q.zero
	kernel.Fill(m.state, uint8(q.zero))
	inside, err := cells.scaled()
	if err != nil {
		return err
	}
	exponent, power := log2(inside.scale)
	m.integer = 15 + exponent
	if !power || m.integer < 0 || m.integer > 6 {
		return fmt.Errorf("cells of a scale of %g (want a power of two from 2^-15 to 2^-9): %w", inside.scale, model.ErrUnsupported)
	}
	m.cellClip = int16(min(opt.CellClip/inside.scale, math.MaxInt16))
	out, err := n.outputs[0].quant()
	if err == nil {
		m.stateClip = int32(min(opt.ProjectClip/out.scale, math.MaxInt8))
	}
	return err
}

// readGates reads the weights of the gates, and adds the step that multiplies the inputs.
func (m *lstm8) readGates(l *lowering, n *node) error {
	in, err := n.inputs[0].quant()
	if err != nil {
		return err
	}
	state, err := n.inputs[lstmState].quant()
	if err != nil {
		return err
	}
	first, again := &gates8{k: m.inputs}, &gates8{k: m.outputs}
	for gate := m.first(); gate <= outputGate; gate++ {
		scale := float32(1.0 / 4096) // of the sums
		bias, err := n.constantInts(l, lstmBias+gate)
		if err != nil {
			return err
		}
		if len(bias) != m.n {
			return fmt.Errorf("input %d, a bias, has %d numbers for %d cells", lstmBias+gate, len(bias), m.n)
		}
		if len(n.inputs) > lstmNorm && n.inputs[lstmNorm+gate] != nil {
			q, err := n.inner[gate].scaled()
			if err != nil {
				return err
			}
			if m.gates[gate].norm, err = newNorm16(l, n, lstmNorm+gate, bias); err != nil {
				return err
			}
			scale, bias = q.scale, nil
		}
		if err := m.peep(l, n, gate, scale); err != nil {
			return err
		}
		for _, p := range []struct {
			to    *gates8
			input int
			of    quant
			bias  []int32
		}{{first, lstmInput, in, bias}, {again, lstmRecurrent, state, nil}} {
			v := n.inputs[p.input+gate]
			if v == nil || v.Quant == nil || len(v.Quant.Scale) != 1 {
				return fmt.Errorf("input %d has no scale, or several: %w", p.input+gate, model.ErrUnsupported)
			}
			w, err := newWeightRows(l, v, m.n, p.to.k, p.of.zero, p.bias, float32(v.Quant.Scale[0]*p.of.scale)/scale)
			if err != nil {
				return err
			}
			p.to.weights = append(p.to.weights, w)
		}
	}
	if first.in, err = l.bytes(n.inputs[0]); err != nil {
		return err
	}
	width := len(first.weights) * m.n
	if err := l.work(float64(m.steps*m.batch) * float64(width) * float64(m.inputs+2*m.outputs)); err != nil {
		return err
	}
	m.before, m.again = make([]int16, m.steps*m.batch*width), again
	first.out = m.before
	l.add(first, n)
	return l.take(2 * int64(len(m.before)))
}

// first is the first gate that there is.
func (m *lstm8) first() int {
	if m.coupled {
		return forgetGate
	}
	return inputGate
}

// constantInts is input i, constants of 32 bits.
func (n *node) constantInts(l *lowering, i int) ([]int32, error) {
	if !n.constant(i) {
		return nil, fmt.Errorf("input %d is missing, or no constant: %w", i, model.ErrUnsupported)
	}
	return l.int32s(n.inputs[i])
}

// newNorm16 reads the factors behind a normalization, input i.
func newNorm16(l *lowering, n *node, i int, bias []int32) (*kernel.Norm16, error) {
	v := n.inputs[i]
	q, err := v.scaled()
	if err != nil {
		return nil, err
	}
	norm := &kernel.Norm16{Bias: bias, Least: max(1, int32(min(10000*q.scale, 1<<30)))}
	if norm.Weights, err = l.int16s(v); err != nil {
		return nil, err
	}
	if len(norm.Weights) != len(bias) || !n.constant(i) {
		return nil, fmt.Errorf("input %d is %v (want %d constants)", i, v.Shape, len(bias))
	}
	norm.Scale, err = multiplier(float64(q.scale))
	return norm, err
}

// peep reads the weights of cells, if a gate has any. TensorFlow Lite takes as many of them as there are outputs, not cells.
func (m *lstm8) peep(l *lowering, n *node, gate int, scale float32) error {
	i := lstmPeephole + min(gate, cellGate)
	if gate == cellGate || n.inputs[i] == nil {
		return nil
	}
	if n.inputs[i].Elements() != m.n || m.outputs != m.n || !n.constant(i) {
		return fmt.Errorf("input %d is %v (want %d constants, and as many outputs): %w", i, n.inputs[i].Shape, m.n, model.ErrUnsupported)
	}
	q, err := n.inputs[i].scaled()
	if err != nil {
		return err
	}
	g := &m.gates[gate]
	if g.peephole, err = l.int16s(n.inputs[i]); err != nil {
		return err
	}
	g.factor, err = multiplier(float64(float32(math.Ldexp(float64(q.scale), m.integer-15) / float64(scale))))
	return err
}

// readProjection prepares what makes the state of the cells' answers.
func (m *lstm8) readProjection(l *lowering, n *node) error {
	q, err := n.inner[4].scaled()
	if err != nil {
		return err
	}
	m.hidden, m.hiddenZero = make([]uint8, m.n), q.zero-int32(n.inner[4].flip())
	if m.toHidden, err = multiplier(float64(float32(math.Ldexp(math.Ldexp(1, -15)/float64(q.scale), -15)))); err != nil {
		return err
	}
	v := n.inputs[lstmProject]
	if v == nil {
		if m.outputs != m.n {
			return fmt.Errorf("%d cells for %d outputs, and no projection", m.n, m.outputs)
		}
		return nil
	}
	state, err := n.inputs[lstmState].quant()
	if err != nil {
		return err
	}
	if v.Quant == nil {
		return fmt.Errorf("projection %q has no scale: %w", v.Name, model.ErrUnsupported)
	}
	var bias []int32
	if n.inputs[lstmProjectBias] != nil {
		if bias, err = n.constantInts(l, lstmProjectBias); err != nil {
			return err
		}
	}
	m.project, err = newWeightRows(l, v, m.outputs, m.n, 128-m.hiddenZero, bias, float32(v.Quant.Scale[0]*q.scale)/state.scale)
	return err
}

func (m *lstm8) units() int { return 1 }

func (m *lstm8) run(s *scratch, _, _ int) {
	width := len(m.again.weights) * m.n
	for step := range m.steps {
		for b := range m.batch {
			row, state := m.row(step, b), m.state[b*m.outputs:][:m.outputs]
			sums := m.before[row*width:][:width]
			m.again.add(s.sums, sums, state)
			m.remember(sums, m.cells[b*m.n:][:m.n])
			m.answer(s.sums, state)
			copy(m.out[row*m.outputs:], state)
		}
	}
}

// remember makes a step of some cells, of the sums of their gates, and what is hidden.
func (m *lstm8) remember(sums, cells []int16) {
	var gates [4][]int16
	for gate := m.first(); gate <= outputGate; gate++ {
		gates[gate] = sums[:m.n]
		sums = sums[m.n:]
	}
	for gate := m.first(); gate < cellGate; gate++ {
		m.gates[gate].open(gates[gate], cells)
	}
	m.gates[cellGate].normalize(gates[cellGate])
	kernel.Remember16(cells, gates[forgetGate], gates[inputGate], gates[cellGate], m.integer)
	if m.cellClip > 0 {
		for i, x := range cells {
			cells[i] = min(max(x, -m.cellClip), m.cellClip)
		}
	}
	m.gates[outputGate].open(gates[outputGate], cells)
	for i, x := range gates[outputGate] {
		v := m.toHidden.HalfAway(int32(x)*int32(kernel.Tanh16(cells[i], m.integer))) - m.hiddenZero
		m.hidden[i] = uint8(min(max(v, math.MinInt8), math.MaxInt8) + 128)
	}
}

// answer makes the state of what is hidden.
func (m *lstm8) answer(numbers []int32, state []uint8) {
	if m.project == nil {
		copy(state, m.hidden)
		return
	}
	m.project.multiply(numbers, m.hidden)
	lo, hi := int32(math.MinInt8), int32(math.MaxInt8)
	if m.stateClip > 0 {
		lo, hi = -m.stateClip, m.stateClip
	}
	for i := range state {
		state[i] = uint8(min(max(numbers[i]+m.zero-128, lo), hi) + 128)
	}
}

// open makes of a gate's sums how far it is open.
func (g *gate16) open(sums, cells []int16) {
	for i, w := range g.peephole {
		sums[i] = near16(int32(sums[i]) + g.factor.HalfAway(int32(w)*int32(cells[i])))
	}
	g.normalize(sums)
	for i, x := range sums {
		sums[i] = kernel.Logistic16(x)
	}
}

// normalize brings a gate's sums to a mean of 0 and a variance of 1, if it wants that.
func (g *gate16) normalize(sums []int16) {
	if g.norm != nil {
		g.norm.Row(sums)
	}
}
