package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/tflite"
)

// The engines, as the config and the messages name them.
const (
	engineAuto    = "auto"
	engineCPU     = "cpu"
	engineTFLite  = "tflite"         // TensorFlow Lite with its own kernels
	engineXNNPACK = "tflite-xnnpack" // with XNNPACK; of `bench` and `classify` only
)

// openEngine sets the engine that c names, for the model in f.
func (s *sharedModel) openEngine(c config.Model, f modelFile) error {
	switch c.Engine {
	case engineAuto, engineCPU:
		engine, err := cpu.New(f.parsed, cpu.Options{Threads: c.Threads, Memory: int(c.MemoryLimit), Release: f.evict})
		if err != nil {
			return err
		}
		s.engine, s.engineName, s.kernels, s.threads = engine, engineCPU, engine.Kernels(), engine.Threads()
		return nil
	case engineTFLite, engineXNNPACK:
		return s.openTFLite(c, f.data)
	}
	return fmt.Errorf("engine %q is not in this build (use %q, %q or %q)", c.Engine, engineAuto, engineCPU, engineTFLite)
}

func (s *sharedModel) openTFLite(c config.Model, data []byte) error {
	worker, err := findWorker()
	if err != nil {
		return err
	}
	o := tflite.Options{Worker: worker, Model: data, Threads: cmp.Or(c.Threads, runtime.GOMAXPROCS(0)),
		XNNPACK: c.Engine == engineXNNPACK}
	engine, err := tflite.Open(context.Background(), o)
	if err != nil {
		return err
	}
	s.engine, s.engineName, s.kernels, s.threads = engine, engineTFLite, "its own", o.Threads
	if o.XNNPACK {
		s.kernels = "XNNPACK"
	}
	return nil
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
