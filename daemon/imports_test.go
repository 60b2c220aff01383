package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const modulePath = "github.com/inceptiond/inceptiond"

// arrows says which of our packages each package may import. The daemon itself may import all of them.
var arrows = map[string][]string{
	"capture":                         {},
	"capture/capturetest":             {"capture"},
	"capture/demo":                    {"capture"},
	"capture/files":                   {"capture", "capture/picture/still"},
	"capture/httpcam":                 {"capture", "capture/internal/pump", "capture/picture/still"},
	"capture/internal/pump":           {"capture"},
	"capture/picture":                 {"capture", "capture/picture/internal/raster", "capture/picture/jpeg"},
	"capture/picture/internal/raster": {},
	"capture/picture/jpeg":            {"capture", "capture/picture/internal/raster"},
	"capture/picture/picturetest":     {},
	"capture/picture/still":           {"capture", "capture/picture/internal/raster", "capture/picture/jpeg"},
	"capture/rpicam":                  {"capture", "capture/internal/pump", "capture/picture/jpeg", "internal/proc"},
	"capture/v4l2":                    {"capture", "capture/picture/jpeg", "internal/proc"},
	"capture/view":                    {"capture/picture"},
	"config":                          {},
	"daemon/demomodel":                {},
	"daemon/doctor":                   {"internal/proc"},
	"infer":                           {},
	"infer/cpu":                       {"infer", "infer/model", "infer/cpu/kernel"},
	"infer/cpu/kernel":                {},
	"infer/failover":                  {"infer", "internal/backoff"},
	"infer/infertest":                 {"infer"},
	"infer/model":                     {},
	"infer/preprocess":                {"capture/picture", "infer"},
	"infer/tflite":                    {"infer", "infer/tflite/edgetpu", "infer/tflite/wire", "internal/proc"},
	"infer/tflite/edgetpu":            {},
	"infer/tflite/wire":               {"infer"},
	"infer/tflite/worker":             {"infer", "infer/tflite/edgetpu", "infer/tflite/wire"},
	"internal/backoff":                {},
	"internal/proc":                   {},
	"publish":                         {},
	"publish/broker":                  {"publish"},
	"publish/lines":                   {"publish"},
	"publish/mqtt":                    {"publish", "publish/mqtt/spool"},
	"publish/mqtt/spool":              {},
	"publish/publishtest":             {"publish"},
	"systemd":                         {},
}

// homes says which packages may import an outside module; zap and the extended standard library are everybody's.
var homes = map[string][]string{
	"github.com/blackjack/webcam":           {"capture/v4l2"},
	"github.com/coreos/go-systemd/v22":      {"systemd"},
	"github.com/eclipse/paho.mqtt.golang":   {"publish/mqtt"},
	"github.com/mattn/go-tflite":            {"infer/tflite/worker"},
	"github.com/mochi-mqtt/server/v2":       {"publish/broker"},
	"github.com/spf13/cobra":                {"daemon"},
	"go.yaml.in/yaml/v3":                    {"config"},
	"github.com/rogpeppe/go-internal":       {},
	"github.com/santhosh-tekuri/jsonschema": {},
	"github.com/google/flatbuffers":         {},
	"github.com/spf13/pflag":                {},
}

// TestImports holds the import arrows of the architecture: from the concrete to the abstract, and from daemon to all.
func TestImports(t *testing.T) {
	for name, imports := range ourPackages(t) {
		if isTool(name) {
			continue
		}
		allowed, known := arrows[name]
		if !known && name != "daemon" {
			t.Errorf("package %s is not in the table of arrows: add it with what it may import", name)
		}
		for _, path := range imports {
			if ours, ok := strings.CutPrefix(path, modulePath+"/"); ok {
				if name != "daemon" && !slices.Contains(allowed, ours) {
					t.Errorf("%s imports %s", name, ours)
				}
				continue
			}
			for module, home := range homes {
				if (path == module || strings.HasPrefix(path, module+"/")) && !slices.Contains(home, name) {
					t.Errorf("%s imports %s, which belongs to %v", name, path, home)
				}
			}
		}
	}
}

// isTool tells whether a package is for the developers alone: generators, and what tests share.
func isTool(name string) bool {
	return strings.HasPrefix(name, "internal/gen") || strings.HasPrefix(name, "internal/testing/")
}

// ourPackages lists the module's packages, by their path in it, with what their non-test files import.
func ourPackages(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", modulePath+"/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	packages := map[string][]string{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages[strings.TrimPrefix(p.ImportPath, modulePath+"/")] = p.Imports
	}
	if len(packages) < 10 {
		t.Fatalf("go list found only %d packages", len(packages))
	}
	return packages
}
