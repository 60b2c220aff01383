package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/demomodel"
	"github.com/inceptiond/inceptiond/daemon/doctor"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/tflite"
	"github.com/inceptiond/inceptiond/publish"
)

// modelLimit is for loading all models: a large one takes a second on a Raspberry Pi 4, and several on older ones.
const modelLimit = time.Minute

// modelChecks load the models, and look for the engines.
func (e *examination) modelChecks() []doctor.Check {
	list := []doctor.Check{e.checkWorker()}
	if e.config == nil {
		return list
	}
	e.loading.Add(1)
	models := doctor.Check{Area: "model", Name: "models", Limit: modelLimit, Run: func(ctx context.Context) []doctor.Finding {
		defer e.loading.Done()
		return e.loadAll(ctx)
	}}
	return append([]doctor.Check{models}, list...)
}

// loadAll loads every model that a camera uses and keeps them until all are there, to see how much memory that takes.
func (e *examination) loadAll(ctx context.Context) []doctor.Finding {
	wanted := map[string]bool{}
	for _, cam := range e.config.Cameras {
		wanted[cam.Model] = true
	}
	var findings []doctor.Finding
	models := map[string]*sharedModel{}
	defer func() { _ = closeModels(models) }()
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		m, err := loadModel(ctx, name, e.config.Models[name], zap.NewNop())
		if err != nil {
			findings = append(findings, doctor.Finding{Check: name, State: doctor.Fault, Found: err.Error(), Fix: modelFix(name, err)})
			continue
		}
		models[name] = m
		if s := m.health.status(); s.State != publish.EngineRunning {
			findings = append(findings, doctor.Finding{Check: name, State: doctor.Fault, Found: fmt.Sprintf("engine %s does not run it: %s", s.Wanted, s.Reason), Fix: "install or build the engine anew (docs/tflite.md), or use engine: cpu"})
			continue
		}
		findings = append(findings, doctor.Finding{Check: name, State: doctor.OK, Found: m.String()})
	}
	if len(models) == len(wanted) {
		e.memory = uint64(peakMemory())
	}
	return findings
}

// modelFix says how to mend a model that does not load.
func modelFix(name string, err error) string {
	key := "models." + name
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, os.ErrPermission):
		return fmt.Sprintf("see %s.file and labels: the files must be there, and readable for the service", key)
	case errors.Is(err, infer.ErrUnsupported):
		return fmt.Sprintf("see `inceptiond model info` for what it holds; take another model, or another %s.engine", key)
	}
	return fmt.Sprintf("see %s: another file, other labels, a larger memory_limit", key)
}

// checkWorker starts the TensorFlow Lite worker, if there is one, and has it load the demo model.
func (e *examination) checkWorker() doctor.Check {
	return doctor.Check{Area: "model", Name: "tensorflow lite", Limit: 15 * time.Second, Run: func(ctx context.Context) []doctor.Finding {
		path, err := findWorker(engineTFLite)
		switch {
		case err != nil && e.uses(engineTFLite):
			return []doctor.Finding{{State: doctor.Fault, Found: err.Error(), Fix: "install or build it (docs/tflite.md), or use engine: cpu, which needs nothing"}}
		case err != nil:
			return []doctor.Finding{{State: doctor.Note, Found: "not installed; no model asks for it"}}
		}
		engine, err := tflite.Open(ctx, tflite.Options{Worker: path, Model: demomodel.Model()})
		if err != nil {
			return []doctor.Finding{{State: doctor.Fault, Found: fmt.Sprintf("%s does not work: %v", path, err), Fix: "install or build it anew (docs/tflite.md), or use engine: cpu"}}
		}
		defer engine.Close()
		return []doctor.Finding{{State: doctor.OK, Found: fmt.Sprintf("%s, %s", engine.Library(), path)}}
	}}
}

// uses tells whether a model that a camera uses asks for engine.
func (e *examination) uses(engine string) bool {
	if e.config == nil {
		return false
	}
	for _, cam := range e.config.Cameras {
		if e.config.Models[cam.Model].Engine == engine {
			return true
		}
	}
	return false
}
