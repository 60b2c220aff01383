package tflite_test

import (
	"math/rand/v2"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
)

// TestGroups compares convolutions in groups, which TensorFlow Lite 2.9 does not know, with the same made of a SPLIT, a convolution
// of each part and a CONCATENATION.
func TestGroups(t *testing.T) {
	workerProgram(t)
	for _, typ := range layerTypes {
		if typ.in != typ.weights && typ.in == model.Float32 { // of bytes of the whole input, or of each part
			continue
		}
		for seed := range *differentialSeeds {
			l := &layered{&maker{Rand: rand.New(rand.NewPCG(seed, 11)), t: typ.in}, typ.in, typ.weights}
			f, groups, depth, each, images := l.dilated(), l.between(2, 8), l.between(1, 9), l.between(1, 9), one(l.maker, 1, 1, 3)
			n := groups * each
			if typ.in == model.Float32 { // 1e-5 of sums, not of what limits leave of them
				f.Activation = model.NoActivation
			}
			in, w := l.image(images, f.h, f.w, groups*depth), l.constant([]int{n, f.kh, f.kw, depth}, 0)
			l.op(model.OpConv2D, f.Conv2D, l.with(model.OpConv2D, n, in, w), l.output(images, f.oh, f.ow, n))
			ours, err := l.ours(t, encoded(t, &l.m))
			if err != nil {
				t.Fatalf("%s, seed %d: %v: %s", typ.name, seed, err, l)
			}
			apart := apart(&l.m, groups)
			theirs, specs, err := l.theirs(t, encoded(t, apart))
			if err != nil {
				t.Fatal(err)
			}
			if n, most := unlike(specs[0], ours[0], theirs[0], 1e-5); n != 0 {
				t.Errorf("%s, seed %d: %d numbers differ, by %v at most: %s", typ.name, seed, n, most, l)
			}
		}
	}
}

func encoded(t *testing.T, m *model.Model) []byte {
	t.Helper()
	data, err := write.Model(m)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// apart is m, a convolution, in groups.
func apart(m *model.Model, groups int) *model.Model {
	o := m.Operators[0]
	in, w, bias, out := m.Tensors[o.Inputs[0]], m.Tensors[o.Inputs[1]], m.Tensors[o.Inputs[2]], m.Tensors[o.Outputs[0]]
	k := &maker{m: model.Model{Tensors: []model.Tensor{in, out}, Inputs: []int{0}, Outputs: []int{1}}}
	axis := k.ints(3)
	k.m.Tensors[axis].Shape = []int{}
	split := model.Operator{Op: model.OpSplit, Options: model.Split{Splits: groups}, Inputs: []int{axis, 0}}
	join := model.Operator{Op: model.OpConcatenation, Options: model.Concat{Axis: 3}, Outputs: []int{1}}
	var convolutions []model.Operator
	for i := range groups {
		x, y := in, out
		x.Shape, y.Shape = append([]int{}, in.Shape...), append([]int{}, out.Shape...)
		x.Shape[3] /= groups
		y.Shape[3] /= groups
		c := model.Operator{Op: o.Op, Options: o.Options, Inputs: []int{k.add(x), k.add(share(w, i, groups)), k.add(share(bias, i, groups))}, Outputs: []int{k.add(y)}}
		split.Outputs, join.Inputs = append(split.Outputs, c.Inputs[0]), append(join.Inputs, c.Outputs[0])
		convolutions = append(convolutions, c)
	}
	k.m.Operators = append(append([]model.Operator{split}, convolutions...), join)
	return &k.m
}

// share is share i of a constant along its first dimension.
func share(t model.Tensor, i, count int) model.Tensor {
	t.Shape = append([]int{}, t.Shape...)
	t.Shape[0] /= count
	size := len(t.Data) / count
	t.Data = t.Data[i*size : (i+1)*size]
	if q := t.Quant; q != nil && len(q.Scale) > 1 {
		n := len(q.Scale) / count
		t.Quant = &model.Quant{Scale: q.Scale[i*n : (i+1)*n], ZeroPoint: q.ZeroPoint[i*n : (i+1)*n]}
	}
	return t
}
