package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/demomodel"
	"github.com/inceptiond/inceptiond/daemon/doctor"
	"github.com/inceptiond/inceptiond/infer/tflite"
	"github.com/inceptiond/inceptiond/infer/tflite/edgetpu"
)

// checkWorker starts the TensorFlow Lite worker, if there is one, and has it load the demo model.
func (e *examination) checkWorker() doctor.Check {
	return doctor.Check{Area: "model", Name: "tensorflow lite", Limit: 15 * time.Second, Run: func(ctx context.Context) []doctor.Finding {
		path, err := findWorker(engineTFLite)
		switch {
		case err != nil && e.uses(func(m config.Model) bool { return m.Engine == engineTFLite || wantsEdgeTPU(m) }):
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

// checkEdgeTPU looks for Coral Edge TPUs and their library, and asks the library what it finds.
func (e *examination) checkEdgeTPU() doctor.Check {
	return doctor.Check{Area: "model", Name: "edge tpu", Limit: 15 * time.Second, Run: func(ctx context.Context) []doctor.Finding {
		o := edgetpu.Options{Root: string(e.root)}
		worker, err := findWorker(engineEdgeTPU)
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
			return append(findings, doctor.Finding{State: doctor.Fault, Found: err.Error(), Fix: "install a libedgetpu that was built for this TensorFlow Lite (docs/tflite.md)"})
		}
		return append(findings, doctor.Finding{State: doctor.OK, Found: library})
	}}
}

// judgeEdgeTPU makes findings of what there is. What is wrong is a fault if a model can run on nothing else, a warning
// if the CPU stands in, and a note if nobody wants one.
func (e *examination) judgeEdgeTPU(r edgetpu.Report) []doctor.Finding {
	wanted := e.uses(wantsEdgeTPU)
	if !wanted && len(r.Devices) == 0 && r.Library.Path == "" {
		return []doctor.Finding{{State: doctor.Note, Found: "none, and no model asks for one"}}
	}
	bad := doctor.Note
	if wanted {
		bad = doctor.Warning
	}
	if _, err := r.Choose(e.edgeTPUName()); err != nil && e.uses(needsEdgeTPU) {
		bad = doctor.Fault
	}
	var findings []doctor.Finding
	if r.Library.Usable {
		findings = append(findings, doctor.Finding{State: doctor.OK, Found: "library " + r.Library.File})
	}
	for _, d := range r.Devices {
		if d.Usable {
			findings = append(findings, doctor.Finding{State: doctor.OK, Found: describeEdgeTPU(d)})
		}
	}
	for _, f := range r.Faults {
		findings = append(findings, doctor.Finding{State: bad, Found: f.What, Fix: f.Fix})
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
	e.uses(func(m config.Model) bool {
		if m.EdgeTPU != nil {
			name = m.EdgeTPU.Device
		}
		return name != ""
	})
	return name
}

// wantsEdgeTPU tells whether a model runs on an Edge TPU where there is one.
func wantsEdgeTPU(m config.Model) bool { return m.Engine == engineEdgeTPU || m.EdgeTPU != nil }

// needsEdgeTPU tells whether it is to run on nothing else.
func needsEdgeTPU(m config.Model) bool { return m.Engine == engineEdgeTPU }

// uses tells whether yes is true of a model that a camera uses.
func (e *examination) uses(yes func(config.Model) bool) bool {
	if e.config == nil {
		return false
	}
	for _, name := range slices.Sorted(maps.Keys(e.config.Cameras)) {
		if yes(e.config.Models[e.config.Cameras[name].Model]) {
			return true
		}
	}
	return false
}
