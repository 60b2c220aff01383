package tflite_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
)

// TestDifferentialSparse compares the engines on constants that are stored sparsely, in any order and in blocks, behind a DENSIFY.
func TestDifferentialSparse(t *testing.T) {
	var list []made
	for _, typ := range []model.Type{model.Float32, model.Float16, model.Int8} {
		list = append(list, made{"DENSIFY_" + typ.String(), 0, func(k *maker) { k.densify(typ) }})
	}
	differential(t, list)
}

// densify adds a sparse constant to an input.
func (k *maker) densify(typ model.Type) {
	shape := k.shape(k.between(1, 4))
	stored := k.sparse(shape, typ)
	dense := k.any(shape, typ, k.m.Tensors[stored].Quant)
	to := typ
	operators := []model.Operator{{Op: model.OpDensify, Inputs: []int{stored}, Outputs: []int{dense}}}
	if typ == model.Float16 {
		to = model.Float32
		real := k.any(shape, to, nil)
		operators = append(operators, model.Operator{Op: model.OpDequantize, Inputs: []int{dense}, Outputs: []int{real}})
		dense = real
	}
	in, out := k.any(shape, to, nil), k.any(shape, to, nil)
	k.m.Operators = append(operators, model.Operator{Op: model.OpAdd, Options: model.Add{}, Inputs: []int{in, dense}, Outputs: []int{out}})
	k.m.Inputs, k.m.Outputs = []int{in}, []int{out}
}

// sparse is a constant of which most elements are 0.
func (k *maker) sparse(shape []int, typ model.Type) int {
	i := k.any(shape, typ, &model.Quant{Scale: []float32{0.05}, ZeroPoint: []int32{0}})
	t := &k.m.Tensors[i]
	e := encoding{size: typ.Size(), dense: make([]byte, t.Bytes())}
	for at := 0; at < len(e.dense); at += e.size {
		if k.IntN(3) == 0 { // not the highest byte, or it may be no number
			copy(e.dense[at:at+e.size], []byte{byte(k.between(1, 127)), byte(k.between(1, 60)), byte(k.between(1, 60)), 63}[4-max(2, e.size):])
		}
	}
	t.Sparse = e.encode(k.Rand, shape)
	t.Data = e.values
	return i
}

// encoding makes sparse tensors of dense ones.
type encoding struct {
	size          int // of an element
	dense, values []byte
	sizes, steps  []int // of each level
	levels        []model.SparseLevel
}

func (e *encoding) encode(r *rand.Rand, shape []int) *model.Sparsity {
	rank := len(shape)
	sizes, steps := append([]int{}, shape...), make([]int, rank)
	for d, step := rank-1, e.size; d >= 0; d-- {
		steps[d] = step
		step *= shape[d]
	}
	s := &model.Sparsity{Order: r.Perm(rank)}
	for d := range shape {
		for block := 4; block > 1; block-- {
			if shape[d]%block == 0 && r.IntN(2) == 0 {
				s.Order, s.Blocks = append(s.Order, len(sizes)), append(s.Blocks, d)
				sizes, steps = append(sizes, block), append(steps, steps[d])
				sizes[d], steps[d] = sizes[d]/block, steps[d]*block
				break
			}
		}
	}
	for i, d := range s.Order {
		e.sizes, e.steps = append(e.sizes, sizes[d]), append(e.steps, steps[d])
		l := model.SparseLevel{Sparse: i < rank && r.IntN(2) == 0, Size: sizes[d], Segments: []int{0}}
		if l.Sparse {
			l.Size = 0
		}
		e.levels = append(e.levels, l)
	}
	e.walk(0, 0)
	for i := range e.levels {
		if !e.levels[i].Sparse {
			e.levels[i].Segments = nil
		}
	}
	s.Levels = e.levels
	return s
}

func (e *encoding) walk(level, at int) {
	if level == len(e.levels) {
		e.values = append(e.values, e.dense[at:at+e.size]...)
		return
	}
	l := &e.levels[level]
	for i := range e.sizes[level] {
		if next := at + i*e.steps[level]; !l.Sparse || e.any(level+1, next) {
			l.Indices = append(l.Indices, i)
			e.walk(level+1, next)
		}
	}
	l.Segments = append(l.Segments, len(l.Indices))
}

// any tells whether something below a branch is not 0.
func (e *encoding) any(level, at int) bool {
	if level == len(e.levels) {
		return !bytes.Equal(e.dense[at:at+e.size], make([]byte, e.size))
	}
	for i := range e.sizes[level] {
		if e.any(level+1, at+i*e.steps[level]) {
			return true
		}
	}
	return false
}
