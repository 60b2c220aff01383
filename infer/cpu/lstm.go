package cpu

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// The inputs of LSTM and UNIDIRECTIONAL_SEQUENCE_LSTM (tflite/kernels/lstm_shared.h): four of each, for the gates, or three.
const (
	lstmInput       = 1 // weights of the input
	lstmRecurrent   = 5 // weights of the state
	lstmPeephole    = 9 // weights of the cells, for all gates but that of the cells
	lstmBias        = 12
	lstmProject     = 16
	lstmProjectBias = 17
	lstmState       = 18
	lstmCells       = 19
	lstmNorm        = 20 // factors behind a normalization
)

// The gates, in their order.
const (
	inputGate = iota
	forgetGate
	cellGate
	outputGate
)

// lstm is a layer of cells that remember (tflite/kernels/lstm_eval.cc, LstmStepFloat). It is one piece.
type lstm struct {
	*sequence
	n         int  // cells
	coupled   bool // there is no input gate: what is not forgotten is not learned
	cells     []float32
	peephole  [4][]float32 // of each gate but that of the cells; nil: none
	norm      [4][]float32
	bias      [4][]float32 // behind norm
	activate  func(x []float32)
	cellClip  float32 // 0: none
	project   []layer // none: the state is hidden
	hidden    []float32
	stateClip float32
}

// lowerLSTM makes an LSTM or UNIDIRECTIONAL_SEQUENCE_LSTM.
func lowerLSTM(l *lowering, n *node) (layer, error) {
	opt, ok := n.options.(model.LSTM)
	if !ok || opt.Basic || len(n.inputs) != 20 && len(n.inputs) != 24 {
		return nil, fmt.Errorf("%d inputs (want 20 or 24): %w", len(n.inputs), model.ErrUnsupported)
	}
	w := n.inputs[lstmInput+outputGate]
	if w == nil || len(w.Shape) != 2 {
		return nil, fmt.Errorf("no weights of the output gate")
	}
	if n.inputs[0].Type == model.Int8 {
		return lowerLSTM8(l, n, opt, w.Shape[0])
	}
	m := &lstm{n: w.Shape[0], coupled: n.inputs[lstmInput] == nil, cellClip: opt.CellClip, stateClip: opt.ProjectClip}
	var err error
	if m.activate, err = activated(opt.Activation); err != nil {
		return nil, err
	}
	if m.sequence, err = newSequence(l, n, opt.TimeMajor, (outputGate+1-m.first())*m.n, n.inputs[lstmState]); err != nil {
		return nil, err
	}
	m.asymmetric = opt.AsymmetricInputs
	if err := n.inputs[lstmCells].variable(m.batch * m.n); err != nil {
		return nil, err
	}
	if m.cells, err = l.floats(n.inputs[lstmCells]); err != nil {
		return nil, err
	}
	if err := m.readGates(l, n); err != nil {
		return nil, err
	}
	return m, m.readProjection(l, n)
}

// first is the first gate that there is.
func (m *lstm) first() int {
	if m.coupled {
		return forgetGate
	}
	return inputGate
}

// readGates reads the weights of the gates.
func (m *lstm) readGates(l *lowering, n *node) error {
	var biases [][]float32
	for gate := m.first(); gate <= outputGate; gate++ {
		bias, err := m.constant(l, n, lstmBias+gate)
		if err == nil && bias == nil {
			err = fmt.Errorf("input %d, a bias, is missing", lstmBias+gate)
		}
		if err != nil {
			return err
		}
		if gate != cellGate {
			at := lstmPeephole + min(gate, cellGate)
			if m.peephole[gate], err = m.constant(l, n, at); err != nil {
				return err
			}
		}
		if m.norm[gate], err = m.constant(l, n, lstmNorm+gate); err != nil {
			return err
		}
		if m.norm[gate] != nil {
			m.bias[gate], bias = bias, nil
		}
		biases = append(biases, bias)
		for _, w := range []int{lstmInput + gate, lstmRecurrent + gate} {
			if v := n.inputs[w]; v == nil || len(v.Shape) != 2 || v.Shape[0] != m.n {
				return fmt.Errorf("input %d is missing, or not weights of %d cells", w, m.n)
			}
		}
	}
	if m.coupled && n.inputs[lstmRecurrent] != nil {
		return fmt.Errorf("input weights of the input gate are missing")
	}
	return m.multiply(l, n, n.inputs[lstmInput+m.first():lstmRecurrent], n.inputs[lstmRecurrent+m.first():lstmPeephole], biases)
}

// constant is the numbers of an input, one for each cell; nil if it is absent.
func (m *lstm) constant(l *lowering, n *node, i int) ([]float32, error) {
	if i >= len(n.inputs) || n.inputs[i] == nil {
		return nil, nil
	}
	v := n.inputs[i].root()
	if v.Elements() != m.n || !v.isConstant() {
		return nil, fmt.Errorf("input %d is %v (want %d constants)", i, v.Shape, m.n)
	}
	if !v.is8bit() {
		return l.floats(v)
	}
	if err := v.dequantizable(); err != nil {
		return nil, err
	}
	list := make([]float32, m.n)
	v.decode(list, 0)
	return list, nil
}

// readProjection prepares what makes the state of the cells' answers.
func (m *lstm) readProjection(l *lowering, n *node) error {
	m.hidden = m.state
	if n.inputs[lstmProject] == nil {
		if m.outputs != m.n {
			return fmt.Errorf("%d cells for %d outputs, and no projection", m.n, m.outputs)
		}
		return nil
	}
	m.hidden = make([]float32, m.batch*m.n)
	var bias []float32
	if n.inputs[lstmProjectBias] != nil {
		var err error
		if bias, err = l.floats(n.inputs[lstmProjectBias]); err != nil {
			return err
		}
	}
	if w := n.inputs[lstmProject]; len(w.Shape) != 2 || w.Shape[0] != m.outputs {
		return fmt.Errorf("projection %v for %d outputs", w.Shape, m.outputs)
	}
	var err error
	m.project, err = m.products(l, m.batch, m.n, m.hidden, n.inputs[lstmProject:lstmProject+1], [][]float32{bias}, view32{m.state, m.outputs})
	return err
}

func (m *lstm) run(t *scratch, _, _ int) {
	for step := range m.steps {
		m.step(t, step)
		for b := range m.batch {
			m.remember(m.before[m.row(step, b)*m.width:][:m.width], m.cells[b*m.n:][:m.n], m.hidden[b*m.n:][:m.n])
		}
		if m.project != nil {
			inOrder(t, m.project)
			clip(m.state, m.stateClip)
		}
		m.answer(step)
	}
}

// remember makes a step of some cells, of the sums of their gates.
func (m *lstm) remember(sums, cells, hidden []float32) {
	var gates [4][]float32
	for gate := m.first(); gate <= outputGate; gate++ {
		gates[gate] = sums[:m.n]
		sums = sums[m.n:]
	}
	for gate := m.first(); gate < cellGate; gate++ {
		m.open(gate, gates[gate], cells)
	}
	m.normalize(cellGate, gates[cellGate])
	m.activate(gates[cellGate])
	for i, forget := range gates[forgetGate] {
		learn := 1 - forget
		if !m.coupled {
			learn = gates[inputGate][i]
		}
		cells[i] = float32(forget*cells[i]) + float32(gates[cellGate][i]*learn)
	}
	clip(cells, m.cellClip)
	m.open(outputGate, gates[outputGate], cells)
	copy(hidden, cells)
	m.activate(hidden)
	for i, x := range gates[outputGate] {
		hidden[i] *= x
	}
}

// open makes of a gate's sums how far it is open.
func (m *lstm) open(gate int, sums, cells []float32) {
	for i, w := range m.peephole[gate] {
		sums[i] += float32(w * cells[i])
	}
	m.normalize(gate, sums)
	apply(sums, logistic)
}

// normalize brings a gate's sums to a mean of 0 and a variance of 1, if it wants that.
func (m *lstm) normalize(gate int, sums []float32) {
	if m.norm[gate] == nil {
		return
	}
	total, squares := float32(0), float32(0)
	for _, x := range sums {
		total += x
	}
	mean := total / float32(len(sums))
	for _, x := range sums {
		squares += float32((x - mean) * (x - mean))
	}
	const least = 1e-8 // of a variance
	inverse := 1 / float32(math.Sqrt(float64(squares/float32(len(sums))+least)))
	for i, x := range sums {
		sums[i] = float32(float32((x-mean)*inverse)*m.norm[gate][i]) + m.bias[gate][i]
	}
}

// clip limits numbers to -most … most; 0: it does not.
func clip(list []float32, most float32) {
	if most > 0 {
		kernel.Clamp32s(list, list, -most, most)
	}
}
