package main

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

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/demomodel"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/testing/edgetpu"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
	"github.com/inceptiond/inceptiond/publish"
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
	section := &config.EdgeTPU{Device: "usb", File: compiled}
	none := errors.New("edgetpu: there is no Edge TPU: plug it in")
	for _, c := range []struct {
		name         string
		model        config.Model
		found        error // by find
		engine, file string
		says         string // the reason, or the error
	}{
		{"auto, nothing asked for", config.Model{File: file, Engine: "auto"}, nil, "cpu", "", "auto: the model is not compiled for an Edge TPU"},
		{"auto, device there", config.Model{File: file, Engine: "auto", EdgeTPU: section}, nil, "edgetpu", compiled, "auto: an Edge TPU is there, and"},
		{"auto, no device", config.Model{File: file, Engine: "auto", EdgeTPU: section}, none, "cpu", "", "auto: edgetpu: there is no Edge TPU: plug it in"},
		{"auto, compiled", config.Model{File: compiled, Engine: "auto"}, nil, "edgetpu", compiled, "auto: an Edge TPU is there, and"},
		{"auto, compiled, no device", config.Model{File: compiled, Engine: "auto"}, none, "", "", "compiled for an Edge TPU, and there is none: use the .tflite it was compiled from, or mend this: edgetpu: there is no"},
		{"auto, not compiled", config.Model{File: file, Engine: "auto", EdgeTPU: &config.EdgeTPU{Device: "any"}}, nil, "", "", "not compiled for an Edge TPU: name what edgetpu_compiler made of it in edgetpu.file"},
		{"auto, no file", config.Model{File: file, Engine: "auto", EdgeTPU: &config.EdgeTPU{File: "/nowhere/x.tflite"}}, nil, "", "", "/nowhere/x.tflite"},
		{"tflite", config.Model{File: file, Engine: "tflite"}, none, "tflite", "", ""},
		{"tflite with a section", config.Model{File: file, Engine: "tflite", EdgeTPU: section}, none, "edgetpu", compiled, ""},
		{"tflite, compiled", config.Model{File: compiled, Engine: "tflite"}, nil, "", "", "add the section edgetpu with device: any, or use the .tflite it was compiled from"},
		{"tflite, compiled, with a section", config.Model{File: compiled, Engine: "tflite", EdgeTPU: &config.EdgeTPU{Device: "any"}}, none, "edgetpu", compiled, ""},
		{"both files compiled", config.Model{File: compiled, Engine: "tflite", EdgeTPU: section}, nil, "", "", "file is compiled for an Edge TPU, too"},
		{"none compiled", config.Model{File: file, Engine: "tflite", EdgeTPU: &config.EdgeTPU{File: file}}, nil, "", "", "has no operator edgetpu-custom-op"},
		{"cpu", config.Model{File: compiled, Engine: "cpu"}, nil, "cpu", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			find := func(_ context.Context, device string) error {
				if want := "any"; c.model.EdgeTPU != nil {
					if want = c.model.EdgeTPU.Device; device != want {
						t.Errorf("device %q is looked for (want %q)", device, want)
					}
				}
				return c.found
			}
			var got choice
			err := withModel(c.model.File, defaultMemory, func(f modelFile) (err error) {
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
			if c.file != "" && (got.edgeTPU == nil || got.edgeTPU.file != c.file || len(got.edgeTPU.sha256) != 64) {
				t.Errorf("plan %+v (want %s)", got.edgeTPU, c.file)
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
	compiled := config.EdgeTPU{Device: "any", File: filepath.Join(dir, "mobilenet_v1_0.25_128_quant_edgetpu.tflite")}
	plan := func(file string) error {
		return withModel(file, defaultMemory, func(f modelFile) error {
			_, err := planEdgeTPU(config.Model{File: file, EdgeTPU: &compiled}, f)
			return err
		})
	}
	if err := plan(filepath.Join(dir, "mobilenet_v1_0.25_128_quant.tflite")); err != nil {
		t.Error(err)
	}
	if err := plan(filepath.Join(dir, "mobilenet_v2_1.0_224_quant.tflite")); !errors.Is(err, infer.ErrUnsupported) || !strings.Contains(err.Error(), "compiled from another model") {
		t.Errorf("another model: %v", err)
	}
}

// openDemoEdgeTPU loads the demo model for the stand-in of an Edge TPU.
func openDemoEdgeTPU(t *testing.T, engine string, c config.Model) *sharedModel {
	t.Helper()
	m, err := loadModel(t.Context(), "demo", c, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.close() })
	if m.engineName != engine {
		t.Fatalf("engine %s (want %s)", m.engineName, engine)
	}
	return m
}

// workerInPath lets findWorker find what make tflite has built.
func workerInPath(t *testing.T) {
	t.Helper()
	bin := filepath.Join(shared.Root(t), "bin")
	if _, err := os.Stat(filepath.Join(bin, "inceptiond-tflite")); err != nil {
		shared.Missing(t, "no bin/inceptiond-tflite (make tflite builds it)")
	}
	t.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
}

// TestEdgeTPUFailover has the stand-in hang, abort, crash and fail while frames come: each frame is answered, with the same
// bytes, by the CPU meanwhile; then the Edge TPU is back.
func TestEdgeTPUFailover(t *testing.T) {
	workerInPath(t)
	standIn := edgetpu.New(t)
	file, compiled := demoFiles(t)
	const deadline = time.Second
	m := openDemoEdgeTPU(t, engineEdgeTPU, config.Model{File: file, Engine: engineAuto, Fallback: "cpu", Deadline: deadline,
		EdgeTPU: &config.EdgeTPU{Device: "usb", File: compiled}})
	c := openDemoEdgeTPU(t, engineCPU, config.Model{File: file, Engine: engineCPU})
	in := bytes.Repeat([]byte{10, 200, 90, 0, 30, 255, 77}, 1+m.engine.Input().Bytes()/7)[:m.engine.Input().Bytes()]
	want, got := infer.Buffers(c.engine.Outputs()), infer.Buffers(m.engine.Outputs())
	if _, _, err := c.run(t.Context(), in, want); err != nil {
		t.Fatal(err)
	}
	frame := func() (engine string) {
		t.Helper()
		clear(got[0])
		by, took, err := m.run(t.Context(), in, got)
		if err != nil || !bytes.Equal(got[0], want[0]) {
			t.Fatalf("%+v: %x, %v (want %x)", by, got, err, want)
		}
		if took > deadline+2*time.Second {
			t.Errorf("a frame took %v", took)
		}
		return by.Engine
	}
	for _, how := range []string{"invoke hang once", "invoke abort once", "invoke crash once", "invoke fail once"} {
		if engine := frame(); engine != engineEdgeTPU {
			t.Fatalf("before %s: engine %s", how, engine)
		}
		standIn.Tell(how)
		if engine := frame(); engine != engineCPU {
			t.Errorf("%s: engine %s", how, engine)
		}
		if s := m.health.status(); s.State != publish.EngineFallback || s.Engine != engineCPU || s.Reason == "" {
			t.Errorf("%s: status %+v", how, s)
		}
		for end := time.Now().Add(30 * time.Second); frame() != engineEdgeTPU; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: the Edge TPU does not come back: %+v", how, m.health.status())
			}
		}
		if s := m.health.status(); s.State != publish.EngineRunning || s.Engine != engineEdgeTPU {
			t.Errorf("after %s: status %+v", how, s)
		}
	}
}

// Without the device, engine: tflite begins with the CPU; auto says why it takes the CPU; a compiled model alone needs one.
func TestEdgeTPUAway(t *testing.T) {
	workerInPath(t)
	standIn := edgetpu.New(t)
	file, compiled := demoFiles(t)
	c := config.Model{File: file, Engine: engineAuto, Fallback: "cpu", EdgeTPU: &config.EdgeTPU{Device: "pci", File: compiled}}
	m := openDemoEdgeTPU(t, engineCPU, c)
	if s := m.health.status(); !strings.Contains(s.Reason, `auto: tflite: libedgetpu`) || !strings.Contains(s.Reason, `device "pci": no such Edge TPU (there is usb`) {
		t.Errorf("reason %q", s.Reason)
	}
	c.Engine = engineTFLite
	m = openDemoEdgeTPU(t, engineEdgeTPU, c)
	if s := m.health.status(); s.State != publish.EngineFallback || s.Wanted != engineEdgeTPU {
		t.Errorf("status %+v", s)
	}
	standIn.Devices("pci=/dev/apex_0")
	for end := time.Now().Add(30 * time.Second); m.health.status().State != publish.EngineRunning; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("plugged in, but %+v", m.health.status())
		}
	}
	_, err := loadModel(t.Context(), "demo", config.Model{File: compiled, Engine: engineAuto, Fallback: "cpu"}, zap.NewNop())
	if err == nil || !strings.Contains(err.Error(), "so the CPU cannot stand by") {
		t.Errorf("a compiled model alone: %v", err)
	}
	openDemoEdgeTPU(t, engineEdgeTPU, config.Model{File: compiled, Engine: engineAuto, Fallback: "none"})
}
