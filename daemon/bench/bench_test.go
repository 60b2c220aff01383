package bench

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer/engines"
)

func TestParseCPUModel(t *testing.T) {
	for _, c := range []struct{ info, want string }{
		{"processor\t: 0\nvendor_id\t: x\nmodel name\t: AMD EPYC 9B14\nmodel name\t: AMD EPYC 9B14\n", "AMD EPYC 9B14"},
		{"processor\t: 0\nBogoMIPS\t: 108.00\n\nRevision\t: d04170\nModel\t\t: Raspberry Pi 5 Model B Rev 1.0\n", "Raspberry Pi 5 Model B Rev 1.0"},
	} {
		if got := parseCPUModel(strings.NewReader(c.info)); got != c.want {
			t.Errorf("%q (want %q)", got, c.want)
		}
	}
	if got := parseCPUModel(strings.NewReader("nothing")); got == "" {
		t.Error("no name")
	}
}

// TestClock wants a clock that exists: computers have had these for 30 years.
func TestClock(t *testing.T) {
	best := 0.0
	for range 50 {
		best = max(best, clockGHz())
	}
	if best < 0.05 || best > 10 {
		t.Errorf("%.3f GHz", best)
	}
}

func TestShort(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"", ""},
		{"conv1", "conv1"},
		{"InceptionV3/InceptionV3/Mixed_5b/Branch_0/Conv2d_0a_1x1/Relu", "…Mixed_5b/Branch_0/Conv2d_0a_1x1/Relu"},
		{"a + b + c", "a + 2"},
	} {
		got := short(c.name)
		if len(c.name) > 40 {
			if !strings.HasPrefix(got, "…") || !strings.HasSuffix(c.name, strings.TrimPrefix(got, "…")) || len(got) > 44 {
				t.Errorf("short(%q) = %q", c.name, got)
			}
		} else if got != c.want {
			t.Errorf("short(%q) = %q (want %q)", c.name, got, c.want)
		}
	}
}

// TestLayerSum: 100 products in 10 cycles and 100 in 40 are 4 a cycle, and layers without products do not count.
func TestLayerSum(t *testing.T) {
	sum := layer{}
	for _, l := range []layer{
		{MACs: 100, Rate: 10, Median: 1, Share: 0.25}, {MACs: 100, Rate: 2.5, Median: 4, Share: 0.5}, {Median: 2, Share: 0.25},
	} {
		sum.add(&l)
	}
	if sum.MACs != 200 || math.Abs(sum.Rate-4) > 1e-9 || sum.Median != 7 || sum.Share != 1 {
		t.Errorf("%+v", sum)
	}
}

// TestRatios: against rivals, the better of those of the same model and threads counts; else the first row.
func TestRatios(t *testing.T) {
	row := func(model string, threads int, rival bool, took ...time.Duration) *contender {
		c := &contender{Model: model, Threads: threads, rival: rival, MACs: 1e6}
		for range 3 {
			c.Stages = append(c.Stages, timing{samples: took})
		}
		c.summarize(2)
		return c
	}
	const ms = time.Millisecond
	r := report{Contenders: []*contender{
		row("a", 1, false, 3*ms, 1*ms, 2*ms), row("a", 1, true, 8*ms), row("a", 1, true, 6*ms), row("b", 1, false, 4*ms),
	}}
	r.rate()
	first := r.Contenders[0].Stages[stageInference]
	if first.Min != 1 || first.Median != 2 || first.Ratio != 3 || r.Contenders[0].Rate != 0.25 {
		t.Errorf("%+v, %v products a cycle", first, r.Contenders[0].Rate)
	}
	if got := r.Contenders[1].Stages[stageInference].Ratio; got != 0.75 {
		t.Errorf("a rival's ratio is %v (want 0.75)", got)
	}
	if got := r.Contenders[3].Stages[stageInference].Ratio; got != 0.5 {
		t.Errorf("without rivals, the ratio is %v (want 0.5)", got)
	}
}

// TestPause: with a pause the program rests before each run, the warm-up too, and says so.
func TestPause(t *testing.T) {
	const pause = 20 * time.Millisecond
	o := Options{Models: []string{engines.Demo}, Engines: []string{engines.CPU}, Threads: []int{1, 2}, Runs: 2, Pause: pause}
	for _, c := range []struct {
		json bool
		want string
	}{{false, "2 runs each, in turn, 20 ms of pause before each;"}, {true, `"pause_ms":20,`}} {
		o.JSON = c.json
		var out strings.Builder
		begin := time.Now()
		if err := Run(t.Context(), &out, o); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took < (warmUp+2)*2*pause {
			t.Errorf("it took %v, less than the pauses", took)
		}
		if !strings.Contains(out.String(), c.want) {
			t.Errorf("output does not say %q: %s", c.want, out.String())
		}
	}
}

// TestNoPause: without one nothing is said of it.
func TestNoPause(t *testing.T) {
	for _, json := range []bool{false, true} {
		var out strings.Builder
		o := Options{Models: []string{engines.Demo}, Engines: []string{engines.CPU}, Threads: []int{1}, Runs: 1, JSON: json}
		if err := Run(t.Context(), &out, o); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "pause") {
			t.Errorf("output speaks of a pause: %s", out.String())
		}
	}
}
