package tflite_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
)

// TestDifferentialRecurrent compares the engines on layers that have a state, which is there in the second run.
func TestDifferentialRecurrent(t *testing.T) {
	var list []made
	// Differences in the last place grow from step to step, and bytes differ that lie half-way between two.
	for weights, tolerance := range map[model.Type]float64{model.Float32: 1e-4, model.Int8: 5e-3} {
		for _, op := range []model.Op{model.OpRNN, model.OpSequenceRNN, model.OpLSTM, model.OpSequenceLSTM} {
			list = append(list, made{op.String() + "_" + weights.String(), tolerance, func(k *maker) {
				k.t = weights
				if op == model.OpRNN || op == model.OpSequenceRNN {
					k.rnn(op)
				} else {
					k.lstm(op)
				}
			}})
		}
	}
	for _, op := range []model.Op{model.OpLSTM, model.OpSequenceLSTM} {
		list = append(list, made{op.String() + "_INTEGER", 0, func(k *maker) { k.lstm8(op) }})
	}
	differential(t, list)
}

// small is a constant of float32 around 0, as weights are; of bytes if it has two dimensions and the maker's type is int8.
func (k *maker) small(shape ...int) int {
	t := model.Tensor{Shape: shape, Type: model.Float32}
	if k.t == model.Int8 && len(shape) == 2 {
		t.Type, t.Quant = k.t, &model.Quant{Scale: []float32{0.001 + k.Float32()/256}, ZeroPoint: []int32{0}}
		t.Data = noise(k.Rand, t.Bytes())
		return k.add(t)
	}
	for range t.Elements() {
		t.Data = binary.LittleEndian.AppendUint32(t.Data, math.Float32bits(float32(k.NormFloat64())/8))
	}
	return k.add(t)
}

// variable is one of float32.
func (k *maker) variable(shape ...int) int {
	return k.add(model.Tensor{Shape: shape, Type: model.Float32, Variable: true})
}

// rows is an input of some rows and an output of others, of a sequence or of one step, and how many sequences there are.
func (k *maker) rows(sequence, timeMajor bool, in, out int) (x, y, batch int) {
	batch, steps := k.between(1, 3), k.between(1, 6)
	shape := []int{batch}
	if sequence {
		shape = []int{batch, steps}
	}
	if sequence && timeMajor {
		shape = []int{steps, batch}
	}
	return k.any(append(append([]int{}, shape...), in), model.Float32, nil), k.any(append(append([]int{}, shape...), out), model.Float32, nil), batch
}

func (k *maker) rnn(op model.Op) {
	in, units := k.between(1, 40), k.between(1, 40)
	opt := model.Recurrent{TimeMajor: op == model.OpSequenceRNN && k.IntN(2) == 0, Activation: one(k, model.Tanh, model.Tanh, model.ReLU, model.ReLU6, model.NoActivation), AsymmetricInputs: k.IntN(2) == 0}
	x, y, batch := k.rows(op == model.OpSequenceRNN, opt.TimeMajor, in, units)
	k.op(op, opt, []int{x, k.small(units, in), k.small(units, units), k.small(units), k.variable(batch, units)}, y)
}

// lstm makes one with or without an input gate, peepholes, normalizations, and a projection.
func (k *maker) lstm(op model.Op) {
	in, cells := k.between(1, 40), k.between(1, 40)
	out := cells
	project := k.IntN(2) == 0
	if project {
		out = k.between(1, 30)
	}
	opt := model.LSTM{TimeMajor: op == model.OpSequenceLSTM && k.IntN(2) == 0, Activation: one(k, model.Tanh, model.Tanh, model.ReLU6), AsymmetricInputs: k.IntN(2) == 0}
	opt.CellClip, opt.ProjectClip = one[float32](k, 0, 0, 0.5), one[float32](k, 0, 0, 0.3)
	x, y, batch := k.rows(op == model.OpSequenceLSTM, opt.TimeMajor, in, out)
	inputs := make([]int, 24)
	for i := range inputs {
		inputs[i] = -1
	}
	inputs[0] = x
	coupled, peephole, norm := k.IntN(3) == 0, k.IntN(3) == 0, k.IntN(3) == 0
	for gate := range 4 {
		if coupled && gate == 0 {
			continue
		}
		inputs[1+gate], inputs[5+gate], inputs[12+gate] = k.small(cells, in), k.small(cells, out), k.small(cells)
		if peephole && gate != 2 {
			i := k.small(1, cells)
			k.m.Tensors[i].Shape = []int{cells}
			inputs[9+min(gate, 2)] = i
		}
		if norm {
			inputs[20+gate] = k.small(cells)
		}
	}
	if project {
		inputs[16] = k.small(out, cells)
		if k.IntN(2) == 0 {
			inputs[17] = k.small(out)
		}
	}
	inputs[18], inputs[19] = k.variable(batch, out), k.variable(batch, cells)
	if !norm && k.IntN(4) == 0 {
		inputs = inputs[:20]
	}
	k.op(op, opt, inputs, y)
}

// lstm8 is lstm of int8.
func (k *maker) lstm8(op model.Op) {
	in, cells := k.between(1, 40), k.between(1, 40)
	out := cells
	project := k.IntN(2) == 0
	if project && k.IntN(2) == 0 {
		out = k.between(1, 30)
	}
	opt := model.LSTM{TimeMajor: op == model.OpSequenceLSTM && k.IntN(2) == 0, Activation: model.Tanh}
	opt.CellClip, opt.ProjectClip = one[float32](k, 0, 0, 0.5), one[float32](k, 0, 0, 0.3)
	x, y, batch := k.rows(op == model.OpSequenceLSTM, opt.TimeMajor, in, out)
	tensor := func(typ model.Type, scale float32, zero int32, stored bool, shape ...int) int {
		t := model.Tensor{Type: typ, Shape: shape, Quant: &model.Quant{Scale: []float32{scale}, ZeroPoint: []int32{zero}}}
		if stored {
			t.Data = noise(k.Rand, t.Bytes())
		}
		return k.add(t)
	}
	state := tensor(model.Int8, 1.0/128, int32(k.between(-20, 20)), false, batch, out)
	memory := tensor(model.Int16, float32(math.Ldexp(1, -k.between(9, 15))), 0, false, batch, cells)
	k.m.Tensors[state].Variable, k.m.Tensors[memory].Variable = true, true
	for i, q := range map[int]*model.Quant{x: {Scale: []float32{1.0 / 64}, ZeroPoint: []int32{int32(k.between(-128, 127))}}, y: k.m.Tensors[state].Quant} {
		k.m.Tensors[i].Type, k.m.Tensors[i].Quant = model.Int8, q
	}
	inputs := make([]int, 24)
	for i := range inputs {
		inputs[i] = -1
	}
	inputs[0] = x
	coupled, peephole, norm := k.IntN(3) == 0, k.IntN(3) == 0 && out == cells, k.IntN(3) == 0
	weights := func(rows, columns int) int { return tensor(model.Int8, 0.001+k.Float32()/256, 0, true, rows, columns) }
	bias := func(n int) int {
		i := tensor(model.Int32, 1, 0, false, n)
		for range n {
			k.m.Tensors[i].Data = binary.LittleEndian.AppendUint32(k.m.Tensors[i].Data, uint32(int32(k.NormFloat64()*5000)))
		}
		return i
	}
	for gate := range 4 {
		if coupled && gate == 0 {
			continue
		}
		inputs[1+gate], inputs[5+gate], inputs[12+gate] = weights(cells, in), weights(cells, out), bias(cells)
		if peephole && gate != 2 {
			inputs[9+min(gate, 2)] = tensor(model.Int16, k.Float32()/32768, 0, true, cells)
		}
		if norm {
			inputs[20+gate] = tensor(model.Int16, (0.1+k.Float32())/32768, 0, true, cells)
		}
	}
	if project {
		inputs[16] = weights(out, cells)
		if k.IntN(2) == 0 {
			inputs[17] = bias(out)
		}
	}
	inputs[18], inputs[19] = state, memory
	if !norm && k.IntN(4) == 0 {
		inputs = inputs[:20]
	}
	k.op(op, opt, inputs, y)
	o := &k.m.Operators[0]
	for range 4 {
		o.Intermediates = append(o.Intermediates, tensor(model.Int16, (0.5+k.Float32())/4096, 0, false))
	}
	o.Intermediates = append(o.Intermediates, tensor(model.Int8, (0.5+k.Float32())/128, int32(k.between(-20, 20)), false))
}
