package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// shapes has the rule by which the shapes of a node's outputs follow from its operands, as TensorFlow Lite has it. A rule
// gives nil where it cannot tell: then the file's shapes stand, and lowering judges them. Operators without a rule have what
// the file says.
var shapes = map[model.Op]func(n *node) ([][]int, error){
	model.OpReshape:    reshapeShape,
	model.OpSqueeze:    squeezeShape,
	model.OpExpandDims: expandDimsShape,
	model.OpShape:      func(n *node) ([][]int, error) { return one(len(n.inputs[0].Shape)), nil },
	model.OpRank:       func(n *node) ([][]int, error) { return one(), nil },

	model.OpConv2D:          convShape,
	model.OpDepthwiseConv2D: convShape,
	model.OpAveragePool2D:   poolShape,
	model.OpMaxPool2D:       poolShape,
	model.OpL2Pool2D:        poolShape,
	model.OpFullyConnected:  fullyConnectedShape,
	model.OpConcatenation:   concatShape,
	model.OpTransposeConv:   transposeConvShape,
	model.OpResizeBilinear:  resizeShape,
	model.OpResizeNearest:   resizeShape,

	model.OpMean:      reducedShape,
	model.OpSum:       reducedShape,
	model.OpReduceMax: reducedShape,
	model.OpReduceMin: reducedShape,
	model.OpReduceAny: reducedShape,
	model.OpReduceAll: reducedShape,

	model.OpReduceProd: reducedShape,
	model.OpArgMax:     argShape,
	model.OpArgMin:     argShape,

	model.OpPad:            padShape,
	model.OpPadV2:          padShape,
	model.OpMirrorPad:      padShape,
	model.OpTranspose:      transposeShape,
	model.OpSlice:          sliceShape,
	model.OpStridedSlice:   stridedShape,
	model.OpPack:           packShape,
	model.OpUnpack:         unpackShape,
	model.OpSplit:          splitShape,
	model.OpSplitV:         splitShape,
	model.OpGather:         gatherShape,
	model.OpGatherND:       gatherNDShape,
	model.OpTile:           tileShape,
	model.OpBroadcastTo:    broadcastToShape,
	model.OpFill:           fillShape,
	model.OpRange:          rangeShape,
	model.OpOneHot:         oneHotShape,
	model.OpSpaceToDepth:   spaceToDepthShape,
	model.OpDepthToSpace:   depthToSpaceShape,
	model.OpSpaceToBatchND: spaceToBatchShape,
	model.OpBatchToSpaceND: batchToSpaceShape,

	model.OpAdd:               broadcastShape,
	model.OpSub:               broadcastShape,
	model.OpMul:               broadcastShape,
	model.OpDiv:               broadcastShape,
	model.OpMaximum:           broadcastShape,
	model.OpMinimum:           broadcastShape,
	model.OpSquaredDifference: broadcastShape,
	model.OpFloorDiv:          broadcastShape,
	model.OpFloorMod:          broadcastShape,
	model.OpPow:               broadcastShape,
	model.OpPReLU:             broadcastShape,
	model.OpGreater:           broadcastShape,
	model.OpGreaterEqual:      broadcastShape,
	model.OpLess:              broadcastShape,
	model.OpLessEqual:         broadcastShape,
	model.OpEqual:             broadcastShape,
	model.OpNotEqual:          broadcastShape,
	model.OpLogicalAnd:        broadcastShape,
	model.OpLogicalOr:         broadcastShape,
	model.OpSelectV2:          broadcastShape,

	model.OpReLU: sameShape, model.OpReLU6: sameShape, model.OpReLUN1To1: sameShape, model.OpTanh: sameShape,
	model.OpLogistic: sameShape, model.OpELU: sameShape, model.OpGELU: sameShape, model.OpHardSwish: sameShape,
	model.OpLeakyReLU: sameShape, model.OpSoftmax: sameShape, model.OpLogSoftmax: sameShape, model.OpLRN: sameShape,
	model.OpL2Normalization: sameShape, model.OpAbs: sameShape, model.OpNeg: sameShape, model.OpExp: sameShape,
	model.OpLog: sameShape, model.OpSqrt: sameShape, model.OpRsqrt: sameShape, model.OpSquare: sameShape,
	model.OpSin: sameShape, model.OpCos: sameShape, model.OpFloor: sameShape, model.OpCeil: sameShape,
	model.OpRound: sameShape, model.OpLogicalNot: sameShape, model.OpCast: sameShape, model.OpQuantize: sameShape,
	model.OpDequantize: sameShape, model.OpZerosLike: sameShape, model.OpReverseV2: sameShape, model.OpCumSum: sameShape,
	model.OpAddN: sameShape,
}

// one is the answer of a rule for a single output.
func one(dims ...int) [][]int { return [][]int{dims} }

// list is the numbers of input i, which tells of a shape: a constant, or what settle made one.
func (n *node) list(i int) ([]int, error) {
	if i >= len(n.inputs) || n.inputs[i] == nil {
		return nil, fmt.Errorf("input %d is missing", i)
	}
	v := n.inputs[i]
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

// broadcastShape matches the shapes of all inputs as NumPy does: aligned at the last dimension, what is 1 or missing repeats.
func broadcastShape(n *node) ([][]int, error) {
	var out []int
	for _, in := range n.inputs {
		if in == nil {
			return nil, fmt.Errorf("an input is missing")
		}
		if more := len(in.Shape) - len(out); more > 0 {
			out = append(slices.Repeat([]int{1}, more), out...)
		}
	}
	for _, in := range n.inputs {
		for i, d := range in.Shape {
			at := len(out) - len(in.Shape) + i
			if d != 1 && out[at] != 1 && d != out[at] {
				return nil, fmt.Errorf("shapes %v do not match: %w", shapesOf(n.inputs), model.ErrUnsupported)
			}
			out[at] = max(out[at], d)
		}
	}
	return one(out...), nil
}

func shapesOf(values []*value) [][]int {
	list := make([][]int, len(values))
	for i, v := range values {
		list[i] = v.Shape
	}
	return list
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
	return one(slices.Insert(slices.Clone(in.Shape), at, 1)...), nil
}
