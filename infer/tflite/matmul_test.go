package tflite_test

import (
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
)

// TestDifferentialProducts compares the engines on products of matrices: BATCH_MATMUL of all types but float32 by int8, which 2.9
// adds to what lay in memory before, and FULLY_CONNECTED of weights that are computed.
func TestDifferentialProducts(t *testing.T) {
	var list []made
	for _, typ := range []model.Type{model.Float32, model.Int8, model.Int16} {
		list = append(list, made{"BATCH_MATMUL_" + typ.String(), 1e-6, func(k *maker) { k.product(typ, typ, typ) }})
	}
	list = append(list, made{"BATCH_MATMUL_int32", 0, func(k *maker) { k.product(model.Int8, model.Int8, model.Int32) }})
	for _, typ := range []model.Type{model.Float32, model.Uint8, model.Int8} {
		list = append(list, made{"FULLY_CONNECTED_computed_" + typ.String(), 1e-6, func(k *maker) { k.t = typ; k.connectedTo() }})
	}
	differential(t, list)
}

// product makes a BATCH_MATMUL whose factors repeat, one of which may be constant.
func (k *maker) product(left, right, to model.Type) {
	batch := k.shape(k.between(0, 2)) // newer versions take 3
	m, inner, n := k.between(1, 20), k.between(1, 90), k.between(1, 40)
	a, b := slices.Clone(batch), slices.Clone(batch)
	if k.IntN(2) == 0 {
		a, b = k.parts(batch)
	}
	for len(a) > 0 && a[0] == 1 && k.IntN(2) == 0 {
		a = a[1:]
	}
	opt := model.BatchMatMul{TransposeA: k.IntN(2) == 0, TransposeB: k.IntN(2) == 0, AsymmetricInputs: k.IntN(2) == 0}
	a, b = append(a, m, inner), append(b, inner, n)
	if opt.TransposeA {
		a[len(a)-2], a[len(a)-1] = inner, m
	}
	if opt.TransposeB {
		b[len(b)-2], b[len(b)-1] = n, inner
	}
	x, y := k.any(a, left, nil), k.any(b, right, nil)
	if c := &k.m.Tensors[one(k, x, y)]; k.IntN(3) == 0 && c.Type != model.Bool {
		c.Data = noise(k.Rand, c.Bytes())
		if c.Type == model.Float32 {
			c.Data = k.floats(c.Bytes())
		}
	}
	k.op(model.OpBatchMatMul, opt, []int{x, y}, k.any(append(slices.Clone(batch), m, n), to, nil))
}

// connectedTo makes a FULLY_CONNECTED of weights that are an input.
func (k *maker) connectedTo() {
	rows, inner, n := k.between(1, 9), k.between(1, 200), k.between(1, 40)
	x, w := k.any([]int{rows, inner}, k.t, nil), k.any([]int{n, inner}, k.t, nil)
	inputs := []int{x, w}
	if k.t == model.Float32 || k.IntN(2) == 0 {
		l := &layered{k, k.t, k.t}
		inputs = l.with(model.OpFullyConnected, n, x, w)
	}
	k.op(model.OpFullyConnected, model.FullyConnected{Activation: one(k, model.NoActivation, model.ReLU)}, inputs, k.any([]int{rows, n}, k.t, nil))
}
