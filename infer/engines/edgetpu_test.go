package engines

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/infer/demomodel"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/testing/edgetpu"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// demoFiles writes the demo model and what is compiled of it for the stand-in of an Edge TPU.
func demoFiles(t *testing.T) (file, compiled string) {
	t.Helper()
	dir := t.TempDir()
	file, compiled = filepath.Join(dir, "demo.tflite"), filepath.Join(dir, "demo_edgetpu.tflite")
	for path, data := range map[string][]byte{file: demomodel.Model(), compiled: edgetpu.Compile(t, demomodel.Model())} {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return file, compiled
}

func TestChooseEngine(t *testing.T) {
	file, compiled := demoFiles(t)
	section := &TPU{Device: "usb", File: compiled}
	none := errors.New("edgetpu: there is no Edge TPU: plug it in")
	for _, c := range []struct {
		name         string
		model        Options
		found        error // by find
		engine, file string
		says         string // the reason, or the error
	}{
		{"auto, nothing asked for", Options{File: file, Engine: "auto"}, nil, "cpu", "", ""},
		{"auto, device there", Options{File: file, Engine: "auto", TPU: section}, nil, "edgetpu", compiled, "auto: an Edge TPU is there, and"},
		{"auto, no device", Options{File: file, Engine: "auto", TPU: section}, none, "cpu", "", "auto: edgetpu: there is no Edge TPU: plug it in"},
		{"auto, compiled", Options{File: compiled, Engine: "auto"}, nil, "edgetpu", compiled, "auto: an Edge TPU is there, and"},
		{"auto, compiled, no device", Options{File: compiled, Engine: "auto"}, none, "", "", "compiled for an Edge TPU, and there is none: use the .tflite it was compiled from, or mend this: edgetpu: there is no"},
		{"auto, not compiled", Options{File: file, Engine: "auto", TPU: &TPU{Device: "any"}}, nil, "", "", "not compiled for an Edge TPU: name what edgetpu_compiler made of it in edgetpu.file"},
		{"auto, no file", Options{File: file, Engine: "auto", TPU: &TPU{File: "/nowhere/x.tflite"}}, nil, "", "", "/nowhere/x.tflite"},
		{"tflite", Options{File: file, Engine: "tflite"}, none, "tflite", "", ""},
		{"tflite with a section", Options{File: file, Engine: "tflite", TPU: section}, none, "edgetpu", compiled, ""},
		{"tflite, compiled", Options{File: compiled, Engine: "tflite"}, nil, "", "", "add the section edgetpu with device: any, or use the .tflite it was compiled from"},
		{"tflite, compiled, with a section", Options{File: compiled, Engine: "tflite", TPU: &TPU{Device: "any"}}, none, "edgetpu", compiled, ""},
		{"both files compiled", Options{File: compiled, Engine: "tflite", TPU: section}, nil, "", "", "file is compiled for an Edge TPU, too"},
		{"none compiled", Options{File: file, Engine: "tflite", TPU: &TPU{File: file}}, nil, "", "", "has no operator edgetpu-custom-op"},
		{"cpu", Options{File: compiled, Engine: "cpu"}, nil, "cpu", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			find := func(_ context.Context, device string) error {
				if want := "any"; c.model.TPU != nil {
					if want = c.model.TPU.Device; device != want {
						t.Errorf("device %q is looked for (want %q)", device, want)
					}
				}
				return c.found
			}
			var got choice
			err := Read(c.model.File, 0, func(f File) (err error) {
				got, err = chooseEngine(t.Context(), c.model, f, find)
				return err
			})
			if c.engine == "" {
				if err == nil || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%+v, error %v (want %q)", got, err, c.says)
				}
				return
			}
			if err != nil || got.engine != c.engine || !strings.HasPrefix(got.why, c.says) || c.says == "" && got.why != "" {
				t.Errorf("%+v, %v (want %s, %q)", got, err, c.engine, c.says)
			}
			if c.file != "" && (got.tpu == nil || got.tpu.file != c.file || len(got.tpu.sha256) != 64) {
				t.Errorf("plan %+v (want %s)", got.tpu, c.file)
			}
		})
	}
}

// A file that was compiled from another model must not take the place of this one.
func TestTwinOfAnotherModel(t *testing.T) {
	m, err := model.Parse(demomodel.Model(), model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, says string
		change     func(m *model.Model)
	}{
		{"the same", "", func(*model.Model) {}},
		{"scale", "its input is uint8 [1 ", func(m *model.Model) {
			m.Tensors[m.Inputs[0]].Quant = &model.Quant{Scale: []float32{0.5}, ZeroPoint: []int32{128}}
		}},
		{"not quantized", "it was compiled from another model", func(m *model.Model) { m.Tensors[m.Outputs[0]].Quant = nil }},
		{"classes", "its output is uint8 [1 5]", func(m *model.Model) { m.Tensors[m.Outputs[0]].Shape = []int{1, 5} }},
		{"outputs", "it has 2 outputs, where file has 1", func(m *model.Model) { m.Outputs = append(m.Outputs, m.Outputs[0]) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			compiled, err := model.Parse(edgetpu.Compile(t, demomodel.Model()), model.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			c.change(compiled)
			err = checkTwin(m, compiled)
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("error %v (want %q)", err, c.says)
			}
		})
	}
}

// Coral's own files: what its compiler made has the same input and output.
func TestTwinReal(t *testing.T) {
	dir := filepath.Join(shared.Dir(t), "models")
	compiled := TPU{Device: "any", File: filepath.Join(dir, "mobilenet_v1_0.25_128_quant_edgetpu.tflite")}
	plan := func(file string) error {
		return Read(file, 0, func(f File) error {
			_, err := planTPU(Options{File: file, TPU: &compiled}, f)
			return err
		})
	}
	if err := plan(filepath.Join(dir, "mobilenet_v1_0.25_128_quant.tflite")); err != nil {
		t.Error(err)
	}
	if err := plan(filepath.Join(dir, "mobilenet_v2_1.0_224_quant.tflite")); !errors.Is(err, model.ErrUnsupported) || !strings.Contains(err.Error(), "compiled from another model") {
		t.Errorf("another model: %v", err)
	}
}

// openDemoEdgeTPU loads the demo model for the stand-in of an Edge TPU.
func openDemoEdgeTPU(t *testing.T, engine string, c Options) *Model {
	t.Helper()
	m, err := Load(t.Context(), "demo", c, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	if m.Wanted != engine {
		t.Fatalf("engine %s (want %s)", m.Wanted, engine)
	}
	return m
}

// TestEdgeTPUFailover has the stand-in hang, abort, crash and fail while frames come: each frame is answered, with the same
// bytes, by the CPU meanwhile; then the Edge TPU is back.
func TestEdgeTPUFailover(t *testing.T) {
	shared.WorkerInPath(t)
	standIn := edgetpu.New(t)
	file, compiled := demoFiles(t)
	const deadline = time.Second
	m := openDemoEdgeTPU(t, EdgeTPU, Options{File: file, Engine: Auto, Fallback: true, Deadline: deadline,
		TPU: &TPU{Device: "usb", File: compiled}})
	c := openDemoEdgeTPU(t, CPU, Options{File: file, Engine: CPU})
	in := bytes.Repeat([]byte{10, 200, 90, 0, 30, 255, 77}, 1+m.Engine.Input().Bytes()/7)[:m.Engine.Input().Bytes()]
	want, got := make([]byte, m.Engine.Outputs()[0].Bytes()), make([]byte, m.Engine.Outputs()[0].Bytes())
	if _, err := c.Engine.Run(t.Context(), in, [][]byte{want}); err != nil {
		t.Fatal(err)
	}
	frame := func() (engine string) {
		t.Helper()
		clear(got)
		begin := time.Now()
		by, err := m.Engine.Run(t.Context(), in, [][]byte{got})
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%v: %x, %v (want %x)", by, got, err, want)
		}
		if took := time.Since(begin); took > deadline+2*time.Second {
			t.Errorf("a frame took %v", took)
		}
		return by.Engine
	}
	for _, how := range []string{"invoke hang once", "invoke abort once", "invoke crash once", "invoke fail once"} {
		if engine := frame(); engine != EdgeTPU {
			t.Fatalf("before %s: engine %s", how, engine)
		}
		standIn.Tell(how)
		if engine := frame(); engine != CPU {
			t.Errorf("%s: engine %s", how, engine)
		}
		if s := m.Health.Status(); s.State != Fallback || s.Engine != CPU || s.Reason == "" {
			t.Errorf("%s: status %+v", how, s)
		}
		for end := time.Now().Add(30 * time.Second); frame() != EdgeTPU; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: the Edge TPU does not come back: %+v", how, m.Health.Status())
			}
		}
		if s := m.Health.Status(); s.State != Running || s.Engine != EdgeTPU {
			t.Errorf("after %s: status %+v", how, s)
		}
	}
}

// Without the device, engine: tflite begins with the CPU; auto says why it takes the CPU; a compiled model alone needs one.
func TestEdgeTPUAway(t *testing.T) {
	shared.WorkerInPath(t)
	standIn := edgetpu.New(t)
	file, compiled := demoFiles(t)
	c := Options{File: file, Engine: Auto, Fallback: true, TPU: &TPU{Device: "pci", File: compiled}}
	m := openDemoEdgeTPU(t, CPU, c)
	if s := m.Health.Status(); !strings.Contains(s.Reason, `auto: tflite: libedgetpu`) || !strings.Contains(s.Reason, `device "pci": no such Edge TPU (there is usb`) {
		t.Errorf("reason %q", s.Reason)
	}
	c.Engine = TFLite
	m = openDemoEdgeTPU(t, EdgeTPU, c)
	if s := m.Health.Status(); s.State != Fallback || s.Wanted != EdgeTPU {
		t.Errorf("status %+v", s)
	}
	standIn.Devices("pci=/dev/apex_0")
	for end := time.Now().Add(30 * time.Second); m.Health.Status().State != Running; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("plugged in, but %+v", m.Health.Status())
		}
	}
	_, err := Load(t.Context(), "demo", Options{File: compiled, Engine: Auto, Fallback: true}, zap.NewNop())
	if err == nil || !strings.Contains(err.Error(), "so the CPU cannot stand by") {
		t.Errorf("a compiled model alone: %v", err)
	}
	openDemoEdgeTPU(t, EdgeTPU, Options{File: compiled, Engine: Auto})
}
