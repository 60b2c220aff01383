package cpu

import (
	"cmp"
	"fmt"
	"os"
	"strings"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
)

// forceKernels is the environment variable that names the set of inner loops to use.
const forceKernels = "INCEPTIOND_KERNELS"

// Choice is the set of inner loops that engines use, and why.
type Choice struct {
	Name    string
	Fused   bool             // they multiply and add with one rounding: kernel.Set.Fused
	Forced  bool             // by the environment variable INCEPTIOND_KERNELS
	Best    string           // the fastest that this processor can run
	Refused []kernel.Refusal // those that would be faster still
}

// Kernels is the choice for engines made now. A set that this processor cannot run is an error.
func Kernels() (Choice, error) {
	set, err := kernels("")
	if err != nil {
		return Choice{}, err
	}
	c := Choice{Name: set.Name, Fused: set.Fused, Forced: os.Getenv(forceKernels) != ""}
	c.Best, c.Refused = kernel.Choice()
	return c, nil
}

// String is the choice in words: "avx2 (avx512vnni needs AVX-512, which this processor has not)".
func (c Choice) String() string {
	switch {
	case c.Forced && c.Name != c.Best:
		return fmt.Sprintf("%s (%s says so; %s would be the fastest here)", c.Name, forceKernels, c.Best)
	case c.Forced:
		return fmt.Sprintf("%s (%s says so; it is the fastest here)", c.Name, forceKernels)
	case len(c.Refused) == 0:
		return c.Name
	}
	var needs []string
	for _, r := range c.Refused {
		needs = append(needs, r.Set+" needs "+r.Missing)
	}
	return fmt.Sprintf("%s (%s, which this processor has not)", c.Name, strings.Join(needs, ", "))
}

// Alike is the fastest set of inner loops on this processor whose float32 is that of another set, of which is told whether it is fused
// (kernel.Set.Fused); empty: there is none.
func Alike(fused bool) string {
	for _, name := range kernel.Names() {
		if set, err := kernel.ByName(name); err == nil && set.Fused == fused {
			return name
		}
	}
	return ""
}

// Fused tells whether a set of inner loops of this processor is (kernel.Set.Fused); one that there is none of is not.
func Fused(name string) bool {
	set, err := kernel.ByName(name)
	return err == nil && set.Fused
}

// kernels is the set of inner loops to use, that of a name if there is one.
func kernels(name string) (*kernel.Set, error) {
	if name != "" {
		set, err := kernel.ByName(name)
		if err != nil {
			return nil, fmt.Errorf("cpu: %w", err)
		}
		return set, nil
	}
	best, _ := kernel.Choice()
	set, err := kernel.ByName(cmp.Or(os.Getenv(forceKernels), best))
	if err != nil {
		return nil, fmt.Errorf("cpu: %s: %w", forceKernels, err)
	}
	return set, nil
}
