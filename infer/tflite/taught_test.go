package tflite_test

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/learn/graft"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/internal/testing/edgetpu"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
	"github.com/inceptiond/inceptiond/internal/testing/taught"
)

// grafted is a base, by the name of a shared one or a type, with a drawn head on it.
type grafted struct {
	base *model.Model
	at   model.Head
	head graft.Head
	ins  [][]byte
	file []byte
}

func newGrafted(t *testing.T, name string) grafted {
	t.Helper()
	var data []byte
	if kind, small := map[string]model.Type{"uint8": model.Uint8, "int8": model.Int8, "float32": model.Float32}[name]; small {
		var err error
		if data, err = write.Model(taught.Base(kind)); err != nil {
			t.Fatal(err)
		}
	} else {
		data = readFile(t, filepath.Join(shared.Dir(t), "models", name+".tflite"))
	}
	var g grafted
	var err error
	if g.base, err = model.Parse(data, model.Limits{}); err != nil {
		t.Fatal(err)
	}
	if g.at, err = g.base.Head(); err != nil {
		t.Fatal(err)
	}
	g.ins = taught.Inputs(g.base, 8)
	g.head = taught.Head(t, g.base, 5, g.ins)
	if g.file, err = graft.Taught(g.base, g.at, g.head); err != nil {
		t.Fatal(err)
	}
	return g
}

// TestParityTaught wants the same bytes of both engines in all outputs of taught models.
func TestParityTaught(t *testing.T) {
	for _, name := range []string{
		"uint8", "int8", "googlenet_224_uint8", "googlenet_224_int8", "mobilenet_v2_1.0_224_quant", "tf2_mobilenet_v2_1.0_224_ptq",
		"mobilenet_v1_1.0_224_quant_embedding_extractor", "zoo/gen_resnet50_w25_int8", "zoo/gen_efficientnet_lite0_w50_int8", "zoo/resnet8_cifar10",
	} {
		t.Run(filepath.Base(name), func(t *testing.T) {
			g := newGrafted(t, name)
			p := openPair(t, g.file, false)
			for n, in := range g.ins {
				ours, theirs := p.runAll(t, in)
				compareAll(t, n, p.cpu.Outputs(), ours, theirs)
			}
		})
	}
}

// compareAll compares the outputs of two engines, byte for byte.
func compareAll(t *testing.T, input int, specs []infer.TensorSpec, ours, theirs [][]byte) {
	t.Helper()
	if len(ours) != 3 || len(theirs) != 3 {
		t.Fatalf("%d and %d outputs (want 3)", len(ours), len(theirs))
	}
	for i, spec := range specs {
		if n, maxApart := differences(ours[i], theirs[i], spec.Type); n != 0 {
			t.Errorf("input %d, output %q: %d of %d values differ, by %d at most", input, spec.Name, n, len(ours[i]), maxApart)
		}
	}
}

// TestParityTaughtFloat allows what the order of sums makes of float32.
func TestParityTaughtFloat(t *testing.T) {
	g := newGrafted(t, "float32")
	p := openPair(t, g.file, false)
	for _, in := range g.ins {
		ours, theirs := p.runAll(t, in)
		for i, spec := range p.cpu.Outputs() {
			a, b := make([]float32, spec.Elements()), make([]float32, spec.Elements())
			if err := spec.Values(a, ours[i]); err != nil {
				t.Fatal(err)
			}
			if err := spec.Values(b, theirs[i]); err != nil {
				t.Fatal(err)
			}
			for k := range a {
				if math.Abs(float64(a[k]-b[k])) > 1e-4 {
					t.Fatalf("output %q: %v (want %v)", spec.Name, a[k], b[k])
				}
			}
		}
	}
}

// TestTaughtEdgeTPU has the stand-in compute the feature map, and TensorFlow Lite the head behind it: the answers are those
// of the taught model on the processor.
func TestTaughtEdgeTPU(t *testing.T) {
	edgetpu.New(t).Devices("usb=/sys/bus/usb/devices/2-1")
	for _, name := range []string{"uint8", "int8", "mobilenet_v1_0.25_128_quant"} {
		t.Run(name, func(t *testing.T) {
			g := newGrafted(t, name)
			part, err := graft.Extractor(g.base, g.at)
			if err != nil {
				t.Fatal(err)
			}
			file, err := graft.OntoEdgeTPU(edgetpu.Compile(t, part), g.file)
			if err != nil {
				t.Fatal(err)
			}
			e, err := openEdgeTPU(t, file, "usb", 0)
			if err != nil {
				t.Fatal(err)
			}
			m, err := model.Parse(g.file, model.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			c, err := cpu.New(m, cpu.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			for n, in := range g.ins {
				ours, theirs := infer.Buffers(c.Outputs()), infer.Buffers(e.Outputs())
				if _, err := c.Run(t.Context(), in, ours); err != nil {
					t.Fatal(err)
				}
				if by, err := e.Run(t.Context(), in, theirs); err != nil || by.Engine != infer.EngineEdgeTPU {
					t.Fatalf("answered by %+v: %v", by, err)
				}
				compareAll(t, n, c.Outputs(), ours, theirs)
			}
			about, err := model.ReadMetadata(file)
			if err != nil || !strings.HasPrefix(string(about.Labels), "class-a\nclass-b\n") {
				t.Errorf("labels %q: %v", about.Labels, err)
			}
		})
	}
}
