package tflite_test

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
)

// everyType has what tensors of numbers may be.
var everyType = []model.Type{model.Float32, model.Uint8, model.Int8, model.Int16, model.Int32, model.Int64, model.Bool}

// TestDifferentialPairs compares the engines on operators of two tensors: of all types, also those that TensorFlow Lite does not
// take, and of shapes that repeat.
func TestDifferentialPairs(t *testing.T) {
	var list []made
	for _, op := range []model.Op{
		model.OpAdd, model.OpSub, model.OpMul, model.OpDiv, model.OpMaximum, model.OpMinimum, model.OpSquaredDifference,
		model.OpFloorDiv, model.OpFloorMod, model.OpPow, model.OpPReLU, model.OpLess, model.OpLessEqual, model.OpGreater,
		model.OpGreaterEqual, model.OpEqual, model.OpNotEqual, model.OpLogicalAnd, model.OpLogicalOr,
	} {
		tolerance := map[model.Op]float64{model.OpPow: 1e-6}[op]
		list = append(list, made{op.String(), tolerance, func(k *maker) { k.pair(op, one(k, everyType...)) }})
	}
	list = append(list, made{"SELECT", 0, (*maker).choose}, made{"SELECT_V2", 0, (*maker).chooseAny}, made{"ADD_N", 0, (*maker).addN})
	differential(t, list)
}

// TestDifferentialSingles compares the engines on operators of one tensor.
func TestDifferentialSingles(t *testing.T) {
	var list []made
	for _, op := range []model.Op{
		model.OpReLU, model.OpReLU6, model.OpReLUN1To1, model.OpLeakyReLU, model.OpHardSwish, model.OpTanh, model.OpLogistic,
		model.OpELU, model.OpGELU, model.OpAbs, model.OpNeg, model.OpSquare, model.OpSqrt, model.OpRsqrt, model.OpFloor, model.OpCeil,
		model.OpRound, model.OpExp, model.OpLog, model.OpSin, model.OpCos, model.OpLogicalNot, model.OpSoftmax, model.OpLogSoftmax,
	} {
		tolerance := map[model.Op]float64{
			model.OpTanh: 1e-6, model.OpLogistic: 1e-6, model.OpELU: 1e-6, model.OpGELU: 1e-6, model.OpExp: 1e-6, model.OpLog: 1e-5,
			model.OpSin: 1e-6, model.OpCos: 1e-6, model.OpSoftmax: 1e-6, model.OpLogSoftmax: 1e-6,
		}[op]
		list = append(list, made{op.String(), tolerance, func(k *maker) { k.single(op, one(k, everyType...)) }})
	}
	list = append(list, made{"QUANTIZE", 0, (*maker).quantize}, made{"DEQUANTIZE", 0, (*maker).dequantize})
	differential(t, list)
}

// pair makes an operator of two tensors.
func (k *maker) pair(op model.Op, typ model.Type) {
	out := k.shape(k.between(0, 4))
	if len(out) > 0 && k.IntN(2) == 0 {
		out[len(out)-1] = k.between(1, 70)
	}
	a, b := out, out
	switch k.IntN(4) {
	case 0:
		a = k.part(out)
	case 1:
		b = k.part(out)
	case 2:
		a, b = k.parts(out)
	}
	switch {
	case op == model.OpPReLU:
		a = out
	case k.IntN(8) == 0: // shapes that repeat have 4 dimensions at most
		out = k.shape(k.between(5, 7))
		a, b = out, out
	}
	q := k.quant(typ)
	if typ == model.Int16 && k.IntN(2) == 0 {
		q.Scale[0] = float32(math.Ldexp(1, -k.between(8, 12)))
	}
	left := k.any(a, typ, k.stretched(q))
	right := k.any(b, typ, k.stretched(one(k, k.quant(typ), q)))
	to := typ
	switch op {
	case model.OpLess, model.OpLessEqual, model.OpGreater, model.OpGreaterEqual, model.OpEqual, model.OpNotEqual, model.OpLogicalAnd, model.OpLogicalOr:
		to = model.Bool
	case model.OpDiv, model.OpFloorDiv, model.OpFloorMod:
		k.divisor(right)
	case model.OpPow:
		k.exponent(left, right)
	case model.OpMaximum, model.OpMinimum:
		k.m.Tensors[right].Quant = k.m.Tensors[left].Quant
	}
	if v := &k.m.Tensors[left]; op == model.OpMul && v.Quant != nil && k.IntN(6) == 0 { // 2^31 and more turn into a smaller factor
		v.Quant = &model.Quant{Scale: []float32{float32(math.Ldexp(1, k.between(-60, 60)))}, ZeroPoint: v.Quant.ZeroPoint}
	}
	var same *model.Quant
	if op == model.OpMaximum || op == model.OpMinimum || typ == model.Int16 && k.IntN(2) == 0 {
		same = q
	}
	if k.IntN(6) == 0 && k.m.Tensors[right].Data == nil && to == typ && typ != model.Bool {
		k.m.Tensors[right].Data = noise(k.Rand, k.m.Tensors[right].Bytes())
		if typ == model.Float32 {
			k.m.Tensors[right].Data = k.floats(k.m.Tensors[right].Bytes())
		}
	}
	k.op(op, k.pairOptions(op), []int{left, right}, k.any(out, to, same))
}

// stretched is q, or now and then with a scale that is far greater or smaller.
func (k *maker) stretched(q *model.Quant) *model.Quant {
	if k.IntN(5) != 0 {
		return q
	}
	scale := float32(math.Ldexp(float64(q.Scale[0]), k.between(-14, 6)))
	return &model.Quant{Scale: []float32{scale}, ZeroPoint: q.ZeroPoint}
}

func (k *maker) pairOptions(op model.Op) any {
	act := one(k, model.NoActivation, model.NoActivation, model.ReLU, model.ReLU6, model.ReLUN1To1)
	switch op {
	case model.OpAdd:
		return model.Add{Activation: act, AnyScale16: k.IntN(2) == 0}
	case model.OpSub:
		return model.Sub{Activation: act, AnyScale16: k.IntN(2) == 0}
	case model.OpMul:
		return model.Mul{Activation: act}
	case model.OpDiv:
		return model.Div{Activation: act}
	}
	return nil
}

// part is a shape that repeats to another: some of its dimensions are 1 or, at the beginning, missing.
func (k *maker) part(of []int) []int {
	s := slices.Clone(of)
	for i := range s {
		if k.IntN(2) == 0 {
			s[i] = 1
		}
	}
	for len(s) > 0 && s[0] == 1 && k.IntN(2) == 0 {
		s = s[1:]
	}
	return s
}

// parts is two shapes that repeat to another together.
func (k *maker) parts(of []int) (a, b []int) {
	a, b = slices.Clone(of), slices.Clone(of)
	for i := range of {
		switch k.IntN(3) {
		case 0:
			a[i] = 1
		case 1:
			b[i] = 1
		}
	}
	return a, b
}

// divisor makes tensor i a constant without zeros.
func (k *maker) divisor(i int) {
	t := &k.m.Tensors[i]
	t.Data = noise(k.Rand, t.Bytes())
	for at := 0; at < len(t.Data); at += t.Type.Size() {
		switch x := t.Data[at : at+t.Type.Size()]; t.Type {
		case model.Float32:
			binary.LittleEndian.PutUint32(x, math.Float32bits(float32(k.between(1, 900))/64*float32(1-2*k.IntN(2))))
		case model.Uint8, model.Int8:
			if int32(int8(x[0])) == t.Quant.ZeroPoint[0] || int32(x[0]) == t.Quant.ZeroPoint[0] || x[0] == 0 {
				x[0] ^= 0x11
			}
		case model.Bool:
			x[0] = 1
		default:
			copy(x, binary.LittleEndian.AppendUint64(nil, uint64(int64(k.between(1, 90)*(1-2*k.IntN(2))))))
		}
	}
}

// exponent makes tensor exp a constant of exponents, and base one that they suit.
func (k *maker) exponent(base, exp int) {
	for _, i := range []int{base, exp} {
		t := &k.m.Tensors[i]
		switch t.Type {
		case model.Float32:
			for range t.Elements() {
				t.Data = binary.LittleEndian.AppendUint32(t.Data, math.Float32bits(0.1+4*k.Float32()))
			}
		case model.Int32:
			for range t.Elements() {
				x := k.between(-12, 12)
				if i == exp {
					x = k.between(0, 9)
				}
				t.Data = binary.LittleEndian.AppendUint32(t.Data, uint32(x))
			}
		}
	}
	k.m.Tensors[base].Data = one(k, k.m.Tensors[base].Data, nil)
	if k.m.Tensors[base].Type == model.Float32 && k.m.Tensors[base].Data == nil {
		k.m.Tensors[base].Data = slices.Repeat([]byte{0, 0, 0x40, 0x40}, k.m.Tensors[base].Elements())
	}
	// One input has to be left.
	if k.m.Tensors[base].Data != nil {
		k.m.Tensors[exp].Data = nil
		if k.m.Tensors[exp].Type == model.Int32 {
			k.m.Tensors[base].Data, k.m.Tensors[exp].Data = nil, slices.Repeat([]byte{3, 0, 0, 0}, k.m.Tensors[exp].Elements())
		}
	}
}

// choose makes a SELECT, chooseAny a SELECT_V2.
func (k *maker) choose() {
	shape, typ := k.shape(k.between(0, 5)), one(k, everyType...)
	which := one(k, shape, []int{}, shape[:min(1, len(shape))])
	q := k.quant(typ)
	in := []int{k.any(which, model.Bool, nil), k.any(shape, typ, q), k.any(shape, typ, q)}
	k.op(model.OpSelect, nil, in, k.any(shape, typ, q))
}

func (k *maker) chooseAny() {
	out, typ := k.shape(k.between(0, 4)), one(k, everyType...)
	q := k.quant(typ)
	a, b := k.parts(out)
	shapes := one(k, [][]int{out, out, out}, [][]int{out, k.part(out), k.part(out)}, [][]int{k.part(out), out, k.part(out)}, [][]int{k.part(out), a, b})
	in := []int{k.any(shapes[0], model.Bool, nil), k.any(shapes[1], typ, q), k.any(shapes[2], typ, q)}
	k.op(model.OpSelectV2, nil, in, k.any(out, typ, q))
}

func (k *maker) addN() {
	shape, typ := k.shape(k.between(0, 5)), one(k, model.Float32, model.Int32, one(k, everyType...))
	var in []int
	for range k.between(1, 6) {
		in = append(in, k.any(shape, typ, nil))
	}
	k.op(model.OpAddN, nil, in, k.any(shape, typ, nil))
}

// single makes an operator of one tensor.
func (k *maker) single(op model.Op, typ model.Type) {
	shape := k.shape(k.between(1, 5))
	if k.IntN(2) == 0 {
		shape[len(shape)-1] = k.between(1, 400)
	}
	q, to := k.stretched(k.quant(typ)), k.stretched(k.quant(typ))
	var options any
	switch op {
	case model.OpLeakyReLU:
		options = model.LeakyReLU{Alpha: one(k, 0.1, 0.01, 0.3, 1.5, -0.2, k.Float32())}
	case model.OpGELU:
		options = model.GELU{Approximate: k.IntN(2) == 0}
	case model.OpSoftmax:
		options = model.Softmax{Beta: one(k, 1, 0.5, 2, k.Float32()+0.1)}
		to = k.softmaxQuant(typ)
	case model.OpLogSoftmax:
		low, high := typ.Range()
		to = &model.Quant{Scale: []float32{16. / 256}, ZeroPoint: []int32{int32(max(high, low))}}
	case model.OpLogistic, model.OpTanh:
		to = k.sigmoidQuant(op, typ, q)
	case model.OpAbs:
		to = one(k, q, to)
	case model.OpRsqrt:
		if typ == model.Int8 {
			q.ZeroPoint[0] = -128
		}
	}
	k.op(op, options, []int{k.any(shape, typ, q)}, k.any(shape, typ, to))
}

// softmaxQuant is that of SOFTMAX's output.
func (k *maker) softmaxQuant(typ model.Type) *model.Quant {
	if typ == model.Int16 {
		return &model.Quant{Scale: []float32{1. / 32768}, ZeroPoint: []int32{0}}
	}
	low, _ := typ.Range()
	return &model.Quant{Scale: []float32{1. / 256}, ZeroPoint: []int32{int32(max(low, math.MinInt8))}}
}

// sigmoidQuant is that of the output of LOGISTIC or TANH. It changes the input's q sometimes.
func (k *maker) sigmoidQuant(op model.Op, typ model.Type, q *model.Quant) *model.Quant {
	if typ == model.Int16 {
		q.Scale[0] = one(k, 1./4096, 1./2048, 1./1024, 1./8192, float32(k.between(1, 200))*1e-5)
		return &model.Quant{Scale: []float32{1. / 32768}, ZeroPoint: []int32{0}}
	}
	low, _ := typ.Range()
	fixed := &model.Quant{Scale: []float32{1. / 256}, ZeroPoint: []int32{int32(max(low, math.MinInt8))}}
	if op == model.OpTanh {
		fixed.Scale[0], fixed.ZeroPoint[0] = 1./128, fixed.ZeroPoint[0]+128
	}
	zero := *fixed
	zero.ZeroPoint = k.quant(typ).ZeroPoint
	return one(k, fixed, fixed, fixed, &zero, k.quant(typ))
}

func (k *maker) quantize() {
	shape := k.shape(k.between(0, 5))
	from, to := one(k, everyType...), one(k, everyType...)
	in := k.any(shape, from, nil)
	if from == model.Int32 {
		k.m.Tensors[in].Quant = k.quant(model.Int16)
	}
	out := k.any(shape, to, nil)
	if to == model.Int32 {
		k.m.Tensors[out].Quant = k.quant(model.Int16)
	}
	k.op(model.OpQuantize, nil, []int{in}, out)
}

func (k *maker) dequantize() {
	shape := k.shape(k.between(0, 5))
	k.op(model.OpDequantize, nil, []int{k.any(shape, one(k, everyType...), nil)}, k.any(shape, model.Float32, nil))
}
