package engines

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
	"slices"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/explain"
	"github.com/inceptiond/inceptiond/infer/failover"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/tflite"
)

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

// ErrUnknown marks the name of an engine that there is none of.
var ErrUnknown = errors.New("unknown engine")

// choice is what shall run a model.
type choice struct {
	engine string
	why    string   // if the options leave that open
	tpu    *tpuPlan // of EdgeTPU
}

// chooseEngine chooses for the model in f. find says why there is no Edge TPU of a name.
func chooseEngine(ctx context.Context, o Options, f File, find func(ctx context.Context, device string) error) (choice, error) {
	compiled := f.Parsed.ForEdgeTPU()
	switch {
	case o.Engine == Auto && o.TPU == nil && !compiled:
		return choice{engine: CPU}, nil // as ever: nothing to explain
	case o.Engine == TFLite && o.TPU == nil && compiled:
		return choice{}, fmt.Errorf("the model is compiled for an Edge TPU: add the section edgetpu with device: any, or use the .tflite it was compiled from: %w", model.ErrUnsupported)
	case o.Engine != Auto && o.Engine != EdgeTPU && o.TPU == nil:
		return choice{engine: o.Engine}, nil
	}
	plan, err := planTPU(o, f)
	if err != nil {
		return choice{}, err
	}
	chosen := choice{engine: EdgeTPU, tpu: plan}
	if o.Engine != Auto {
		return chosen, nil
	}
	if err := find(ctx, plan.device); err != nil && plan.alone {
		return choice{}, fmt.Errorf("the model is compiled for an Edge TPU, and there is none: use the .tflite it was compiled from, or mend this: %w: %w", err, model.ErrUnsupported)
	} else if err != nil {
		return choice{engine: CPU, why: "auto: " + err.Error()}, nil
	}
	chosen.why = "auto: an Edge TPU is there, and the model is compiled for it"
	return chosen, nil
}

// open sets the engine for the model in f, and its health.
func (m *Model) open(ctx context.Context, o Options, f File, log *zap.Logger) error {
	if o.Engine == XNNPACK {
		o.Engine, o.XNNPACK = TFLite, true
	}
	chosen, err := chooseEngine(ctx, o, f, findTPU)
	if err != nil {
		return err
	}
	var inner []string
	m.own = len(f.Parsed.Outputs)
	if o.Explain || o.Taught != "" { // which has a map among its outputs
		inner = m.tap(&f, chosen)
	}
	if o.Scene {
		inner = append(inner, m.tapScene(&f, chosen)...)
	}
	own, standby, err := prepareCPU(&chosen, o, f)
	if err != nil {
		return err
	}
	m.Wanted, m.Health = chosen.engine, NewHealth(m.Name, chosen.engine, chosen.why, log)
	if chosen.why != "" {
		m.Health.log.Info("engine chosen", zap.String("reason", chosen.why))
	}
	switch chosen.engine {
	case CPU:
		m.Memory = own.Memory()
		m.Engine, m.Kernels, m.Threads = own, own.Kernels(), own.Threads()
		return nil
	case TFLite, EdgeTPU:
		if e, ok := standby.(*cpu.Engine); ok {
			m.Memory = e.Memory()
		}
		return m.openTFLite(ctx, o, chosen.tpu, inner, standby)
	}
	return fmt.Errorf("%w %q (want %s, %s, %s, %s or %s)", ErrUnknown, o.Engine, Auto, CPU, TFLite, XNNPACK, EdgeTPU)
}

// prepareCPU opens the engine cpu where a choice wants it: as the engine itself, own, or as the one that stands by. A model
// that it cannot run goes to TensorFlow Lite if the choice was the daemon's, and has no standby; the choice says so.
func prepareCPU(c *choice, o Options, f File) (own *cpu.Engine, standby infer.Engine, err error) {
	if c.engine != CPU && !(o.Fallback && (c.tpu == nil || !c.tpu.alone)) {
		return nil, nil, nil
	}
	e, err := openCPU(o, f)
	lacking := errors.Is(err, model.ErrUnsupported) && !errors.Is(err, model.ErrMemory) // then more memory is no help
	switch {
	case err == nil && c.engine == CPU:
		return e, nil, nil
	case err == nil:
		return nil, e, nil
	case c.engine != CPU && lacking:
		c.why = withoutStandby(c.why, err)
	case c.engine != CPU:
		err = fmt.Errorf("%w (that is the engine cpu, which is to stand by: without it, say fallback: none)", err)
		return nil, nil, err
	case !lacking || o.Engine != Auto || f.Parsed.ForEdgeTPU():
		return nil, nil, err
	default:
		if _, missing := FindWorker(TFLite); missing != nil {
			return nil, nil, fmt.Errorf("%w; TensorFlow Lite may run it, but: %w", err, missing)
		}
		*c = choice{engine: TFLite, why: fmt.Sprintf("auto: the engine cpu cannot run the model, so TensorFlow Lite shall (%v)", err)}
	}
	return nil, nil, nil
}

// openCPU opens the engine cpu, for a model that can answer a picture.
func openCPU(o Options, f File) (*cpu.Engine, error) {
	e, err := cpu.New(f.Parsed, cpu.Options{Threads: o.Threads, Memory: cmp.Or(o.Memory, defaultMemory), Kernels: o.Kernels, Release: f.evict})
	if err != nil {
		return nil, err
	}
	if several := e.Single(); several != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", several, model.ErrUnsupported), e.Close())
	}
	return e, nil
}

// withoutStandby adds to why an engine was chosen, that may be empty, why the engine cpu cannot stand by for it.
func withoutStandby(why string, err error) string {
	if why != "" {
		why += "; "
	}
	return fmt.Sprintf("%sthe engine cpu cannot stand by (%v)", why, err)
}

// openTFLite sets TensorFlow Lite as the engine, with an Edge TPU if there is a plan for one, and with standby behind it
// if that is not nil. standby is the Model's from then on, also if there is an error.
func (m *Model) openTFLite(ctx context.Context, o Options, tpu *tpuPlan, inner []string, standby infer.Engine) error {
	engine, err := m.newTFLite(ctx, o, tpu, inner, standby)
	if err != nil && standby != nil {
		err = errors.Join(err, standby.Close())
	}
	if err != nil {
		return err
	}
	m.Engine = engine
	return nil
}

func (m *Model) newTFLite(ctx context.Context, o Options, tpu *tpuPlan, inner []string, standby infer.Engine) (infer.Engine, error) {
	if tpu != nil && tpu.alone && o.Fallback {
		return nil, errors.New("the model is compiled for an Edge TPU, so the CPU cannot stand by: name the .tflite that it was compiled from in file, and this one in edgetpu.file; or say fallback: none")
	}
	worker, err := FindWorker(m.Wanted)
	if err != nil {
		return nil, err
	}
	primary := m.primary(worker, o, tpu)
	primary.inner, primary.own = inner, m.own
	m.Kernels, m.Threads = primary.options.By().Kernels, primary.options.Threads
	return failover.New(ctx, failover.Options{
		Deadline: o.Deadline, Levels: primary.levels, Notify: m.Health.change, Open: primary.open, Standby: standby, Own: primary.own,
	})
}

// primary is TensorFlow Lite for one model file, to be opened again and again.
type primary struct {
	path, sha256 string   // of the file
	inner        []string // tensors that are outputs after those of the file
	own          int      // outputs of the file
	levels       int      // from the engine cpu's answer, at most
	options      tflite.Options
	log          *zap.Logger
}

// primary plans how worker runs the model: with an Edge TPU if there is a plan for one.
func (m *Model) primary(worker string, o Options, tpu *tpuPlan) *primary {
	p := &primary{
		path: o.File, sha256: m.SHA256, levels: ownLevels(), log: m.Health.log,
		options: tflite.Options{Worker: worker, Threads: cmp.Or(o.Threads, runtime.GOMAXPROCS(0)), XNNPACK: o.XNNPACK},
	}
	if o.XNNPACK {
		p.levels = otherLevels
	}
	if tpu != nil {
		p.path, p.sha256, p.levels, p.options.EdgeTPU = tpu.file, tpu.sha256, otherLevels, tpu.device
	}
	return p
}

// open starts a worker with the model, if its file is still the one that was loaded.
func (p *primary) open(ctx context.Context) (failover.Primary, error) {
	e, err := reopenTFLite(ctx, p.path, p.sha256, p.inner, p.options)
	if err != nil {
		return nil, err
	}
	p.log.Debug("library opened", zap.String("library", e.Library()))
	return e, nil
}

// reopenTFLite starts TensorFlow Lite for the model file at path, whose SHA-256 must be sum. The inner tensors of
// these names are more outputs.
func reopenTFLite(ctx context.Context, path, sum string, inner []string, o tflite.Options) (*tflite.Engine, error) {
	var engine *tflite.Engine
	err := withBytes(path, func(data []byte, _ func([]byte)) (err error) {
		if fmt.Sprintf("%x", sha256.Sum256(data)) != sum {
			return fmt.Errorf("%s is another file by now (systemctl reload inceptiond loads it)", path)
		}
		if o.Model, err = withInner(data, inner); err != nil {
			return err
		}
		if engine, err = tflite.Open(ctx, o); err == nil && engine.Single() != nil {
			err = fmt.Errorf("%w: %w", engine.Single(), model.ErrUnsupported)
		}
		return err
	})
	if err != nil && engine != nil {
		return nil, errors.Join(err, engine.Close())
	}
	return engine, err
}

// withInner is a model file with inner tensors as more outputs.
func withInner(data []byte, inner []string) ([]byte, error) {
	if len(inner) == 0 {
		return data, nil
	}
	m, err := model.Parse(data, model.Limits{})
	if err != nil {
		return nil, err
	}
	if m, err = model.WithOutputs(m, inner...); err != nil {
		return nil, err
	}
	return model.FileWithOutputs(data, m)
}

// tap makes what explains answers more outputs of the model in f, and returns their names.
func (m *Model) tap(f *File, c choice) (inner []string) {
	m.Why = Why{Logits: -1}
	a, err := explain.NewActivation(f.Parsed)
	if err == nil {
		m.Why.Map = max(0, slices.IndexFunc(f.Parsed.Outputs, func(i int) bool { return f.Parsed.Tensors[i].Name == a.Tensor() }))
	}
	if m.Why.Map > 0 { // one that was taught
		return nil
	}
	if c.engine == EdgeTPU {
		m.Why.NoMap = errors.New("an Edge TPU gives nothing of what is inside the model")
		return nil
	}
	if t := f.Parsed.Logits(); t >= 0 && f.addOutput(f.Parsed.Tensors[t].Name) == nil {
		inner = append(inner, f.Parsed.Tensors[t].Name)
		m.Why.Logits = len(f.Parsed.Outputs) - 1
	}
	if err == nil {
		err = f.addOutput(a.Tensor())
	}
	if err != nil {
		m.Why.NoMap = err
		return inner
	}
	m.Why.Map = len(f.Parsed.Outputs) - 1
	return append(inner, a.Tensor())
}

// tapScene makes the map that a scene is known by one more output of the model in f, and returns its name, if it can.
func (m *Model) tapScene(f *File, c choice) (inner []string) {
	if c.engine == EdgeTPU {
		m.Scene.None = errors.New("an Edge TPU gives nothing of what is inside the model: a camera with `normal` needs engine: cpu, or tflite without an Edge TPU")
		return nil
	}
	t, err := f.Parsed.Eighth()
	if err == nil {
		err = f.addOutput(f.Parsed.Tensors[t].Name)
	}
	if err != nil {
		m.Scene.None = fmt.Errorf("it has no map of what is where in a picture: %w", err)
		return nil
	}
	m.Scene.Map = len(f.Parsed.Outputs) - 1
	return []string{f.Parsed.Tensors[t].Name}
}

// addOutput makes an inner tensor an output.
func (f *File) addOutput(name string) error {
	tapped, err := model.WithOutputs(f.Parsed, name)
	if err == nil {
		f.Parsed = tapped
	}
	return err
}

// FindWorker finds the program of the TensorFlow Lite worker, which engine needs: beside this one, where the Debian
// package has it, or in PATH.
func FindWorker(engine string) (string, error) {
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
