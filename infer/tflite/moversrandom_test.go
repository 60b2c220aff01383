package tflite_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
)

// shape is some dimensions, from 1 to most each.
func (s *single) shape(rank, most int) []int {
	list := make([]int, rank)
	for i := range list {
		list[i] = 1 + s.r.IntN(most)
	}
	return list
}

// some is n numbers from low to high.
func (s *single) some(n, low, high int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = low + s.r.IntN(high-low+1)
	}
	return list
}

// randomMovers make models of one operator with random shapes and options: most of them make sense.
var randomMovers = []func(s *single, t model.Type){
	func(s *single, t model.Type) { // any positions, of which some take nothing
		shape := s.shape(1+s.r.IntN(5), 6)
		n := 1 + s.r.IntN(len(shape))
		strides := s.some(n, 1, 3)
		for i := range strides {
			if s.r.IntN(3) == 0 {
				strides[i] = -strides[i]
			}
		}
		opt := model.StridedSlice{BeginMask: s.r.IntN(1 << n), EndMask: s.r.IntN(1 << n)}
		begin, end := s.some(n, -7, 7), s.some(n, -7, 7)
		switch s.r.IntN(4) {
		case 0:
			opt.EllipsisMask = 1 << s.r.IntN(n)
		case 1:
			opt.NewAxisMask = s.r.IntN(1 << n)
		case 2:
			opt.ShrinkMask = 1 << s.r.IntN(n)
			for i := range begin { // an element that is there
				begin[i], strides[i] = s.r.IntN(2*shape[i])-shape[i], 1
			}
			opt.BeginMask, opt.EndMask = 0, 0
		}
		s.op(model.OpStridedSlice, opt, t, 1, s.in(t, shape...), s.ints(begin), s.ints(end), s.ints(strides))
	},
	func(s *single, t model.Type) {
		shape := s.shape(1+s.r.IntN(5), 5)
		begin, size := make([]int, len(shape)), make([]int, len(shape))
		for d, n := range shape {
			begin[d] = s.r.IntN(n)
			if size[d] = 1 + s.r.IntN(n-begin[d]); s.r.IntN(3) == 0 {
				size[d] = -1
			}
		}
		s.op(model.OpSlice, nil, t, 1, s.in(t, shape...), s.ints(begin), s.ints(size))
	},
	func(s *single, t model.Type) {
		shape := s.shape(1+s.r.IntN(5), 4)
		s.op(model.OpPad, nil, t, 1, s.in(t, shape...), s.ints(s.some(2*len(shape), 0, 3), len(shape), 2))
	},
	func(s *single, t model.Type) {
		shape := s.shape(1+s.r.IntN(5), 4)
		s.op(model.OpPadV2, nil, t, 1, s.in(t, shape...), s.ints(s.some(2*len(shape), 0, 3), len(shape), 2), s.scalar(t, 1))
	},
	func(s *single, t model.Type) {
		shape := s.shape(1+s.r.IntN(4), 5)
		symmetric := s.r.IntN(2) == 0
		var borders []int
		for _, n := range shape {
			if !symmetric {
				n--
			}
			borders = append(borders, s.r.IntN(n+1), s.r.IntN(n+1))
		}
		s.op(model.OpMirrorPad, model.MirrorPad{Symmetric: symmetric}, t, 1, s.in(t, shape...), s.ints(borders, len(shape), 2))
	},
	func(s *single, t model.Type) {
		rank := 1 + s.r.IntN(5)
		s.op(model.OpTranspose, nil, t, 1, s.in(t, s.shape(rank, 5)...), s.ints(s.r.Perm(rank)))
	},
	func(s *single, t model.Type) {
		shape := s.shape(1+s.r.IntN(4), 4)
		axis := s.r.IntN(len(shape))
		batch := s.r.IntN(axis + 1)
		shape[axis] = 8
		at := append(append([]int{}, shape[:batch]...), s.shape(s.r.IntN(3), 3)...)
		s.op(model.OpGather, model.Gather{Axis: axis, BatchDims: batch}, t, 1, s.in(t, shape...), s.in(model.Int32, at...))
	},
	func(s *single, t model.Type) {
		depth := 1 + s.r.IntN(3)
		shape := append(make([]int, depth), s.shape(s.r.IntN(3), 4)...)
		for i := range depth {
			shape[i] = 8
		}
		s.op(model.OpGatherND, nil, t, 1, s.in(t, shape...), s.in(model.Int64, append(s.shape(s.r.IntN(3), 3), depth)...))
	},
	func(s *single, t model.Type) {
		shape := s.shape(1+s.r.IntN(4), 4)
		s.op(model.OpTile, nil, t, 1, s.in(t, shape...), s.ints(s.some(len(shape), 1, 3)))
	},
	func(s *single, t model.Type) {
		shape, out := s.shape(1+s.r.IntN(4), 4), []int{}
		for i, n := range shape {
			if out = append(out, n); s.r.IntN(2) == 0 {
				shape[i] = 1
			}
		}
		s.op(model.OpBroadcastTo, nil, t, 1, s.in(t, shape...), s.ints(append(s.shape(s.r.IntN(3), 3), out...)))
	},
	func(s *single, t model.Type) {
		sides, shape := s.some(1+s.r.IntN(2), 1, 3), s.shape(1, 3)
		var borders []int
		for _, side := range sides {
			n, before := 1+s.r.IntN(6), s.r.IntN(4)
			shape = append(shape, n)
			borders = append(borders, before, (side-(n+before)%side)%side+side*s.r.IntN(2))
		}
		s.op(model.OpSpaceToBatchND, nil, t, 1, s.in(t, append(shape, 3)...), s.ints(sides), s.ints(borders, len(sides), 2))
	},
	func(s *single, t model.Type) {
		sides := s.some(1+s.r.IntN(2), 1, 3)
		shape, crops := []int{1 + s.r.IntN(2)}, []int{}
		for _, side := range sides {
			n := 1 + s.r.IntN(4)
			shape[0] *= side
			shape = append(shape, n)
			before := s.r.IntN(n * side)
			crops = append(crops, before, s.r.IntN(n*side-before))
		}
		s.op(model.OpBatchToSpaceND, nil, t, 1, s.in(t, append(shape, 3)...), s.ints(sides), s.ints(crops, len(sides), 2))
	},
	func(s *single, t model.Type) {
		shape := s.shape(s.r.IntN(4), 4)
		n := 1 + s.r.IntN(3)
		var ins []int
		for range n {
			ins = append(ins, s.in(t, shape...))
		}
		s.op(model.OpPack, model.Pack{Values: n, Axis: s.r.IntN(2*len(shape)+2) - len(shape) - 1}, t, 1, ins...)
	},
	func(s *single, t model.Type) {
		shape := s.shape(1+s.r.IntN(4), 4)
		axis := s.r.IntN(len(shape))
		s.op(model.OpUnpack, model.Unpack{Num: shape[axis], Axis: axis}, t, shape[axis], s.in(t, shape...))
	},
	func(s *single, t model.Type) {
		shape := s.shape(1+s.r.IntN(4), 7)
		axis := s.r.IntN(len(shape))
		sizes, left := []int{}, shape[axis]
		for left > 0 {
			n := 1 + s.r.IntN(left)
			sizes, left = append(sizes, n), left-n
		}
		s.op(model.OpSplitV, model.Split{Splits: len(sizes)}, t, len(sizes), s.in(t, shape...), s.ints(sizes), s.scalar(model.Int32, axis-len(shape)))
	},
	func(s *single, t model.Type) {
		shape := s.shape(1+s.r.IntN(3), 4)
		s.op(model.OpOneHot, model.OneHot{Axis: s.r.IntN(len(shape)+2) - 1}, t, 1, s.in(model.Int32, shape...), s.scalar(model.Int32, 1+s.r.IntN(9)), s.in(t), s.in(t))
	},
	func(s *single, t model.Type) {
		shape := s.shape(1+s.r.IntN(4), 4)
		axis := s.r.IntN(len(shape))
		var ins []int
		total := 0
		for range 1 + s.r.IntN(4) {
			part := append([]int{}, shape...)
			part[axis] = 1 + s.r.IntN(3)
			total += part[axis]
			ins = append(ins, s.in(t, part...))
		}
		s.op(model.OpConcatenation, model.Concat{Axis: axis}, t, 1, ins...)
		shape[axis] = total
		s.Tensors[s.Outputs[0]].Shape = shape
	},
	func(s *single, t model.Type) {
		shape := s.shape(1+s.r.IntN(5), 4)
		s.op(model.OpReverseV2, nil, t, 1, s.in(t, shape...), s.ints([]int{s.r.IntN(2*len(shape)) - len(shape)}))
	},
	func(s *single, t model.Type) {
		shape := s.shape(s.r.IntN(4), 4)
		s.op(model.OpExpandDims, nil, t, 1, s.in(t, shape...), s.scalar(model.Int32, s.r.IntN(2*len(shape)+2)-len(shape)-1))
	},
}

// TestMoversRandom compares movers of random shapes and options.
func TestMoversRandom(t *testing.T) {
	worker := workerProgram(t)
	rounds := 6
	if *moveAll {
		rounds = 200
	}
	for k, build := range randomMovers {
		for seed := range rounds {
			typ := everyType[(k+seed)%len(everyType)]
			s := &single{r: rand.New(rand.NewPCG(uint64(k), uint64(seed)))}
			build(s, typ)
			o := s.Operators[0]
			name := fmt.Sprintf("%v %v %+v, seed %d", o.Op, typ, o.Options, seed)
			ours, errOurs := runHere(t, s)
			theirs, errTheirs := runThere(t, worker, s)
			if (errOurs == nil) != (errTheirs == nil) {
				t.Errorf("%s: here %v, there %v", name, errOurs, errTheirs)
				continue
			}
			for i := range theirs {
				if errOurs == nil && !bytes.Equal(ours[i], theirs[i]) {
					t.Errorf("%s: output %d: here %x, there %x", name, i, ours[i][:min(24, len(ours[i]))], theirs[i][:min(24, len(theirs[i]))])
				}
			}
		}
	}
}
