package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/demomodel"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/tflite"
)

// The names that stand for things inside the program.
const (
	builtinDemo = config.Builtin + "demo"
	engineAuto  = "auto"
	engineCPU   = "cpu"

	engineTFLite  = "tflite"         // TensorFlow Lite with its own kernels
	engineXNNPACK = "tflite-xnnpack" // with XNNPACK; of `bench` only
)

// defaultMemory is what a model may use when nobody says otherwise.
const defaultMemory config.Size = 1 << 30

// maxModelFile is the largest model file that is read; the largest Inception in float32 has 171 MB.
const maxModelFile = 1 << 30

// sharedModel is a loaded model with its engine and labels. Several classifiers may use it: they take turns.
type sharedModel struct {
	name       string
	sha256     string // of the file
	engineName string
	threads    int
	labels     infer.Labels // nil if it has none
	engine     infer.Engine
	turn       chan struct{} // holds a token while somebody runs
}

// loadModel reads, checks and prepares the model that c describes; name is what messages call it.
func loadModel(name string, c config.Model) (*sharedModel, error) {
	m, err := openModel(name, c)
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", name, err)
	}
	return m, nil
}

func openModel(name string, c config.Model) (*sharedModel, error) {
	data, err := readModelFile(c.File)
	if err != nil {
		return nil, err
	}
	parsed, err := model.Parse(data, model.Limits{Memory: int(c.MemoryLimit)})
	if err != nil {
		return nil, err
	}
	threads := c.Threads
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	engine, err := openEngine(c, parsed, data, threads)
	if err != nil {
		return nil, err
	}
	used := c.Engine
	if used == engineAuto {
		used = engineCPU
	}
	s := &sharedModel{name: name, sha256: parsed.SHA256, engineName: used, threads: threads, engine: engine,
		turn: make(chan struct{}, 1)}
	if s.labels, err = readLabels(c.Labels, engine.Output(), c.Background); err != nil {
		engine.Close()
		return nil, err
	}
	return s, nil
}

// openEngine prepares the engine that c names for a model, whose file is data.
func openEngine(c config.Model, parsed *model.Model, data []byte, threads int) (infer.Engine, error) {
	switch c.Engine {
	case engineAuto, engineCPU:
		return cpu.New(parsed, cpu.Options{Threads: threads, Memory: int(c.MemoryLimit)})
	case engineTFLite, engineXNNPACK:
		worker, err := findWorker()
		if err != nil {
			return nil, err
		}
		return tflite.Open(context.Background(), tflite.Options{Worker: worker, Model: data, Threads: threads,
			XNNPACK: c.Engine == engineXNNPACK})
	}
	return nil, fmt.Errorf("engine %q is not in this build (use %q, %q or %q)", c.Engine, engineAuto, engineCPU, engineTFLite)
}

// findWorker finds the program of the TensorFlow Lite worker: beside this one, else in PATH.
func findWorker() (string, error) {
	const name = "inceptiond-tflite"
	if self, err := os.Executable(); err == nil {
		if path, err := exec.LookPath(filepath.Join(filepath.Dir(self), name)); err == nil {
			return path, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("engine %q needs the program %s beside this one or in PATH (make tflite builds it)", engineTFLite, name)
	}
	return path, nil
}

// parseModel reads a model file, or the one inside the program that path names.
func parseModel(path string, memory config.Size) (*model.Model, error) {
	data, err := readModelFile(path)
	if err != nil {
		return nil, err
	}
	return model.Parse(data, model.Limits{Memory: int(memory)})
}

func readModelFile(path string) ([]byte, error) {
	if name, ok := strings.CutPrefix(path, config.Builtin); ok {
		if path != builtinDemo {
			return nil, fmt.Errorf("there is no built-in model %q (use %q or a file)", name, builtinDemo)
		}
		return demomodel.Model(), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxModelFile {
		return nil, fmt.Errorf("%s: want a regular file of at most %d MiB", path, maxModelFile>>20)
	}
	return io.ReadAll(f)
}

// readLabels reads the labels that belong to output; none if path is empty.
func readLabels(path string, output infer.TensorSpec, background bool) (infer.Labels, error) {
	var r io.Reader
	switch {
	case path == "":
		return nil, nil
	case path == builtinDemo:
		r = bytes.NewReader(demomodel.Labels())
	case strings.HasPrefix(path, config.Builtin):
		return nil, fmt.Errorf("there are no built-in labels %q (use %q or a file)", path, builtinDemo)
	default:
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		r = f
	}
	labels, err := infer.ReadLabels(r)
	if err == nil {
		labels, err = labels.Match(output.Elements(), background)
	}
	if err != nil {
		return nil, fmt.Errorf("labels %s: %w", path, err)
	}
	return labels, nil
}

// run waits for its turn and runs the engine.
func (m *sharedModel) run(ctx context.Context, in, out []byte) error {
	select {
	case m.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-m.turn }()
	return m.engine.Run(ctx, in, out)
}

func (m *sharedModel) close() error { return m.engine.Close() }

// String is "demo (8 classes, uint8 [1 224 224 3], engine cpu, 2 threads)".
func (m *sharedModel) String() string {
	return fmt.Sprintf("%s (%d classes, %v %v, engine %s, %s)", m.name, m.engine.Output().Elements(),
		m.engine.Input().Type, m.engine.Input().Shape, m.engineName, plural(m.threads, "thread"))
}

// loadModels loads every model that a camera names, once each. With an error it has closed those already loaded.
func loadModels(c *config.Config) (map[string]*sharedModel, error) {
	models := map[string]*sharedModel{}
	for camera, cam := range c.Cameras {
		if models[cam.Model] != nil {
			continue
		}
		m, err := loadModel(cam.Model, c.Models[cam.Model])
		if err != nil {
			return nil, errors.Join(fmt.Errorf("camera %q: %w", camera, err), closeModels(models))
		}
		models[cam.Model] = m
	}
	return models, nil
}

func closeModels(models map[string]*sharedModel) error {
	var errs []error
	for _, m := range models {
		errs = append(errs, m.close())
	}
	return errors.Join(errs...)
}

// preprocessOptions is what a camera and its model say about the way from frame to tensor.
func preprocessOptions(cam config.Camera, m config.Model) (preprocess.Options, error) {
	fit, err := preprocess.ParseFit(cam.Fit)
	if err != nil {
		return preprocess.Options{}, err
	}
	flip, err := preprocess.ParseFlip(cam.Flip)
	if err != nil {
		return preprocess.Options{}, err
	}
	return preprocess.Options{
		Region: preprocess.Region(cam.Region), Rotate: cam.Rotate, Flip: flip, Fit: fit,
		Mean: m.Mean, Std: m.Std, FastDecode: cam.FastDecode,
	}, nil
}
