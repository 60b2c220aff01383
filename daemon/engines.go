package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/failover"
	"github.com/inceptiond/inceptiond/infer/tflite"
)

// The engines, as the config and the messages name them.
const (
	engineAuto    = "auto"
	engineCPU     = "cpu"
	engineTFLite  = "tflite"         // TensorFlow Lite with its own kernels
	engineEdgeTPU = "edgetpu"        // TensorFlow Lite with an Edge TPU
	engineXNNPACK = "tflite-xnnpack" // with XNNPACK; of `bench` and `classify` only
)

// The values of fallback in the config.
const fallbackCPU = "cpu" // else "none"

// How many levels TensorFlow Lite may be from the engine cpu in the test that it must pass before it gets frames. Its own
// kernels agree to the bit, but softmax and logistic are float inside and may round the other way. XNNPACK rounds
// differently everywhere: 24 levels apart have been seen (docs/tflite.md).
const (
	ownLevels     = 1
	xnnpackLevels = 32
)

// chooseEngine says what shall run a model, and why if the config leaves that open.
func chooseEngine(c config.Model, edgeTPU func(config.Model) error) (engine, why string) {
	if c.Engine != engineAuto {
		return c.Engine, ""
	}
	if err := edgeTPU(c); err != nil {
		return engineCPU, "auto: " + err.Error()
	}
	return engineEdgeTPU, "auto: an Edge TPU is there, and the model is compiled for it"
}

// findEdgeTPU says why no Edge TPU can run a model.
func findEdgeTPU(config.Model) error { return errors.New("no engine for an Edge TPU is in this build") }

// openEngine sets the engine for the model in f, and its health.
func (s *sharedModel) openEngine(ctx context.Context, c config.Model, f modelFile, log *zap.Logger) error {
	engine, why := chooseEngine(c, findEdgeTPU)
	if engine == engineXNNPACK {
		engine, c.XNNPACK = engineTFLite, true
	}
	s.engineName, s.health = engine, newHealth(s.identity(), engine, why, log)
	if why != "" {
		s.health.log.Info("engine chosen", zap.String("reason", why))
	}
	switch engine {
	case engineCPU:
		e, err := newCPU(c, f)
		if err != nil {
			return err
		}
		s.engine, s.kernels, s.threads = e, e.Kernels(), e.Threads()
		return nil
	case engineTFLite:
		return s.openTFLite(ctx, c, f)
	}
	return fmt.Errorf("engine %q is not in this build (use %q, %q or %q)", c.Engine, engineAuto, engineCPU, engineTFLite)
}

func newCPU(c config.Model, f modelFile) (*cpu.Engine, error) {
	return cpu.New(f.parsed, cpu.Options{Threads: c.Threads, Memory: int(c.MemoryLimit), Release: f.evict})
}

// openTFLite sets TensorFlow Lite as the engine, with the engine cpu behind it if c says so.
func (s *sharedModel) openTFLite(ctx context.Context, c config.Model, f modelFile) error {
	worker, err := findWorker()
	if err != nil {
		return err
	}
	o := tflite.Options{Worker: worker, Threads: cmp.Or(c.Threads, runtime.GOMAXPROCS(0)), XNNPACK: c.XNNPACK}
	fo := failover.Options{Deadline: c.Deadline, Levels: ownLevels, Notify: s.health.change,
		Open: func(ctx context.Context) (failover.Primary, error) { return reopenTFLite(ctx, c.File, s.sha256, o) }}
	s.kernels, s.threads = "its own", o.Threads
	if o.XNNPACK {
		s.kernels, fo.Levels = "XNNPACK", xnnpackLevels
	}
	if c.Fallback == fallbackCPU {
		standby, err := newCPU(c, f)
		if err != nil {
			return fmt.Errorf("%w (that is the engine cpu, which is to stand by: without it, say fallback: none)", err)
		}
		fo.Standby = standby
	}
	engine, err := failover.New(ctx, fo)
	if err != nil {
		if fo.Standby != nil {
			err = errors.Join(err, fo.Standby.Close())
		}
		return err
	}
	s.engine = engine
	return nil
}

// reopenTFLite starts TensorFlow Lite for the model file at path, whose SHA-256 must be sum.
func reopenTFLite(ctx context.Context, path, sum string, o tflite.Options) (*tflite.Engine, error) {
	var engine *tflite.Engine
	err := withFile(path, func(data []byte, _ func([]byte)) (err error) {
		if fmt.Sprintf("%x", sha256.Sum256(data)) != sum {
			return fmt.Errorf("%s is another file by now (systemctl reload inceptiond loads it)", path)
		}
		o.Model = data
		engine, err = tflite.Open(ctx, o)
		return err
	})
	if err != nil && engine != nil {
		return nil, errors.Join(err, engine.Close())
	}
	return engine, err
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
