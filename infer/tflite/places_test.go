package tflite_test

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
)

// TestDifferentialScatter compares the engines on operators that put numbers at places, and others that follow a network's last layers.
func TestDifferentialScatter(t *testing.T) {
	list := []made{
		{"SCATTER_ND", 0, (*maker).scatterND}, {"SPARSE_TO_DENSE", 0, (*maker).sparseToDense},
		{"REVERSE_SEQUENCE", 0, (*maker).reverseSequence}, {"MATRIX_DIAG", 0, (*maker).matrixDiag}, {"MATRIX_SET_DIAG", 0, (*maker).matrixSetDiag},
		{"BUCKETIZE", 0, (*maker).bucketize}, {"FAKE_QUANT", 0, (*maker).fakeQuant},
		{"NON_MAX_SUPPRESSION_V4", 0, func(k *maker) { k.suppress(model.OpSuppressionV4) }},
		{"NON_MAX_SUPPRESSION_V5", 1e-6, func(k *maker) { k.suppress(model.OpSuppressionV5) }},
		{"BROADCAST_ARGS", 0, (*maker).broadcastArgs}, {"SEGMENT_SUM", 1e-6, (*maker).segmentSum}, {"DYNAMIC_UPDATE_SLICE", 0, (*maker).update},
		{"EMBEDDING_LOOKUP", 0, (*maker).embedding},
	}
	differential(t, list)
}

// within is a constant of int32 of some shape, whose rows are places in a tensor.
func (k *maker) within(shape, sides []int) int {
	var numbers []int
	for i := range (&model.Tensor{Shape: shape}).Elements() {
		numbers = append(numbers, k.IntN(sides[i%len(sides)]))
	}
	i := k.ints(numbers...)
	k.m.Tensors[i].Shape = shape
	return i
}

func (k *maker) scatterND() {
	out, typ := k.shape(k.between(1, 4)), one(k, everyType...)
	depth := k.between(1, len(out))
	outer := k.shape(k.between(0, 2))
	if depth == len(out) { // 2.9 wants a dimension
		outer = k.shape(k.between(1, 2))
	}
	q := k.quant(typ)
	at := k.within(append(slices.Clone(outer), depth), out[:depth])
	src := k.any(append(outer, out[depth:]...), typ, q)
	k.op(model.OpScatterND, nil, []int{at, src, k.ints(out...)}, k.any(out, typ, q))
}

func (k *maker) sparseToDense() {
	out, typ := k.shape(k.between(1, 4)), one(k, everyType...)
	n := k.between(1, 5)
	at := []int{n, len(out)}
	if len(out) == 1 {
		at = at[:k.between(1, 2)]
	}
	q := k.quant(typ)
	places := k.within(at, out)
	values := []int{n}
	if n == 1 { // 2.9 refuses one number for several places otherwise
		values = values[:k.IntN(2)]
	}
	k.op(model.OpSparseToDense, nil, []int{places, k.ints(out...), k.any(values, typ, q), k.any([]int{}, typ, q)}, k.any(out, typ, q))
}

func (k *maker) reverseSequence() {
	shape, typ := k.shape(k.between(2, 5)), one(k, everyType...)
	order := k.Perm(len(shape))
	opt := model.ReverseSequence{Sequence: order[0], Batch: order[1]}
	lengths := k.within([]int{shape[opt.Batch]}, []int{shape[opt.Sequence] + 1})
	q := k.quant(typ)
	k.op(model.OpReverseSequence, opt, []int{k.any(shape, typ, q), lengths}, k.any(shape, typ, q))
}

// numeric is all types but bool, of which 2.9 makes diagonals as if they were float32.
var numeric = everyType[:len(everyType)-1]

func (k *maker) matrixDiag() {
	shape, typ := k.shape(k.between(1, 4)), one(k, numeric...)
	q := k.quant(typ)
	k.op(model.OpMatrixDiag, nil, []int{k.any(shape, typ, q)}, k.any(append(shape, shape[len(shape)-1]), typ, q))
}

func (k *maker) matrixSetDiag() {
	shape, typ := k.shape(k.between(2, 5)), one(k, numeric...)
	q, rank := k.quant(typ), len(shape)
	diagonal := append(slices.Clone(shape[:rank-2]), min(shape[rank-2], shape[rank-1]))
	k.op(model.OpMatrixSetDiag, nil, []int{k.any(shape, typ, q), k.any(diagonal, typ, q)}, k.any(shape, typ, q))
}

func (k *maker) bucketize() {
	var opt model.Bucketize
	for range k.between(1, 9) {
		opt.Boundaries = append(opt.Boundaries, float32(k.between(-200, 200)))
	}
	slices.Sort(opt.Boundaries)
	shape := k.shape(k.between(0, 4))
	k.op(model.OpBucketize, opt, []int{k.any(shape, one(k, everyType...), nil)}, k.any(shape, model.Int32, nil))
}

func (k *maker) fakeQuant() {
	shape, typ := k.shape(k.between(0, 4)), model.Float32 // 2.9 takes any other for float32
	opt := model.FakeQuant{Min: -k.Float32() * 300, Max: k.Float32() * 300, Bits: k.between(2, 16)}
	k.op(model.OpFakeQuant, opt, []int{k.any(shape, typ, nil)}, k.any(shape, typ, nil))
}

// suppress makes boxes, some of which are equal, have no area, or have their edges in another order, with scores that are often equal.
func (k *maker) suppress(op model.Op) {
	n := k.between(1, 60)
	boxes := model.Tensor{Shape: []int{n, 4}, Type: model.Float32}
	for range n {
		y, x := float32(k.between(0, 8))/10, float32(k.between(0, 8))/10
		for _, edge := range []float32{y, x, y + float32(k.between(-1, 5))/10, x + float32(k.between(0, 5))/10 + k.Float32()/50} {
			boxes.Data = binary.LittleEndian.AppendUint32(boxes.Data, math.Float32bits(edge))
		}
	}
	if k.IntN(3) == 0 {
		boxes.Data = nil // of any size
	}
	scores := model.Tensor{Shape: []int{n}, Type: model.Float32}
	for range n {
		scores.Data = binary.LittleEndian.AppendUint32(scores.Data, math.Float32bits(float32(k.between(0, 6))/7))
	}
	scalar := func(x float32) int {
		return k.add(model.Tensor{Shape: []int{}, Type: model.Float32, Data: binary.LittleEndian.AppendUint32(nil, math.Float32bits(x))})
	}
	most := k.ints(k.between(1, 40))
	k.m.Tensors[most].Shape = []int{}
	where := k.add(boxes)
	inputs := []int{where, k.add(scores), most, scalar(one[float32](k, 0.5, 0.3, 0.01, 0.9, 1)), scalar(one[float32](k, 0, 0.2, 0.5))}
	count := k.any([]int{}, model.Int32, nil)
	length := []int{k.m.Tensors[most].Elements()}
	length[0] = int(binary.LittleEndian.Uint32(k.m.Tensors[most].Data))
	outs := []int{k.any(length, model.Int32, nil), count}
	if op == model.OpSuppressionV5 {
		inputs = append(inputs, scalar(one[float32](k, 0, 0.3, 1)))
		outs = []int{outs[0], k.any(length, model.Float32, nil), count}
	}
	if boxes.Data != nil { // one input has to be left
		i := one(k, inputs[0], inputs[4], inputs[1])
		k.m.Tensors[i].Data = nil
	}
	k.op(op, nil, inputs, outs[0])
	k.m.Operators[0].Outputs, k.m.Outputs = outs, outs
}

func (k *maker) broadcastArgs() {
	out := k.shape(k.between(1, 4))
	a, b := k.parts(out)
	typ := one(k, model.Float32, model.Int8)
	q := k.quant(typ)
	in, made := k.any(a, typ, q), k.any([]int{len(out)}, model.Int32, nil)
	wide := k.any(out, typ, q)
	k.m.Operators = []model.Operator{
		{Op: model.OpBroadcastArgs, Inputs: []int{k.ints(a...), k.ints(b...)}, Outputs: []int{made}},
		{Op: model.OpBroadcastTo, Inputs: []int{in, made}, Outputs: []int{wide}},
	}
	k.m.Inputs, k.m.Outputs = []int{in}, []int{wide}
}

func (k *maker) segmentSum() {
	shape, typ := k.shape(k.between(1, 4)), one(k, model.Float32, model.Int32, one(k, everyType...))
	var rows []int
	last := 0
	for range shape[0] {
		rows = append(rows, last)
		last += k.IntN(2)
	}
	out := slices.Clone(shape)
	out[0] = rows[len(rows)-1] + 1
	k.op(model.OpSegmentSum, nil, []int{k.any(shape, typ, nil), k.ints(rows...)}, k.any(out, typ, nil))
}

// update replaces a block that begins anywhere, also outside.
func (k *maker) update() {
	shape, typ := k.shape(k.between(1, 5)), one(k, everyType...)
	block := slices.Clone(shape)
	for d := range block {
		block[d] = k.between(1, shape[d])
	}
	q := k.quant(typ)
	start := k.any([]int{len(shape)}, model.Int32, nil)
	k.op(model.OpDynamicUpdate, nil, []int{k.any(shape, typ, q), k.any(block, typ, q), start}, k.any(shape, typ, q))
}

func (k *maker) embedding() {
	shape, typ := k.shape(k.between(2, 4)), one(k, model.Float32, model.Int8)
	q, n := k.quant(typ), k.between(1, 6)
	rows := k.within([]int{n}, shape[:1])
	out := append([]int{n}, shape[1:]...)
	k.op(model.OpEmbeddingLookup, nil, []int{rows, k.any(shape, typ, q)}, k.any(out, typ, q))
}
