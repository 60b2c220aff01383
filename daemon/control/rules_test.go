package control

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParse(t *testing.T) {
	long := strings.Repeat("9", 300)
	const wanted = `(want {"label": "open", "count": 5}: a class of a-z, 0-9, - and _ that is not none or unknown, and 1 to 100 pictures)`
	for _, test := range []struct {
		kind        Kind
		value, want string
		err         string
	}{
		{Paused, "ON", "ON", ""},
		{Paused, "OFF", "OFF", ""},
		{Paused, "on", "", "on is no value of paused (want ON or OFF)"},
		{Paused, "", "", `"" is no value of paused (want ON or OFF)`},
		{Paused, "1", "", "1 is no value of paused (want ON or OFF)"},
		{Enter, "0", "0", ""},
		{Enter, "1", "1", ""},
		{Enter, "1.0000", "1", ""},
		{Enter, ".5", "0.5", ""},
		{Enter, "0.60", "0.6", ""},
		{Enter, "0.1234567", "0.123457", ""},
		{Enter, "1.5", "", "1.5 is out of range (want 0 to 1)"},
		{Enter, "-0.1", "", "-0.1 is out of range (want 0 to 1)"},
		{Enter, "1.0000001", "", "1.0000001 is out of range (want 0 to 1)"},
		{Enter, "NaN", "", "NaN is out of range (want 0 to 1)"},
		{Enter, "Inf", "", "Inf is out of range (want 0 to 1)"},
		{Enter, "0x1p-2", "", "0x1p-2 is out of range (want 0 to 1)"},
		{Enter, "0,5", "", "0,5 is no value of enter (want 0 to 1)"},
		{Enter, "0.5 ", "", `0.5  is no value of enter (want 0 to 1)`},
		{Enter, ".", "", ". is no value of enter (want 0 to 1)"},
		{Enter, "0.5\x00", "", `"0.5\x00" is no value of enter (want 0 to 1)`},
		{Enter, long, "", strings.Repeat("9", maxShown) + "… is out of range (want 0 to 1)"},
		{Classify, "PRESS", "PRESS", ""},
		{Trigger, "PRESS", "PRESS", ""},
		{Snapshot, "now", "", "now is no value of snapshot (want PRESS)"},
		{Teach, `{"label":"open","count":5}`, `{"label":"open","count":5}`, ""},
		{Teach, `{ "count": 100, "label": "half-open_2" }`, `{"label":"half-open_2","count":100}`, ""},
		{Teach, `{"label":"open"}`, `{"label":"open","count":1}`, ""},
		{Teach, `{}`, "", `{} is no value of teach ` + wanted},
		{Teach, `{"label":"Open","count":1}`, "", `{"label":"Open","count":1} is no value of teach ` + wanted},
		{Teach, `{"label":"unknown"}`, "", `{"label":"unknown"} is no value of teach ` + wanted},
		{Teach, `{"label":"../open"}`, "", `{"label":"../open"} is no value of teach ` + wanted},
		{Teach, `{"label":"a","count":0}`, "", `{"label":"a","count":0} is no value of teach ` + wanted},
		{Teach, `{"label":"a","count":101}`, "", `{"label":"a","count":101} is no value of teach ` + wanted},
		{Teach, `{"label":"a","count":1.5}`, "", `{"label":"a","count":1.5} is no value of teach ` + wanted},
		{Teach, `{"label":"a","file":1}`, "", `{"label":"a","file":1} is no value of teach ` + wanted},
		{Teach, `{"label":"a"}{}`, "", `{"label":"a"}{} is no value of teach ` + wanted},
		{Teach, "open", "", "open is no value of teach " + wanted},
		{Train, "PRESS", "PRESS", ""},
		{Train, "now", "", "now is no value of train (want PRESS)"},
	} {
		rule, ok := RuleOf(test.kind)
		if !ok {
			t.Fatalf("no rule of %s", test.kind)
		}
		got, err := rule.Parse(test.value)
		if got != test.want || (err == nil) != (test.err == "") || err != nil && err.Error() != test.err {
			t.Errorf("%s %q: %q, %v; want %q, %s", test.kind, test.value, got, err, test.want, test.err)
		}
	}
	if _, ok := RuleOf(Reload); ok {
		t.Error("a reload is about a camera")
	}
}

func TestRulesAreWhole(t *testing.T) {
	kinds, permissions := map[Kind]bool{}, map[string]bool{}
	for _, r := range Rules() {
		if r.Kind == "" || r.Permission == "" || r.Want == "" || kinds[r.Kind] || permissions[r.Permission] {
			t.Errorf("%+v", r)
		}
		kinds[r.Kind], permissions[r.Permission] = true, true
	}
}

func FuzzParse(f *testing.F) {
	f.Add("ON")
	f.Add("0.25")
	f.Add("1e400")
	f.Add("\xff\x00")
	f.Fuzz(func(t *testing.T, value string) {
		for _, r := range Rules() {
			got, err := r.Parse(value)
			if err != nil {
				if text := err.Error(); !utf8.ValidString(text) || len(text) > 400 {
					t.Errorf("%q: %q", value, text)
				}
				continue
			}
			if again, err := r.Parse(got); err != nil || again != got {
				t.Errorf("%q is kept as %q, and that as %q, %v", value, got, again, err)
			}
		}
	})
}
