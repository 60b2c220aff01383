// Package bench times models, engines and thread counts against each other.
package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/demo"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/memory"
	"github.com/inceptiond/inceptiond/internal/text"
)

// Options say what to time. Every combination of Models, Engines and Threads takes part.
type Options struct {
	Models  []string      // files, or engines.Demo
	Engines []string      // names of package engines
	Threads []int         // 0: one per CPU
	Against []string      // engines to compare with
	Runs    int           // timed, of each combination; at least 1
	Pause   time.Duration // before each run
	Profile bool          // the layers too
	Rows    bool          // print rows of the table of boards in docs/performance.md
	JSON    bool          // print JSON
	Version string        // of the program, for the rows
}

// contender is one combination that is timed. Its fields are also the JSON.
type contender struct {
	Model   string   `json:"model"`
	Engine  string   `json:"engine"`
	Kernels string   `json:"kernels"`
	Threads int      `json:"threads"`
	Runs    int      `json:"runs"`
	MACs    int64    `json:"macs"`
	Rate    float64  `json:"macs_per_cycle"` // of all threads together, at the median; 0 if the model has no products
	Stages  []timing `json:"stages"`
	Layers  []layer  `json:"layers,omitempty"`

	Agreement *agreement `json:"agreement,omitempty"` // nil: it is the first with its model

	rival bool // of --against
	look  *pipeline.Look
	model *engines.Model
}

// The stages of an answer, by their place in contender.Stages.
const (
	stagePreprocess = iota
	stageInference
	stageTotal
)

// timing is what one stage took, over all runs.
type timing struct {
	Stage  string  `json:"stage"`
	Min    float64 `json:"min_ms"`
	Median float64 `json:"median_ms"`
	P95    float64 `json:"p95_ms"`
	Ratio  float64 `json:"ratio"` // how many times as fast as the first contender, or the best of the rivals

	samples []time.Duration
}

// report is all that is found out; its fields are also the JSON.
type report struct {
	Schema     int          `json:"schema"`
	CPU        string       `json:"cpu"`
	Before     condition    `json:"before"` // of the board
	After      condition    `json:"after"`
	GHz        float64      `json:"ghz"`
	Pause      float64      `json:"pause_ms,omitempty"` // before each run
	Peak       int64        `json:"peak_memory_bytes"`  // of this process with all contenders; not of workers
	Contenders []*contender `json:"contenders"`

	version string // of the program
}

// Run loads all combinations, times them in turn and prints the figures to w. It blocks until that is done or ctx ends. The
// error is ctx's, w's, or that of an engine or model, which it names; it wraps ErrNoLayers if layers are wanted and one
// cannot tell them.
func Run(ctx context.Context, w io.Writer, o Options) error {
	contenders, err := openContenders(ctx, o)
	defer func() {
		for _, c := range contenders {
			c.model.Close()
		}
	}()
	if err != nil {
		return err
	}
	r := report{Schema: 1, CPU: CPU(), Before: boardCondition(), Pause: text.Milliseconds(o.Pause), Contenders: contenders, version: o.Version}
	if err := r.time(ctx, o); err != nil {
		return err
	}
	r.After = boardCondition()
	if err := r.agree(ctx); err != nil {
		return err
	}
	for _, c := range contenders {
		c.summarize(r.GHz)
	}
	r.rate()
	r.Peak = memory.Peak(os.Getpid())
	if o.Profile {
		for _, c := range contenders {
			if err := c.profile(ctx, o.Runs, r.GHz); err != nil {
				return err
			}
		}
	}
	switch {
	case o.JSON:
		return json.NewEncoder(w).Encode(&r)
	case o.Rows:
		return r.printRows(w)
	}
	return r.print(w)
}

// openContenders loads every combination; with an error it returns those already open.
func openContenders(ctx context.Context, o Options) ([]*contender, error) {
	var all []*contender
	for _, path := range o.Models {
		for _, threads := range o.Threads {
			for i, engine := range slices.Concat(o.Engines, o.Against) {
				c, err := openContender(ctx, path, engine, threads, o)
				if err != nil {
					return all, err
				}
				c.rival = i >= len(o.Engines)
				all = append(all, c)
			}
		}
	}
	return all, nil
}

func openContender(ctx context.Context, path, engine string, threads int, o Options) (*contender, error) {
	m, err := engines.Load(ctx, path, engines.Options{File: path, Engine: engine, Threads: threads, Task: string(task.Unread)}, zap.NewNop())
	if err != nil {
		return nil, err
	}
	look, err := pipeline.NewLook(pipeline.LookOptions{
		Model: pipeline.NewModel(pipeline.ModelOptions{Name: m.Name, SHA256: m.SHA256, Engine: m.Engine, Mean: m.Mean, Std: m.Std, Task: m.Task()}), TopK: 1,
	})
	if err != nil {
		m.Close()
		return nil, err
	}
	return &contender{
		Model: path, Engine: m.Wanted, Kernels: m.Kernels, Threads: m.Threads, Runs: o.Runs, MACs: m.MACs, look: look, model: m,
		Stages: []timing{{Stage: "preprocess"}, {Stage: "inference"}, {Stage: "total"}},
	}, nil
}

// drawPicture draws the picture that all runs share.
func drawPicture(ctx context.Context) (*picture.Picture, error) {
	src, err := demo.Open(ctx, demo.Options{Seed: 1})
	if err != nil {
		return nil, err
	}
	defer src.Close()
	p := picture.Of(new(capture.Frame))
	return p, p.Read(ctx, src)
}

// settle is the pause between contenders: threads of thread pools wait awake for the next work for some milliseconds, and
// would take the processor from whoever is next.
const settle = 10 * time.Millisecond

// warmUp is how many runs of each contender come first and do not count.
const warmUp = 2

// time runs all contenders in turn, with a rest before each, and measures the clock in between.
func (r *report) time(ctx context.Context, o Options) error {
	shown, err := drawPicture(ctx)
	if err != nil {
		return err
	}
	rest := o.Pause
	if rest == 0 && len(r.Contenders) > 1 {
		rest = settle
	}
	for run := range warmUp + o.Runs {
		for _, c := range r.Contenders {
			time.Sleep(rest)
			if err := c.time(ctx, shown, run >= warmUp); err != nil {
				return fmt.Errorf("%s: %w", c.Model, err)
			}
			r.GHz = max(r.GHz, clockGHz())
		}
	}
	return nil
}

// time answers the picture once; the figures count if keep is true.
func (c *contender) time(ctx context.Context, p *picture.Picture, keep bool) error {
	a, err := c.look.Answer(ctx, p)
	if err != nil || !keep {
		return err
	}
	for i, d := range []time.Duration{a.Preprocess, a.Inference, a.Preprocess + a.Inference} {
		c.Stages[i].samples = append(c.Stages[i].samples, d)
	}
	return nil
}

// summarize turns the samples into figures.
func (c *contender) summarize(ghz float64) {
	for i := range c.Stages {
		s := &c.Stages[i]
		slices.Sort(s.samples)
		s.Min, s.Median, s.P95 = text.Milliseconds(s.samples[0]), text.Milliseconds(quantile(s.samples, 0.5)), text.Milliseconds(quantile(s.samples, 0.95))
	}
	c.Rate = perCycle(c.MACs, c.Stages[stageInference].Median, ghz)
}

// perCycle is how many products a clock cycle has if n take some milliseconds.
func perCycle(n int64, milliseconds, ghz float64) float64 {
	return float64(n) / (milliseconds * 1e6 * ghz)
}

// rate computes the ratios: how many times as fast as the best of its rivals a contender is; without rivals, as the first
// contender. More than 1 is faster.
func (r *report) rate() {
	for _, c := range r.Contenders {
		for i := range c.Stages {
			s := &c.Stages[i]
			if best := r.bestRival(c, i); best > 0 {
				s.Ratio = best / s.Median
			} else {
				s.Ratio = r.Contenders[0].Stages[i].Median / s.Median
			}
		}
	}
}

// bestRival is the shortest median of a stage among the rivals of c, 0 if there are none.
func (r *report) bestRival(c *contender, stage int) float64 {
	best := 0.0
	for _, other := range r.Contenders {
		if m := other.Stages[stage].Median; other.rival && other.Model == c.Model && other.Threads == c.Threads && (best == 0 || m < best) {
			best = m
		}
	}
	return best
}

// quantile is the q-quantile of sorted samples: the mean of the two nearest where it falls between them.
func quantile(sorted []time.Duration, q float64) time.Duration {
	at := q * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + time.Duration((at-float64(low))*float64(sorted[high]-sorted[low]))
}

// print prints a row for each contender.
func (r *report) print(w io.Writer) error {
	pause := ""
	if r.Pause > 0 {
		pause = fmt.Sprintf(", %g ms of pause before each", r.Pause)
	}
	reference := "the first row"
	if slices.ContainsFunc(r.Contenders, func(c *contender) bool { return c.rival }) {
		reference = "the fastest of --against"
	}
	fmt.Fprintf(w, "%s at %.2f GHz; %d runs each, in turn%s; milliseconds of inference; peak memory %.0f MB\n"+
		"ratio: so many times as fast as %s; over 1 is faster\n", r.CPU, r.GHz,
		r.Contenders[0].Runs, pause, float64(r.Peak)/1e6, reference)
	if line := r.board(); line != "" {
		fmt.Fprintln(w, line)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "model\tengine\tthreads\tmin\tmedian\tp95\tpreprocess\tMMAC\tMAC/cycle\tratio")
	for _, c := range r.Contenders {
		s := c.Stages[stageInference]
		rate := fmt.Sprintf("%.1f", c.Rate)
		if c.MACs == 0 {
			rate = "-"
		}
		fmt.Fprintf(table, "%s\t%s (%s)\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t%.0f\t%s\t%.2fx\n", filepath.Base(c.Model), c.Engine, c.Kernels, c.Threads,
			s.Min, s.Median, s.P95, c.Stages[stagePreprocess].Median, float64(c.MACs)/1e6, rate, s.Ratio)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if err := r.printAgreements(w); err != nil {
		return err
	}
	for _, c := range r.Contenders {
		if err := c.printLayers(w); err != nil {
			return err
		}
	}
	return nil
}
