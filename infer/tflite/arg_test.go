package tflite_test

import (
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
)

// TestDifferentialPlaces compares the engines on operators that look for numbers, and others that take a row as a whole.
func TestDifferentialPlaces(t *testing.T) {
	var list []made
	for _, typ := range []model.Type{model.Float32, model.Uint8, model.Int8, model.Int16, model.Int32, model.Int64, model.Bool} {
		if typ != model.Int16 && typ != model.Int64 { // of these there is none
			list = append(list,
				made{"ARG_MAX_" + typ.String(), 0, func(k *maker) { k.arg(model.OpArgMax, typ) }},
				made{"ARG_MIN_" + typ.String(), 0, func(k *maker) { k.arg(model.OpArgMin, typ) }})
		}
		if typ != model.Int16 && typ != model.Bool {
			list = append(list, made{"TOPK_V2_" + typ.String(), 0, func(k *maker) { k.topK(typ) }})
		}
		if typ == model.Float32 || typ == model.Int32 || typ == model.Int64 {
			list = append(list, made{"CUMSUM_" + typ.String(), 0, func(k *maker) { k.cumSum(typ) }})
		}
		if typ == model.Float32 || typ == model.Uint8 || typ == model.Int8 {
			list = append(list, made{"L2_NORMALIZATION_" + typ.String(), 1e-6, func(k *maker) { k.l2Norm(typ) }})
		}
	}
	list = append(list, made{"L2_POOL_2D_float32", 1e-6, func(k *maker) { k.t = model.Float32; k.l2Pool() }})
	differential(t, list)
}

func (k *maker) arg(op model.Op, typ model.Type) {
	shape := k.shape(k.between(1, 5))
	d := k.IntN(len(shape))
	shape[d] = k.between(1, 70)
	out := slices.Delete(slices.Clone(shape), d, d+1)
	index := one(k, model.Int32, model.Int64)
	k.op(op, model.Arg{Output: index}, []int{k.any(shape, typ, nil), k.ints(d - one(k, 0, len(shape)))}, k.any(out, index, nil))
}

func (k *maker) topK(typ model.Type) {
	shape := k.shape(k.between(1, 4))
	shape[len(shape)-1] = k.between(1, 90)
	count := k.between(1, shape[len(shape)-1])
	out := slices.Clone(shape)
	out[len(out)-1] = count
	in, amount := k.any(shape, typ, nil), k.ints(count)
	k.m.Tensors[amount].Shape = nil
	k.op(model.OpTopKV2, model.TopK{}, []int{in, amount}, k.any(out, typ, k.m.Tensors[in].Quant))
	places := k.any(out, model.Int32, nil)
	k.m.Operators[0].Outputs = append(k.m.Operators[0].Outputs, places)
	k.m.Outputs = append(k.m.Outputs, places)
}

func (k *maker) cumSum(typ model.Type) {
	shape := k.shape(k.between(1, 5))
	axis := k.ints(k.between(-len(shape), len(shape)-1))
	k.m.Tensors[axis].Shape = nil
	opt := model.CumSum{Exclusive: k.IntN(2) == 0, Reverse: k.IntN(2) == 0}
	k.op(model.OpCumSum, opt, []int{k.any(shape, typ, nil), axis}, k.any(shape, typ, nil))
}

func (k *maker) l2Norm(typ model.Type) {
	shape := k.shape(k.between(1, 5))
	shape[len(shape)-1] = k.between(1, 600)
	q := &model.Quant{Scale: []float32{1.0 / 128}, ZeroPoint: []int32{0}}
	if typ == model.Uint8 {
		q.ZeroPoint[0] = 128
	}
	k.op(model.OpL2Normalization, model.L2Norm{}, []int{k.any(shape, typ, nil)}, k.any(shape, typ, q))
}

func (k *maker) l2Pool() {
	f := k.frame()
	in := k.any([]int{1, f.h, f.w, f.c}, k.t, nil)
	k.op(model.OpL2Pool2D, model.Pool2D{Padding: f.Padding, StrideH: f.StrideH, StrideW: f.StrideW, Height: f.kh, Width: f.kw,
		Activation: f.Activation}, []int{in}, k.any([]int{1, f.oh, f.ow, f.c}, k.t, nil))
}
