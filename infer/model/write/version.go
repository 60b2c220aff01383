package write

import "github.com/inceptiond/inceptiond/infer/model"

// version is the operator version that TensorFlow Lite's converter writes for o, after
// tensorflow/lite/tools/versioning/op_version.cc, for float32, uint8, int8 and float16.
func version(m *model.Model, o *model.Operator) int {
	is := func(operand int, t model.Type) bool {
		if operand >= len(o.Inputs) {
			return false
		}
		in := tensor(m, o.Inputs[operand])
		return in != nil && in.Type == t
	}
	hybrid := is(0, model.Float32) && (is(1, model.Int8) || is(1, model.Uint8))
	switch o.Op {
	case model.OpConv2D:
		switch {
		case hybrid && channels(m, o) > 1:
			return 5
		case hybrid:
			return 2
		case is(0, model.Int8):
			return 3
		}
	case model.OpDepthwiseConv2D:
		opt, _ := o.Options.(model.DepthwiseConv2D)
		switch {
		case hybrid && channels(m, o) > 1:
			return 6
		case hybrid:
			return 4
		case is(0, model.Int8):
			return 3
		case opt.DilationH > 1 || opt.DilationW > 1:
			return 2
		}
	case model.OpFullyConnected:
		opt, _ := o.Options.(model.FullyConnected)
		switch {
		case opt.AsymmetricInputs:
			return 9
		case hybrid && len(o.Inputs) == 3 && !opt.KeepNumDims:
			return 3
		case len(o.Inputs) == 2:
			return 6
		case opt.KeepNumDims:
			return 5
		case is(0, model.Int8):
			return 4
		case opt.ShuffledWeights:
			return 2
		}
	case model.OpTransposeConv:
		opt, _ := o.Options.(model.TransposeConv)
		switch {
		case opt.Activation != model.NoActivation:
			return 4
		case len(o.Inputs) == 4:
			return 3
		case is(1, model.Int8): // input 0 is the shape
			return 2
		}
	case model.OpMul:
		switch {
		case mulRescale(m, o) >= 1:
			return 3
		case is(0, model.Int8):
			return 2
		}
	case model.OpResizeBilinear:
		opt, _ := o.Options.(model.ResizeBilinear)
		return resizeVersion(opt.HalfPixelCenters, is(0, model.Int8))
	case model.OpResizeNearest:
		opt, _ := o.Options.(model.ResizeNearest)
		return resizeVersion(opt.HalfPixelCenters || opt.AlignCorners, is(0, model.Int8))
	case model.OpReLU:
		if is(0, model.Int8) || is(0, model.Uint8) {
			return 2
		}
	case model.OpSplit:
		if is(1, model.Int8) { // input 0 is the axis
			return 2
		}
	case model.OpBroadcastTo:
		return 2 // the number of the first was given to another operator
	case model.OpDequantize:
		switch {
		case is(0, model.Float16):
			return 3
		case is(0, model.Int8):
			return 2
		}
	case model.OpAveragePool2D, model.OpMaxPool2D, model.OpConcatenation, model.OpSoftmax, model.OpMean,
		model.OpSum, model.OpAdd, model.OpSub, model.OpPad, model.OpPadV2,
		model.OpLogistic, model.OpTanh, model.OpTranspose, model.OpReLU6, model.OpL2Normalization,
		model.OpSpaceToDepth, model.OpDepthToSpace, model.OpSplitV, model.OpReduceMax, model.OpReduceMin,
		model.OpArgMax, model.OpArgMin, model.OpTopKV2:
		if is(0, model.Int8) {
			return 2
		}
	}
	return 1
}

// channels is how many scales the weights of an operator have.
func channels(m *model.Model, o *model.Operator) int {
	if w := tensor(m, o.Inputs[1]); w != nil && w.Quant != nil {
		return len(w.Quant.Scale)
	}
	return 0
}

// tensor is tensor i of m, nil if there is none: models with faults are written too, to test readers.
func tensor(m *model.Model, i int) *model.Tensor {
	if i < 0 || i >= len(m.Tensors) {
		return nil
	}
	return &m.Tensors[i]
}

// mulRescale is what a quantized product is multiplied by; 0 if it is not quantized.
func mulRescale(m *model.Model, o *model.Operator) float32 {
	scale := func(i int) float32 {
		if t := tensor(m, i); t != nil && t.Quant != nil && len(t.Quant.Scale) > 0 {
			return t.Quant.Scale[0]
		}
		return 0
	}
	if len(o.Inputs) != 2 || len(o.Outputs) != 1 || scale(o.Outputs[0]) == 0 {
		return 0
	}
	return scale(o.Inputs[0]) * scale(o.Inputs[1]) / scale(o.Outputs[0])
}

func resizeVersion(newer, int8 bool) int {
	switch {
	case newer:
		return 3
	case int8:
		return 2
	}
	return 1
}
