package tflite_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/infer/tflite"
)

// single is a model of one operator in the making.
type single struct {
	model.Model
	r   *rand.Rand
	odd bool // inputs hold oddFloats
}

func (s *single) add(t model.Tensor) int {
	t.Name = fmt.Sprintf("t%d", len(s.Tensors))
	s.Tensors = append(s.Tensors, t)
	return len(s.Tensors) - 1
}

// in is an input of the model. 8-bit ones have a scale and a zero point.
func (s *single) in(t model.Type, shape ...int) int {
	i := s.add(tensorOf(t, shape))
	s.Inputs = append(s.Inputs, i)
	return i
}

func tensorOf(t model.Type, shape []int) model.Tensor {
	made := model.Tensor{Shape: shape, Type: t}
	switch t {
	case model.Uint8:
		made.Quant = &model.Quant{Scale: []float32{0.25}, ZeroPoint: []int32{77}}
	case model.Int8:
		made.Quant = &model.Quant{Scale: []float32{0.25}, ZeroPoint: []int32{-9}}
	case model.Int16:
		made.Quant = &model.Quant{Scale: []float32{0.25}, ZeroPoint: []int32{0}}
	}
	return made
}

// ints is a constant of int32 of some shape; no shape: of one dimension.
func (s *single) ints(numbers []int, shape ...int) int { return s.list(model.Int32, numbers, shape...) }

func (s *single) list(t model.Type, numbers []int, shape ...int) int {
	if shape == nil {
		shape = []int{len(numbers)}
	}
	c := model.Tensor{Shape: shape, Type: t}
	for _, x := range numbers {
		if t == model.Int64 {
			c.Data = binary.LittleEndian.AppendUint64(c.Data, uint64(int64(x)))
		} else {
			c.Data = binary.LittleEndian.AppendUint32(c.Data, uint32(x))
		}
	}
	return s.add(c)
}

// scalar is a constant of one number and no dimensions.
func (s *single) scalar(t model.Type, x int) int {
	c := tensorOf(t, []int{})
	switch t {
	case model.Float32:
		c.Data = binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(x)))
	default:
		c.Data = binary.LittleEndian.AppendUint64(nil, uint64(int64(x)))[:t.Size()]
	}
	return s.add(c)
}

// op makes the operator, with outputs of a type whose shapes are for the engines to find out.
func (s *single) op(op model.Op, options any, out model.Type, count int, inputs ...int) {
	o := model.Operator{Op: op, Options: options, Inputs: inputs}
	for range count {
		i := s.add(tensorOf(out, []int{}))
		o.Outputs = append(o.Outputs, i)
	}
	s.Operators, s.Outputs = []model.Operator{o}, o.Outputs
}

// movers make models of one operator each, for values of a type.
var movers = map[string]func(s *single, t model.Type){
	"PACK": func(s *single, t model.Type) {
		s.op(model.OpPack, model.Pack{Values: 2, Axis: -1}, t, 1, s.in(t, 2, 3), s.in(t, 2, 3))
	},
	"PACK 0": func(s *single, t model.Type) { s.op(model.OpPack, model.Pack{Values: 1, Axis: 0}, t, 1, s.in(t)) },
	"UNPACK": func(s *single, t model.Type) {
		s.op(model.OpUnpack, model.Unpack{Num: 3, Axis: -2}, t, 3, s.in(t, 2, 3, 4))
	},
	"GATHER": func(s *single, t model.Type) {
		s.op(model.OpGather, model.Gather{Axis: 1}, t, 1, s.in(t, 2, 8, 3), s.in(model.Int32, 5))
	},
	"GATHER scalar": func(s *single, t model.Type) {
		s.op(model.OpGather, model.Gather{Axis: -1}, t, 1, s.in(t, 2, 3, 8), s.in(model.Int64))
	},
	"GATHER batch": func(s *single, t model.Type) {
		s.op(model.OpGather, model.Gather{Axis: 2, BatchDims: 1}, t, 1, s.in(t, 2, 3, 8, 2), s.in(model.Int32, 2, 4))
	},
	"GATHER batch negative": func(s *single, t model.Type) {
		s.op(model.OpGather, model.Gather{Axis: 1, BatchDims: -1}, t, 1, s.in(t, 2, 8), s.in(model.Int32, 2, 4))
	},
	"GATHER_ND": func(s *single, t model.Type) {
		s.op(model.OpGatherND, nil, t, 1, s.in(t, 8, 8, 3), s.in(model.Int32, 4, 2))
	},
	"GATHER_ND whole": func(s *single, t model.Type) {
		s.op(model.OpGatherND, nil, t, 1, s.in(t, 8, 8), s.in(model.Int64, 2, 3, 2))
	},
	"TILE": func(s *single, t model.Type) { s.op(model.OpTile, nil, t, 1, s.in(t, 2, 1, 3), s.ints([]int{1, 3, 2})) },
	"TILE int64": func(s *single, t model.Type) {
		s.op(model.OpTile, nil, t, 1, s.in(t, 2, 3), s.list(model.Int64, []int{2, 2}))
	},
	"MIRROR_PAD reflect": func(s *single, t model.Type) {
		s.op(model.OpMirrorPad, model.MirrorPad{}, t, 1, s.in(t, 1, 4, 5, 2), s.ints([]int{0, 0, 3, 2, 1, 4, 0, 1}, 4, 2))
	},
	"MIRROR_PAD symmetric": func(s *single, t model.Type) {
		s.op(model.OpMirrorPad, model.MirrorPad{Symmetric: true}, t, 1, s.in(t, 4, 5), s.ints([]int{4, 2, 0, 5}, 2, 2))
	},
	"MIRROR_PAD too much": func(s *single, t model.Type) {
		s.op(model.OpMirrorPad, model.MirrorPad{}, t, 1, s.in(t, 4, 5), s.ints([]int{4, 0, 0, 0}, 2, 2))
	},
	"PAD": func(s *single, t model.Type) {
		s.op(model.OpPad, nil, t, 1, s.in(t, 2, 3, 1, 2), s.ints([]int{1, 0, 2, 1, 0, 3, 1, 1}, 4, 2))
	},
	"PAD 1": func(s *single, t model.Type) { s.op(model.OpPad, nil, t, 1, s.in(t, 3), s.ints([]int{1, 2}, 1, 2)) },
	"PAD 5": func(s *single, t model.Type) {
		s.op(model.OpPad, nil, t, 1, s.in(t, 2, 1, 2, 1, 2), s.ints([]int{1, 0, 2, 1, 0, 3, 1, 1, 0, 1}, 5, 2))
	},
	"PAD 6": func(s *single, t model.Type) {
		s.op(model.OpPad, nil, t, 1, s.in(t, 1, 2, 1, 2, 1, 2), s.ints([]int{1, 0, 2, 1, 0, 3, 1, 1, 0, 1, 0, 0}, 6, 2))
	},
	"PADV2": func(s *single, t model.Type) {
		s.op(model.OpPadV2, nil, t, 1, s.in(t, 2, 3, 2), s.ints([]int{1, 0, 2, 1, 0, 3}, 3, 2), s.scalar(t, 1))
	},
	"PADV2 5": func(s *single, t model.Type) {
		s.op(model.OpPadV2, nil, t, 1, s.in(t, 1, 2, 3, 1, 2), s.ints([]int{1, 0, 2, 1, 0, 3, 0, 0, 1, 0}, 5, 2), s.scalar(t, 1))
	},
	"SLICE": func(s *single, t model.Type) {
		s.op(model.OpSlice, nil, t, 1, s.in(t, 2, 5, 4), s.ints([]int{0, 2, 1}), s.ints([]int{-1, 2, 2}))
	},
	"SLICE 5": func(s *single, t model.Type) {
		s.op(model.OpSlice, nil, t, 1, s.in(t, 2, 2, 2, 5, 4), s.list(model.Int64, []int{0, 1, 0, 2, 1}), s.list(model.Int64, []int{-1, 1, 2, -1, 2}))
	},
	"SLICE 6": func(s *single, t model.Type) {
		s.op(model.OpSlice, nil, t, 1, s.in(t, 1, 1, 1, 2, 2, 2), s.ints([]int{0, 0, 0, 0, 0, 1}), s.ints([]int{1, 1, 1, 2, 2, 1}))
	},
	"SLICE mixed": func(s *single, t model.Type) {
		s.op(model.OpSlice, nil, t, 1, s.in(t, 5), s.ints([]int{1}), s.list(model.Int64, []int{2}))
	},
	"SLICE beyond": func(s *single, t model.Type) {
		s.op(model.OpSlice, nil, t, 1, s.in(t, 5), s.ints([]int{4}), s.ints([]int{2}))
	},
	"STRIDED_SLICE": func(s *single, t model.Type) {
		s.op(model.OpStridedSlice, model.StridedSlice{BeginMask: 1, EndMask: 2}, t, 1, s.in(t, 5, 6, 7), s.ints([]int{2, 1, -1}), s.ints([]int{4, 0, -5}), s.ints([]int{2, 2, -2}))
	},
	"STRIDED_SLICE shrink": func(s *single, t model.Type) {
		s.op(model.OpStridedSlice, model.StridedSlice{ShrinkMask: 5}, t, 1, s.in(t, 5, 6, 7), s.ints([]int{-2, 1, 3}), s.ints([]int{0, 90, 4}), s.ints([]int{1, 1, 1}))
	},
	"STRIDED_SLICE fewer": func(s *single, t model.Type) {
		s.op(model.OpStridedSlice, model.StridedSlice{}, t, 1, s.in(t, 5, 6, 2), s.ints([]int{1, 1}), s.ints([]int{4, 3}), s.ints([]int{1, 1}))
	},
	"STRIDED_SLICE ellipsis": func(s *single, t model.Type) {
		s.op(model.OpStridedSlice, model.StridedSlice{EllipsisMask: 1}, t, 1, s.in(t, 5, 6, 2), s.ints([]int{0, 1}), s.ints([]int{0, 2}), s.ints([]int{1, 1}))
	},
	"STRIDED_SLICE ellipsis between": func(s *single, t model.Type) {
		s.op(model.OpStridedSlice, model.StridedSlice{EllipsisMask: 2, ShrinkMask: 1}, t, 1, s.in(t, 5, 3, 2, 2), s.ints([]int{3, 0, 1}), s.ints([]int{4, 0, 2}), s.ints([]int{1, 1, 1}))
	},
	"STRIDED_SLICE new": func(s *single, t model.Type) {
		s.op(model.OpStridedSlice, model.StridedSlice{NewAxisMask: 2}, t, 1, s.in(t, 5, 6), s.ints([]int{1, 0, 2}), s.ints([]int{4, 0, 5}), s.ints([]int{1, 1, 1}))
	},
	"STRIDED_SLICE new and ellipsis": func(s *single, t model.Type) {
		s.op(model.OpStridedSlice, model.StridedSlice{NewAxisMask: 4, EllipsisMask: 1}, t, 1, s.in(t, 3, 2), s.ints([]int{0, 1, 0}), s.ints([]int{0, 2, 0}), s.ints([]int{1, 1, 1}))
	},
	"STRIDED_SLICE edges": func(s *single, t model.Type) {
		s.op(model.OpStridedSlice, model.StridedSlice{}, t, 1, s.in(t, 5, 6), s.ints([]int{-90, 90}), s.ints([]int{90, -90}), s.ints([]int{1, -1}))
	},
	"STRIDED_SLICE 5": func(s *single, t model.Type) {
		s.op(model.OpStridedSlice, model.StridedSlice{}, t, 1, s.in(t, 2, 2, 2, 2, 3), s.ints([]int{0, 0, 0, 1, 0}), s.ints([]int{2, 2, 2, 2, 2}), s.ints([]int{1, 1, 1, 1, 1}))
	},
	"STRIDED_SLICE shrink beyond": func(s *single, t model.Type) {
		s.op(model.OpStridedSlice, model.StridedSlice{ShrinkMask: 1}, t, 1, s.in(t, 5, 6), s.ints([]int{7, 0}), s.ints([]int{8, 6}), s.ints([]int{1, 1}))
	},
	"STRIDED_SLICE shrink backwards": func(s *single, t model.Type) {
		s.op(model.OpStridedSlice, model.StridedSlice{ShrinkMask: 1}, t, 1, s.in(t, 5, 6), s.ints([]int{2, 0}), s.ints([]int{3, 6}), s.ints([]int{-1, 1}))
	},
	"STRIDED_SLICE shrink masked": func(s *single, t model.Type) {
		s.op(model.OpStridedSlice, model.StridedSlice{ShrinkMask: 1, BeginMask: 1, EndMask: 1}, t, 1, s.in(t, 5, 6), s.ints([]int{2, 0}), s.ints([]int{3, 6}), s.ints([]int{1, 1}))
	},
	"STRIDED_SLICE empty": func(s *single, t model.Type) {
		s.op(model.OpStridedSlice, model.StridedSlice{}, t, 1, s.in(t, 5), s.ints([]int{3}), s.ints([]int{3}), s.ints([]int{1}))
	},
	"STRIDED_SLICE int64": func(s *single, t model.Type) {
		s.op(model.OpStridedSlice, model.StridedSlice{}, t, 1, s.in(t, 5), s.list(model.Int64, []int{1}), s.list(model.Int64, []int{3}), s.list(model.Int64, []int{1}))
	},
	"EXPAND_DIMS": func(s *single, t model.Type) {
		s.op(model.OpExpandDims, nil, t, 1, s.in(t, 2, 3), s.scalar(model.Int32, -1))
	},
	"EXPAND_DIMS 64": func(s *single, t model.Type) {
		s.op(model.OpExpandDims, nil, t, 1, s.in(t, 2, 3), s.list(model.Int64, []int{0}))
	},
	"DEPTH_TO_SPACE": func(s *single, t model.Type) {
		s.op(model.OpDepthToSpace, model.DepthToSpace{Block: 2}, t, 1, s.in(t, 2, 3, 2, 12))
	},
	"SPACE_TO_DEPTH": func(s *single, t model.Type) {
		s.op(model.OpSpaceToDepth, model.SpaceToDepth{Block: 3}, t, 1, s.in(t, 2, 6, 3, 2))
	},
	"SPACE_TO_BATCH_ND": func(s *single, t model.Type) {
		s.op(model.OpSpaceToBatchND, nil, t, 1, s.in(t, 2, 5, 4, 2), s.ints([]int{3, 2}), s.ints([]int{1, 0, 3, 1}, 2, 2))
	},
	"SPACE_TO_BATCH_ND 3": func(s *single, t model.Type) {
		s.op(model.OpSpaceToBatchND, nil, t, 1, s.in(t, 2, 5, 3), s.ints([]int{4}), s.ints([]int{5, 2}, 1, 2))
	},
	"BATCH_TO_SPACE_ND": func(s *single, t model.Type) {
		s.op(model.OpBatchToSpaceND, nil, t, 1, s.in(t, 12, 3, 4, 2), s.ints([]int{3, 2}), s.ints([]int{1, 4, 3, 1}, 2, 2))
	},
	"BATCH_TO_SPACE_ND 3": func(s *single, t model.Type) {
		s.op(model.OpBatchToSpaceND, nil, t, 1, s.in(t, 8, 3, 2), s.ints([]int{4}), s.ints([]int{1, 2}, 1, 2))
	},
	"REVERSE_V2":      func(s *single, t model.Type) { s.op(model.OpReverseV2, nil, t, 1, s.in(t, 2, 3, 4), s.ints([]int{1})) },
	"REVERSE_V2 last": func(s *single, t model.Type) { s.op(model.OpReverseV2, nil, t, 1, s.in(t, 2, 3, 4), s.ints([]int{-1})) },
	"REVERSE_V2 two": func(s *single, t model.Type) {
		s.op(model.OpReverseV2, nil, t, 1, s.in(t, 2, 3, 4), s.ints([]int{1, 2}))
	},
	"SHAPE": func(s *single, t model.Type) {
		s.op(model.OpShape, model.Shape{Out: model.Int32}, model.Int32, 1, s.in(t, 2, 3, 4))
	},
	"RANK": func(s *single, t model.Type) { s.op(model.OpRank, nil, model.Int32, 1, s.in(t, 2, 3, 4)) },
	"FILL": func(s *single, t model.Type) { s.op(model.OpFill, nil, t, 1, s.ints([]int{2, 3}), s.in(t)) },
	"FILL int64": func(s *single, t model.Type) {
		s.op(model.OpFill, nil, t, 1, s.list(model.Int64, []int{2, 3}), s.in(t))
	},
	"ZEROS_LIKE": func(s *single, t model.Type) { s.op(model.OpZerosLike, nil, t, 1, s.in(t, 2, 3)) },
	"BROADCAST_TO": func(s *single, t model.Type) {
		s.op(model.OpBroadcastTo, nil, t, 1, s.in(t, 2, 1, 3), s.ints([]int{2, 2, 4, 3}))
		s.Operators[0].Version = 2
	},
	"ONE_HOT": func(s *single, t model.Type) {
		s.op(model.OpOneHot, model.OneHot{Axis: -1}, t, 1, s.in(model.Int32, 2, 3), s.scalar(model.Int32, 5), s.in(t), s.in(t))
	},
	"ONE_HOT 0": func(s *single, t model.Type) {
		s.op(model.OpOneHot, model.OneHot{Axis: 1}, t, 1, s.in(model.Int64, 2, 3), s.scalar(model.Int32, 8), s.in(t), s.in(t))
	},
	"RANGE": func(s *single, t model.Type) {
		s.op(model.OpRange, nil, t, 1, s.scalar(t, 2), s.scalar(t, 11), s.scalar(t, 4))
		s.in(model.Float32, 1)
	},
	"CONCATENATION": func(s *single, t model.Type) {
		s.op(model.OpConcatenation, model.Concat{Axis: 1}, t, 1, s.in(t, 2, 3, 2), s.in(t, 2, 1, 2))
		s.Tensors[s.Outputs[0]].Shape = []int{2, 4, 2}
	},
	"CONCATENATION 5": func(s *single, t model.Type) {
		s.op(model.OpConcatenation, model.Concat{Axis: 4}, t, 1, s.in(t, 2, 3, 1, 1, 2), s.in(t, 2, 3, 1, 1, 1))
		s.Tensors[s.Outputs[0]].Shape = []int{2, 3, 1, 1, 3}
	},
	"TRANSPOSE": func(s *single, t model.Type) {
		s.op(model.OpTranspose, nil, t, 1, s.in(t, 2, 3, 4), s.ints([]int{2, 0, 1}))
	},
	"TRANSPOSE 5": func(s *single, t model.Type) {
		s.op(model.OpTranspose, nil, t, 1, s.in(t, 2, 3, 4, 2, 2), s.ints([]int{2, 4, 0, 3, 1}))
	},
	"TRANSPOSE negative": func(s *single, t model.Type) { s.op(model.OpTranspose, nil, t, 1, s.in(t, 2, 3), s.ints([]int{1, -2})) },
	"SPLIT": func(s *single, t model.Type) {
		s.op(model.OpSplit, model.Split{Splits: 2}, t, 2, s.scalar(model.Int32, -2), s.in(t, 2, 4, 3))
	},
	"SPLIT_V": func(s *single, t model.Type) {
		s.op(model.OpSplitV, model.Split{Splits: 3}, t, 3, s.in(t, 2, 7, 3), s.ints([]int{1, -1, 4}), s.scalar(model.Int32, 1))
	},
	"SPLIT_V 64": func(s *single, t model.Type) {
		s.op(model.OpSplitV, model.Split{Splits: 2}, t, 2, s.in(t, 2, 7), s.list(model.Int64, []int{3, 4}), s.scalar(model.Int32, -1))
	},
	"SQUEEZE": func(s *single, t model.Type) {
		s.op(model.OpSqueeze, model.Squeeze{Axes: []int{-3}}, t, 1, s.in(t, 2, 1, 3, 1))
	},
	"SQUEEZE all": func(s *single, t model.Type) { s.op(model.OpSqueeze, model.Squeeze{}, t, 1, s.in(t, 2, 1, 3, 1)) },
	"RESHAPE": func(s *single, t model.Type) {
		s.op(model.OpReshape, model.Reshape{NewShape: []int{3, -1}}, t, 1, s.in(t, 2, 6))
	},
	"RESHAPE in": func(s *single, t model.Type) { s.op(model.OpReshape, nil, t, 1, s.in(t, 2, 6), s.ints([]int{-1, 4})) },
}

func init() {
	for _, to := range everyType {
		movers["CAST to "+to.String()] = func(s *single, t model.Type) {
			s.odd = true
			s.op(model.OpCast, nil, to, 1, s.in(t, 300))
		}
	}
}

func init() {
	for _, name := range []string{"PACK", "UNPACK", "FILL", "SLICE", "TILE", "PAD", "GATHER", "TRANSPOSE"} {
		movers[name+" to another scale"] = func(s *single, t model.Type) {
			movers[name](s, t)
			for _, o := range s.Outputs {
				if q := s.Tensors[o].Quant; q != nil {
					q.Scale[0] /= 2
				}
			}
		}
	}
}

// senseless is what TensorFlow Lite takes and answers with whatever its memory holds.
var senseless = []string{"MIRROR_PAD too much", "STRIDED_SLICE shrink backwards", "STRIDED_SLICE shrink beyond"}

var moveAll = flag.Bool("movers", false, "compare movers of all types, not of two each")

// TestMovers compares what both engines take, and what they make of it.
func TestMovers(t *testing.T) {
	worker := workerProgram(t)
	for k, name := range slices.Sorted(maps.Keys(movers)) {
		build := movers[name]
		for i, typ := range everyType {
			if !*moveAll && (i+k)%3 != 0 {
				continue
			}
			t.Run(fmt.Sprintf("%s %v", name, typ), func(t *testing.T) {
				s := &single{r: rand.New(rand.NewPCG(1, uint64(typ)))}
				build(s, typ)
				ours, errOurs := runHere(t, s)
				theirs, errTheirs := runThere(t, worker, s)
				switch {
				case slices.Contains(senseless, name):
					if !errors.Is(errOurs, model.ErrUnsupported) {
						t.Errorf("%v (want model.ErrUnsupported)", errOurs)
					}
				case (errOurs == nil) != (errTheirs == nil):
					t.Errorf("here: %v; there: %v", errOurs, errTheirs)
				case errOurs == nil:
					for i := range theirs {
						if !bytes.Equal(ours[i], theirs[i]) {
							t.Errorf("output %d: here %x, there %x", i, ours[i][:min(40, len(ours[i]))], theirs[i][:min(40, len(theirs[i]))])
						}
					}
				}
			})
		}
	}
}

// oddFloats have no place in most types of integers, or just one.
var oddFloats = []float32{
	float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 3e9, -3e9, 1 << 31, -1 << 31, 1e19, -1e19, 0x1.fffffep30, 300.7, -0.9, 70000,
	-1 << 63, 1 << 63, 0x1.fffffep62, float32(math.Copysign(0, -1)), 1e-40,
}

// numbers are the inputs of both engines: small integers for int32 and int64.
func numbers(s *single, specs []infer.TensorSpec) [][]byte {
	r := rand.New(rand.NewPCG(3, 4))
	ins := infer.Buffers(specs)
	for k, in := range ins {
		size := specs[k].Type.Size()
		for i := range in {
			switch specs[k].Type {
			case infer.Bool:
				in[i] = byte(r.IntN(2))
			case infer.Int32, infer.Int64:
				if i%size == 0 {
					in[i] = byte(r.IntN(8))
				}
			case infer.Float32:
				if x := float32(r.NormFloat64() * 1000); i%size == 0 {
					if s.odd && i/size%16 == 7 {
						x = oddFloats[i/size/16%len(oddFloats)]
					}
					binary.LittleEndian.PutUint32(in[i:], math.Float32bits(x))
				}
			default:
				in[i] = byte(r.IntN(256))
			}
		}
	}
	return ins
}

func runHere(t *testing.T, s *single) ([][]byte, error) {
	data, err := write.Model(&s.Model)
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Parse(data, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := cpu.New(m, cpu.Options{Threads: 1})
	if err != nil {
		return nil, err
	}
	defer e.Close()
	outs := infer.Buffers(e.Outputs())
	_, err = e.RunAll(context.Background(), numbers(s, e.Inputs()), outs)
	return outs, err
}

func runThere(t *testing.T, worker string, s *single) ([][]byte, error) {
	data, err := write.Model(&s.Model)
	if err != nil {
		t.Fatal(err)
	}
	e, err := tflite.Open(context.Background(), tflite.Options{Worker: worker, Model: data, Threads: 1, Deadline: patience})
	if err != nil {
		return nil, err
	}
	defer e.Close()
	outs := infer.Buffers(e.Outputs())
	_, err = e.RunAll(context.Background(), numbers(s, e.Inputs()), outs)
	return outs, err
}
