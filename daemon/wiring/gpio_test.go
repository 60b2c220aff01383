package wiring

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/publish/gpio"
)

func TestPlanOfPins(t *testing.T) {
	p := planOf(t, `
gpio:
  chip: expander
  inputs:
    pir: {line: GPIO17, pull: up, active_low: true, debounce: 1s}
    door: {line: 4}
  outputs:
    lamp: {line: GPIO27, active_low: true, safe: on, camera: a, classes: [dog, 7], rest: 2s}
    bell: {line: GPIO22, mode: pulse, camera: a, classes: ["*"], length: 3s, rest: 0s, at_most: 1m}
    alive: {line: 5, mode: heartbeat}
cameras: {a: {source: demo}}
`)
	want := &gpio.Options{
		Device: p.Device, Chip: "expander",
		Inputs: map[string]gpio.Input{
			"pir":  {Line: "GPIO17", Pull: gpio.PullUp, ActiveLow: true, Debounce: time.Second},
			"door": {Line: "4", Pull: gpio.PullDown, Debounce: 50 * time.Millisecond},
		},
		Outputs: map[string]gpio.Output{
			"lamp": {Line: "GPIO27", ActiveLow: true, Safe: true, Mode: gpio.Follow, Camera: "a", Classes: []string{"dog", "7"},
				Length: time.Second, Rest: 2 * time.Second},
			"bell":  {Line: "GPIO22", Mode: gpio.Pulse, Camera: "a", Classes: []string{"*"}, Length: 3 * time.Second, AtMost: time.Minute},
			"alive": {Line: "5", Mode: gpio.Heartbeat, Length: time.Second, Rest: time.Second},
		},
	}
	if !reflect.DeepEqual(p.GPIO, want) {
		t.Errorf("%+v\nwant %+v", p.GPIO, want)
	}
	if p := planOf(t, "gpio: {chip: expander, dry_run: true}\n"); p.GPIO != nil {
		t.Errorf("without pins %+v", p.GPIO)
	}
}

// Of a file with mistakes those pins are taken whose line and levels are clear.
func TestPins(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "",
		"cameras: {a: {top_k: 0}}\n": "",
		"gpio: {outputs: {a: {line: 1, mode: heartbeat}}}\n":                                                          "a",
		"gpio: {outputs: {a: {line: 1, mode: heartbeat}}}\ncameras: {a: {top_k: 0}}\n":                                "a",
		"gpio: {outputs: {a: {line: 1, mode: heartbeats, classes: [\"\"], rest: -1s}, b: {line: 2, camera: gone}}}\n": "a b",
		"gpio: {outputs: {a: {line: 1, safe: maybe}, b: {line: 2, mode: heartbeat}}}\n":                               "b",
		"gpio: {outputs: {a: {line: 1, active_low: perhaps}, b: {line: 2, mode: heartbeat}}}\n":                       "b",
		"gpio: {outputs: {a: {mode: heartbeat}, b: {line: 2, mode: heartbeat}, c: {line: 2, mode: heartbeat}}}\n":     "b",
		"gpio: {outputs: {a: {line: 1, saef: on, mode: heartbeat}, b: {line: 2, mode: heartbeat}}}\n":                 "b",
		"gpio: {outputs: {a: 7, b: {line: 2, mode: heartbeat}}}\n":                                                    "b",
		"gpio: {chip: [x], outputs: {b: {line: 2, mode: heartbeat}}}\n":                                               "",
		"gpio: {dry_run: no way, outputs: {b: {line: 2, mode: heartbeat}}}\n":                                         "",
		"gpio: [outputs]\n":      "",
		"gpio: {outputs: [a]}\n": "",
	} {
		file := filepath.Join(t.TempDir(), "inceptiond.yaml")
		if err := os.WriteFile(file, []byte("device: pi\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		o, err := Pins(file)
		got := ""
		if o != nil {
			got = strings.Join(slices.Sorted(maps.Keys(o.Outputs)), " ")
		}
		_, wrong := Load(file, Flags{})
		if got != want || (err == nil) != (wrong == nil) || err != nil && !errors.As(err, new(*config.Error)) {
			t.Errorf("%q: %q, %v; want %q, %v", text, got, err, want, wrong)
		}
	}
}
