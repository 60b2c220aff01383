package cpu

import (
	"cmp"
	"fmt"

	"github.com/inceptiond/inceptiond/infer/model"
)

// budget counts what a model costs while it is made ready, before the memory is allocated.
type budget struct {
	limit, used int64   // bytes of arena, scratch and prepared constants
	effort      float64 // products and sums of one run
	most        float64 // effort; 0 means maxWork
}

// take counts n bytes against the limit.
func (b *budget) take(n int64) error {
	if b.used += n; b.used > b.limit {
		return fmt.Errorf("the model needs %.1f MiB of memory or more (the limit is %.1f MiB): %w",
			float64(b.used)/(1<<20), float64(b.limit)/(1<<20), model.ErrMemory)
	}
	return nil
}

// maxWork bounds the products or sums of one run: 20 times those of Inception v4. A file of a few bytes can describe more
// than any machine computes in a day.
const maxWork = 1 << 38

// work counts products or sums of one run.
func (b *budget) work(steps float64) error {
	most := cmp.Or(b.most, maxWork)
	if b.effort += steps; b.effort > most {
		return fmt.Errorf("%.3g steps in one run (the most is %.3g): %w", b.effort, most, model.ErrUnsupported)
	}
	return nil
}
