package governor

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func at(celsius float64) Reading { return Reading{Temperature: &celsius} }

func power(low, throttled bool) Reading { return Reading{LowVoltage: &low, Throttled: &throttled} }

// levels are those after each look.
func levels(g *Governor, looks ...Reading) (text string) {
	for _, r := range looks {
		text += fmt.Sprint(g.Look(r).Level)
	}
	return text
}

func repeat(r Reading, n int) (list []Reading) {
	for range n {
		list = append(list, r)
	}
	return list
}

func TestLook(t *testing.T) {
	all := Options{Limit: 80, Power: true}
	for _, test := range []struct {
		name    string
		options Options
		looks   []Reading
		levels  string
		reason  string
	}{
		{"cool", all, repeat(at(60), 3), "000", ""},
		{"no sensors", all, repeat(Reading{}, 3), "000", ""},
		{"at the limit", all, repeat(at(80), 5), "12333", "80.0 °C"},
		{"just below it", all, append(repeat(at(81.2), 1), repeat(at(79.9), 20)...), "111111111111111111111", "81.2 °C"},
		{"cool again", all, append(repeat(at(90), 2), repeat(at(74.9), 13)...), "122222211111100", ""},
		{"75 °C is not cool", all, append(repeat(at(90), 1), repeat(at(75), 8)...), "111111111", "90.0 °C"},
		{"warm in between", all, append(append(repeat(at(90), 1), append(repeat(at(70), 5), at(78))...), repeat(at(70), 6)...), "1111111111110", ""},
		{"low voltage", all, append(repeat(power(true, false), 2), power(false, false)), "122", "low voltage"},
		{"throttled", all, repeat(power(false, true), 1), "1", "throttled"},
		{"power does not count", Options{Limit: 80}, repeat(power(true, true), 2), "00", ""},
		{"heat does not count", Options{Power: true}, repeat(at(120), 2), "00", ""},
		{"without a limit it is cool", Options{Power: true}, append(repeat(power(true, true), 1), repeat(at(120), 6)...), "1111110", ""},
		{"sensors that go", all, append(repeat(at(90), 1), repeat(Reading{}, 6)...), "1111110", ""},
	} {
		g := New(test.options)
		if got := levels(g, test.looks...); got != test.levels || g.state.Reason != test.reason {
			t.Errorf("%s: levels %s, reason %q; want %s, %q", test.name, got, g.state.Reason, test.levels, test.reason)
		}
	}
}

func TestState(t *testing.T) {
	for level, want := range []struct {
		duty float64
		rest time.Duration
	}{{1, 0}, {0.5, time.Second}, {0.25, 3 * time.Second}, {0.125, 7 * time.Second}} {
		s := State{Level: level}
		if s.Duty() != want.duty || s.Rest(time.Second) != want.rest {
			t.Errorf("level %d: duty %v, rest %v", level, s.Duty(), s.Rest(time.Second))
		}
	}
}

func TestSensors(t *testing.T) {
	for name, test := range map[string]struct {
		files                       map[string]string
		temperature, low, throttled string
	}{
		"nothing": {nil, "-", "-", "-"},
		"a Raspberry Pi": {map[string]string{
			"sys/class/thermal/thermal_zone0/temp":                        "61322\n",
			"sys/class/hwmon/hwmon0/name":                                 "cpu_thermal\n",
			"sys/class/hwmon/hwmon1/name":                                 "rpi_volt\n",
			"sys/class/hwmon/hwmon1/in0_lcrit_alarm":                      "0\n",
			"sys/devices/platform/soc/soc:firmware/get_throttled":         "50005\n",
			"sys/devices/platform/soc/soc:firmware/raspberrypi-hwmon/foo": "",
		}, "61.322", "false", "true"},
		"a PC": {map[string]string{
			"sys/class/thermal/thermal_zone0/temp":   "27800\n",
			"sys/class/thermal/thermal_zone1/temp":   "71000\n",
			"sys/class/thermal/thermal_zone2/temp":   "-274000\n",
			"sys/class/thermal/thermal_zone3/temp":   "\n",
			"sys/class/hwmon/hwmon0/name":            "coretemp\n",
			"sys/class/hwmon/hwmon0/in0_lcrit_alarm": "1\n",
		}, "71", "-", "-"},
		"the firmware alone": {map[string]string{"sys/devices/platform/soc/soc:firmware/get_throttled": "0x1"}, "-", "true", "false"},
		"rubbish": {map[string]string{
			"sys/class/thermal/thermal_zone0/temp":                "hot",
			"sys/class/hwmon/hwmon1/name":                         "rpi_volt",
			"sys/class/hwmon/hwmon1/in0_lcrit_alarm":              "maybe",
			"sys/devices/platform/soc/soc:firmware/get_throttled": "",
		}, "-", "-", "-"},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for file, text := range test.files {
				path := filepath.Join(root, file)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			r := Sensors{root}.Read()
			if show(r.Temperature) != test.temperature || show(r.LowVoltage) != test.low || show(r.Throttled) != test.throttled {
				t.Errorf("%s °C, low voltage %s, throttled %s", show(r.Temperature), show(r.LowVoltage), show(r.Throttled))
			}
		})
	}
}

func show[T any](p *T) string {
	if p == nil {
		return "-"
	}
	return fmt.Sprint(*p)
}
