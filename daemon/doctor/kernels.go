package doctor

import (
	"context"

	"github.com/inceptiond/inceptiond/infer/cpu"
)

// checkKernels says which inner loops the engine cpu uses on this processor, and why. choose is [cpu.Kernels].
func checkKernels(choose func() (cpu.Choice, error)) Check {
	return Check{Area: "system", Name: "kernels", Run: func(context.Context) []Finding {
		c, err := choose()
		switch {
		case err != nil:
			return one(Fault, "unset INCEPTIOND_KERNELS: the fastest is chosen without it", "%v", err)
		case c.Name != c.Best:
			return one(Warning, "unset INCEPTIOND_KERNELS, which is for tests", "%v", c)
		}
		return ok("%v", c)
	}}
}
