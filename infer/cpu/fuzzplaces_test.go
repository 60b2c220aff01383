package cpu

import "github.com/inceptiond/inceptiond/infer/model"

// placing is models of operators that put numbers at places, or choose some.
func (s seeding) placing() []*model.Model {
	at := model.Tensor{Name: "at", Shape: []int{3, 1}, Type: model.Int32}
	rows := model.Tensor{Name: "rows", Shape: []int{3}, Type: model.Int32}
	count := model.Tensor{Name: "n", Shape: []int{}, Type: model.Int32}
	most := ints(2)
	most.Shape = []int{}
	element := s.value()
	float := func(shape ...int) model.Tensor { return model.Tensor{Name: "f", Shape: shape, Type: model.Float32} }
	places := ints(1, 0, 1)
	places.Shape = []int{3, 1}
	list := []*model.Model{
		s.one(model.OpScatterND, nil, at, s.value(3, 2), ints(120, 2), s.value(120, 2)),
		s.one(model.OpScatterND, nil, places, s.value(3, 2), ints(2, 2), s.value(2, 2)),
		s.one(model.OpSparseToDense, nil, rows, ints(120), s.value(3), element, s.value(120)),
		s.one(model.OpReverseSequence, model.ReverseSequence{Sequence: 1}, s.value(3, 120, 2), rows, s.value(3, 120, 2)),
		s.one(model.OpMatrixDiag, nil, s.value(2, 3), s.value(2, 3, 3)),
		s.one(model.OpMatrixSetDiag, nil, s.value(2, 3, 4), s.value(2, 3), s.value(2, 3, 4)),
		s.one(model.OpSegmentSum, nil, s.value(3, 2), ints(0, 1, 1), s.value(2, 2)),
		s.one(model.OpDynamicUpdate, nil, s.value(3, 4, 5), s.value(1, 2, 3), rows, s.value(3, 4, 5)),
		s.one(model.OpEmbeddingLookup, nil, rows, s.value(120, 2), s.value(3, 2)),
		s.one(model.OpBucketize, model.Bucketize{Boundaries: []float32{-1, 2}}, s.value(5), index(model.Int32, 5)),
		s.one(model.OpFakeQuant, model.FakeQuant{Min: -1, Max: 2, Bits: 8}, s.value(5), s.value(5)),
		s.suppression(model.OpSuppressionV4, most, count, float(5, 4), float(5), float(), float()),
		s.suppression(model.OpSuppressionV5, most, count, float(5, 4), float(5), float(), float(), float()),
		s.densified(),
	}
	return list
}

// suppression chooses some of 5 boxes.
func (s seeding) suppression(op model.Op, most, count model.Tensor, in ...model.Tensor) *model.Model {
	in = append(append(append([]model.Tensor{}, in[:2]...), most), in[2:]...)
	m := s.one(op, nil, append(in, index(model.Int32, 2))...)
	outs := []int{len(in)}
	if op == model.OpSuppressionV5 {
		m.Tensors = append(m.Tensors, model.Tensor{Name: "f", Shape: []int{2}, Type: model.Float32})
		outs = append(outs, len(m.Tensors)-1)
	}
	m.Tensors = append(m.Tensors, count)
	m.Operators[0].Outputs = append(outs, len(m.Tensors)-1)
	m.Outputs = m.Operators[0].Outputs
	return m
}

// densified adds a constant that is stored sparsely: 2 of 3 rows.
func (s seeding) densified() *model.Model {
	m := s.one(model.OpAdd, model.Add{}, s.value(3, 2), s.value(3, 2), s.value(3, 2))
	stored := s.weights(2, 2)
	stored.Shape = []int{3, 2}
	stored.Sparse = &model.Sparsity{Order: []int{0, 1}, Levels: []model.SparseLevel{
		{Sparse: true, Segments: []int{0, 2}, Indices: []int{0, 2}}, {Size: 2},
	}}
	m.Tensors = append(m.Tensors, stored)
	m.Inputs = m.Inputs[:1]
	before := model.Operator{Op: model.OpDensify, Version: 1, Inputs: []int{3}, Outputs: []int{1}}
	m.Operators = append([]model.Operator{before}, m.Operators...)
	return m
}

// recurrent is models of layers with a state, of weights that are float32, or bytes if typ is.
func (s seeding) recurrent() []*model.Model {
	float := seeding{model.Float32}
	variable := float.value(2, 3)
	variable.Variable = true
	wide, bias, square := s.weights(3, 4), float.weights(3), s.weights(3, 3)
	m := s.one(model.OpSequenceRNN, model.Recurrent{Activation: model.Tanh}, float.value(2, 5, 4), wide, square, bias, variable, float.value(2, 5, 3))
	m.Inputs = []int{0}
	lstm := s.one(model.OpSequenceLSTM, model.LSTM{Activation: model.Tanh, CellClip: 1}, float.value(2, 5, 4), wide, square, bias, s.weights(3, 3), variable, variable, float.value(2, 5, 3))
	lstm.Inputs = []int{0}
	const w, r, b, project = 1, 2, 3, 4
	lstm.Operators[0].Inputs = []int{0, w, w, w, w, r, r, r, r, -1, -1, -1, b, b, b, b, project, b, 5, 6, b, b, b, b}
	coupled := *lstm
	coupled.Operators = []model.Operator{lstm.Operators[0]}
	coupled.Operators[0].Inputs = []int{0, -1, w, w, w, -1, r, r, r, -1, b, b, -1, b, b, b, -1, -1, 5, 6}
	if s.typ == model.Int8 {
		return []*model.Model{m, lstm, &coupled, s.integers()}
	}
	return []*model.Model{m, lstm, &coupled}
}

// integers is an LSTM of int8 with all that it may have.
func (s seeding) integers() *model.Model {
	short := seeding{model.Int16}
	state, cells := s.value(2, 3), short.value(2, 3)
	state.Variable, cells.Variable = true, true
	cells.Quant = &model.Quant{Scale: []float32{1.0 / 2048}, ZeroPoint: []int32{0}}
	bias, factors := ints(100, -200, 3000), short.weights(3)
	wide, square := s.weights(3, 4), s.weights(3, 3)
	m := s.one(model.OpSequenceLSTM, model.LSTM{Activation: model.Tanh, CellClip: 1}, s.value(2, 5, 4), wide, square, bias, factors, state, cells, s.value(2, 5, 3))
	m.Inputs = []int{0}
	const w, r, b, f = 1, 2, 3, 4
	m.Operators[0].Inputs = []int{0, w, w, w, w, r, r, r, r, f, f, f, b, b, b, b, r, b, 5, 6, f, f, f, f}
	m.Operators[0].Intermediates = []int{6, 6, 6, 6, 5}
	return m
}
