package tflite_test

import (
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
)

// TestDifferentialReductions compares the engines on operators that take dimensions together.
func TestDifferentialReductions(t *testing.T) {
	var list []made
	all := []model.Type{model.Float32, model.Uint8, model.Int8, model.Int16, model.Int32, model.Int64, model.Bool}
	for _, op := range []model.Op{model.OpMean, model.OpSum, model.OpReduceMax, model.OpReduceMin, model.OpReduceProd, model.OpReduceAny, model.OpReduceAll} {
		for _, typ := range all {
			logic := op == model.OpReduceAny || op == model.OpReduceAll
			if logic != (typ == model.Bool) {
				continue
			}
			tolerance := map[model.Op]float64{model.OpMean: 1e-5}[op]
			list = append(list, made{op.String() + "_" + typ.String(), tolerance, func(k *maker) { k.reduce(op, typ) }})
		}
	}
	differential(t, list)
}

// reduce makes a reduction over some axes, of an image's height and width half of the times.
func (k *maker) reduce(op model.Op, typ model.Type) {
	shape := k.shape(k.IntN(6))
	var axes []int
	if k.IntN(2) == 0 {
		shape = append(k.shape(3), k.between(1, 40))
		axes = one(k, []int{1, 2}, []int{2, 1}, []int{1, 2}, []int{-3, -2}, []int{1, 2, 2})
	} else {
		for d := range shape {
			if k.IntN(2) == 0 {
				axes = append(axes, d-one(k, 0, len(shape)))
			}
		}
		k.Shuffle(len(axes), func(i, j int) { axes[i], axes[j] = axes[j], axes[i] })
	}
	if len(axes) == 0 {
		shape, axes = []int{k.between(1, 3000)}, []int{0}
	}
	goes := make([]bool, len(shape))
	for _, a := range axes {
		goes[(a+len(shape))%len(shape)] = true
	}
	keep := k.IntN(2) == 0
	var out []int
	for d, size := range shape {
		switch {
		case !goes[d]:
			out = append(out, size)
		case keep:
			out = append(out, 1)
		}
	}
	in := k.any(shape, typ, nil)
	var q *model.Quant
	if k.IntN(3) != 0 && op != model.OpMean && op != model.OpSum && op != model.OpReduceProd || k.IntN(3) == 0 {
		q = k.m.Tensors[in].Quant
	}
	if op == model.OpReduceProd && k.IntN(4) == 0 {
		k.m.Tensors[in].Quant = nil
	}
	k.op(op, model.Reducer{KeepDims: keep}, []int{in, k.ints(axes...)}, k.any(slices.Clone(out), typ, q))
	if k.m.Tensors[in].Quant == nil {
		k.m.Tensors[k.m.Outputs[0]].Quant = nil
	}
}
