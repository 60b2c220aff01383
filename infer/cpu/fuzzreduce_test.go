package cpu

import "github.com/inceptiond/inceptiond/infer/model"

// reducing is models that take dimensions together.
func (s seeding) reducing() []*model.Model {
	unit := s.value(2, 5)
	if s.typ != model.Float32 {
		unit.Quant = &model.Quant{Scale: []float32{1.0 / 128}, ZeroPoint: []int32{map[model.Type]int32{model.Uint8: 128}[s.typ]}}
	}
	return []*model.Model{
		s.one(model.OpMean, model.Reducer{KeepDims: true}, s.image(), ints(1, 2), s.value(1, 1, 1, 2)),
		s.one(model.OpMean, model.Reducer{}, s.image(), ints(1, 2), s.value(1, 2)),
		s.one(model.OpMean, model.Reducer{}, s.image(), ints(3), s.value(1, 4, 4)),
		s.one(model.OpSum, model.Reducer{}, s.image(), ints(-2), s.value(1, 4, 2)),
		s.one(model.OpReduceMax, model.Reducer{KeepDims: true}, s.image(), ints(1, 3), s.value(1, 1, 4, 1)),
		s.one(model.OpReduceProd, model.Reducer{}, s.image(), ints(0, 1, 2), s.value(2)),
		s.one(model.OpArgMax, model.Arg{Output: model.Int64}, s.value(1, 3, 4, 21), ints(-1), index(model.Int64, 1, 3, 4)),
		s.one(model.OpArgMin, model.Arg{Output: model.Int32}, s.image(), ints(1), index(model.Int32, 1, 4, 2)),
		s.topK(),
		s.one(model.OpL2Normalization, model.L2Norm{}, s.value(2, 5), unit),
	}
}

// index is a tensor of places.
func index(typ model.Type, shape ...int) model.Tensor {
	return model.Tensor{Name: "p", Shape: shape, Type: typ}
}

func (s seeding) topK() *model.Model {
	m := s.one(model.OpTopKV2, model.TopK{}, s.value(2, 7), ints(3), s.value(2, 3))
	m.Tensors = append(m.Tensors, index(model.Int32, 2, 3))
	m.Operators[0].Outputs, m.Outputs = []int{2, 3}, []int{2, 3}
	return m
}

// floatReducing is models of float32 alone.
func (s seeding) floatReducing() []*model.Model {
	pool := model.Pool2D{StrideH: 2, StrideW: 1, Height: 2, Width: 3}
	return []*model.Model{
		s.one(model.OpCumSum, model.CumSum{Exclusive: true}, s.image(), ints(2), s.image()),
		s.one(model.OpL2Pool2D, pool, s.image(), s.value(1, 2, 4, 2)),
	}
}
