package bench

import (
	"strings"
	"testing"
)

func TestBoard(t *testing.T) {
	pi := condition{
		Board: "Raspberry Pi 4 Model B Rev 1.4", Cores: "4x Cortex-A72", GHz: 1.8, MaxGHz: 1.8, Governor: "ondemand", Celsius: 64.4, Throttled: "no",
	}
	cool := pi
	cool.GHz, cool.Celsius = 0.6, 48
	for name, test := range map[string]struct {
		before, after condition
		want          string
	}{
		"a PC":            {condition{Celsius: 40}, condition{Celsius: 41}, ""},
		"warmer":          {cool, pi, "Raspberry Pi 4 Model B Rev 1.4, 4x Cortex-A72; 0.60 to 1.80 GHz of 1.80 (ondemand); 48 to 64 °C; throttled: no"},
		"same":            {pi, pi, "Raspberry Pi 4 Model B Rev 1.4, 4x Cortex-A72; 1.80 GHz of 1.80 (ondemand); 64 °C; throttled: no"},
		"little is known": {condition{}, condition{Board: "Pine64 RockPro64"}, "Pine64 RockPro64; temperature unknown; throttled: unknown"},
	} {
		r := report{Before: test.before, After: test.after}
		if got := r.board(); got != test.want {
			t.Errorf("%s: %q (want %q)", name, got, test.want)
		}
	}
}

func TestRows(t *testing.T) {
	c := &contender{Model: "/m/mobilenet.tflite", Engine: "cpu", Kernels: "neon", Threads: 4, Stages: []timing{{Median: 1}, {Min: 2, Median: 3}, {}}}
	r := report{version: "v1", GHz: 1.8, Contenders: []*contender{c}, After: condition{Board: "A board", Celsius: 50}, Before: condition{Celsius: 50}}
	var out strings.Builder
	if err := r.printRows(&out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	want := "| A board | 1.80 GHz | mobilenet | neon | 4 | 2.0 | 3.0 | 1.0 | 50 °C | unknown | v1 |"
	if len(lines) != 3 || lines[2] != want {
		t.Errorf("%q (want %q)", lines, want)
	}
	for _, l := range lines {
		if strings.Count(l, "|") != strings.Count(want, "|") {
			t.Errorf("%q has other columns", l)
		}
	}
}
