package write

import (
	"fmt"

	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/inceptiond/inceptiond/infer/model"
)

// options writes o.Options and returns their number in the schema's BuiltinOptions; both are 0 if there are none, or only those of a
// custom operator.
func (w *writer) options(o *model.Operator) (union uint8, table flatbuffers.UOffsetT, err error) {
	switch opt := o.Options.(type) {
	case nil, []byte:
		return 0, 0, nil
	case model.Conv2D:
		return 1, w.table(7, uint8s(0, uint8(opt.Padding)), w.int32s(1, opt.StrideW), w.int32s(2, opt.StrideH),
			uint8s(3, uint8(opt.Activation)), w.dilation(4, opt.DilationW), w.dilation(5, opt.DilationH)), nil
	case model.DepthwiseConv2D:
		return 2, w.table(7, uint8s(0, uint8(opt.Padding)), w.int32s(1, opt.StrideW), w.int32s(2, opt.StrideH),
			w.int32s(3, opt.Multiplier), uint8s(4, uint8(opt.Activation)), w.dilation(5, opt.DilationW),
			w.dilation(6, opt.DilationH)), nil
	case model.Pool2D:
		return 5, w.table(6, uint8s(0, uint8(opt.Padding)), w.int32s(1, opt.StrideW), w.int32s(2, opt.StrideH),
			w.int32s(3, opt.Width), w.int32s(4, opt.Height), uint8s(5, uint8(opt.Activation))), nil
	case model.FullyConnected:
		shuffled := uint8(0)
		if opt.ShuffledWeights {
			shuffled = 1
		}
		return 8, w.table(4, uint8s(0, uint8(opt.Activation)), uint8s(1, shuffled), bools(2, opt.KeepNumDims), bools(3, opt.AsymmetricInputs)), nil
	case model.Softmax:
		return 9, w.table(1, float32s(0, opt.Beta)), nil
	case model.Concat:
		return 10, w.table(2, w.int32s(0, opt.Axis), uint8s(1, uint8(opt.Activation))), nil
	case model.Add:
		return 11, w.table(2, uint8s(0, uint8(opt.Activation)), anyScale(1, opt.AnyScale16)), nil
	case model.L2Norm:
		return 12, w.table(1, uint8s(0, uint8(opt.Activation))), nil
	case model.LRN:
		return 13, w.table(4, w.int32s(0, opt.Radius), float32s(1, opt.Bias), float32s(2, opt.Alpha),
			float32s(3, opt.Beta)), nil
	case model.ResizeBilinear:
		return 15, w.table(4, bools(2, opt.AlignCorners), bools(3, opt.HalfPixelCenters)), nil
	case model.Reshape:
		return 17, w.table(1, offset(0, w.ints(opt.NewShape))), nil
	case model.SpaceToDepth:
		return 19, w.table(1, w.int32s(0, opt.Block)), nil
	case model.Mul:
		return 21, w.table(1, uint8s(0, uint8(opt.Activation))), nil
	case model.Reducer:
		return 27, w.table(1, bools(0, opt.KeepDims)), nil
	case model.Arg:
		if o.Op == model.OpArgMin {
			return 57, w.table(1, uint8s(0, uint8(opt.Output))), nil
		}
		return 40, w.table(1, uint8s(0, uint8(opt.Output))), nil
	case model.TopK:
		return 34, w.table(0), nil
	case model.BatchMatMul:
		return 101, w.table(3, bools(0, opt.TransposeA), bools(1, opt.TransposeB), bools(2, opt.AsymmetricInputs)), nil
	case model.CumSum:
		return 102, w.table(2, bools(0, opt.Exclusive), bools(1, opt.Reverse)), nil
	case model.Sub:
		return 28, w.table(2, uint8s(0, uint8(opt.Activation)), anyScale(1, opt.AnyScale16)), nil
	case model.Div:
		return 29, w.table(1, uint8s(0, uint8(opt.Activation))), nil
	case model.Squeeze:
		return 30, w.table(1, offset(0, w.ints(opt.Axes))), nil
	case model.Split:
		if o.Op == model.OpSplitV {
			return 79, w.table(1, w.int32s(0, opt.Splits)), nil
		}
		return 35, w.table(1, w.int32s(0, opt.Splits)), nil
	case model.TransposeConv:
		return 49, w.table(4, uint8s(0, uint8(opt.Padding)), w.int32s(1, opt.StrideW), w.int32s(2, opt.StrideH),
			uint8s(3, uint8(opt.Activation))), nil
	case model.ResizeNearest:
		return 74, w.table(2, bools(0, opt.AlignCorners), bools(1, opt.HalfPixelCenters)), nil
	case model.LeakyReLU:
		return 75, w.table(1, float32s(0, opt.Alpha)), nil
	case model.GELU:
		return 116, w.table(1, bools(0, opt.Approximate)), nil
	case model.DepthToSpace:
		return 94, w.table(1, w.int32s(0, opt.Block)), nil
	case model.Gather:
		return 23, w.table(2, w.int32s(0, opt.Axis), w.int32s(1, opt.BatchDims)), nil
	case model.StridedSlice:
		return 32, w.table(5, w.int32s(0, opt.BeginMask), w.int32s(1, opt.EndMask), w.int32s(2, opt.EllipsisMask),
			w.int32s(3, opt.NewAxisMask), w.int32s(4, opt.ShrinkMask)), nil
	case model.Shape:
		return 55, w.table(1, uint8s(0, uint8(opt.Out))), nil
	case model.Pack:
		return 59, w.table(2, w.int32s(0, opt.Values), w.int32s(1, opt.Axis)), nil
	case model.OneHot:
		return 61, w.table(1, w.int32s(0, opt.Axis)), nil
	case model.Unpack:
		return 64, w.table(2, w.int32s(0, opt.Num), w.int32s(1, opt.Axis)), nil
	case model.MirrorPad:
		mode := uint8(0)
		if opt.Symmetric {
			mode = 1
		}
		return 77, w.table(1, uint8s(0, mode)), nil
	case model.FakeQuant:
		return 58, w.table(4, float32s(0, opt.Min), float32s(1, opt.Max), w.int32s(2, opt.Bits)), nil
	case model.ReverseSequence:
		return 87, w.table(2, w.int32s(0, opt.Sequence), w.int32s(1, opt.Batch)), nil
	case model.Recurrent:
		if o.Op == model.OpRNN {
			return 7, w.table(2, uint8s(0, uint8(opt.Activation)), bools(1, opt.AsymmetricInputs)), nil
		}
		return 31, w.table(3, bools(0, opt.TimeMajor), uint8s(1, uint8(opt.Activation)), bools(2, opt.AsymmetricInputs)), nil
	case model.LSTM:
		union, last := uint8(71), bools(3, opt.TimeMajor)
		if o.Op == model.OpLSTM {
			union, last = 14, bools(3, opt.Basic)
		}
		return union, w.table(6, uint8s(0, uint8(opt.Activation)), float32s(1, opt.CellClip), float32s(2, opt.ProjectClip), last, bools(4, opt.AsymmetricInputs)), nil
	case model.Bucketize:
		return 115, w.table(1, offset(0, w.floats(opt.Boundaries))), nil
	case model.Unread:
		if opt.Defaults {
			return opt.Union, w.table(0), nil
		}
		return 0, 0, fmt.Errorf("its options (%v) are not read, so they cannot be written: %w", opt, model.ErrUnsupported)
	}
	return 0, 0, fmt.Errorf("its options are of type %T, which this does not write: %w", o.Options, model.ErrUnsupported)
}
