package cpu

import "github.com/inceptiond/inceptiond/infer/model"

// movers is a model for each operator that moves numbers of any type.
func (s seeding) movers() []*model.Model {
	number := ints(2)
	number.Shape = []int{}
	rows := model.Tensor{Name: "rows", Shape: []int{3}, Type: model.Int32}
	positions := model.Tensor{Name: "positions", Shape: []int{3, 2}, Type: model.Int64}
	element := s.value()
	list := []*model.Model{
		s.one(model.OpPack, model.Pack{Values: 2, Axis: 1}, s.value(2, 3), s.value(2, 3), s.value(2, 2, 3)),
		s.one(model.OpUnpack, model.Unpack{Num: 1}, s.value(1, 2, 3), s.value(2, 3)),
		s.one(model.OpGather, model.Gather{Axis: 1}, s.value(2, 120, 2), rows, s.value(2, 3, 2)),
		s.one(model.OpGather, model.Gather{Axis: 0}, s.value(3, 2), ints(2, 0), s.value(2, 2)),
		s.one(model.OpGatherND, nil, s.value(120, 120, 1), positions, s.value(3, 1)),
		s.one(model.OpTile, nil, s.value(2, 1, 3), ints(1, 3, 2), s.value(2, 3, 6)),
		s.one(model.OpMirrorPad, model.MirrorPad{}, s.value(3, 4), ints(1, 2, 0, 1), s.value(6, 5)),
		s.one(model.OpPadV2, nil, s.value(3, 4), ints(1, 2, 0, 1), element, s.value(6, 5)),
		s.one(model.OpSlice, nil, s.value(3, 4), ints(1, 0), ints(2, -1), s.value(2, 4)),
		s.one(model.OpStridedSlice, model.StridedSlice{EndMask: 2}, s.value(3, 4), ints(-1, 0), ints(0, 0), ints(-1, 2), s.value(2, 2)),
		s.one(model.OpReverseV2, nil, s.value(3, 4), ints(1), s.value(3, 4)),
		s.one(model.OpDepthToSpace, model.DepthToSpace{Block: 2}, s.value(1, 2, 3, 8), s.value(1, 4, 6, 2)),
		s.one(model.OpSpaceToBatchND, nil, s.image(), ints(2, 2), ints(1, 1, 0, 2), s.value(4, 3, 3, 2)),
		s.one(model.OpBatchToSpaceND, nil, s.value(4, 3, 3, 2), ints(2, 2), ints(1, 1, 0, 2), s.image()),
		s.one(model.OpFill, nil, ints(2, 3), element, s.value(2, 3)),
		s.one(model.OpZerosLike, nil, s.value(2, 3), s.value(2, 3)),
		s.one(model.OpBroadcastTo, nil, s.value(2, 1), ints(3, 2, 4), s.value(3, 2, 4)),
		s.one(model.OpOneHot, model.OneHot{Axis: -1}, rows, number, element, element, s.value(3, 2)),
		s.one(model.OpRange, nil, ints(1), ints(9), ints(2), model.Tensor{Name: "r", Shape: []int{4}, Type: model.Int32}),
		s.one(model.OpExpandDims, nil, s.value(2, 3), ints(0), s.value(1, 2, 3)),
		s.one(model.OpCast, nil, s.value(7), model.Tensor{Name: "c", Shape: []int{7}, Type: model.Int64}),
		s.one(model.OpCast, nil, s.value(7), model.Tensor{Name: "c", Shape: []int{7}, Type: model.Float32}),
		s.one(model.OpMaxPool2D, model.Pool2D{StrideH: 2, StrideW: 1, Height: 2, Width: 3}, s.value(3, 4, 4, 2), s.value(3, 2, 4, 2)),
		s.told(),
	}
	list[18].Inputs = []int{3} // a model has an input
	list[18].Tensors, list[18].Operators[0].Outputs = append(list[18].Tensors, list[18].Tensors[3]), []int{4}
	list[18].Outputs = []int{4}
	return list
}

// told is a network that computes a shape: of the first of its images.
func (s seeding) told() *model.Model {
	shape := func(n int) model.Tensor { return model.Tensor{Name: "s", Shape: []int{n}, Type: model.Int32} }
	return &model.Model{
		Tensors: []model.Tensor{s.image(), shape(4), ints(0), ints(2), ints(1), shape(2), ints(8), shape(3), s.value(1, 4, 8)},
		Operators: []model.Operator{
			{Op: model.OpShape, Version: 1, Options: model.Shape{Out: model.Int32}, Inputs: []int{0}, Outputs: []int{1}},
			{Op: model.OpStridedSlice, Version: 1, Options: model.StridedSlice{}, Inputs: []int{1, 2, 3, 4}, Outputs: []int{5}},
			{Op: model.OpConcatenation, Version: 1, Options: model.Concat{}, Inputs: []int{5, 6}, Outputs: []int{7}},
			{Op: model.OpReshape, Version: 1, Inputs: []int{0, 7}, Outputs: []int{8}},
		},
		Inputs: []int{0}, Outputs: []int{8},
	}
}
