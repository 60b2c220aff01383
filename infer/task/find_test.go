package task

import (
	"errors"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
)

// operators that package model has no name for.
const (
	opExp, opLogSoftmax, opCast, opArgMax model.Op = 47, 50, 53, 56
	opExpandDims, opPack, opStridedSlice  model.Op = 70, 83, 45
)

// chain is a model whose operators follow each other; the first input of each is the output of the one before, and the
// second, if it has one, a constant.
func chain(ops ...model.Op) *model.Model {
	m := &model.Model{Tensors: make([]model.Tensor, len(ops)+2), Inputs: []int{0}, Outputs: []int{len(ops)}}
	for i, op := range ops {
		o := model.Operator{Op: op, Inputs: []int{i, len(ops) + 1}, Outputs: []int{i + 1}}
		if op == model.OpSplit {
			o.Inputs = []int{len(ops) + 1, i}
		}
		if op == model.OpCustom {
			o.Custom = model.EdgeTPUOperator
		}
		m.Operators = append(m.Operators, o)
	}
	return m
}

func list(n int) []infer.TensorSpec {
	return []infer.TensorSpec{{Name: "out", Shape: []int{1, n}, Type: infer.Float32}}
}

func quantized(typ infer.DType, scale float32, zero int) []infer.TensorSpec {
	return []infer.TensorSpec{{Name: "out", Shape: []int{1, 5}, Type: typ, Scale: scale, ZeroPoint: zero}}
}

func TestFindScores(t *testing.T) {
	fc, softmax, logistic := model.OpFullyConnected, model.OpSoftmax, model.OpLogistic
	for _, c := range []struct {
		name          string
		m             *model.Model
		outputs       []infer.TensorSpec
		want          Scores
		scores        Scores
		probabilities bool
		why           string
	}{
		{"softmax", chain(fc, softmax), list(5), Auto, Raw, true, "SOFTMAX"},
		{"unset is auto", chain(fc, softmax), list(5), "", Raw, true, "SOFTMAX"},
		{"logistic", chain(fc, logistic), list(5), Auto, Raw, true, "LOGISTIC"},
		{"no softmax", chain(fc), list(5), Auto, Softmax, false, "FULLY_CONNECTED"},
		{"no softmax, moved", chain(fc, model.OpReshape, model.OpDequantize), list(5), Auto, Softmax, false, "FULLY_CONNECTED"},
		{"log softmax", chain(fc, opLogSoftmax), list(5), Auto, Softmax, false, "LOG_SOFTMAX"},
		{"softmax in the middle", chain(softmax, fc), list(5), Auto, Softmax, false, "FULLY_CONNECTED"},
		{"one logit", chain(fc), list(1), Auto, Sigmoid, false, "FULLY_CONNECTED"},
		{"one probability", chain(fc, logistic), list(1), Auto, Raw, true, "LOGISTIC"},
		{"behind it all kinds of moves", chain(fc, softmax, model.OpQuantize, model.OpReshape, model.OpSqueeze, opCast, opExpandDims,
			model.OpTranspose, model.OpDequantize, opStridedSlice, model.OpSplit), list(5), Auto, Raw, true, "SOFTMAX"},
		{"in pieces", chain(fc, opExp, model.OpDiv), list(5), Auto, Raw, true, "EXP and DIV"},
		{"a division", chain(fc, model.OpDiv), list(5), Auto, Softmax, false, "DIV"},
		{"quantized logits", chain(fc), quantized(infer.Uint8, 0.05, 255), Auto, Softmax, false, "FULLY_CONNECTED"},
		{"a closed box that ends in softmax", chain(model.OpCustom), quantized(infer.Uint8, 1./256, 0), Auto, Raw, true, "edgetpu-custom-op, scale 0.003906"},
		{"the same, int8", chain(model.OpCustom), quantized(infer.Int8, 1./256, -128), Auto, Raw, true, "edgetpu-custom-op"},
		{"a closed box with logits", chain(model.OpCustom), quantized(infer.Uint8, 0.1, 120), Auto, Softmax, false, "edgetpu-custom-op"},
		{"the scale of a softmax, another zero", chain(model.OpCustom), quantized(infer.Int8, 1./256, 0), Auto, Softmax, false, "edgetpu-custom-op"},
		{"nothing computes it", &model.Model{Tensors: make([]model.Tensor, 1), Outputs: []int{0}}, list(5), Auto, Softmax, false, "its input"},
		{"raw by wish", chain(fc), list(5), Raw, Raw, false, ""},
		{"raw by wish, probabilities", chain(softmax), list(5), Raw, Raw, true, ""},
		{"softmax by wish", chain(fc, softmax), list(5), Softmax, Softmax, true, ""},
		{"sigmoid by wish", chain(fc), list(5), Sigmoid, Sigmoid, false, ""},
	} {
		got, err := Find(c.m, c.outputs, Want{Scores: c.want})
		if err != nil || got.Kind != Classify || got.Scores != c.scores || got.Probabilities != c.probabilities || !strings.Contains(got.Why, c.why) || (c.why == "") != (got.Why == "") {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
		if _, err := New(c.outputs, Options{Reading: got}); err != nil {
			t.Errorf("%s: no task for it: %v", c.name, err)
		}
	}
}

// Several heads, put together: they are probabilities if all are.
func TestFindScoresOfJoinedHeads(t *testing.T) {
	for second, want := range map[model.Op]Scores{model.OpSoftmax: Raw, model.OpFullyConnected: Softmax} {
		for _, join := range []model.Op{model.OpConcatenation, opPack} {
			m := &model.Model{Tensors: make([]model.Tensor, 5), Inputs: []int{0}, Outputs: []int{4}, Operators: []model.Operator{
				{Op: model.OpSoftmax, Inputs: []int{0}, Outputs: []int{1}},
				{Op: model.OpReshape, Inputs: []int{1}, Outputs: []int{2}},
				{Op: second, Inputs: []int{0}, Outputs: []int{3}},
				{Op: join, Inputs: []int{2, 3, 1}, Outputs: []int{4}},
			}}
			if got, err := Find(m, list(6), Want{}); err != nil || got.Scores != want {
				t.Errorf("%v, %v: %+v, %v", second, join, got, err)
			}
		}
	}
}

// A tower of joins of the same tensor twice is walked once.
func TestFindScoresIsQuick(t *testing.T) {
	const high = 5000
	m := &model.Model{Tensors: make([]model.Tensor, high+2), Inputs: []int{0}, Outputs: []int{high + 1}}
	m.Operators = append(m.Operators, model.Operator{Op: model.OpSoftmax, Inputs: []int{0}, Outputs: []int{1}})
	for i := range high {
		m.Operators = append(m.Operators, model.Operator{Op: model.OpConcatenation, Inputs: []int{i + 1, i + 1}, Outputs: []int{i + 2}})
	}
	if got, err := Find(m, list(5), Want{}); err != nil || !got.Probabilities {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestFindRefuses(t *testing.T) {
	boxes := infer.TensorSpec{Shape: []int{1, 10, 4}, Type: infer.Float32}
	detector := chain(model.OpCustom)
	detector.Operators[0].Custom = "TFLite_Detection_PostProcess"
	for _, c := range []struct {
		name    string
		m       *model.Model
		outputs []infer.TensorSpec
		want    Scores
		says    string // empty: accepted
	}{
		{"no outputs", chain(), nil, Auto, "no output with scores"},
		{"a detector", detector, []infer.TensorSpec{boxes, list(10)[0]}, Auto, "finds objects"},
		{"a detector, scores first", detector, []infer.TensorSpec{list(10)[0], boxes}, Auto, "finds objects"},
		{"areas", chain(model.OpConv2D), []infer.TensorSpec{{Shape: []int{1, 64, 64, 21}, Type: infer.Float32}}, Auto, "no list of scores"},
		{"areas, with softmax", chain(model.OpSoftmax), []infer.TensorSpec{{Shape: []int{1, 64, 64, 21}, Type: infer.Float32}}, Auto, "no list of scores"},
		{"areas, by wish a softmax", chain(model.OpConv2D), []infer.TensorSpec{{Shape: []int{1, 64, 64, 21}, Type: infer.Float32}}, Softmax, "no list of scores"},
		{"people without scores", chain(model.OpConcatenation), []infer.TensorSpec{{Shape: []int{1, 1, 17, 2}, Type: infer.Float32}}, Auto, "no list of scores"},
		{"heat maps", chain(model.OpConv2D), []infer.TensorSpec{boxes, boxes}, Auto, "is no list of scores"},
		{"an embedding", chain(model.OpFullyConnected, model.OpL2Normalization), list(128), Auto, "features"},
		{"an embedding, quantized", chain(model.OpL2Normalization, model.OpQuantize), list(128), Auto, "features"},
		{"an embedding, by wish", chain(model.OpL2Normalization), list(128), Raw, ""},
		{"the number of a class", chain(model.OpSoftmax, opArgMax), []infer.TensorSpec{{Shape: []int{1}}}, Auto, "ARG_MAX"},
		{"anything, by wish", chain(model.OpConv2D), []infer.TensorSpec{boxes}, Raw, ""},
		{"scores, and boxes", chain(model.OpSoftmax), []infer.TensorSpec{list(10)[0], boxes}, Auto, "say task: classify"},
		{"scores, and more scores", chain(model.OpSoftmax), []infer.TensorSpec{list(10)[0], list(3)[0]}, Auto, ""},
	} {
		_, err := Find(c.m, c.outputs, Want{Scores: c.want})
		switch {
		case c.says == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says) || !errors.Is(err, model.ErrUnsupported)):
			t.Errorf("%s: %v (want %q)", c.name, err, c.says)
		}
	}
}
