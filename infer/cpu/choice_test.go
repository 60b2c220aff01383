package cpu_test

import (
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
)

func TestChoice(t *testing.T) {
	wings, fuel := kernel.Refusal{Set: "plane", Missing: "wings"}, kernel.Refusal{Set: "rocket", Missing: "fuel"}
	for want, c := range map[string]cpu.Choice{
		"car": {Name: "car", Best: "car"},
		"car (plane needs wings, which this processor has not)":                    {Name: "car", Best: "car", Refused: []kernel.Refusal{wings}},
		"car (rocket needs fuel, plane needs wings, which this processor has not)": {Name: "car", Best: "car", Refused: []kernel.Refusal{fuel, wings}},
		"go (INCEPTIOND_KERNELS says so; car would be the fastest here)":           {Name: "go", Best: "car", Forced: true},
		"car (INCEPTIOND_KERNELS says so; it is the fastest here)":                 {Name: "car", Best: "car", Forced: true, Refused: []kernel.Refusal{wings}},
	} {
		if got := c.String(); got != want {
			t.Errorf("%q (want %q)", got, want)
		}
	}
}

// TestKernelsOfMachine: what is chosen is what engines use, forced or not.
func TestKernelsOfMachine(t *testing.T) {
	t.Setenv("INCEPTIOND_KERNELS", "")
	best := kernel.Names()[0]
	if c, err := cpu.Kernels(); err != nil || c.Name != best || c.Best != best || c.Forced {
		t.Errorf("%+v, %v", c, err)
	}
	t.Setenv("INCEPTIOND_KERNELS", "go")
	if c, err := cpu.Kernels(); err != nil || c.Name != "go" || c.Best != best || !c.Forced {
		t.Errorf("%+v, %v", c, err)
	}
	t.Setenv("INCEPTIOND_KERNELS", "abacus")
	if c, err := cpu.Kernels(); err == nil || !strings.Contains(err.Error(), `INCEPTIOND_KERNELS: no kernels "abacus"`) {
		t.Errorf("%+v, %v", c, err)
	}
}
