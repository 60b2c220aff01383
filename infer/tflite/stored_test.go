package tflite_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/internal/gen/inception"
	"github.com/inceptiond/inceptiond/internal/gen/stored"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// lite are the ways of storing that TensorFlow Lite runs.
var lite = []stored.How{stored.Float32, stored.Float16, stored.Channels, stored.Tensor, stored.Legacy, stored.Dequantized}

// storedModel is a model stored in some way, as a file.
func storedModel(t *testing.T, m *model.Model, how stored.How) []byte {
	t.Helper()
	made, err := stored.Convert(m, how)
	if err != nil {
		t.Fatal(err)
	}
	data, err := write.Model(made)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// furthest is how far numbers of two float32 tensors are apart at most; infinitely if one is no number.
func furthest(a, b []byte) (worst float64) {
	for i := 0; i < len(a); i += 4 {
		x, y := math.Float32frombits(binary.LittleEndian.Uint32(a[i:])), math.Float32frombits(binary.LittleEndian.Uint32(b[i:]))
		if d := math.Abs(float64(x) - float64(y)); !(d <= worst) {
			worst = d
		}
		if x != x || y != y {
			return math.Inf(1)
		}
	}
	return worst
}

// compareStored runs both engines on an input, whose answers are probabilities.
func compareStored(t *testing.T, p pair, what string, in []byte) float64 {
	t.Helper()
	ours, theirs := p.run(t, in)
	d := furthest(ours, theirs)
	if d > 0.01 {
		t.Errorf("%s: %v apart", what, d)
	}
	return d
}

// TestStoredInceptions compares the engines on the seeded networks, whose weights are stored in all ways.
func TestStoredInceptions(t *testing.T) {
	workerProgram(t)
	o := inception.Options{Size: 107, Width: 0.25}
	for version := 1; version <= 4; version++ {
		network, err := inception.New(version, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, flavour := range []inception.Flavour{inception.Uint8, inception.Int8} {
			m := network.Build(flavour)
			for _, how := range lite {
				t.Run(m.Description+"/"+how.String(), func(t *testing.T) {
					p := openPair(t, storedModel(t, m, how), false)
					r, worst := rand.New(rand.NewPCG(uint64(version), 2)), 0.0
					for range 3 {
						worst = max(worst, compareStored(t, p, "noise", unitNoise(r, p.cpu.Input())))
					}
					t.Logf("%v apart at most", worst)
				})
			}
		}
	}
}

// TestStoredOperators compares the engines on single layers of random shapes. What is multiplied as bytes is equal to the
// last bit.
func TestStoredOperators(t *testing.T) {
	workerProgram(t)
	for _, o := range operators {
		if o.name != "conv" && o.name != "depthwise" && o.name != "fully_connected" {
			continue
		}
		for _, how := range append(lite, asymmetric) {
			if how == asymmetric && o.name != "fully_connected" {
				continue
			}
			t.Run(fmt.Sprintf("%s_%d", o.name, how), func(t *testing.T) {
				for seed := range uint64(12) {
					k := &maker{Rand: rand.New(rand.NewPCG(seed, 8)), t: model.Int8}
					o.make(k)
					m, storage := k.m, how
					if how == asymmetric {
						storage = stored.Tensor
						m.Operators = slices.Clone(m.Operators)
						m.Operators[0].Options = model.FullyConnected{AsymmetricInputs: true}
					}
					p := openPair(t, storedModel(t, &m, storage), false)
					in := make([]byte, 0, p.cpu.Input().Bytes())
					for _, scale := range []float32{1, 100, 0} {
						in = in[:0]
						for range p.cpu.Input().Elements() {
							in = binary.LittleEndian.AppendUint32(in, math.Float32bits(scale*float32(k.NormFloat64())))
						}
						ours, theirs := p.run(t, in)
						exact := how == stored.Channels || how == stored.Tensor || how == stored.Legacy || how == asymmetric
						if d := furthest(ours, theirs); exact && d != 0 || d > 1e-3*float64(max(1, scale)) {
							t.Errorf("seed %d, numbers of %v: %v apart: %s", seed, scale, d, k)
						}
					}
				}
			})
		}
	}
}

// asymmetric is one way more, of fully connected layers alone: weights as int8, inputs from the least to the greatest.
const asymmetric = stored.Dequantized + 1

// unitNoise is numbers from -1 to 1.
func unitNoise(r *rand.Rand, s infer.TensorSpec) []byte {
	var b []byte
	for range s.Elements() {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(2*r.Float32()-1))
	}
	return b
}

// TestStoredModels compares the engines on real networks, MobileNets among them, and photographs.
func TestStoredModels(t *testing.T) {
	dir := shared.Dir(t)
	for _, name := range []string{"googlenet_224_int8", "inception_v3_nsfw_299_int8", "mobilenet_v1_0.25_128_quant", "mobilenet_v2_1.0_224_quant", "tf2_mobilenet_v2_1.0_224_ptq"} {
		m, err := model.Parse(readFile(t, filepath.Join(dir, "models", name+".tflite")), model.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for _, how := range lite {
			if how == stored.Float32 || testing.Short() && how != stored.Channels {
				continue
			}
			t.Run(name+"/"+how.String(), func(t *testing.T) {
				p := openPair(t, storedModel(t, m, how), false)
				quant, worst := m.Tensors[m.Inputs[0]].Quant, 0.0
				inputs, err := filepath.Glob(filepath.Join(dir, "golden", "input", "*_"+size(m)+".rgb"))
				if err != nil || len(inputs) == 0 {
					t.Fatalf("no inputs: %v", err)
				}
				if how == stored.Float16 || how == stored.Dequantized { // sums of float32 take long
					inputs = inputs[:1]
				}
				for _, path := range inputs[:min(3, len(inputs))] {
					var in []byte
					for _, x := range readFile(t, path) {
						in = binary.LittleEndian.AppendUint32(in, math.Float32bits(quant.Scale[0]*float32(int32(x)-quant.ZeroPoint[0])))
					}
					worst = max(worst, compareStored(t, p, filepath.Base(path), in))
				}
				t.Logf("%v apart at most", worst)
			})
		}
	}
}
