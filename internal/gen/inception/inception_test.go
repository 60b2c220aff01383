package inception

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
)

var flavours = []Flavour{Uint8, Int8}

// TestTotals holds the topologies to the published sizes: any layer that is missing, or has a wrong channel count,
// stride or padding, shows here.
func TestTotals(t *testing.T) {
	tests := []struct {
		version       int
		convolutions  int
		macs, weights string // in 1e9, in 1e6 bytes
	}{
		{1, 58, "1.4984", "6.610"},
		{2, 71, "1.9349", "11.168"},
		{3, 95, "5.7132", "23.801"},
		{4, 150, "12.2540", "42.617"},
	}
	for _, test := range tests {
		for _, f := range flavours {
			m := topology(t, test.version, f)
			s := m.Stats()
			n := 0
			for _, o := range s.Operators {
				switch o.Name {
				case "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED":
					n += o.N
				}
			}
			if n != test.convolutions {
				t.Errorf("v%d %v: %d convolutions, want %d", test.version, f, n, test.convolutions)
			}
			if got := fmt.Sprintf("%.4f", float64(s.MACs)/1e9); got != test.macs {
				t.Errorf("v%d %v: %s G MAC, want %s", test.version, f, got, test.macs)
			}
			if got := fmt.Sprintf("%.3f", float64(s.Weights)/1e6); got != test.weights {
				t.Errorf("v%d %v: %s MB of weights, want %s", test.version, f, got, test.weights)
			}
			if testing.Short() {
				continue
			}
			e, err := cpu.New(m, cpu.Options{})
			if err != nil {
				t.Errorf("v%d %v: %v", test.version, f, err)
				continue
			}
			e.Close()
		}
	}
}

// topology is the published network with weights that are all zero: enough to count, and made in no time.
func topology(t *testing.T, version int, f Flavour) *model.Model {
	t.Helper()
	nodes, err := layout(version, defaultSize(version), 1)
	if err != nil {
		t.Fatal(err)
	}
	return (&Network{version: version, nodes: nodes}).Build(f)
}

// versions are those to test: all, or one that has all kinds of layers.
func versions() []int {
	if testing.Short() {
		return []int{2}
	}
	return []int{1, 2, 3, 4}
}

// small is a version at a quarter of its width.
func small(t *testing.T, version int) *Network {
	t.Helper()
	n, err := New(version, Options{Size: 128, Width: 0.25})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestBytes holds the generator to bytes once written, on every architecture. If it is meant to write others, the sums
// below change.
func TestBytes(t *testing.T) {
	tests := []struct {
		version int
		flavour Flavour
		sum     string // the first bytes of SHA-256
	}{
		{1, Uint8, "88e347a0d5b30676"},
		{1, Int8, "bd3ac5184190071e"},
		{2, Uint8, "8092cc1ec99b2dd4"},
		{2, Int8, "e4d6cc141904c4a6"},
		{3, Uint8, "439b954aaebedc0d"},
		{3, Int8, "cd19a6a060e9aeca"},
		{4, Uint8, "91b2b742f63efe57"},
		{4, Int8, "2895374725076b71"},
	}
	for _, test := range tests {
		if !slices.Contains(versions(), test.version) {
			continue
		}
		data, err := write.Model(small(t, test.version).Build(test.flavour))
		if err != nil {
			t.Fatal(err)
		}
		if sum := fmt.Sprintf("%x", sha256.Sum256(data))[:16]; sum != test.sum {
			t.Errorf("v%d %v: %s, want %s", test.version, test.flavour, sum, test.sum)
		}
	}
}

// TestSchemes holds the models to what the two ways to quantize promise.
func TestSchemes(t *testing.T) {
	for _, version := range versions() {
		n := small(t, version)
		for _, f := range flavours {
			t.Run(fmt.Sprintf("v%d %v", version, f), func(t *testing.T) {
				data, err := write.Model(n.Build(f))
				if err != nil {
					t.Fatal(err)
				}
				m, err := model.Parse(data, model.Limits{})
				if err != nil {
					t.Fatal(err)
				}
				in, out := m.Tensors[m.Inputs[0]], m.Tensors[m.Outputs[0]]
				if in.Type != model.Uint8 || in.Quant.Scale[0] != 1./128 || in.Quant.ZeroPoint[0] != 128 {
					t.Errorf("input is %v %+v", in.Type, in.Quant)
				}
				if out.Type != model.Uint8 || out.Elements() != Classes || out.Quant.Scale[0] != 1./256 || out.Quant.ZeroPoint[0] != 0 {
					t.Errorf("output is %v %v %+v", out.Type, out.Shape, out.Quant)
				}
				checkConcats(t, m, f)
				checkWeights(t, m, f)
			})
		}
	}
}

func checkConcats(t *testing.T, m *model.Model, f Flavour) {
	differing := 0
	for i, o := range m.Operators {
		if o.Op != model.OpConcatenation {
			continue
		}
		out, largest, same := m.Tensors[o.Outputs[0]].Quant, float32(0), true
		for _, in := range o.Inputs {
			q := m.Tensors[in].Quant
			largest = max(largest, q.Scale[0])
			same = same && q.Scale[0] == out.Scale[0] && q.ZeroPoint[0] == out.ZeroPoint[0]
		}
		if largest != out.Scale[0] {
			t.Errorf("operator %d: the largest scale is %v, the output's %v", i, largest, out.Scale[0])
		}
		if !same {
			differing++
		}
	}
	if (differing != 0) != (f == Uint8) {
		t.Errorf("%d concatenations have inputs of differing scales", differing)
	}
}

func checkWeights(t *testing.T, m *model.Model, f Flavour) {
	zeros := map[int32]bool{}
	for i, o := range m.Operators {
		if m.MACs(i) == 0 {
			continue
		}
		w := m.Tensors[o.Inputs[1]]
		for _, z := range w.Quant.ZeroPoint {
			zeros[z] = true
		}
		if scales := len(w.Quant.Scale); f == Int8 && o.Op != model.OpFullyConnected && scales != m.Tensors[o.Inputs[2]].Elements() {
			t.Errorf("operator %d has %d scales", i, scales)
		}
		if z := m.Tensors[o.Outputs[0]].Quant.ZeroPoint[0]; f == Uint8 && (o.Op == model.OpConv2D && o.Options.(model.Conv2D).Activation == model.ReLU) != (z == 0) {
			t.Errorf("operator %d %s: its output has zero point %d", i, o.Name(), z)
		}
	}
	if f == Int8 && len(zeros) != 1 || f == Uint8 && len(zeros) < 20 {
		t.Errorf("%d different zero points", len(zeros))
	}
	for z := range zeros {
		if f == Uint8 && (z < 76 || z > 163) || f == Int8 && z != 0 {
			t.Errorf("weights of zero point %d", z)
		}
	}
}

// TestAlive runs every version on a picture that calibration has not seen, and looks at each layer.
func TestAlive(t *testing.T) {
	for _, version := range versions() {
		n := small(t, version)
		for _, f := range flavours {
			t.Run(fmt.Sprintf("v%d %v", version, f), func(t *testing.T) { checkAlive(t, n.Build(f), 128) })
		}
	}
}

// TestAliveFull is TestAlive of a published network.
func TestAliveFull(t *testing.T) {
	if testing.Short() {
		t.Skip("a network of full size takes seconds")
	}
	m, err := Build(1, Uint8, Options{})
	if err != nil {
		t.Fatal(err)
	}
	checkAlive(t, m, defaultSize(1))
}

// checkAlive runs m on two pictures with the outputs of all operators visible.
func checkAlive(t *testing.T, m *model.Model, size int) {
	m.Outputs = nil
	for _, o := range m.Operators {
		m.Outputs = append(m.Outputs, o.Outputs[0])
	}
	e, err := cpu.New(m, cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var runs [2][][]byte
	for r := range runs {
		in := make([]byte, size*size*3)
		for i, v := range draw(size, uint64(7+r)).v {
			in[i] = byte(v*128 + 128)
		}
		runs[r] = infer.Buffers(e.Outputs())
		if _, err := e.Run(context.Background(), in, runs[r]); err != nil {
			t.Fatal(err)
		}
	}
	for i, o := range m.Operators {
		if m.MACs(i) == 0 {
			continue
		}
		low, high, differ := shares(m.Tensors[o.Outputs[0]].Type, runs[0][i], runs[1][i])
		if low > 0.75 || high > 0.02 || differ < 0.3 {
			t.Errorf("operator %d %s: %.1f %% at the lowest value, %.2f %% at the highest, %.1f %% differ between pictures",
				i, m.Tensors[o.Outputs[0]].Name, 100*low, 100*high, 100*differ)
		}
	}
	last := len(m.Operators) - 1
	if bytes.Equal(runs[0][last], runs[1][last]) {
		t.Error("both pictures have the same scores")
	}
}

// shares says how much of a is the lowest and the highest value of its type, and how much differs from b.
func shares(typ model.Type, a, b []byte) (low, high, differ float64) {
	flip := byte(0)
	if typ == model.Int8 {
		flip = 0x80
	}
	one := 1 / float64(len(a))
	for i, v := range a {
		switch v ^ flip {
		case 0:
			low += one
		case 255:
			high += one
		}
		if v != b[i] {
			differ += one
		}
	}
	return low, high, differ
}

// TestFloats wants answers of the networks in float32 that are numbers and leave no class alone.
func TestFloats(t *testing.T) {
	inception, err := small(t, 2).Float32()
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]*model.Model{"Inception v2": inception, "MobileNet v2": MobileNet(96)} {
		e, err := cpu.New(m, cpu.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		in, outs := make([]byte, e.Input().Bytes()), infer.Buffers(e.Outputs())
		for i := 0; i < len(in); i += 4 {
			binary.LittleEndian.PutUint32(in[i:], math.Float32bits(float32(i/4*37%256)/128-1))
		}
		if _, err := e.Run(t.Context(), in, outs); err != nil {
			t.Fatal(err)
		}
		sum, most := 0., 0.
		for i := 0; i < len(outs[0]); i += 4 {
			p := float64(math.Float32frombits(binary.LittleEndian.Uint32(outs[0][i:])))
			sum, most = sum+p, max(most, p)
		}
		if math.Abs(sum-1) > 1e-4 || most > 0.9 { // false for NaN
			t.Errorf("%s: the classes have %v in all, %v at most", name, sum, most)
		}
	}
	if got := fmt.Sprintf("%.1f", float64(MobileNet(224).Stats().MACs)/1e6); got != "300.8" {
		t.Errorf("MobileNet v2 has %s M products (want 300.8)", got)
	}
}
