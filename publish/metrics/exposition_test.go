package metrics

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// written is the text of f.
func written(t testing.TB, f *figures, names ...string) string {
	t.Helper()
	var text strings.Builder
	if err := f.write(&text, names); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// again is what Prometheus's own library makes of a text that it has read.
func again(t testing.TB, text string) string {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	var names []string
	for name := range families {
		names = append(names, name)
	}
	slices.Sort(names)
	var out strings.Builder
	for _, name := range names {
		if _, err := expfmt.MetricFamilyToText(&out, families[name]); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// What is written is to the byte what Prometheus's own library writes.
func TestText(t *testing.T) {
	f := &figures{}
	gauge := Metric{"some_gauge", "gauge", []string{"a", "b"}, "Of anything."}
	for i, value := range []string{"", "b", "a", "ä 日", `\ "quoted"` + "\nand new", "\xff"} {
		f.value(gauge, float64(i), value, "x")
	}
	for i, value := range []float64{0, -1, 1e-9, 0.1, 12345678, 1e21, math.MaxUint64, math.NaN(), math.Inf(1), math.Inf(-1)} {
		f.value(Metric{"number_" + string(rune('a'+i)), "counter", nil, "A number."}, value)
	}
	h := &histogram{}
	for _, seconds := range []float64{-1, 0, .001, .0011, 3, 10, 11} {
		h.observe(seconds)
	}
	f.histogram(Metric{"some_seconds", "histogram", []string{"camera"}, "Of something."}, h, "b")
	f.histogram(Metric{"some_seconds", "histogram", []string{"camera"}, "Of something."}, &histogram{}, "a")
	f.summary(Metric{"quantiles", "summary", nil, "Of something."}, []point{{"0", 1}, {"0.5", 2.5}, {"1", 3}}, 20, 8)
	if got, want := written(t, f), again(t, written(t, f)); got != want {
		t.Errorf("written\n%s\nwant\n%s", got, want)
	}
	if got := written(t, f, "number_b", "missing"); got != "# HELP number_b A number.\n# TYPE number_b counter\nnumber_b -1\n" {
		t.Error(got)
	}
	if got := written(t, &figures{}); got != "" {
		t.Error(got)
	}
	if err := f.write(fullDisk{}, nil); !errors.Is(err, errFull) {
		t.Error(err)
	}
}

var errFull = errors.New("full")

// fullDisk takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

// All that a daemon tells is written like that.
func TestAllText(t *testing.T) {
	m, _ := open(t)
	feed(t, m)
	if got := written(t, m.all()); got != again(t, got) {
		t.Errorf("written\n%s\nwant\n%s", got, again(t, got))
	}
}

// Whatever a label says, what is written can be read, and says it.
func FuzzLabel(f *testing.F) {
	for _, seed := range []string{"", `a\`, `"`, "\n", "\xff", "}", `\n`, "é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		is := &figures{}
		is.value(Metric{"x", "gauge", []string{"label"}, "X."}, 1, value)
		text := written(t, is)
		parser := expfmt.NewTextParser(model.UTF8Validation)
		families, err := parser.TextToMetricFamilies(strings.NewReader(text))
		if err != nil {
			t.Fatalf("%v: %q", err, text)
		}
		if got := families["x"].GetMetric()[0].GetLabel()[0].GetValue(); got != strings.ToValidUTF8(value, "\uFFFD") {
			t.Errorf("%q became %q", value, got)
		}
	})
}
