package mutant

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
)

// changed is a copy of the model with a few changes that its file can express.
func (s *Source) changed(r *rand.Rand) *model.Model {
	m := *s.Sound
	m.Tensors, m.Operators = slices.Clone(m.Tensors), slices.Clone(m.Operators)
	m.Inputs, m.Outputs = slices.Clone(m.Inputs), slices.Clone(m.Outputs)
	for range 1 + r.IntN(3) {
		t, o := &m.Tensors[r.IntN(len(m.Tensors))], &m.Operators[r.IntN(len(m.Operators))]
		if r.IntN(2) == 0 { // of that operator
			t = tensorOf(&m, o, r)
		}
		switch r.IntN(6) {
		case 0, 1:
			changeTensor(t, r)
		case 2:
			changeNumbers(t, r)
		case 3:
			changePlaces(&m, o, r)
		default:
			changeOptions(o, r)
		}
	}
	return &m
}

// tensorOf is one that o reads or makes.
func tensorOf(m *model.Model, o *model.Operator, r *rand.Rand) *model.Tensor {
	if list := slices.Concat(o.Inputs, o.Outputs); len(list) > 0 {
		if at := list[r.IntN(len(list))]; at >= 0 {
			return &m.Tensors[at]
		}
	}
	return &m.Tensors[0]
}

// changeTensor makes t another shape, type or scale. A constant gets the bytes that it needs then.
func changeTensor(t *model.Tensor, r *rand.Rand) {
	const most = 1 << 20 // bytes of a constant that was not one of the file
	switch r.IntN(5) {
	case 0:
		t.Type = model.Type(r.IntN(17))
	case 1:
		t.Shape = append(slices.Clone(t.Shape), 1+r.IntN(3))
	case 2:
		t.Shape = slices.Clone(t.Shape[:r.IntN(len(t.Shape)+1)])
	case 3:
		if t.Shape = slices.Clone(t.Shape); len(t.Shape) > 0 {
			t.Shape[r.IntN(len(t.Shape))] = []int{1, 2, 3, 5, 16, 64, 1000, 1 << 20, math.MaxInt32}[r.IntN(9)]
		}
	case 4:
		changeScale(t, r)
		return
	}
	if t.Data == nil {
		return
	}
	elements := 1
	for _, d := range t.Shape {
		if elements *= d; elements > most {
			return // which is an error of the file's
		}
	}
	data := make([]byte, elements*t.Type.Size())
	copy(data, t.Data)
	t.Data = data
}

func changeScale(t *model.Tensor, r *rand.Rand) {
	if t.Quant == nil {
		t.Quant = &model.Quant{Scale: []float32{0.5}, ZeroPoint: []int32{0}}
		return
	}
	q := &model.Quant{Scale: slices.Clone(t.Quant.Scale), ZeroPoint: slices.Clone(t.Quant.ZeroPoint), Axis: t.Quant.Axis}
	t.Quant = q
	at := r.IntN(len(q.Scale))
	switch r.IntN(3) {
	case 0:
		q.Scale[at] = []float32{0, 1e-45, 1e-30, 1e-10, 1, 3, 1e10, math.MaxFloat32}[r.IntN(8)]
	case 1:
		q.ZeroPoint[at] = []int32{-128, 127, 255, 256, -129, math.MaxInt32, math.MinInt32}[r.IntN(7)]
	case 2:
		q.Axis = r.IntN(6) - 1
	}
}

// changeNumbers changes an element of a constant.
func changeNumbers(t *model.Tensor, r *rand.Rand) {
	if size := t.Type.Size(); size > 0 && len(t.Data) >= size {
		t.Data = slices.Clone(t.Data)
		at := r.IntN(len(t.Data)/size) * size
		value := []byte{0, 1, 2, 3, 100, 0x7f, 0x80, 0xff}[r.IntN(8)]
		t.Data[at] = value
		if r.IntN(2) == 0 {
			for i := at + 1; i < at+size; i++ {
				t.Data[i] = value * byte(r.IntN(2))
			}
		}
	}
}

// changePlaces lets o, or the model, read or make other tensors.
func changePlaces(m *model.Model, o *model.Operator, r *rand.Rand) {
	o.Inputs, o.Outputs = slices.Clone(o.Inputs), slices.Clone(o.Outputs)
	list := []*[]int{&o.Inputs, &o.Inputs, &o.Outputs, &m.Inputs, &m.Outputs}[r.IntN(5)]
	other := r.IntN(len(m.Tensors)+1) - 1
	switch n := len(*list); {
	case n == 0 || r.IntN(4) == 0:
		*list = append(*list, max(other, 0))
	case r.IntN(4) == 0:
		*list = (*list)[:n-1]
	default:
		(*list)[r.IntN(n)] = other
	}
}

// changeOptions changes a number among the options of o, whatever they are, or makes o another operator.
func changeOptions(o *model.Operator, r *rand.Rand) {
	if d, err := o.Detection(); err == nil {
		v := reflect.ValueOf(&d).Elem()
		changeField(v.Field(r.IntN(v.NumField())), r)
		o.Options = write.Detection(d)
		return
	}
	v := reflect.ValueOf(o.Options)
	if v.Kind() != reflect.Struct || v.NumField() == 0 || r.IntN(8) == 0 {
		o.Op = model.Op(r.IntN(160))
		return
	}
	own := reflect.New(v.Type()).Elem()
	own.Set(v)
	changeField(own.Field(r.IntN(own.NumField())), r)
	o.Options = own.Interface()
}

func changeField(v reflect.Value, r *rand.Rand) {
	switch {
	case !v.CanSet():
	case v.CanInt():
		v.SetInt([]int64{0, 1, 2, 3, 7, -1, -3, 100, 70000, math.MaxInt32}[r.IntN(10)])
	case v.CanUint():
		v.SetUint([]uint64{0, 1, 2, 3, 5, 9, 200}[r.IntN(7)])
	case v.CanFloat():
		v.SetFloat([]float64{0, 1, -1, 0.5, 1e-30, 1e30, math.NaN(), math.Inf(1)}[r.IntN(8)])
	case v.Kind() == reflect.Bool:
		v.SetBool(!v.Bool())
	case v.Kind() == reflect.Struct && v.NumField() > 0:
		changeField(v.Field(r.IntN(v.NumField())), r)
	case v.Kind() == reflect.Slice && v.Len() > 0:
		own := reflect.AppendSlice(reflect.Zero(v.Type()), v)
		changeField(own.Index(r.IntN(own.Len())), r)
		v.Set(own)
	}
}
