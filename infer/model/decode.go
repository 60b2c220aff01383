package model

import "math"

// spec is what Parse knows of an operator.
type spec struct {
	minInputs, maxInputs int               // maxInputs 0: any number
	union                uint8             // the number of its options in the schema's BuiltinOptions
	read                 func(t table) any // its options; nil if Operator.Options stays nil
}

// specs holds the operators whose inputs are counted and whose options are read. Fields have the order of the schema's
// tables. An operator without an options table has the defaults, as in TensorFlow Lite.
var specs = map[Op]spec{
	OpConv2D:          {2, 3, 1, func(t table) any { return readConv2D(t, 3, 4) }},
	OpDepthwiseConv2D: {2, 3, 2, func(t table) any { return DepthwiseConv2D{readConv2D(t, 4, 5), t.int(3, 0)} }},
	OpFullyConnected:  {2, 3, 8, readFullyConnected},
	OpTransposeConv:   {3, 4, 49, readTransposeConv},
	OpAveragePool2D:   {1, 1, 5, readPool2D},
	OpMaxPool2D:       {1, 1, 5, readPool2D},
	OpL2Pool2D:        {1, 1, 5, readPool2D},
	OpConcatenation:   {1, 0, 10, func(t table) any { return Concat{t.int(0, 0), Activation(t.uint8(1))} }},
	OpSoftmax:         {1, 1, 9, func(t table) any { return Softmax{t.float32(0)} }},
	OpAdd:             {2, 2, 11, func(t table) any { return Add{Activation(t.uint8(0)), t.has(1) && !t.bool(1)} }},
	OpMul:             {2, 2, 21, func(t table) any { return Mul{Activation(t.uint8(0))} }},
	OpSub:             {2, 2, 28, func(t table) any { return Sub{Activation(t.uint8(0)), t.has(1) && !t.bool(1)} }},
	OpDiv:             {2, 2, 29, func(t table) any { return Div{Activation(t.uint8(0))} }},
	OpL2Normalization: {1, 1, 12, func(t table) any { return L2Norm{Activation(t.uint8(0))} }},
	OpLRN:             {1, 1, 13, func(t table) any { return LRN{t.int(0, 0), t.float32(1), t.float32(2), t.float32(3)} }},
	OpReshape:         {1, 2, 17, func(t table) any { return Reshape{t.ints(0)} }},
	OpSqueeze:         {1, 1, 30, func(t table) any { return Squeeze{t.ints(0)} }},
	OpMean:            {2, 2, 27, func(t table) any { return Reducer{t.bool(0)} }},
	OpSum:             {2, 2, 27, func(t table) any { return Reducer{t.bool(0)} }},
	OpReduceProd:      {2, 2, 27, func(t table) any { return Reducer{t.bool(0)} }},
	OpReduceMax:       {2, 2, 27, func(t table) any { return Reducer{t.bool(0)} }},
	OpReduceMin:       {2, 2, 27, func(t table) any { return Reducer{t.bool(0)} }},
	OpReduceAny:       {2, 2, 27, func(t table) any { return Reducer{t.bool(0)} }},
	OpReduceAll:       {2, 2, 27, func(t table) any { return Reducer{t.bool(0)} }},
	OpArgMax:          {2, 2, 40, func(t table) any { return Arg{Type(t.uint8(0))} }},
	OpArgMin:          {2, 2, 57, func(t table) any { return Arg{Type(t.uint8(0))} }},
	OpTopKV2:          {2, 2, 34, func(t table) any { return TopK{} }},
	OpBatchMatMul:     {2, 2, 101, func(t table) any { return BatchMatMul{t.bool(0), t.bool(1), t.bool(2)} }},
	OpCumSum:          {2, 2, 102, func(t table) any { return CumSum{t.bool(0), t.bool(1)} }},
	OpResizeBilinear:  {2, 2, 15, func(t table) any { return ResizeBilinear{t.bool(2), t.bool(3)} }},
	OpResizeNearest:   {2, 2, 74, func(t table) any { return ResizeNearest{t.bool(0), t.bool(1)} }},
	OpSpaceToDepth:    {1, 1, 19, func(t table) any { return SpaceToDepth{t.int(0, 0)} }},
	OpDepthToSpace:    {1, 1, 94, func(t table) any { return DepthToSpace{t.int(0, 0)} }},
	OpSplit:           {2, 2, 35, func(t table) any { return Split{t.int(0, 0)} }},
	OpSplitV:          {3, 3, 79, func(t table) any { return Split{t.int(0, 0)} }},
	OpLeakyReLU:       {1, 1, 75, func(t table) any { return LeakyReLU{t.float32(0)} }},
	OpGELU:            {1, 1, 116, func(t table) any { return GELU{t.bool(0)} }},
	OpGather:          {2, 2, 23, func(t table) any { return Gather{t.int(0, 0), t.int(1, 0)} }},
	OpStridedSlice:    {4, 4, 32, readStridedSlice},
	OpPack:            {1, 0, 59, func(t table) any { return Pack{t.int(0, 0), t.int(1, 0)} }},
	OpUnpack:          {1, 1, 64, func(t table) any { return Unpack{t.int(0, 0), t.int(1, 0)} }},
	OpOneHot:          {4, 4, 61, func(t table) any { return OneHot{t.int(0, 0)} }},
	OpShape:           {1, 1, 55, func(t table) any { return Shape{Type(t.uint8(0))} }},
	OpReverseSequence: {2, 2, 87, func(t table) any { return ReverseSequence{t.int(0, 0), t.int(1, 0)} }},
	OpFakeQuant:       {1, 1, 58, func(t table) any { return FakeQuant{t.float32(0), t.float32(1), t.int(2, 0)} }},
	OpRNN:             {5, 5, 7, func(t table) any { return Recurrent{false, Activation(t.uint8(0)), t.bool(1)} }},
	OpSequenceRNN:     {5, 5, 31, func(t table) any { return Recurrent{t.bool(0), Activation(t.uint8(1)), t.bool(2)} }},
	OpLSTM:            {1, 24, 14, func(t table) any { return readLSTM(t, LSTM{Basic: t.uint8(3) != 0}) }},
	OpSequenceLSTM:    {1, 24, 71, func(t table) any { return readLSTM(t, LSTM{TimeMajor: t.bool(3)}) }},
	OpBucketize:       {1, 1, 115, func(t table) any { return Bucketize{t.float32s(0)} }},
	OpMirrorPad:       {2, 2, 77, func(t table) any { return MirrorPad{t.uint8(0) != 0} }},

	OpDequantize: {minInputs: 1, maxInputs: 1},
	OpQuantize:   {minInputs: 1, maxInputs: 1},
	OpLogistic:   {minInputs: 1, maxInputs: 1},
	OpTanh:       {minInputs: 1, maxInputs: 1},
	OpHardSwish:  {minInputs: 1, maxInputs: 1},
	OpReLU:       {minInputs: 1, maxInputs: 1},
	OpReLU6:      {minInputs: 1, maxInputs: 1},
	OpReLUN1To1:  {minInputs: 1, maxInputs: 1},

	OpELU:               {minInputs: 1, maxInputs: 1},
	OpExp:               {minInputs: 1, maxInputs: 1},
	OpLog:               {minInputs: 1, maxInputs: 1},
	OpNeg:               {minInputs: 1, maxInputs: 1},
	OpAbs:               {minInputs: 1, maxInputs: 1},
	OpSin:               {minInputs: 1, maxInputs: 1},
	OpCos:               {minInputs: 1, maxInputs: 1},
	OpSqrt:              {minInputs: 1, maxInputs: 1},
	OpRsqrt:             {minInputs: 1, maxInputs: 1},
	OpSquare:            {minInputs: 1, maxInputs: 1},
	OpFloor:             {minInputs: 1, maxInputs: 1},
	OpCeil:              {minInputs: 1, maxInputs: 1},
	OpRound:             {minInputs: 1, maxInputs: 1},
	OpLogicalNot:        {minInputs: 1, maxInputs: 1},
	OpLogSoftmax:        {minInputs: 1, maxInputs: 1},
	OpPReLU:             {minInputs: 2, maxInputs: 2},
	OpMaximum:           {minInputs: 2, maxInputs: 2},
	OpMinimum:           {minInputs: 2, maxInputs: 2},
	OpLess:              {minInputs: 2, maxInputs: 2},
	OpLessEqual:         {minInputs: 2, maxInputs: 2},
	OpGreater:           {minInputs: 2, maxInputs: 2},
	OpGreaterEqual:      {minInputs: 2, maxInputs: 2},
	OpEqual:             {minInputs: 2, maxInputs: 2},
	OpNotEqual:          {minInputs: 2, maxInputs: 2},
	OpPow:               {minInputs: 2, maxInputs: 2},
	OpLogicalOr:         {minInputs: 2, maxInputs: 2},
	OpLogicalAnd:        {minInputs: 2, maxInputs: 2},
	OpFloorDiv:          {minInputs: 2, maxInputs: 2},
	OpFloorMod:          {minInputs: 2, maxInputs: 2},
	OpSquaredDifference: {minInputs: 2, maxInputs: 2},
	OpSelect:            {minInputs: 3, maxInputs: 3},
	OpSelectV2:          {minInputs: 3, maxInputs: 3},
	OpAddN:              {minInputs: 1},
	OpTranspose:         {minInputs: 2, maxInputs: 2},
	OpPad:               {minInputs: 2, maxInputs: 2},
	OpPadV2:             {minInputs: 3, maxInputs: 3},

	OpBatchToSpaceND: {minInputs: 3, maxInputs: 3},
	OpSpaceToBatchND: {minInputs: 3, maxInputs: 3},
	OpBroadcastTo:    {minInputs: 2, maxInputs: 2},
	OpCast:           {minInputs: 1, maxInputs: 1},
	OpExpandDims:     {minInputs: 2, maxInputs: 2},
	OpFill:           {minInputs: 2, maxInputs: 2},
	OpGatherND:       {minInputs: 2, maxInputs: 2},
	OpRange:          {minInputs: 3, maxInputs: 3},
	OpRank:           {minInputs: 1, maxInputs: 1},
	OpReverseV2:      {minInputs: 2, maxInputs: 2},
	OpSlice:          {minInputs: 3, maxInputs: 3},
	OpTile:           {minInputs: 2, maxInputs: 2},
	OpZerosLike:      {minInputs: 1, maxInputs: 1},

	OpBroadcastArgs:   {minInputs: 2, maxInputs: 2},
	OpDensify:         {minInputs: 1, maxInputs: 1},
	OpDynamicUpdate:   {minInputs: 3, maxInputs: 3},
	OpEmbeddingLookup: {minInputs: 2, maxInputs: 2},
	OpMatrixDiag:      {minInputs: 1, maxInputs: 1},
	OpMatrixSetDiag:   {minInputs: 2, maxInputs: 2},
	OpReLU0To1:        {minInputs: 1, maxInputs: 1},
	OpScatterND:       {minInputs: 3, maxInputs: 3},
	OpSegmentSum:      {minInputs: 2, maxInputs: 2},
	OpSparseToDense:   {minInputs: 4, maxInputs: 4},
	OpSuppressionV4:   {minInputs: 5, maxInputs: 5},
	OpSuppressionV5:   {minInputs: 6, maxInputs: 6},
}

// readConv2D reads what Conv2DOptions and DepthwiseConv2DOptions share, but for the slots of two of the fields.
func readConv2D(t table, activation, dilationW int) Conv2D {
	return Conv2D{
		Padding:    Padding(t.uint8(0)),
		StrideW:    t.int(1, 0),
		StrideH:    t.int(2, 0),
		Activation: Activation(t.uint8(activation)),
		DilationW:  t.int(dilationW, 1),
		DilationH:  t.int(dilationW+1, 1),
	}
}

func readStridedSlice(t table) any {
	return StridedSlice{t.int(0, 0), t.int(1, 0), t.int(2, 0), t.int(3, 0), t.int(4, 0)}
}

func readTransposeConv(t table) any {
	return TransposeConv{Padding: Padding(t.uint8(0)), StrideW: t.int(1, 0), StrideH: t.int(2, 0), Activation: Activation(t.uint8(3))}
}

func readPool2D(t table) any {
	return Pool2D{
		Padding:    Padding(t.uint8(0)),
		StrideW:    t.int(1, 0),
		StrideH:    t.int(2, 0),
		Width:      t.int(3, 0),
		Height:     t.int(4, 0),
		Activation: Activation(t.uint8(5)),
	}
}

func readFullyConnected(t table) any {
	return FullyConnected{
		Activation:      Activation(t.uint8(0)),
		ShuffledWeights: t.uint8(1) != 0,
		KeepNumDims:     t.bool(2),

		AsymmetricInputs: t.bool(3),
	}
}

// readLSTM reads what LSTMOptions and UnidirectionalSequenceLSTMOptions share.
func readLSTM(t table, opt LSTM) any {
	opt.Activation, opt.CellClip, opt.ProjectClip, opt.AsymmetricInputs = Activation(t.uint8(0)), t.float32(1), t.float32(2), t.bool(4)
	return opt
}

// maxFactor bounds strides, dilations and windows, so that geometry does not overflow. Real ones are below 100.
const maxFactor = 1 << 12

// checkOptions checks the values in o's options, and makes Concat.Axis count from the front.
func (p *parser) checkOptions(o *Operator) *ParseError {
	switch opt := o.Options.(type) {
	case Conv2D:
		return checkWindow(opt.Padding, opt.Activation, opt.StrideH, opt.StrideW, opt.DilationH, opt.DilationW)
	case DepthwiseConv2D:
		return checkWindow(opt.Padding, opt.Activation, opt.StrideH, opt.StrideW, opt.DilationH, opt.DilationW)
	case TransposeConv:
		return checkWindow(opt.Padding, opt.Activation, opt.StrideH, opt.StrideW)
	case Pool2D:
		return checkWindow(opt.Padding, opt.Activation, opt.StrideH, opt.StrideW, opt.Height, opt.Width)
	case FullyConnected:
		return checkActivation(opt.Activation)
	case Add:
		return checkActivation(opt.Activation)
	case Mul:
		return checkActivation(opt.Activation)
	case Sub:
		return checkActivation(opt.Activation)
	case Div:
		return checkActivation(opt.Activation)
	case L2Norm:
		return checkActivation(opt.Activation)
	case Concat:
		rank := len(p.model.Tensors[o.Outputs[0]].Shape)
		if opt.Axis < -rank || opt.Axis >= rank {
			return malformed("axis %d of a tensor of %d dimensions", opt.Axis, rank)
		}
		if opt.Axis < 0 {
			opt.Axis += rank
		}
		o.Options = opt
		return checkActivation(opt.Activation)
	case Softmax:
		if !(opt.Beta > 0) || !finite(opt.Beta) {
			return malformed("beta is %v (want a positive number)", opt.Beta)
		}
	case LRN:
		if opt.Radius < 0 || opt.Radius > maxFactor || !finite(opt.Bias, opt.Alpha, opt.Beta) {
			return malformed("radius %d, bias %v, alpha %v, beta %v", opt.Radius, opt.Bias, opt.Alpha, opt.Beta)
		}
	case Recurrent:
		return checkActivation(opt.Activation)
	case LSTM:
		if !(opt.CellClip >= 0) || !(opt.ProjectClip >= 0) {
			return malformed("clips of %v and %v", opt.CellClip, opt.ProjectClip)
		}
		return checkActivation(opt.Activation)
	case FakeQuant:
		if !finite(opt.Min, opt.Max) {
			return malformed("from %v to %v", opt.Min, opt.Max)
		}
	case LeakyReLU:
		if !finite(opt.Alpha) {
			return malformed("alpha is %v", opt.Alpha)
		}
	case SpaceToDepth:
		return checkFactor("block", opt.Block)
	case DepthToSpace:
		return checkFactor("block", opt.Block)
	case Split:
		if opt.Splits != len(o.Outputs) {
			return malformed("it splits in %d, but has %d outputs", opt.Splits, len(o.Outputs))
		}
	}
	return nil
}

// checkWindow checks the geometry of a convolution or pool: strides, and dilations or window.
func checkWindow(p Padding, a Activation, factors ...int) *ParseError {
	if p > Valid {
		return malformed("padding %d", p)
	}
	for _, f := range factors {
		if err := checkFactor("stride, dilation or window", f); err != nil {
			return err
		}
	}
	return checkActivation(a)
}

func checkFactor(what string, f int) *ParseError {
	if f < 1 || f > maxFactor {
		return malformed("%s of %d (want 1 to %d)", what, f, maxFactor)
	}
	return nil
}

func checkActivation(a Activation) *ParseError {
	if a > SignBit {
		return malformed("activation %d", a)
	}
	return nil
}

func finite(values ...float32) bool {
	for _, v := range values {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return false
		}
	}
	return true
}
