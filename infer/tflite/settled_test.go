package tflite_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
)

// then adds an operator and returns its output, a tensor whose shape is for the engines to find out.
func (s *single) then(op model.Op, options any, out model.Type, inputs ...int) int {
	before, outputs := s.Operators, s.Outputs
	s.op(op, options, out, 1, inputs...)
	made := s.Outputs[0]
	s.Operators, s.Outputs = append(before, s.Operators...), outputs
	return made
}

// shapeOf is the shape of a tensor, as a network computes it.
func (s *single) shapeOf(of int) int {
	return s.then(model.OpShape, model.Shape{Out: model.Int32}, model.Int32, of)
}

// dim is number i of a shape, without dimensions.
func (s *single) dim(shape, i int) int {
	return s.then(model.OpStridedSlice, model.StridedSlice{ShrinkMask: 1}, model.Int32, shape, s.ints([]int{i}), s.ints([]int{i + 1}), s.ints([]int{1}))
}

// pack makes a list of numbers.
func (s *single) pack(numbers ...int) int {
	return s.then(model.OpPack, model.Pack{Values: len(numbers)}, model.Int32, numbers...)
}

// settled are networks whose shapes depend on shapes that are computed. None of their files has a shape right but the inputs'.
var settled = map[string]func(s *single) (output int){
	"flatten": func(s *single) int {
		x := s.in(model.Float32, 2, 3, 4)
		return s.then(model.OpReshape, nil, model.Float32, x, s.pack(s.dim(s.shapeOf(x), 0), s.scalar(model.Int32, -1)))
	},
	"flatten by a product": func(s *single) int {
		x := s.in(model.Uint8, 2, 3, 4)
		all := s.then(model.OpReduceProd, model.Reducer{KeepDims: true}, model.Int32, s.shapeOf(x), s.ints([]int{0}))
		return s.then(model.OpReshape, nil, model.Uint8, x, all)
	},
	"concatenated shape": func(s *single) int {
		x := s.in(model.Int8, 2, 3, 4)
		head := s.then(model.OpSlice, nil, model.Int32, s.shapeOf(x), s.ints([]int{0}), s.ints([]int{1}))
		shape := s.then(model.OpConcatenation, model.Concat{}, model.Int32, head, s.ints([]int{12}))
		s.Tensors[shape].Shape = []int{1} // the axis of one without dimensions would be refused
		return s.then(model.OpReshape, nil, model.Int8, x, shape)
	},
	"broadcast as another": func(s *single) int {
		x, y := s.in(model.Float32, 1, 3, 1), s.in(model.Float32, 2, 3, 4)
		return s.then(model.OpMul, model.Mul{}, model.Float32, y, s.then(model.OpBroadcastTo, nil, model.Float32, x, s.shapeOf(y)))
	},
	"filled as another": func(s *single) int {
		x := s.in(model.Float32, 2, 3)
		return s.then(model.OpAdd, model.Add{}, model.Float32, x, s.then(model.OpFill, nil, model.Float32, s.shapeOf(x), s.scalar(model.Float32, 3)))
	},
	"all rows, by their numbers": func(s *single) int {
		x := s.in(model.Float32, 4, 3)
		rows := s.then(model.OpRange, nil, model.Int32, s.scalar(model.Int32, 0), s.dim(s.shapeOf(x), 0), s.scalar(model.Int32, 2))
		return s.then(model.OpGather, model.Gather{}, model.Float32, x, rows)
	},
	"padded to a multiple": func(s *single) int {
		x := s.in(model.Float32, 5, 3)
		rest := s.then(model.OpFloorMod, nil, model.Int32, s.dim(s.shapeOf(x), 0), s.scalar(model.Int32, 4))
		more := s.then(model.OpSub, model.Sub{}, model.Int32, s.scalar(model.Int32, 4), rest)
		zero := s.scalar(model.Int32, 0)
		pads := s.then(model.OpReshape, model.Reshape{NewShape: []int{2, 2}}, model.Int32, s.pack(zero, more, zero, zero))
		return s.then(model.OpPad, nil, model.Float32, x, pads)
	},
	"half the size, by float32": func(s *single) int {
		x := s.in(model.Float32, 6, 5)
		half := s.then(model.OpMul, model.Mul{}, model.Float32, s.then(model.OpCast, nil, model.Float32, s.shapeOf(x)), s.scalar(model.Float32, 1))
		size := s.then(model.OpCast, nil, model.Int32, s.then(model.OpSub, model.Sub{}, model.Float32, half, s.scalar(model.Float32, 2)))
		return s.then(model.OpSlice, nil, model.Float32, x, s.then(model.OpZerosLike, nil, model.Int32, size), size)
	},
	"tiled as often as there are dimensions": func(s *single) int {
		x := s.in(model.Uint8, 2, 3)
		rank := s.then(model.OpRank, nil, model.Int32, x)
		return s.then(model.OpTile, nil, model.Uint8, x, s.pack(rank, s.dim(s.shapeOf(x), 1)))
	},
	"a shape is the answer": func(s *single) int {
		x := s.in(model.Uint8, 2, 3)
		shape := s.shapeOf(s.then(model.OpTranspose, nil, model.Uint8, x, s.ints([]int{1, 0})))
		return s.then(model.OpAdd, model.Add{}, model.Int32, shape, s.ints([]int{7}))
	},
	"resized as another": func(s *single) int {
		x, y := s.in(model.Float32, 1, 2, 3, 2), s.in(model.Float32, 1, 4, 5, 2)
		size := s.then(model.OpStridedSlice, model.StridedSlice{}, model.Int32, s.shapeOf(y), s.ints([]int{1}), s.ints([]int{3}), s.ints([]int{1}))
		return s.then(model.OpAdd, model.Add{}, model.Float32, y, s.then(model.OpResizeNearest, model.ResizeNearest{}, model.Float32, x, size))
	},
	"pooled, of an open size": func(s *single) int {
		x := s.in(model.Float32, 1, 6, 8, 2)
		wide := s.then(model.OpReshape, nil, model.Float32, x, s.pack(s.scalar(model.Int32, 1), s.dim(s.shapeOf(x), 2), s.scalar(model.Int32, -1), s.scalar(model.Int32, 2)))
		p := s.then(model.OpMaxPool2D, model.Pool2D{StrideH: 2, StrideW: 2, Height: 3, Width: 3}, model.Float32, wide)
		return s.then(model.OpReduceMax, model.Reducer{}, model.Float32, p, s.ints([]int{1, 2}))
	},
}

// TestSettled compares what comes of shapes that are computed.
func TestSettled(t *testing.T) {
	worker := workerProgram(t)
	for name, build := range settled {
		t.Run(name, func(t *testing.T) {
			s := &single{r: rand.New(rand.NewPCG(1, 2))}
			s.Outputs = []int{build(s)}
			ours, err := runHere(t, s)
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := runThere(t, worker, s)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(ours[0], theirs[0]) {
				t.Errorf("here %x, there %x", ours[0], theirs[0])
			}
		})
	}
}

// TestUnsettled wants shapes that only a run tells to be refused by the name of the tensor that has them.
func TestUnsettled(t *testing.T) {
	for name, build := range map[string]func(s *single) int{
		"an input": func(s *single) int {
			return s.then(model.OpReshape, nil, model.Float32, s.in(model.Float32, 2, 3), s.in(model.Int32, 2))
		},
		"the greatest": func(s *single) int {
			x := s.in(model.Float32, 5)
			at := s.then(model.OpArgMax, nil, model.Int32, x, s.ints([]int{0}))
			if s.Operators[0].Op == model.OpArgMax {
				s.Tensors[at].Shape = []int{}
			}
			return s.then(model.OpSlice, nil, model.Float32, x, s.pack(at), s.ints([]int{-1}))
		},
	} {
		s := &single{r: rand.New(rand.NewPCG(1, 2))}
		s.Outputs = []int{build(s)}
		s.Tensors[s.Outputs[0]].Name = "the answer"
		_, err := runHere(t, s)
		if !errors.Is(err, model.ErrUnsupported) || !strings.Contains(err.Error(), `output "the answer" has a shape that is only known in a run`) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
