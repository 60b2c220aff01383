package cpu

import "github.com/inceptiond/inceptiond/infer/model"

// elementwise is models of operators that compute element by element.
func (s seeding) elementwise() []*model.Model {
	truth := model.Tensor{Name: "b", Shape: []int{4, 1}, Type: model.Bool}
	whole := model.Tensor{Name: "n", Shape: []int{4, 2}, Type: model.Int32}
	short := model.Tensor{Name: "s", Shape: []int{4, 2}, Type: model.Int16, Quant: &model.Quant{Scale: []float32{1. / 4096}, ZeroPoint: []int32{0}}}
	unit := short
	unit.Quant = &model.Quant{Scale: []float32{1. / 32768}, ZeroPoint: []int32{0}}
	byte := s.value(5)
	if byte.Quant != nil {
		byte.Quant.Scale[0] = 1. / 256
	}
	list := []*model.Model{
		s.one(model.OpLogistic, nil, s.value(5), byte),
		s.one(model.OpLogistic, nil, short, unit),
		s.one(model.OpTanh, nil, short, unit),
		s.one(model.OpSoftmax, model.Softmax{Beta: 1}, short, unit),
		s.one(model.OpLeakyReLU, model.LeakyReLU{Alpha: 0.1}, s.value(5), s.value(5)),
		s.one(model.OpAdd, model.Add{}, short, short, short),
		s.one(model.OpSub, model.Sub{AnyScale16: true}, short, short, short),
		s.one(model.OpDiv, model.Div{}, s.image(), s.value(4, 1), s.image()),
		s.one(model.OpDiv, model.Div{}, whole, whole, whole),
		s.one(model.OpGELU, model.GELU{}, s.value(5), s.value(5)),
		s.one(model.OpSelect, nil, truth, s.value(4, 1), s.value(4, 1), s.value(4, 1)),
		s.one(model.OpSelectV2, nil, truth, s.image(), s.value(2), s.image()),
		s.one(model.OpAddN, nil, whole, whole, whole, whole),
		s.one(model.OpLogicalNot, nil, truth, truth),
		s.one(model.OpLogicalAnd, nil, truth, truth, truth),
		s.one(model.OpLogSoftmax, nil, s.value(2, 5), s.value(2, 5)),
	}
	for _, op := range []model.Op{model.OpHardSwish, model.OpTanh, model.OpELU, model.OpAbs, model.OpRsqrt, model.OpExp, model.OpRound} {
		list = append(list, s.one(op, nil, s.value(5), s.value(5)))
	}
	for _, op := range []model.Op{model.OpPReLU, model.OpMaximum, model.OpSquaredDifference, model.OpPow} {
		list = append(list, s.one(op, nil, s.image(), s.weights(2), s.image()))
	}
	for _, op := range []model.Op{model.OpFloorDiv, model.OpFloorMod, model.OpPow} {
		list = append(list, s.one(op, nil, whole, ints(3, 0), whole))
	}
	for _, op := range []model.Op{model.OpLess, model.OpEqual} {
		list = append(list, s.one(op, nil, s.value(4, 1), s.value(1), truth))
	}
	return list
}
