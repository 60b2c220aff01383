package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// rule is how the shapes of a node's outputs follow from its operands, as TensorFlow Lite has it. It gives nil where it
// cannot tell: then the file's shapes stand, and lowering judges them.
type rule func(n *node) ([][]int, error)

// shapeRule is the rule of an operator; nil for one whose outputs have the shapes that the file says.
func shapeRule(op model.Op) rule {
	switch op {
	case model.OpReLU, model.OpReLU6, model.OpReLUN1To1, model.OpTanh, model.OpLogistic, model.OpELU, model.OpGELU, model.OpHardSwish,
		model.OpLeakyReLU, model.OpSoftmax, model.OpLogSoftmax, model.OpLRN, model.OpL2Normalization, model.OpAbs, model.OpNeg,
		model.OpExp, model.OpLog, model.OpSqrt, model.OpRsqrt, model.OpSquare, model.OpSin, model.OpCos, model.OpFloor, model.OpCeil,
		model.OpRound, model.OpLogicalNot, model.OpCast, model.OpQuantize, model.OpDequantize, model.OpZerosLike, model.OpReverseV2,
		model.OpCumSum, model.OpAddN, model.OpReLU0To1, model.OpFakeQuant, model.OpReverseSequence, model.OpMatrixSetDiag,
		model.OpBucketize, model.OpDensify, model.OpDynamicUpdate:
		return sameShape
	case model.OpAdd, model.OpSub, model.OpMul, model.OpDiv, model.OpMaximum, model.OpMinimum, model.OpSquaredDifference,
		model.OpFloorDiv, model.OpFloorMod, model.OpPow, model.OpPReLU, model.OpGreater, model.OpGreaterEqual, model.OpLess,
		model.OpLessEqual, model.OpEqual, model.OpNotEqual, model.OpLogicalAnd, model.OpLogicalOr, model.OpSelectV2:
		return broadcastShape
	case model.OpMean, model.OpSum, model.OpReduceMax, model.OpReduceMin, model.OpReduceProd, model.OpReduceAny, model.OpReduceAll:
		return reducedShape
	case model.OpConv2D, model.OpDepthwiseConv2D:
		return convShape
	case model.OpAveragePool2D, model.OpMaxPool2D, model.OpL2Pool2D:
		return poolShape
	case model.OpResizeBilinear, model.OpResizeNearest:
		return resizeShape
	case model.OpPad, model.OpPadV2, model.OpMirrorPad:
		return padShape
	case model.OpArgMax, model.OpArgMin:
		return argShape
	case model.OpSplit, model.OpSplitV:
		return splitShape
	}
	return moverRule(op)
}

// moverRule is shapeRule of operators that have a rule of their own.
func moverRule(op model.Op) rule {
	switch op {
	case model.OpReshape:
		return reshapeShape
	case model.OpSqueeze:
		return squeezeShape
	case model.OpExpandDims:
		return expandDimsShape
	case model.OpShape:
		return func(n *node) ([][]int, error) { return one(len(n.inputs[0].Shape)), nil }
	case model.OpRank:
		return func(*node) ([][]int, error) { return one(), nil }
	case model.OpFullyConnected:
		return fullyConnectedShape
	case model.OpConcatenation:
		return concatShape
	case model.OpTransposeConv:
		return transposeConvShape
	case model.OpTopKV2:
		return topKShape
	case model.OpBatchMatMul:
		return batchMatMulShape
	case model.OpSelect:
		return selectShape
	case model.OpTranspose:
		return transposeShape
	case model.OpSlice:
		return sliceShape
	case model.OpStridedSlice:
		return stridedShape
	case model.OpPack:
		return packShape
	case model.OpUnpack:
		return unpackShape
	case model.OpGather:
		return gatherShape
	case model.OpGatherND:
		return gatherNDShape
	case model.OpTile:
		return tileShape
	case model.OpBroadcastTo:
		return broadcastToShape
	case model.OpFill:
		return fillShape
	case model.OpRange:
		return rangeShape
	case model.OpOneHot:
		return oneHotShape
	case model.OpScatterND:
		return scatterShape(2)
	case model.OpSparseToDense:
		return scatterShape(1)
	case model.OpRNN, model.OpSequenceRNN:
		return recurrentShape(2, 0)
	case model.OpLSTM, model.OpSequenceLSTM:
		return recurrentShape(lstmRecurrent+outputGate, 1)
	case model.OpSegmentSum:
		return segmentSumShape
	case model.OpEmbeddingLookup:
		return embeddingShape
	case model.OpMatrixDiag:
		return matrixDiagShape
	case model.OpSuppressionV4, model.OpSuppressionV5:
		return suppressShape
	case model.OpBroadcastArgs:
		return broadcastArgsShape
	case model.OpSpaceToDepth:
		return spaceToDepthShape
	case model.OpDepthToSpace:
		return depthToSpaceShape
	case model.OpSpaceToBatchND:
		return spaceToBatchShape
	case model.OpBatchToSpaceND:
		return batchToSpaceShape
	}
	return nil
}

// one is the answer of a rule for a single output.
func one(dims ...int) [][]int { return [][]int{dims} }

// maxList bounds lists of axes, sizes and parts: many operators may read one.
const maxList = 1 << 12

// list is the numbers of input i, which tells of a shape: a constant, or what settle made one.
func (n *node) list(i int) ([]int, error) {
	if i >= len(n.inputs) || n.inputs[i] == nil {
		return nil, fmt.Errorf("input %d is missing", i)
	}
	v := n.inputs[i]
	if v.Elements() > maxList {
		return nil, fmt.Errorf("input %d is %v (the most is %d numbers): %w", i, v.Shape, maxList, model.ErrUnsupported)
	}
	if v.Data == nil && (v.Type == model.Int32 || v.Type == model.Int64) {
		return nil, fmt.Errorf("output %q has a shape that is only known in a run: %q, which it depends on, is not constant: %w", n.outputs[0].Name, v.Name, model.ErrUnsupported)
	}
	return v.ints()
}

// axis is a position among the dimensions of v that may count from the end.
func axisOf(v *value, axis int) (int, error) {
	rank := len(v.Shape)
	if axis < -rank || axis >= rank {
		return 0, fmt.Errorf("axis %d of %v", axis, v.Shape)
	}
	if axis < 0 {
		axis += rank
	}
	return axis, nil
}

func sameShape(n *node) ([][]int, error) { return [][]int{n.inputs[0].Shape}, nil }

// broadcastShape is the rule of operators that match the shapes of all inputs as NumPy does.
func broadcastShape(n *node) ([][]int, error) {
	var list [][]int
	for _, in := range n.inputs {
		if in == nil {
			return nil, fmt.Errorf("an input is missing")
		}
		list = append(list, in.Shape)
	}
	out, err := broadcastTogether(list...)
	return one(out...), err
}

// broadcastArgsShape is the rule of BROADCAST_ARGS, whose inputs are shapes.
func broadcastArgsShape(n *node) ([][]int, error) {
	if n.inputs[1] == nil || len(n.inputs[0].Shape) != 1 || len(n.inputs[1].Shape) != 1 {
		return nil, nil
	}
	return one(max(n.inputs[0].Shape[0], n.inputs[1].Shape[0])), nil
}

// broadcastTogether matches shapes: aligned at the last dimension, what is 1 or missing repeats.
func broadcastTogether(list ...[]int) ([]int, error) {
	var out []int
	for _, shape := range list {
		if more := len(shape) - len(out); more > 0 {
			out = append(slices.Repeat([]int{1}, more), out...)
		}
	}
	for _, shape := range list {
		for i, d := range shape {
			at := len(out) - len(shape) + i
			if d != 1 && out[at] != 1 && d != out[at] {
				return nil, fmt.Errorf("shapes %v do not match: %w", list, model.ErrUnsupported)
			}
			out[at] = max(out[at], d)
		}
	}
	return out, nil
}

func reshapeShape(n *node) ([][]int, error) {
	in, out := n.inputs[0], n.outputs[0]
	if len(n.inputs) > 1 && n.inputs[1] != nil && n.inputs[1].Data == nil && n.inputs[1].Odd == "" {
		_, err := n.list(1)
		return nil, err
	}
	if shape := n.newShape(in.Elements()); shape != nil {
		return one(shape...), nil
	}
	return one(out.Shape...), nil // aliases compares the sizes
}

func squeezeShape(n *node) ([][]int, error) {
	in := n.inputs[0]
	opt, _ := n.options.(model.Squeeze)
	gone := make([]bool, len(in.Shape))
	for d := range gone {
		gone[d] = len(opt.Axes) == 0 && in.Shape[d] == 1
	}
	for _, a := range opt.Axes {
		a, err := axisOf(in, a)
		if err != nil {
			return nil, err
		}
		if in.Shape[a] != 1 {
			return nil, fmt.Errorf("dimension %d of %v is not 1", a, in.Shape)
		}
		gone[a] = true
	}
	shape := []int{}
	for d, size := range in.Shape {
		if !gone[d] {
			shape = append(shape, size)
		}
	}
	return one(shape...), nil
}

func expandDimsShape(n *node) ([][]int, error) {
	in := n.inputs[0]
	axis, err := n.list(1)
	if err != nil {
		return nil, err
	}
	rank := len(in.Shape)
	if len(axis) != 1 || axis[0] < -rank-1 || axis[0] > rank {
		return nil, fmt.Errorf("axis %v of %v", axis, in.Shape)
	}
	at := axis[0]
	if at < 0 {
		at += rank + 1
	}
	return one(with(in.Shape, at, 1)...), nil
}
