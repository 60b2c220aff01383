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
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/failover"
	"github.com/inceptiond/inceptiond/infer/tflite"
)

// The engines, as the config and the messages name them.
const (
	engineAuto    = "auto"
	engineCPU     = infer.EngineCPU
	engineTFLite  = infer.EngineTFLite  // TensorFlow Lite with its own kernels
	engineEdgeTPU = infer.EngineEdgeTPU // TensorFlow Lite with an Edge TPU
	engineXNNPACK = "tflite-xnnpack"    // with XNNPACK; of `bench` and `classify` only
)

// The values of fallback in the config.
const fallbackCPU = "cpu" // else "none"

// How many levels TensorFlow Lite may be from the engine cpu in the test that it must pass before it gets frames.
// XNNPACK, an Edge TPU and the kernels for arm64 round differently everywhere: 24 levels apart have been seen
// (docs/tflite.md).
const otherLevels = 32

// ownLevels is for TensorFlow Lite's own kernels. Those for amd64 agree to the bit, but softmax and logistic are float
// inside and may round the other way.
func ownLevels() int {
	if runtime.GOARCH == "amd64" {
		return 1
	}
	return otherLevels
}

// choice is what shall run a model.
type choice struct {
	engine  string
	why     string   // if the config leaves that open
	edgeTPU *edgeTPU // of engineEdgeTPU
}

// chooseEngine chooses for the model in f. find says why there is no Edge TPU of a name.
func chooseEngine(ctx context.Context, c config.Model, f modelFile, find func(ctx context.Context, device string) error) (choice, error) {
	compiled := f.parsed.ForEdgeTPU()
	switch {
	case c.Engine == engineAuto && c.EdgeTPU == nil && !compiled:
		return choice{engine: engineCPU, why: "auto: the model is not compiled for an Edge TPU"}, nil
	case c.Engine == engineTFLite && c.EdgeTPU == nil && compiled:
		return choice{}, fmt.Errorf("the model is compiled for an Edge TPU: add the section edgetpu with device: any, or use the .tflite it was compiled from: %w", infer.ErrUnsupported)
	case c.Engine != engineAuto && c.Engine != engineEdgeTPU && c.EdgeTPU == nil:
		return choice{engine: c.Engine}, nil
	}
	plan, err := planEdgeTPU(c, f)
	if err != nil {
		return choice{}, err
	}
	chosen := choice{engine: engineEdgeTPU, edgeTPU: plan}
	if c.Engine != engineAuto {
		return chosen, nil
	}
	if err := find(ctx, plan.device); err != nil && plan.alone {
		return choice{}, fmt.Errorf("the model is compiled for an Edge TPU, and there is none: use the .tflite it was compiled from, or mend this: %w: %w", err, infer.ErrUnsupported)
	} else if err != nil {
		return choice{engine: engineCPU, why: "auto: " + err.Error()}, nil
	}
	chosen.why = "auto: an Edge TPU is there, and the model is compiled for it"
	return chosen, nil
}

// openEngine sets the engine for the model in f, and its health.
func (s *sharedModel) openEngine(ctx context.Context, c config.Model, f modelFile, log *zap.Logger) error {
	if c.Engine == engineXNNPACK {
		c.Engine, c.XNNPACK = engineTFLite, true
	}
	chosen, err := chooseEngine(ctx, c, f, findEdgeTPU)
	if err != nil {
		return err
	}
	s.engineName, s.health = chosen.engine, newHealth(s.identity(), chosen.engine, chosen.why, log)
	if chosen.why != "" {
		s.health.log.Info("engine chosen", zap.String("reason", chosen.why))
	}
	switch chosen.engine {
	case engineCPU:
		e, err := newCPU(c, f)
		if err != nil {
			return err
		}
		s.engine, s.kernels, s.threads = e, e.Kernels(), e.Threads()
		return nil
	case engineTFLite, engineEdgeTPU:
		return s.openTFLite(ctx, c, f, chosen.edgeTPU)
	}
	return fmt.Errorf("engine %q is not in this build (use %q, %q or %q)", c.Engine, engineAuto, engineCPU, engineTFLite)
}

func newCPU(c config.Model, f modelFile) (*cpu.Engine, error) {
	return cpu.New(f.parsed, cpu.Options{Threads: c.Threads, Memory: int(c.MemoryLimit), Release: f.evict})
}

// openTFLite sets TensorFlow Lite as the engine, with an Edge TPU if there is a plan for one, and with the engine cpu
// behind it if c says so.
func (s *sharedModel) openTFLite(ctx context.Context, c config.Model, f modelFile, tpu *edgeTPU) error {
	worker, err := findWorker(s.engineName)
	if err != nil {
		return err
	}
	o := tflite.Options{Worker: worker, Threads: cmp.Or(c.Threads, runtime.GOMAXPROCS(0)), XNNPACK: c.XNNPACK}
	file, sum, levels := c.File, s.sha256, ownLevels()
	if o.XNNPACK {
		levels = otherLevels
	}
	if tpu != nil {
		o.EdgeTPU, file, sum, levels = tpu.device, tpu.file, tpu.sha256, otherLevels
		if tpu.alone && c.Fallback == fallbackCPU {
			return errors.New("the model is compiled for an Edge TPU, so the CPU cannot stand by: name the .tflite that it was compiled from in file, and this one in edgetpu.file; or say fallback: none")
		}
	}
	s.kernels, s.threads = o.By().Kernels, o.Threads
	fo := failover.Options{Deadline: c.Deadline, Levels: levels, Notify: s.health.change,
		Open: func(ctx context.Context) (failover.Primary, error) {
			e, err := reopenTFLite(ctx, file, sum, o)
			if err != nil {
				return nil, err
			}
			s.health.log.Debug("library opened", zap.String("library", e.Library()))
			return e, nil
		}}
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

// findWorker finds the program of the TensorFlow Lite worker, which engine needs: beside this one, where the Debian
// package has it, or in PATH.
func findWorker(engine string) (string, error) {
	const name = "inceptiond-tflite"
	if self, err := os.Executable(); err == nil {
		for _, folder := range []string{".", "../lib/inceptiond"} {
			if path, err := exec.LookPath(filepath.Join(filepath.Dir(self), folder, name)); err == nil {
				return path, nil
			}
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("engine %q needs the program %s beside this one or in PATH (make tflite builds it)", engine, name)
	}
	return path, nil
}
