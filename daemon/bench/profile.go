package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/internal/order"
	"github.com/inceptiond/inceptiond/internal/text"
)

// layer is what one step of a model takes: the median of all runs. Its fields are also the JSON.
type layer struct {
	Name   string  `json:"name"`
	Op     string  `json:"op"`
	Shape  []int   `json:"shape"`
	MACs   int64   `json:"macs"`
	Median float64 `json:"median_ms"`
	Rate   float64 `json:"macs_per_cycle"`
	Share  float64 `json:"share"` // of the sum of all layers, 0 … 1
}

// profiler is an engine that tells what each layer takes.
type profiler interface {
	Layers() []cpu.Layer
	Profile(ctx context.Context, in []byte, durations []time.Duration) error
}

// ErrNoLayers marks an engine that does not tell about its layers.
var ErrNoLayers = errors.New("does not tell about its layers")

// profile times the layers of a contender, on the frame that it had last.
func (c *contender) profile(ctx context.Context, runs int, ghz float64) error {
	engine, ok := c.model.Engine.(profiler)
	if !ok {
		if c.rival {
			return nil
		}
		return fmt.Errorf("--profile: engine %s %w (use %s)", c.Engine, ErrNoLayers, engines.CPU)
	}
	steps := engine.Layers()
	samples := make([][]time.Duration, len(steps))
	durations := make([]time.Duration, len(steps))
	for range runs {
		if err := engine.Profile(ctx, c.look.Input(), durations); err != nil {
			return fmt.Errorf("%s: %w", c.Model, err)
		}
		for i, d := range durations {
			samples[i] = append(samples[i], d)
		}
	}
	total := 0.0
	for i, s := range steps {
		slices.Sort(samples[i])
		l := layer{Name: s.Name, Op: s.Op, Shape: s.OutShape, MACs: s.MACs, Median: text.Milliseconds(quantile(samples[i], 0.5))}
		l.Rate = perCycle(l.MACs, l.Median, ghz)
		total += l.Median
		c.Layers = append(c.Layers, l)
	}
	for i := range c.Layers {
		c.Layers[i].Share = c.Layers[i].Median / total
	}
	return nil
}

// printLayers prints a contender's profile, if it has one, and sums of the kinds of operators.
func (c *contender) printLayers(w io.Writer) error {
	if len(c.Layers) == 0 {
		return nil
	}
	fmt.Fprintf(w, "\n%s, %s:\n", c.Model, text.Plural(c.Threads, "thread"))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "layer\toperator\toutput\tMMAC\tms\tMAC/cycle\tshare")
	kinds, total := map[string]*layer{}, layer{}
	for i := range c.Layers {
		l := &c.Layers[i]
		l.row(table, short(l.Name), fmt.Sprint(l.Shape))
		if kinds[l.Op] == nil {
			kinds[l.Op] = &layer{Op: l.Op}
		}
		kinds[l.Op].add(l)
		total.add(l)
	}
	fmt.Fprintln(table, "\t\t\t\t\t\t")
	for _, op := range order.Sorted(maps.Keys(kinds), func(a, b string) int { return cmp.Compare(kinds[b].Median, kinds[a].Median) }) {
		kinds[op].row(table, "", "")
	}
	total.Op = "all"
	total.row(table, "", "")
	return table.Flush()
}

// add sums layers. The rate of a sum is that of its products in the time of the layers that have any.
func (l *layer) add(m *layer) {
	cycles := 0.0
	for _, x := range []*layer{l, m} {
		if x.MACs > 0 {
			cycles += float64(x.MACs) / x.Rate
		}
	}
	l.MACs, l.Median, l.Share = l.MACs+m.MACs, l.Median+m.Median, l.Share+m.Share
	if l.MACs > 0 {
		l.Rate = float64(l.MACs) / cycles
	}
}

func (l *layer) row(w io.Writer, name, shape string) {
	rate := "-"
	if l.MACs > 0 {
		rate = fmt.Sprintf("%.1f", l.Rate)
	}
	fmt.Fprintf(w, "%s\t%s\t%s\t%.2f\t%.3f\t%s\t%.1f %%\n", name, l.Op, shape, float64(l.MACs)/1e6, l.Median, rate, 100*l.Share)
}

// short is the end of a long name, where names of one model differ.
func short(name string) string {
	const maxLength = 40
	if joined := strings.Count(name, " + "); joined > 0 {
		first, _, _ := strings.Cut(name, " + ")
		return fmt.Sprintf("%s + %d", short(first), joined)
	}
	if len(name) <= maxLength {
		return name
	}
	return "…" + strings.ToValidUTF8(name[len(name)-maxLength+1:], "")
}
