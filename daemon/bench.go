package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/demo"
	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/infer/preprocess"
)

// benchOptions are the flags of `inceptiond bench`.
type benchOptions struct {
	models  []string
	engines []string
	threads []int
	runs    int
	json    bool
}

func benchCommand(std streams) *cobra.Command {
	var o benchOptions
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "time models, engines and thread counts against each other",
		Long: "Times every combination of --model, --engine and --threads on one drawn scene. After a warm-up\n" +
			"the combinations take turns, so that a machine that slows down slows all of them; ratios are of\n" +
			"medians, against the first column.",
		Example: "  inceptiond bench\n  inceptiond bench --model a.tflite --model b.tflite --threads 1 --threads 2 --runs 50",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return bench(cmd.Context(), std.out, o)
		},
	}
	f := cmd.Flags()
	f.StringArrayVarP(&o.models, "model", "m", []string{builtinDemo}, "model file; repeat to compare")
	f.StringArrayVarP(&o.engines, "engine", "e", []string{engineCPU}, "engine; repeat to compare")
	f.IntSliceVarP(&o.threads, "threads", "t", []int{0}, "threads, 0 for one per CPU; repeat to compare")
	f.IntVarP(&o.runs, "runs", "r", 20, "timed runs of each combination")
	f.BoolVar(&o.json, "json", false, "print JSON")
	return cmd
}

// contender is one combination that is timed. Its fields are also the JSON.
type contender struct {
	Model   string   `json:"model"`
	Engine  string   `json:"engine"`
	Kernels string   `json:"kernels"`
	Threads int      `json:"threads"`
	Runs    int      `json:"runs"`
	Stages  []timing `json:"stages"`

	eye *classifier
}

// timing is what one stage took, over all runs.
type timing struct {
	Stage  string  `json:"stage"`
	Min    float64 `json:"min_ms"`
	Median float64 `json:"median_ms"`
	P95    float64 `json:"p95_ms"`
	Ratio  float64 `json:"ratio"` // of the medians, to the first contender's

	samples []time.Duration
}

// bench loads all combinations, times them in turn and prints the figures.
func bench(ctx context.Context, w io.Writer, o benchOptions) error {
	if o.runs < 1 {
		return usageError{fmt.Errorf("--runs %d: want 1 or more", o.runs)}
	}
	contenders, err := openContenders(o)
	defer func() {
		for _, c := range contenders {
			c.eye.model.close()
		}
	}()
	if err != nil {
		return err
	}
	frame, err := benchFrame(ctx)
	if err != nil {
		return err
	}
	const warmUp = 2
	for run := range warmUp + o.runs {
		for _, c := range contenders {
			if err := c.time(ctx, frame, run >= warmUp); err != nil {
				return fmt.Errorf("%s: %w", c.Model, err)
			}
		}
	}
	for _, c := range contenders {
		c.summarize(contenders[0])
	}
	if o.json {
		return json.NewEncoder(w).Encode(contenders)
	}
	return printBench(w, contenders)
}

// openContenders loads every combination; with an error it returns those already open.
func openContenders(o benchOptions) ([]*contender, error) {
	var all []*contender
	for _, path := range o.models {
		for _, engine := range o.engines {
			for _, threads := range o.threads {
				m, err := loadModel(path, config.Model{File: path, Engine: engine, Threads: threads, MemoryLimit: defaultMemory})
				if err != nil {
					return all, err
				}
				eye, err := newClassifier(m, preprocess.Options{}, 1, 0)
				if err != nil {
					m.close()
					return all, err
				}
				all = append(all, &contender{Model: path, Engine: m.engineName, Kernels: m.kernels, Threads: m.threads, Runs: o.runs, eye: eye,
					Stages: []timing{{Stage: "preprocess"}, {Stage: "inference"}, {Stage: "total"}}})
			}
		}
	}
	return all, nil
}

// benchFrame draws the picture that all runs share.
func benchFrame(ctx context.Context) (*capture.Frame, error) {
	src, err := demo.Open(ctx, demo.Options{Seed: 1})
	if err != nil {
		return nil, err
	}
	defer src.Close()
	frame := new(capture.Frame)
	return frame, src.Read(ctx, frame)
}

// time classifies the frame once; the figures count if keep is true.
func (c *contender) time(ctx context.Context, frame *capture.Frame, keep bool) error {
	a, err := c.eye.classify(ctx, frame)
	if err != nil || !keep {
		return err
	}
	for i, d := range []time.Duration{a.preprocess, a.inference, a.preprocess + a.inference} {
		c.Stages[i].samples = append(c.Stages[i].samples, d)
	}
	return nil
}

// summarize turns the samples into figures. The first contender must be the first to be summarized.
func (c *contender) summarize(first *contender) {
	for i := range c.Stages {
		s := &c.Stages[i]
		slices.Sort(s.samples)
		s.Min, s.Median, s.P95 = milliseconds(s.samples[0]), milliseconds(quantile(s.samples, 0.5)), milliseconds(quantile(s.samples, 0.95))
		s.Ratio = s.Median / first.Stages[i].Median
	}
}

// quantile is the q-quantile of sorted samples: the mean of the two nearest where it falls between them.
func quantile(sorted []time.Duration, q float64) time.Duration {
	at := q * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + time.Duration((at-float64(low))*float64(sorted[high]-sorted[low]))
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// printBench prints a column for each contender, and above the table what the columns are.
func printBench(w io.Writer, contenders []*contender) error {
	fmt.Fprintf(w, "%d runs each, in turn; milliseconds\n", contenders[0].Runs)
	for i, c := range contenders {
		fmt.Fprintf(w, "  [%d] %s, %s (%s), %s\n", i+1, c.Model, c.Engine, c.Kernels, plural(c.Threads, "thread"))
	}
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "\t\t")
	for i := range contenders {
		fmt.Fprintf(table, "[%d]\t", i+1)
	}
	fmt.Fprintln(table)
	row := func(stage, figure, format string, value func(*contender) float64) {
		cells := []string{stage, figure}
		for _, c := range contenders {
			cells = append(cells, fmt.Sprintf(format, value(c)))
		}
		fmt.Fprintln(table, strings.Join(cells, "\t")+"\t")
	}
	for i, s := range contenders[0].Stages {
		row(s.Stage, "min", "%.2f", func(c *contender) float64 { return c.Stages[i].Min })
		row("", "median", "%.2f", func(c *contender) float64 { return c.Stages[i].Median })
		row("", "p95", "%.2f", func(c *contender) float64 { return c.Stages[i].P95 })
		row("", "ratio", "%.2fx", func(c *contender) float64 { return c.Stages[i].Ratio })
	}
	return table.Flush()
}

// plural is "1 thread" or "2 threads".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
