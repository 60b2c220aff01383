package tflite_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/demomodel"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/tflite"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// fileWithOutputs is the file of a model that also gives some of its inner tensors: those from operator first on, at most
// n.
func fileWithOutputs(t *testing.T, data []byte, first, n int) []byte {
	t.Helper()
	m, err := model.Parse(data, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, o := range m.Operators[first:min(first+n, len(m.Operators))] {
		for _, i := range o.Outputs {
			names = append(names, m.Tensors[i].Name)
		}
	}
	more, err := model.WithOutputs(m, names...)
	if err != nil {
		t.Fatal(err)
	}
	file, err := model.FileWithOutputs(data, more)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestParityInner compares every inner tensor of some models in both engines, byte for byte. TensorFlow Lite's own kernels
// fuse nothing away: what an operator computes is there. XNNPACK, which rounds otherwise, is not asked.
func TestParityInner(t *testing.T) {
	dir := shared.Dir(t)
	for name, data := range map[string][]byte{
		"demo":                        demomodel.Model(),
		"googlenet_224_uint8":         readFile(t, filepath.Join(dir, "models", "googlenet_224_uint8.tflite")),
		"mobilenet_v1_0.25_128_quant": readFile(t, filepath.Join(dir, "models", "mobilenet_v1_0.25_128_quant.tflite")),
	} {
		t.Run(name, func(t *testing.T) { compareInner(t, data) })
	}
}

// compareInner looks at all inner tensors of the model in data, so many at a time as the worker gives.
func compareInner(t *testing.T, data []byte) {
	m, err := model.Parse(data, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	const atOnce = 60
	for first := 0; first < len(m.Operators); first += atOnce {
		p := openPair(t, fileWithOutputs(t, data, first, atOnce), false)
		in := make([]byte, p.cpu.Input().Bytes())
		for i := range in {
			in[i] = byte(i * i >> 7)
		}
		ours, theirs := p.runAll(t, in)
		for i, spec := range p.cpu.Outputs() {
			if !bytes.Equal(ours[i], theirs[i]) {
				n, maxApart := differences(ours[i], theirs[i], spec.Type)
				t.Errorf("%s %v: %d of %d values differ, by %d at most", spec.Name, spec, n, len(ours[i]), maxApart)
			}
			if other := p.tflite.Outputs()[i]; other.Name != spec.Name || !slices.Equal(other.Shape, spec.Shape) {
				t.Errorf("output %d is %q %v (want %q %v)", i, other.Name, other, spec.Name, spec)
			}
		}
	}
}

// TestSuiteInner holds the real worker, with inner tensors among the outputs, to the conformance suite.
func TestSuiteInner(t *testing.T) {
	o := tflite.Options{Worker: workerProgram(t), Model: fileWithOutputs(t, demomodel.Model(), 3, 4), Deadline: patience}
	for name, xnnpack := range map[string]bool{"its own kernels": false, "XNNPACK": true} {
		t.Run(name, func(t *testing.T) {
			o.XNNPACK = xnnpack
			infertest.Engine(t, func(t *testing.T) infer.Engine {
				e, err := tflite.Open(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				return e
			})
		})
	}
}
