package infer

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestValues(t *testing.T) {
	tests := []struct {
		name   string
		spec   TensorSpec
		tensor []byte
		want   []float32
	}{
		{"uint8", TensorSpec{Shape: []int{1, 3}, Type: Uint8, Scale: 0.5, ZeroPoint: 52}, []byte{0, 52, 255}, []float32{-26, 0, 101.5}},
		{"int8", TensorSpec{Shape: []int{3}, Type: Int8, Scale: 1. / 256, ZeroPoint: -128}, []byte{0x80, 0, 127}, []float32{0, 0.5, 255. / 256}},
		{"not quantized", TensorSpec{Shape: []int{2}, Type: Int8}, []byte{0xff, 5}, []float32{-1, 5}},
		{"float32", TensorSpec{Shape: []int{2}, Type: Float32}, []byte{0, 0, 0x80, 0x3f, 0, 0, 0x80, 0xff}, []float32{1, float32(math.Inf(-1))}},
		{"scalar", TensorSpec{Type: Uint8, Scale: 2}, []byte{7}, []float32{14}},
		{"bool", TensorSpec{Shape: []int{2}, Type: Bool}, []byte{0, 1}, []float32{0, 1}},
		{"int16", TensorSpec{Shape: []int{2}, Type: Int16, Scale: 0.5, ZeroPoint: 1}, []byte{0xff, 0xff, 5, 1}, []float32{-1, 130}},
		{"int32", TensorSpec{Shape: []int{2}, Type: Int32}, []byte{0xfe, 0xff, 0xff, 0xff, 0, 0, 1, 0}, []float32{-2, 65536}},
		{"int64", TensorSpec{Shape: []int{1}, Type: Int64}, []byte{0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, []float32{-3}},
		{"float64", TensorSpec{Shape: []int{1}, Type: Float64}, []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x3f}, []float32{1.5}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := make([]float32, len(test.want))
			if err := test.spec.Values(got, test.tensor); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestValuesErrors(t *testing.T) {
	spec := TensorSpec{Name: "softmax", Shape: []int{4}, Type: Float32}
	for _, sizes := range [][2]int{{16, 3}, {15, 4}, {17, 4}, {4, 4}, {0, 0}} {
		err := spec.Values(make([]float32, sizes[1]), make([]byte, sizes[0]))
		if err == nil || !strings.Contains(err.Error(), `"softmax"`) || !strings.Contains(err.Error(), "want 16 into 4") {
			t.Errorf("%d bytes into %d scores: %v", sizes[0], sizes[1], err)
		}
	}
	spec.Type = 0
	if err := spec.Values(make([]float32, 4), nil); err == nil {
		t.Error("no error for a tensor without a type")
	}
}

func TestValuesAllocatesNothing(t *testing.T) {
	spec := TensorSpec{Shape: []int{1, 1001}, Type: Uint8, Scale: 1. / 256}
	tensor, values := make([]byte, spec.Bytes()), make([]float32, spec.Elements())
	n := testing.AllocsPerRun(10, func() {
		if err := spec.Values(values, tensor); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestBuffers(t *testing.T) {
	specs := []TensorSpec{{Name: "a", Shape: []int{1, 3}, Type: Uint8}, {Name: "b", Shape: []int{2}, Type: Float32}}
	good := Buffers(specs)
	if len(good[0]) != 3 || len(good[1]) != 8 {
		t.Fatalf("%d and %d bytes", len(good[0]), len(good[1]))
	}
	for _, c := range []struct {
		name     string
		buffers  [][]byte
		in, outs string // the errors as inputs and as outputs; empty: none
	}{
		{"good", good, "", ""},
		{"too few", good[:1], "1 inputs (want 2)", "1 outputs (want 2)"},
		{"too many", append(good[:2:2], nil), "3 inputs (want 2)", "3 outputs (want 2)"},
		{"not wanted", [][]byte{nil, good[1]}, `input "a" has 0 bytes (want 3: uint8 [1 3])`, ""},
		{"empty", [][]byte{good[0], {}}, `input "b" has 0 bytes (want 8: float32 [2])`, `output "b" has 0 bytes (want 8: float32 [2])`},
	} {
		for what, check := range map[string]struct {
			err  error
			want string
		}{
			"inputs":  {CheckInputs(specs, c.buffers...), c.in},
			"outputs": {CheckOutputs(specs, c.buffers), c.outs},
		} {
			if (check.err == nil) != (check.want == "") || check.err != nil && !strings.Contains(check.err.Error(), check.want) {
				t.Errorf("%s as %s: %v (want %q)", c.name, what, check.err, check.want)
			}
		}
	}
}
