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

// arrows says which of our packages each package may import, beside the helpers that everybody may: [helpers]. They run
// from the concrete to the abstract. The commands, in package daemon, may import all of them.
var arrows = map[string][]string{
	"capture":                         {},
	"capture/capturetest":             {"capture"},
	"capture/demo":                    {"capture"},
	"capture/files":                   {"capture", "capture/picture/still"},
	"capture/hours":                   {},
	"capture/httpcam":                 {"capture", "capture/picture/jpeg", "capture/picture/still", "capture/internal/digest", "capture/internal/pump", "capture/internal/trust"},
	"capture/internal/digest":         {},
	"capture/internal/child":          {"internal/proc"},
	"capture/internal/pump":           {"capture"},
	"capture/internal/trust":          {"capture"},
	"capture/motion":                  {},
	"capture/picture":                 {"capture", "capture/picture/internal/raster", "capture/picture/jpeg"},
	"capture/picture/internal/raster": {"internal/memory"},
	"capture/picture/jpeg":            {"capture", "capture/picture/internal/raster"},
	"capture/picture/picturetest":     {},
	"capture/picture/still":           {"capture", "capture/picture/internal/raster", "capture/picture/jpeg"},
	"capture/rpicam":                  {"capture", "capture/picture/jpeg", "capture/internal/child", "capture/internal/pump"},
	"capture/rtsp":                    {"capture", "capture/internal/child", "capture/internal/pump", "capture/internal/trust"},
	"capture/v4l2":                    {"capture", "capture/picture/jpeg"},
	"capture/view":                    {"capture", "capture/picture"},
	"config":                          {"internal/loopback", "internal/secret"},
	"daemon/bench":                    {"capture", "capture/demo", "capture/picture", "daemon/doctor", "daemon/pipeline", "infer", "infer/cpu", "infer/engines", "infer/task"},
	"daemon/bundle":                   {},
	"daemon/control":                  {},
	"daemon/doctor":                   {"capture", "capture/httpcam", "capture/rpicam", "capture/rtsp", "capture/v4l2", "daemon/plan", "infer/catalogue", "infer/cpu", "infer/demomodel", "infer/engines", "infer/learn/store", "infer/model", "infer/tflite", "infer/tflite/edgetpu", "internal/gpiochip", "publish", "publish/gpio", "publish/metrics", "publish/mqtt", "systemd", "publish/web", "infer/task"},
	"daemon/governor":                 {},
	"daemon/replay":                   {"capture/picture", "daemon/bundle", "daemon/pipeline", "daemon/plan", "daemon/service", "infer", "infer/cpu", "infer/engines", "infer/learn/store", "infer/overlay", "infer/preprocess", "infer/task"},
	"daemon/pipeline":                 {"daemon/bundle", "capture", "capture/hours", "capture/motion", "capture/picture", "capture/view", "infer", "infer/preprocess", "infer/task", "infer/decide", "publish"},
	"daemon/plan":                     {"capture", "capture/picture", "infer/decide", "infer/engines", "infer/preprocess", "publish/gpio", "publish/mqtt", "capture/hours", "capture/motion", "daemon/governor", "publish/metrics", "publish/snapshots", "publish/web"},
	"daemon/service":                  {"daemon/bundle", "daemon/control", "daemon/pipeline", "daemon/plan", "daemon/status", "infer/engines", "daemon/doctor", "publish", "publish/broker", "publish/gpio", "publish/lines", "publish/mqtt", "publish/mqtt/spool", "systemd", "daemon/governor", "publish/metrics", "publish/snapshots", "publish/web", "capture", "capture/picture", "capture/picture/still", "capture/rpicam", "capture/v4l2", "infer", "infer/preprocess", "infer/explain", "infer/task", "infer/learn/store"},
	"daemon/status":                   {"publish"},
	"daemon/teach":                    {"capture", "capture/picture", "capture/picture/still", "daemon/plan", "infer/cpu", "infer/engines", "infer/learn", "infer/learn/graft", "infer/learn/store", "infer/preprocess", "infer/task", "infer"},
	"daemon/lessons":                  {"capture", "capture/picture", "capture/picture/still", "daemon/plan", "daemon/service", "daemon/teach", "infer/engines", "infer/evaluate", "infer/learn", "infer/learn/store", "infer/preprocess", "publish/web"},
	"daemon/wiring":                   {"capture", "capture/demo", "capture/files", "capture/hours", "capture/httpcam", "capture/rpicam", "capture/rtsp", "capture/v4l2", "capture/picture", "config", "daemon/plan", "infer/catalogue", "infer/decide", "infer/engines", "infer/learn/store", "infer/preprocess", "infer/task", "publish/homeassistant", "publish/gpio", "publish/mqtt", "systemd", "capture/motion", "daemon/governor", "publish/metrics", "publish/snapshots", "publish/web"},
	"docs/schema":                     {},
	"infer":                           {},
	"infer/catalogue":                 {"systemd"},
	"infer/catalogue/pull":            {"infer/catalogue"},
	"infer/cpu":                       {"infer", "infer/model", "infer/cpu/kernel"},
	"infer/cpu/kernel":                {},
	"infer/decide":                    {"infer/task"},
	"infer/demomodel":                 {},
	"infer/engines":                   {"infer", "infer/catalogue", "infer/cpu", "infer/demomodel", "infer/explain", "infer/failover", "infer/model", "infer/task", "infer/tflite", "infer/tflite/edgetpu"},
	"infer/evaluate":                  {"infer", "infer/evaluate/coco", "infer/evaluate/truth", "infer/overlay", "infer/task", "internal/stats"},
	"infer/evaluate/coco":             {"internal/order"},
	"infer/evaluate/truth":            {"infer/evaluate/coco"},
	"infer/explain":                   {"infer", "infer/model"},
	"infer/failover":                  {"infer", "infer/model"},
	"infer/infertest":                 {"infer"},
	"infer/learn":                     {"capture", "capture/picture", "capture/picture/still", "infer", "infer/learn/graft", "infer/model", "infer/preprocess", "infer/task", "internal/stats"},
	"infer/learn/graft":               {"infer", "infer/model", "infer/model/levels", "infer/model/write"},
	"infer/model":                     {},
	"infer/model/levels":              {"infer/model"},
	"infer/model/write":               {"infer/model"},
	"infer/learn/store":               {"internal/regular"},
	"infer/overlay":                   {"infer/task"},
	"infer/preprocess":                {"capture/picture", "infer"},
	"infer/quantize":                  {"infer", "infer/cpu", "infer/model", "infer/model/levels", "infer/model/write"},
	"infer/task":                      {"infer", "infer/model", "infer/cpu/kernel"},
	"infer/tflite":                    {"infer", "infer/model", "infer/tflite/edgetpu", "infer/tflite/wire"},
	"infer/tflite/edgetpu":            {"internal/text"},
	"infer/tflite/wire":               {"infer"},
	"infer/tflite/worker":             {"infer", "infer/tflite/wire", "infer/tflite/edgetpu"},
	"internal/backoff":                {},
	"internal/clock":                  {},
	"internal/exact":                  {},
	"internal/gpiochip":               {},
	"internal/grid":                   {},
	"internal/loopback":               {},
	"internal/localname":              {"internal/backoff", "internal/regular"},
	"internal/memory":                 {},
	"internal/order":                  {},
	"internal/owned":                  {},
	"internal/proc":                   {},
	"internal/regular":                {},
	"internal/secret":                 {"internal/regular"},
	"internal/stats":                  {},
	"internal/text":                   {},
	"publish":                         {},
	"publish/broker":                  {"internal/loopback"},
	"publish/gpio":                    {"publish", "internal/gpiochip"},
	"publish/homeassistant":           {"publish"},
	"publish/lines":                   {"publish"},
	"publish/metrics":                 {"daemon/status", "publish"},
	"publish/mqtt":                    {"daemon/control", "publish", "publish/homeassistant", "publish/mqtt/mqtt5", "publish/mqtt/spool", "internal/backoff"},
	"publish/mqtt/mqtt5":              {},
	"publish/mqtt/spool":              {"internal/backoff"},
	"publish/publishtest":             {"publish"},
	"publish/snapshots":               {"publish"},
	"publish/web":                     {"daemon/bundle", "capture/picture", "daemon/control", "daemon/status", "docs/schema", "publish", "publish/web/auth"},
	"publish/web/webtest":             {"daemon/bundle", "capture", "capture/demo", "capture/picture", "daemon/control", "daemon/status", "internal/stats", "publish", "publish/web"},
	"publish/web/webtest/page":        {"publish/web", "publish/web/webtest"},
	"publish/web/auth":                {"internal/regular"},
	"systemd":                         {},
}

// helpers are small packages without an opinion, which everybody may import but the seams: packages whose arrows are
// empty import nothing of ours.
var helpers = []string{"internal/backoff", "internal/clock", "internal/exact", "internal/grid", "internal/localname", "internal/loopback", "internal/memory", "internal/order", "internal/owned", "internal/proc", "internal/regular", "internal/secret", "internal/text"}

// homes says which packages may import an outside module; zap and the extended standard library are everybody's.
var homes = map[string][]string{
	"github.com/blackjack/webcam":           {"capture/v4l2"},
	"github.com/coreos/go-systemd/v22":      {"systemd"},
	"github.com/eclipse/paho.mqtt.golang":   {"publish/mqtt"},
	"github.com/mattn/go-tflite":            {"infer/tflite/worker"},
	"github.com/gorilla/websocket":          {"publish/mqtt"},
	"github.com/mochi-mqtt/server/v2":       {"publish/broker", "publish/mqtt/mqtt5"},
	"github.com/nats-io/nats-server/v2":     {}, // a broker in a test
	"github.com/spf13/cobra":                {"daemon"},
	"go.yaml.in/yaml/v3":                    {"config"},
	"github.com/prometheus":                 {}, // what our own text is held to
	"github.com/rogpeppe/go-internal":       {},
	"github.com/santhosh-tekuri/jsonschema": {},
	"github.com/google/flatbuffers":         {"infer/model/write"},
	"github.com/spf13/pflag":                {},
	"periph.io/x/conn/v3":                   {"internal/gpiochip", "publish/gpio"},
}

// TestImports holds the import arrows of docs/architecture.md.
func TestImports(t *testing.T) {
	packages := ourPackages(t)
	for name := range arrows {
		if _, there := packages[name]; !there {
			t.Errorf("package %s is in the table of arrows and is not there", name)
		}
	}
	for name, imports := range packages {
		if isTool(name) {
			continue
		}
		allowed, known := arrows[name]
		if !known && name != "daemon" {
			t.Errorf("package %s is not in the table of arrows: add it with what it may import", name)
		}
		for _, path := range imports {
			if ours, ok := strings.CutPrefix(path, modulePath+"/"); ok {
				help := len(allowed) > 0 && slices.Contains(helpers, ours)
				if name != "daemon" && !help && !slices.Contains(allowed, ours) || isTool(ours) {
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
