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
		s.one(model.OpL2Normalization, model.L2Norm{}, s.value(2, 5), unit),
	}
}
