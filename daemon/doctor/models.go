package doctor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/infer/catalogue"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/tflite/edgetpu"
	"github.com/inceptiond/inceptiond/internal/memory"
	"github.com/inceptiond/inceptiond/internal/text"
)

// modelLimit is for loading all models: a large one takes a second on a Raspberry Pi 4, and several on older ones.
const modelLimit = time.Minute

// modelChecks load the models, and look for the engines.
func (e *examination) modelChecks() []Check {
	list := []Check{e.checkWorker(), e.checkEdgeTPU()}
	if e.plan == nil {
		return list
	}
	e.loading.Add(1)
	models := Check{Area: "model", Name: "models", Limit: modelLimit, Run: func(ctx context.Context) []Finding {
		defer e.loading.Done()
		return e.loadAll(ctx)
	}}
	return append([]Check{models}, list...)
}

// loadAll loads every model that a camera uses and keeps them until all are there, to see how much memory that takes.
func (e *examination) loadAll(ctx context.Context) []Finding {
	var findings []Finding
	loaded := 0
	tpuBy := ""
	if e.uses(wantsEdgeTPU) {
		tpuBy = e.tpuUser(edgetpu.Find(edgetpu.Options{Root: string(e.root)}).Devices)
	}
	for _, name := range slices.Sorted(maps.Keys(e.plan.Models)) {
		o := e.plan.Models[name]
		if tpuBy != "" && wantsEdgeTPU(o) { // only one program can have it
			findings = append(findings, Finding{Check: name, State: OK, Found: "not loaded here: the Edge TPU is in use by " + tpuBy})
			continue
		}
		m, err := engines.Load(ctx, name, o, zap.NewNop())
		if err != nil {
			findings = append(findings, Finding{Check: name, State: Fault, Found: err.Error(), Fix: modelFix(name, err)})
			continue
		}
		defer m.Close()
		loaded++
		if s := m.Health.Status(); s.State != engines.Running {
			findings = append(findings, Finding{Check: name, State: Fault, Found: fmt.Sprintf("engine %s does not run it: %s", s.Wanted, s.Reason), Fix: "install or build the engine anew (" + text.Doc("tflite.md") + "), or use engine: cpu"})
			continue
		}
		findings = append(findings, Finding{Check: name, State: OK, Found: describeEngine(m) + e.taughtOn(m)})
		findings = append(findings, peopleDoubts(m)...)
	}
	if loaded == len(e.plan.Models) {
		e.memory = uint64(memory.Peak(os.Getpid()))
	}
	return findings
}

// peopleDoubts are what is wrong with how a model recognizes people.
func peopleDoubts(m *engines.Model) (findings []Finding) {
	for _, n := range m.Notes {
		if n.Warning && n.About == engines.AboutPeople {
			fix := fmt.Sprintf("set models.%s.max_distance as `inceptiond teach train NAME` says (%s)", m.Name, text.Doc("people.md"))
			findings = append(findings, Finding{Check: m.Name, State: Warning, Found: n.Text, Fix: fix})
		}
	}
	return findings
}

// taughtOn says of a model that was taught here what it was taught as, and on which network.
func (e *examination) taughtOn(m *engines.Model) string {
	name := m.TaughtAs()
	if name == "" {
		return ""
	}
	about := fmt.Sprintf("; taught as %s, with %s", name, text.Plural(m.Taught.Len(), "picture"))
	n, err := store.Open(e.plan.Teach.Folder, store.Limits{}).Name(name)
	if err != nil {
		return about
	}
	if base, err := n.Base(); err == nil {
		about += ", on " + base.Name
	}
	return about
}

// describeEngine says what runs a model, and why.
func describeEngine(m *engines.Model) string {
	if why := m.Health.Status().Reason; why != "" {
		return fmt.Sprintf("%v; %s", m, why)
	}
	return m.String()
}

// modelFix says how to mend a model that does not load.
func modelFix(name string, err error) string {
	key := "models." + name
	var (
		unread   *model.ParseError
		missing  *catalogue.MissingError
		untaught *engines.UntaughtError
		other    *engines.OtherError
	)
	switch {
	case errors.As(err, &missing):
		return "fetch it: " + missing.Remedy()
	case errors.As(err, &other):
		return fmt.Sprintf("see %s: %s", key, other.Remedy())
	case errors.As(err, &untaught):
		return "teach it: " + untaught.Remedy()
	case errors.Is(err, os.ErrNotExist), errors.Is(err, os.ErrPermission):
		return fmt.Sprintf("see %s.file and labels: the files must be there, and readable for the service", key)
	case errors.Is(err, model.ErrMemory):
		return fmt.Sprintf("take a larger %s.memory_limit, if the machine has the memory, or a smaller model", key)
	case errors.Is(err, model.ErrMalformed):
		return fmt.Sprintf("see %s.file: take another file, or copy it anew; this one is damaged, or no TensorFlow Lite model", key)
	case errors.As(err, &unread):
		return fmt.Sprintf("no engine runs it: convert the model anew, with uint8, int8 or float32 tensors, or take another %s.file", key)
	case errors.Is(err, model.ErrUnsupported):
		return fmt.Sprintf("see `inceptiond model info` for what it holds; take another model, or another %s.engine", key)
	}
	return fmt.Sprintf("see %s: another file, other labels, another engine", key)
}
