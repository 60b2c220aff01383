package model

import "fmt"

// Conv2D is Conv2DOptions. Inputs: image NHWC, weights [out height width in], bias (may be absent).
type Conv2D struct {
	Padding              Padding
	StrideH, StrideW     int
	DilationH, DilationW int
	Activation           Activation
}

// DepthwiseConv2D is DepthwiseConv2DOptions. Inputs: image NHWC, weights [1 height width out], bias (may be absent).
type DepthwiseConv2D struct {
	Conv2D
	Multiplier int // outputs per input channel
}

// TransposeConv is TransposeConvOptions. Inputs: the output's shape, weights [out height width in], image NHWC, bias (may be
// absent). Padding is that of the convolution that makes the image of the output.
type TransposeConv struct {
	Padding          Padding
	StrideH, StrideW int
	Activation       Activation
}

// Pool2D is Pool2DOptions.
type Pool2D struct {
	Padding          Padding
	StrideH, StrideW int
	Height, Width    int // of the window
	Activation       Activation
}

// FullyConnected is FullyConnectedOptions. Inputs: values, weights [out in], bias (may be absent).
type FullyConnected struct {
	Activation      Activation
	KeepNumDims     bool
	ShuffledWeights bool // weights_format is not DEFAULT

	// AsymmetricInputs tells how float32 inputs are quantized in a run if the weights are int8: from the least to the
	// greatest, or with 0 in the middle.
	AsymmetricInputs bool
}

// Concat is ConcatenationOptions; Axis is normalised to 0 … rank-1.
type Concat struct {
	Axis       int
	Activation Activation
}

// Softmax is SoftmaxOptions.
type Softmax struct{ Beta float32 }

// Add is AddOptions.
type Add struct {
	Activation Activation
	AnyScale16 bool // pot_scale_int16 is false: scales of int16 that are powers of two are treated as any others
}

// Mul is MulOptions.
type Mul struct{ Activation Activation }

// Reshape is ReshapeOptions. The output tensor's own shape is what counts.
type Reshape struct{ NewShape []int }

// LRN is LocalResponseNormalizationOptions: x / (Bias + Alpha * sum of squares over 2*Radius+1 channels)^Beta.
type LRN struct {
	Radius            int
	Bias, Alpha, Beta float32
}

// Reducer is ReducerOptions (MEAN, SUM, REDUCE_MAX, …). Inputs: values, the axes.
type Reducer struct{ KeepDims bool }

// Arg is ArgMaxOptions or ArgMinOptions; Output is the type of the indices. Inputs: values, the axis.
type Arg struct{ Output Type }

// TopK is TopKV2Options. Inputs: values, how many of each row. Outputs: the greatest, and where they were.
type TopK struct{}

// BatchMatMul is BatchMatMulOptions: whether the last two dimensions of the inputs are exchanged before they are multiplied.
// AsymmetricInputs is as of FullyConnected.
type BatchMatMul struct {
	TransposeA, TransposeB bool
	AsymmetricInputs       bool
}

// CumSum is CumSumOptions. Inputs: values, the axis.
type CumSum struct{ Exclusive, Reverse bool }

// LeakyReLU is LeakyReluOptions.
type LeakyReLU struct{ Alpha float32 }

// GELU is GeluOptions.
type GELU struct{ Approximate bool } // by tanh

// SpaceToDepth is SpaceToDepthOptions.
type SpaceToDepth struct{ Block int }

// Split is SplitOptions or SplitVOptions.
type Split struct{ Splits int }

// L2Norm is L2NormOptions.
type L2Norm struct{ Activation Activation }

// Squeeze is SqueezeOptions.
type Squeeze struct{ Axes []int }

// ResizeBilinear is ResizeBilinearOptions.
type ResizeBilinear struct{ AlignCorners, HalfPixelCenters bool }

// ResizeNearest is ResizeNearestNeighborOptions.
type ResizeNearest struct{ AlignCorners, HalfPixelCenters bool }

// Sub is SubOptions.
type Sub struct {
	Activation Activation
	AnyScale16 bool // see Add
}

// Div is DivOptions.
type Div struct{ Activation Activation }

// DepthToSpace is DepthToSpaceOptions.
type DepthToSpace struct{ Block int }

// Gather is GatherOptions: which dimension is indexed, and how many at the front both inputs have in common.
type Gather struct{ Axis, BatchDims int }

// StridedSlice is StridedSliceOptions: sets of positions in begin, end and strides, as bits.
type StridedSlice struct{ BeginMask, EndMask, EllipsisMask, NewAxisMask, ShrinkMask int }

// Pack is PackOptions. Axis counts from the end if it is negative.
type Pack struct{ Values, Axis int }

// Unpack is UnpackOptions. Axis counts from the end if it is negative.
type Unpack struct{ Num, Axis int }

// OneHot is OneHotOptions. Axis is where the new dimension goes; -1: the last.
type OneHot struct{ Axis int }

// MirrorPad is MirrorPadOptions.
type MirrorPad struct{ Symmetric bool } // repeats the edge itself; else reflects behind it

// Shape is ShapeOptions.
type Shape struct{ Out Type }

// ReverseSequence is ReverseSequenceOptions: along which dimension sequences lie, and along which the batch.
type ReverseSequence struct{ Sequence, Batch int }

// FakeQuant is FakeQuantOptions.
type FakeQuant struct {
	Min, Max float32
	Bits     int
}

// Recurrent is RNNOptions or SequenceRNNOptions; TimeMajor tells whether rows lie step by step, else sequence by sequence. Inputs:
// values, their weights [out in], those of the state [out out], bias, state (a variable).
type Recurrent struct {
	TimeMajor        bool
	Activation       Activation
	AsymmetricInputs bool // see FullyConnected
}

// LSTM is LSTMOptions or UnidirectionalSequenceLSTMOptions. Clips of 0 are none. Basic is another operator of the same name.
type LSTM struct {
	TimeMajor             bool
	Activation            Activation
	CellClip, ProjectClip float32
	Basic                 bool
	AsymmetricInputs      bool // see FullyConnected
}

// Bucketize is BucketizeOptions.
type Bucketize struct{ Boundaries []float32 }

// Unread is options that a file has and that this package does not read, of an operator that is not in this file or of a
// custom one.
type Unread struct {
	Union    uint8 // their number in the schema's BuiltinOptions; 0: they lie where only newer files have some
	Defaults bool  // none of their fields is set: they say no more than Union
}

// String names them for people.
func (u Unread) String() string {
	if u.Union == 0 {
		return "of a newer kind"
	}
	return fmt.Sprintf("number %d of the schema's BuiltinOptions", u.Union)
}
