package bench

import (
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"

	"github.com/inceptiond/inceptiond/infer"
)

// agreement is how like the answers of two contenders with the same model are, to the picture that all runs share.
type agreement struct {
	With      string  `json:"with"` // engine of the first contender with the model
	Numbers   int     `json:"numbers"`
	Differing int     `json:"differing"`
	Largest   float64 `json:"largest"` // difference of two numbers, as a share of the greatest number of their output
}

// agree compares each contender's answer with that of the first with the same model.
func (r *report) agree(ctx context.Context) error {
	var first *contender
	var want [][]byte
	for _, c := range r.Contenders {
		answer := infer.Buffers(c.model.Engine.Outputs())
		if _, err := c.model.Engine.Run(ctx, c.look.Input(), answer); err != nil {
			return fmt.Errorf("%s: %w", c.Model, err)
		}
		if first == nil || first.Model != c.Model {
			first, want = c, answer
			continue
		}
		a, err := compare(c.model.Engine.Outputs(), want, answer)
		if err != nil {
			return fmt.Errorf("%s, engine %s: %w", c.Model, c.Engine, err)
		}
		a.With = first.Engine
		c.Agreement = &a
	}
	return nil
}

// compare compares two answers, whose outputs specs describe. The error is about outputs that are not alike.
func compare(specs []infer.TensorSpec, a, b [][]byte) (agreement, error) {
	var all agreement
	if len(a) != len(b) {
		return all, fmt.Errorf("it has %d outputs, not %d", len(b), len(a))
	}
	for i, s := range specs {
		x, y := make([]float32, s.Elements()), make([]float32, s.Elements())
		if err := s.Values(x, a[i]); err != nil {
			return all, err
		}
		if err := s.Values(y, b[i]); err != nil {
			return all, err
		}
		all.add(x, y)
	}
	return all, nil
}

// add compares the numbers of one output. Two that are no numbers are the same.
func (a *agreement) add(x, y []float32) {
	greatest, largest := 0.0, 0.0
	for i := range x {
		p, q := float64(x[i]), float64(y[i])
		greatest = max(greatest, known(math.Abs(p)))
		if p == q || math.IsNaN(p) && math.IsNaN(q) {
			continue
		}
		a.Differing++
		largest = max(largest, known(math.Abs(p-q)))
	}
	a.Numbers += len(x)
	a.Largest = max(a.Largest, largest/max(greatest, math.SmallestNonzeroFloat32))
}

// known is v, or the largest number where it is none.
func known(v float64) float64 {
	if !(v <= math.MaxFloat32) {
		return math.MaxFloat32
	}
	return v
}

// printAgreements says how like each other the answers of contenders with the same model are, each thing once.
func (r *report) printAgreements(w io.Writer) error {
	seen := map[string]bool{}
	for _, c := range r.Contenders {
		line := c.saysAgreement()
		if line == "" || seen[line] {
			continue
		}
		seen[line] = true
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// saysAgreement is a sentence on how c's answer compares; empty: there is nothing to say.
func (c *contender) saysAgreement() string {
	a := c.Agreement
	if a == nil || a.Differing == 0 && a.With == c.Engine {
		return ""
	}
	said := "the same answer, to the last bit"
	if a.Differing > 0 {
		said = fmt.Sprintf("%d of %d numbers differ, by %.2g %% of the greatest at most", a.Differing, a.Numbers, 100*a.Largest)
	}
	return fmt.Sprintf("%s: %s (%s) and %s: %s", filepath.Base(c.Model), c.Engine, c.Kernels, a.With, said)
}
