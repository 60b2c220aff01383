package cpu

import (
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// lowering turns the nodes of a graph into steps. It is what an operator's function needs for that: the kernels, the memory
// of values, and an account of what the layers will want.
type lowering struct {
	budget
	set     *kernel.Set
	threads int
	scratch need // of each thread, so far
	packer  kernel.Packer
	packed  slab // what it has packed
	steps   []step
}

// step is a layer and what it is called.
type step struct {
	Layer
	job   *job
	fault func() error // see fallible; nil if it cannot fail
}

// operators has the function that makes the layer of a node, for each operator that the engine runs. The node's values have
// memory; the function checks their types, shapes and scales. RESHAPE and its like have none: see aliases.
var operators = map[model.Op]func(l *lowering, n *node) (layer, error){
	model.OpConv2D:          lowerConv,
	model.OpDepthwiseConv2D: lowerDepthwise,
	model.OpFullyConnected:  lowerFullyConnected,
	model.OpMaxPool2D:       lowerPool,
	model.OpAveragePool2D:   lowerPool,
	model.OpMean:            lowerMean,
	model.OpSum:             lowerSum,
	model.OpReduceMax:       lowerExtreme,
	model.OpReduceMin:       lowerExtreme,
	model.OpReduceProd:      lowerProd,
	model.OpReduceAny:       lowerLogic,
	model.OpReduceAll:       lowerLogic,
	model.OpArgMax:          lowerArg,
	model.OpArgMin:          lowerArg,
	model.OpTopKV2:          lowerTopK,
	model.OpCumSum:          lowerCumSum,
	model.OpL2Pool2D:        lowerL2Pool,
	model.OpConcatenation:   lowerConcat,
	model.OpSoftmax:         lowerSoftmax,
	model.OpLRN:             lowerLRN,
	model.OpL2Normalization: lowerL2Norm,
	model.OpQuantize:        lowerQuantize,
	model.OpDequantize:      lowerDequantize,
	model.OpPad:             lowerPad,
	model.OpTranspose:       lowerTranspose,
	model.OpSpaceToDepth:    lowerSpaceToDepth,
	model.OpSplit:           lowerSplit,
	model.OpSplitV:          lowerSplitV,
	model.OpPadV2:           lowerPad,
	model.OpMirrorPad:       lowerMirrorPad,
	model.OpSlice:           lowerSlice,
	model.OpStridedSlice:    lowerStridedSlice,
	model.OpReverseV2:       lowerReverse,
	model.OpDepthToSpace:    lowerDepthToSpace,
	model.OpSpaceToBatchND:  lowerSpaceToBatch,
	model.OpBatchToSpaceND:  lowerBatchToSpace,
	model.OpPack:            lowerPack,
	model.OpUnpack:          lowerUnpack,
	model.OpGather:          lowerGather,
	model.OpGatherND:        lowerGatherND,
	model.OpOneHot:          lowerOneHot,
	model.OpTile:            lowerTile,
	model.OpBroadcastTo:     lowerBroadcastTo,
	model.OpFill:            lowerFill,
	model.OpZerosLike:       lowerZerosLike,
	model.OpRange:           lowerRange,
	model.OpCast:            lowerCast,
	model.OpShape:           lowerTold,
	model.OpRank:            lowerTold,
	model.OpResizeBilinear:  lowerResizeBilinear,
	model.OpResizeNearest:   lowerResizeNearest,
	model.OpTransposeConv:   lowerTransposeConv,
	model.OpBatchMatMul:     lowerBatchMatMul,
	model.OpScatterND:       lowerScatterND,
	model.OpSparseToDense:   lowerSparseToDense,
	model.OpReverseSequence: lowerReverseSequence,
	model.OpMatrixDiag:      lowerDiagonal,
	model.OpMatrixSetDiag:   lowerDiagonal,
	model.OpBucketize:       lowerBucketize,
	model.OpFakeQuant:       lowerFakeQuant,
	model.OpSuppressionV4:   lowerSuppression,
	model.OpSuppressionV5:   lowerSuppression,
	model.OpBroadcastArgs:   lowerTold,
	model.OpRNN:             lowerRNN,
	model.OpSequenceRNN:     lowerRNN,
	model.OpLSTM:            lowerLSTM,
	model.OpSequenceLSTM:    lowerLSTM,
	model.OpSegmentSum:      lowerSegmentSum,
	model.OpDynamicUpdate:   lowerUpdate,
	model.OpEmbeddingLookup: lowerEmbedding,
	opQuantizeImage:         lowerQuantizeImage,
	opQuantizeRows:          lowerQuantizeRows,
	opNormBytes:             lowerNormBytes,
	opBlocks:                lowerBlocks,
	opInterleave:            lowerInterleave,

	// Element by element.
	model.OpAdd:               lowerBinary,
	model.OpSub:               lowerBinary,
	model.OpMul:               lowerBinary,
	model.OpDiv:               lowerBinary,
	model.OpMaximum:           lowerBinary,
	model.OpMinimum:           lowerBinary,
	model.OpSquaredDifference: lowerBinary,
	model.OpFloorDiv:          lowerBinary,
	model.OpFloorMod:          lowerBinary,
	model.OpPow:               lowerBinary,
	model.OpPReLU:             lowerBinary,
	model.OpLess:              lowerCompare,
	model.OpLessEqual:         lowerCompare,
	model.OpGreater:           lowerCompare,
	model.OpGreaterEqual:      lowerCompare,
	model.OpEqual:             lowerCompare,
	model.OpNotEqual:          lowerCompare,
	model.OpLogicalAnd:        lowerLogical,
	model.OpLogicalOr:         lowerLogical,
	model.OpLogicalNot:        lowerNot,
	model.OpSelect:            lowerSelect,
	model.OpSelectV2:          lowerSelect,
	model.OpAddN:              lowerAddN,
	model.OpReLU:              lowerUnary,
	model.OpReLU6:             lowerUnary,
	model.OpReLUN1To1:         lowerUnary,
	model.OpReLU0To1:          lowerUnary,
	model.OpLeakyReLU:         lowerUnary,
	model.OpHardSwish:         lowerUnary,
	model.OpTanh:              lowerUnary,
	model.OpLogistic:          lowerUnary,
	model.OpELU:               lowerUnary,
	model.OpGELU:              lowerUnary,
	model.OpAbs:               lowerUnary,
	model.OpNeg:               lowerUnary,
	model.OpSquare:            lowerUnary,
	model.OpSqrt:              lowerUnary,
	model.OpRsqrt:             lowerUnary,
	model.OpFloor:             lowerUnary,
	model.OpCeil:              lowerUnary,
	model.OpRound:             lowerUnary,
	model.OpExp:               lowerUnary,
	model.OpLog:               lowerUnary,
	model.OpSin:               lowerUnary,
	model.OpCos:               lowerUnary,
	model.OpLogSoftmax:        lowerLogSoftmax,
}

// customs is operators of the custom ones, by name.
var customs = map[string]func(l *lowering, n *node) (layer, error){
	model.DetectionOperator: lowerDetection,
}

// lower makes a program of g, whose values are placed. It tells release about constants that it has read for the last time.
func (l *lowering) lower(g *graph, release func([]byte)) (*program, error) {
	dying := g.dying()
	done := func(constants []*value) {
		for _, v := range constants {
			if release != nil {
				release(v.Data)
			}
		}
	}
	done(dying[0])
	makers := map[*value]aimed{}
	for at, n := range g.nodes {
		if err := l.node(n); err != nil {
			return nil, err
		}
		if a, ok := l.steps[len(l.steps)-1].job.layer.(aimed); ok {
			makers[n.outputs[0]] = a
		}
		done(dying[at+1])
	}
	inputs, err := l.ports(g.inputs)
	if err != nil {
		return nil, err
	}
	outputs, err := l.ports(g.outputs)
	if err != nil {
		return nil, err
	}
	for v, readers := range g.readers() {
		if at := slices.Index(g.outputs, v); at >= 0 && len(readers) == 1 { // the caller alone
			outputs[at].maker = makers[v]
		}
	}
	done(dying[len(g.nodes)+1])
	err = l.take(l.scratch.bytes() * int64(l.threads))
	return &program{inputs, outputs, variables(g), l.steps, l.scratch, l.effort, l.used}, err
}

// node appends the step of a node, or several if it has siblings with which it cannot share one.
func (l *lowering) node(n *node) error {
	if n.siblings != nil {
		return lowerSiblings(l, append([]*node{n}, n.siblings...))
	}
	lower := operators[n.op]
	switch {
	case n.op == model.OpCustom:
		lower = customs[n.name]
	case n.images() > 1:
		lower = lowerImages
	}
	made, err := lower(l, n)
	if err != nil {
		return n.wrap(err)
	}
	l.add(made, n)
	return nil
}

// add appends a step that computes nodes.
func (l *lowering) add(made layer, nodes ...*node) {
	s := step{job: newJob(made, l.threads)}
	if f, ok := made.(fallible); ok {
		s.fault = f.fault
	}
	for i, n := range nodes {
		out := n.outputs[0]
		s.MACs += n.macs
		if i == 0 {
			s.Op, s.Name, s.OutShape = n.name, out.Name, slices.Clone(out.Shape)
			continue
		}
		s.Name += " + " + out.Name
		s.OutShape[len(s.OutShape)-1] += out.channels()
	}
	l.steps = append(l.steps, s)
}

// numbers is those of a float32 constant, in memory of its own.
func (v *value) numbers() []float32 {
	list := make([]float32, v.Elements())
	v.read(list, 0)
	return list
}

// read writes the numbers of a float32 constant, from one on, to dst.
func (v *value) read(dst []float32, from int) {
	if v.from != nil {
		v.from.decode(dst, from)
	} else {
		decodeFloats(dst, v.Data[4*from:])
	}
}

// view is where 8-bit value v is written.
func (l *lowering) view(v *value) view {
	if s := v.slot; s != nil {
		return view{s.whole.memory[s.channel:], s.whole.channels(), s.table, l.set}
	}
	return view{data: v.root().memory, pitch: v.channels()}
}

// view32 is where float32 value v is written, as pixels of some channels.
func (l *lowering) view32(v *value, channels int) (view32, error) {
	if s := v.slot; s != nil && v.Type == model.Float32 {
		return view32{as[float32](s.whole.memory)[s.channel:], s.whole.channels()}, nil
	}
	data, err := l.floats(v)
	return view32{data, channels}, err
}

// variables are the values of g that live from run to run.
func variables(g *graph) (list []port) {
	for _, v := range g.values {
		if v.Variable && v.root().memory != nil {
			list = append(list, newPort(v))
		}
	}
	return list
}

// ports describes values to the engine's caller.
func (l *lowering) ports(values []*value) ([]port, error) {
	list := make([]port, len(values))
	for i, v := range values {
		if err := l.prepare(v.root()); err != nil {
			return nil, err
		}
		list[i] = newPort(v)
	}
	return list, nil
}
