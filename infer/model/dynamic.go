package model

// dynamic tells of each tensor whether its shape is only known when the model runs, whatever the file says: an operator
// computes it whose output's shape depends on a value that is not constant, or that reads such a tensor.
func (m *Model) dynamic() []bool {
	dynamic := make([]bool, len(m.Tensors))
	for n := range m.Operators {
		o := &m.Operators[n]
		shaped := m.shapedByValue(o)
		for _, i := range o.Inputs {
			shaped = shaped || i >= 0 && dynamic[i]
		}
		for _, i := range o.Outputs {
			dynamic[i] = shaped
		}
	}
	return dynamic
}

// shapedByValue tells whether o takes the shape of its output from a value that is not constant: a shape, sizes, axes or
// a count among its inputs, which are integers.
func (m *Model) shapedByValue(o *Operator) bool {
	switch o.Op.String() {
	case "WHERE", "UNIQUE", "IF", "WHILE":
		return true
	case "RESHAPE", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "PAD", "PADV2", "MIRROR_PAD", "MEAN", "SUM", "REDUCE_MAX",
		"REDUCE_MIN", "REDUCE_PROD", "REDUCE_ANY", "REDUCE_ALL", "TRANSPOSE", "TRANSPOSE_CONV", "SPLIT", "SPLIT_V", "SLICE",
		"STRIDED_SLICE", "TILE", "EXPAND_DIMS", "FILL", "RANGE", "BROADCAST_TO", "SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND",
		"ONE_HOT", "TOPK_V2":
	default:
		return false
	}
	for _, i := range o.Inputs {
		if i < 0 {
			continue
		}
		if t := &m.Tensors[i]; t.Data == nil && (t.Type == Int32 || t.Type == Int64) {
			return true
		}
	}
	return false
}
