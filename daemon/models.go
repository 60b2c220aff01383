package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/demomodel"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/publish"
)

// builtinDemo names the model, and the labels, that are inside the program.
const builtinDemo = config.Builtin + "demo"

// defaultMemory is what a model may use when nobody says otherwise.
const defaultMemory config.Size = 1 << 30

// maxModelFile is the largest model file that is read; the largest Inception in float32 has 171 MB.
const maxModelFile = 1 << 30

// sharedModel is a loaded model with its engine and labels. Several classifiers may use it: they take turns.
type sharedModel struct {
	name       string
	sha256     string // of the file
	engineName string // of the engine that shall run it
	health     *health
	kernels    string // the engine's inner loops: "go", "avx2", "XNNPACK", …
	threads    int
	macs       int64        // products of one run
	labels     infer.Labels // nil if it has none
	engine     infer.Engine
	turn       chan struct{} // holds a token while somebody runs
	busy       progress      // of whoever has the turn
	deadline   time.Duration // of one run, if the config has one
	files      [3]fileMark   // of the model, its labels and its twin for an Edge TPU, as they were read
}

// loadModel reads, checks and prepares the model that c describes; name is what messages call it.
func loadModel(ctx context.Context, name string, c config.Model, log *zap.Logger) (*sharedModel, error) {
	m, err := openModel(ctx, name, c, log)
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", name, err)
	}
	return m, nil
}

func openModel(ctx context.Context, name string, c config.Model, log *zap.Logger) (*sharedModel, error) {
	s := &sharedModel{name: name, turn: make(chan struct{}, 1), files: markModel(c), deadline: c.Deadline}
	err := withModel(c.File, c.MemoryLimit, func(f modelFile) error {
		s.sha256, s.macs = f.parsed.SHA256, f.parsed.Stats().MACs
		if err := s.openEngine(ctx, c, f, log); err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if s.labels, err = readLabels(c.Labels, s.engine.Outputs()[0], c.Background); err != nil {
		s.engine.Close()
		return nil, err
	}
	return s, nil
}

// modelFile is a model while it is being loaded.
type modelFile struct {
	parsed *model.Model
	data   []byte
	evict  func(data []byte) // gives memory back that data, a part of the file, has; nil if it has none of its own
}

// withModel reads and checks the model file at path for use, which keeps nothing of it.
func withModel(path string, memory config.Size, use func(modelFile) error) error {
	return withFile(path, func(data []byte, evict func([]byte)) error {
		m, err := model.Parse(data, model.Limits{Memory: int(memory)})
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if evict != nil {
			evict(data) // it was all read for its checksum
		}
		return use(modelFile{m, data, evict})
	})
}

// withFile reads a model file, or the one inside the program that path names, for use, which keeps nothing of it.
// evict is that of modelFile.
func withFile(path string, use func(data []byte, evict func([]byte)) error) error {
	if name, ok := strings.CutPrefix(path, config.Builtin); ok {
		if path != builtinDemo {
			return fmt.Errorf("there is no built-in model %q (use %q or a file)", name, builtinDemo)
		}
		return use(demomodel.Model(), nil)
	}
	f, err := model.OpenFile(path, maxModelFile)
	if err != nil {
		return err
	}
	return errors.Join(f.Read(func(data []byte) error { return use(data, f.Evict) }), f.Close())
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

// run waits for its turn and runs the engine. It returns who answered and how long that took.
func (m *sharedModel) run(ctx context.Context, in []byte, outs [][]byte) (by infer.By, took time.Duration, err error) {
	select {
	case m.turn <- struct{}{}:
	case <-ctx.Done():
		return infer.By{}, 0, ctx.Err()
	}
	defer func() { <-m.turn }()
	m.busy.enter(atInference)
	defer m.busy.leave()
	begin := time.Now()
	by, err = m.engine.Run(ctx, in, outs)
	return by, time.Since(begin), err
}

// identity is the model in messages.
func (m *sharedModel) identity() publish.Model { return publish.Model{Name: m.name, SHA256: m.sha256} }

func (m *sharedModel) close() error { return m.engine.Close() }

// String is "demo (12 classes, uint8 [1 224 224 3], engine cpu with avx2 kernels, 2 threads)".
func (m *sharedModel) String() string {
	return fmt.Sprintf("%s (%d classes, %v %v, engine %s with %s kernels, %s)", m.name, m.engine.Outputs()[0].Elements(),
		m.engine.Input().Type, m.engine.Input().Shape, m.engineName, m.kernels, plural(m.threads, "thread"))
}

// loadModels returns every model that a camera names: what loaded has under that name (nil if it has none), or else
// newly loaded, once each. The error is about all that cannot be used; the newly loaded ones are closed then.
func loadModels(ctx context.Context, c *config.Config, loaded func(name string) *sharedModel, log *zap.Logger) (map[string]*sharedModel, error) {
	wanted := map[string]bool{}
	for _, cam := range c.Cameras {
		wanted[cam.Model] = true
	}
	all, fresh := map[string]*sharedModel{}, map[string]*sharedModel{}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if m := loaded(name); m != nil {
			all[name] = m
			continue
		}
		m, err := loadModel(ctx, name, c.Models[name], log)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all[name], fresh[name] = m, m
	}
	if len(errs) > 0 {
		return nil, errors.Join(append(errs, closeModels(fresh))...)
	}
	return all, nil
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
