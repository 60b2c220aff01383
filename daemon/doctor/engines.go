package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/infer/demomodel"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/tflite"
	"github.com/inceptiond/inceptiond/infer/tflite/edgetpu"
	"github.com/inceptiond/inceptiond/internal/text"
)

// checkWorker starts the TensorFlow Lite worker, if there is one, and has it load the demo model.
func (e *examination) checkWorker() Check {
	return Check{Area: "model", Name: "tensorflow lite", Limit: 15 * time.Second, Run: func(ctx context.Context) []Finding {
		path, err := engines.FindWorker(engines.TFLite)
		switch {
		case err != nil && e.uses(func(m engines.Options) bool { return m.Engine == engines.TFLite || wantsEdgeTPU(m) }):
			return []Finding{{State: Fault, Found: err.Error(), Fix: "install or build it (" + text.Doc("tflite.md") + "), or use engine: cpu, which needs nothing"}}
		case err != nil:
			return []Finding{{State: Note, Found: "not installed; no model asks for it"}}
		}
		engine, err := tflite.Open(ctx, tflite.Options{Worker: path, Model: demomodel.Model()})
		if err != nil {
			return []Finding{{State: Fault, Found: fmt.Sprintf("%s does not work: %v", path, err), Fix: "install or build it anew (" + text.Doc("tflite.md") + "), or use engine: cpu"}}
		}
		defer engine.Close()
		return []Finding{{State: OK, Found: fmt.Sprintf("%s, %s", engine.Library(), path)}}
	}}
}

// checkEdgeTPU looks for Coral Edge TPUs and their library, and asks the library what it finds.
func (e *examination) checkEdgeTPU() Check {
	return Check{Area: "model", Name: "edge tpu", Limit: 15 * time.Second, Run: func(ctx context.Context) []Finding {
		o := edgetpu.Options{Root: string(e.root)}
		worker, err := engines.FindWorker(engines.EdgeTPU)
		if err == nil {
			o.Folders = tflite.LibraryFolders(worker)
		}
		r := edgetpu.Find(o)
		findings := e.judgeEdgeTPU(r)
		if err != nil || !r.Library.Usable {
			return findings // the worker's own check tells
		}
		device := e.edgeTPUName()
		if _, err := r.Choose(device); err != nil {
			return findings
		}
		library, err := tflite.FindEdgeTPU(ctx, worker, device)
		if err != nil {
			return append(findings, Finding{State: Fault, Found: err.Error(), Fix: "install a libedgetpu that was built for this TensorFlow Lite (" + text.Doc("tflite.md") + ")"})
		}
		return append(findings, Finding{State: OK, Found: library})
	}}
}

// judgeEdgeTPU makes findings of what there is. What is wrong is a fault if a model can run on nothing else, a warning
// if the CPU stands in, and a note if nobody wants one.
func (e *examination) judgeEdgeTPU(r edgetpu.Report) []Finding {
	wanted := e.uses(wantsEdgeTPU)
	if !wanted && len(r.Devices) == 0 && r.Library.Path == "" {
		return []Finding{{State: Note, Found: "none, and no model asks for one"}}
	}
	bad := Note
	if wanted {
		bad = Warning
	}
	if _, err := r.Choose(e.edgeTPUName()); err != nil && e.uses(needsEdgeTPU) {
		bad = Fault
	}
	var findings []Finding
	if r.Library.Usable {
		findings = append(findings, Finding{State: OK, Found: "library " + r.Library.File})
	}
	for _, d := range r.Devices {
		if d.Usable {
			findings = append(findings, Finding{State: OK, Found: describeEdgeTPU(d)})
		}
	}
	for _, f := range r.Faults {
		findings = append(findings, Finding{State: bad, Found: f.What, Fix: f.Fix})
	}
	return findings
}

// describeEdgeTPU is "usb /sys/bus/usb/devices/2-1, 18d1:9302, 5000 Mbit/s, /dev/bus/usb/002/003 (group plugdev)".
func describeEdgeTPU(d edgetpu.Device) string {
	parts := []string{d.String()}
	if d.ID != "" {
		parts = append(parts, d.ID)
	}
	if !d.Firmware {
		parts = append(parts, "not used yet since it was plugged in")
	}
	if d.Speed != 0 {
		parts = append(parts, fmt.Sprintf("%d Mbit/s", d.Speed))
	}
	return strings.Join(append(parts, fmt.Sprintf("%s (group %s)", d.Node, d.Group)), ", ")
}

// edgeTPUName is the device that the first model with one names; "" is any.
func (e *examination) edgeTPUName() (name string) {
	e.uses(func(m engines.Options) bool {
		if m.TPU != nil {
			name = m.TPU.Device
		}
		return name != ""
	})
	return name
}

// wantsEdgeTPU tells whether a model runs on an Edge TPU where there is one.
func wantsEdgeTPU(m engines.Options) bool { return m.Engine == engines.EdgeTPU || m.TPU != nil }

// needsEdgeTPU tells whether it is to run on nothing else.
func needsEdgeTPU(m engines.Options) bool { return m.Engine == engines.EdgeTPU }

// uses tells whether yes is true of a model that a camera uses.
func (e *examination) uses(yes func(engines.Options) bool) bool {
	if e.plan == nil {
		return false
	}
	for _, name := range slices.Sorted(maps.Keys(e.plan.Models)) {
		if yes(e.plan.Models[name]) {
			return true
		}
	}
	return false
}
