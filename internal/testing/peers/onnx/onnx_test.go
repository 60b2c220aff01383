package onnx

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/gen/inception"
)

// field is a field of a protocol buffer.
type field struct {
	number int
	value  uint64
	bytes  []byte
}

// fields reads a message.
func fields(t *testing.T, data []byte) []field {
	t.Helper()
	var list []field
	uvarint := func() uint64 {
		x, n := binary.Uvarint(data)
		if n <= 0 {
			t.Fatalf("no number at the last %d bytes", len(data))
		}
		data = data[n:]
		return x
	}
	for len(data) > 0 {
		key := uvarint()
		f := field{number: int(key >> 3)}
		switch key & 7 {
		case 0:
			f.value = uvarint()
		case 2:
			n := uvarint()
			f.bytes, data = data[:n], data[n:]
		case 5:
			f.value, data = uint64(binary.LittleEndian.Uint32(data)), data[4:]
		default:
			t.Fatalf("wire type %d", key&7)
		}
		list = append(list, f)
	}
	return list
}

// all is the fields of a number.
func all(t *testing.T, data []byte, number int) []field {
	var list []field
	for _, f := range fields(t, data) {
		if f.number == number {
			list = append(list, f)
		}
	}
	return list
}

// TestExport: every node reads what is there before it, all operators are there, and constants are as large as they say.
func TestExport(t *testing.T) {
	m, err := inception.Build(2, inception.Int8, inception.Options{Size: 96, Width: 0.25})
	if err != nil {
		t.Fatal(err)
	}
	file, err := Export(m)
	if err != nil {
		t.Fatal(err)
	}
	graph := all(t, file, 7)[0].bytes
	known := map[string]bool{}
	for _, in := range all(t, graph, 11) {
		known[string(all(t, in.bytes, 1)[0].bytes)] = true
	}
	for _, c := range all(t, graph, 5) {
		known[checkConstant(t, c.bytes)] = true
	}
	count := map[string]int{}
	for _, n := range all(t, graph, 1) {
		op := string(all(t, n.bytes, 4)[0].bytes)
		count[op]++
		for _, in := range all(t, n.bytes, 1) {
			if !known[string(in.bytes)] {
				t.Errorf("%s reads %s, which is not there yet", op, in.bytes)
			}
		}
		out := string(all(t, n.bytes, 2)[0].bytes)
		if known[out] {
			t.Errorf("%s is made twice", out)
		}
		known[out] = true
	}
	if out := string(all(t, all(t, graph, 12)[0].bytes, 1)[0].bytes); !known[out] {
		t.Errorf("nothing makes the output %s", out)
	}
	for op, want := range operators(m) {
		if count[op] != want {
			t.Errorf("%d %s (want %d)", count[op], op, want)
		}
	}
}

// checkConstant tells the name of a TensorProto.
func checkConstant(t *testing.T, data []byte) string {
	t.Helper()
	size := map[uint64]int{float32Type: 4, uint8Type: 1, int8Type: 1, int32Type: 4, int64Type: 8}[all(t, data, 2)[0].value]
	for _, d := range all(t, data, 1) {
		size *= int(d.value)
	}
	name := string(all(t, data, 8)[0].bytes)
	if n := len(all(t, data, 9)[0].bytes); n != size || n == 0 {
		t.Errorf("%s has %d bytes (want %d)", name, n, size)
	}
	return name
}

// operators counts what must be in the file.
func operators(m *model.Model) map[string]int {
	count := map[string]int{}
	for i := range m.Operators {
		switch m.Operators[i].Op {
		case model.OpConv2D, model.OpDepthwiseConv2D:
			count["Conv"]++
		case model.OpMaxPool2D:
			count["MaxPool"]++
		case model.OpAveragePool2D:
			count["AveragePool"]++
		case model.OpConcatenation:
			count["Concat"]++
		case model.OpSoftmax:
			count["Softmax"]++
		}
	}
	return count
}

// TestOrder: weights come with channels before rows and columns.
func TestOrder(t *testing.T) {
	scale := &model.Quant{Scale: []float32{1}, ZeroPoint: []int32{0}}
	m := &model.Model{Inputs: []int{0}, Outputs: []int{2}, Tensors: []model.Tensor{
		{Name: "in", Shape: []int{1, 2, 2, 2}, Type: model.Uint8, Quant: scale},
		{Name: "w", Shape: []int{1, 1, 2, 2}, Type: model.Int8, Quant: scale, Data: []byte{1, 2, 3, 4}},
		{Name: "out", Shape: []int{1, 2, 1, 1}, Type: model.Uint8, Quant: scale},
	}, Operators: []model.Operator{{Op: model.OpConv2D, Inputs: []int{0, 1}, Outputs: []int{2},
		Options: model.Conv2D{Padding: model.Valid, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}}}}
	file, err := Export(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all(t, all(t, file, 7)[0].bytes, 5) {
		if name := checkConstant(t, c.bytes); strings.HasPrefix(name, "weights") {
			if got := fmt.Sprint(all(t, c.bytes, 9)[0].bytes); got != "[1 3 2 4]" {
				t.Errorf("%s are %s", name, got)
			}
		}
	}
}

// TestRefused: what cannot be said is an error that names the operator.
func TestRefused(t *testing.T) {
	m, err := inception.Build(1, inception.Uint8, inception.Options{Size: 96, Width: 0.25})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Export(m); err == nil || !strings.Contains(err.Error(), "CONV_2D") {
		t.Errorf("weights with a zero point: %v", err)
	}
}
