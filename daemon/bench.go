package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

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
	against []string
	runs    int
	pause   time.Duration
	profile bool
	rows    bool
	json    bool
}

func benchCommand(std streams) *cobra.Command {
	var o benchOptions
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "time models, engines and thread counts against each other",
		Long: "Times every combination of --model, --engine and --threads on one drawn scene. After a warm-up\n" +
			"the combinations take turns, so that a machine that slows down slows all of them. --against names\n" +
			"other engines: the ratio is then that of the fastest of them, for the same model and threads, to\n" +
			"the engine in the row; otherwise of the first row. MAC per cycle are products of the model by the\n" +
			"processor's clock, as measured in the same run. --pause rests before each run, as a camera does between\n" +
			"frames: then caches are cold and threads asleep. On a single-board computer the figures begin with its\n" +
			"clock, temperature and throttling, before and after; --rows prints them as rows of the table of boards\n" +
			"in docs/performance.md, to send in.",
		Example: "  inceptiond bench\n  inceptiond bench --model a.tflite --model b.tflite --threads 1 --threads 2 --runs 50\n" +
			"  inceptiond bench --model a.tflite --threads 2 --pause 33ms\n" +
			"  inceptiond bench --model a.tflite --against tflite --against tflite-xnnpack\n" +
			"  inceptiond bench --model a.tflite --threads 1 --profile",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return bench(cmd.Context(), std.out, o)
		},
	}
	f := cmd.Flags()
	f.StringArrayVarP(&o.models, "model", "m", []string{builtinDemo}, "model file; repeat to compare")
	f.StringArrayVarP(&o.engines, "engine", "e", []string{engineCPU}, "engine; repeat to compare")
	f.IntSliceVarP(&o.threads, "threads", "t", []int{0}, "threads, 0 for one per CPU; repeat to compare")
	f.StringArrayVarP(&o.against, "against", "a", nil, "engine to compare with: tflite, tflite-xnnpack; repeat for the better of them")
	f.BoolVarP(&o.profile, "profile", "p", false, "print time and products for each layer (engine cpu)")
	f.IntVarP(&o.runs, "runs", "r", 20, "timed runs of each combination")
	f.DurationVar(&o.pause, "pause", 0, "rest before each run, as between the frames of a camera: 33ms")
	f.BoolVar(&o.rows, "rows", false, "print rows of the table of boards in docs/performance.md")
	f.BoolVar(&o.json, "json", false, "print JSON")
	cmd.MarkFlagsMutuallyExclusive("rows", "json")
	return cmd
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

	rival bool // of --against
	eye   *classifier
}

// The stages of a classification, by their place in contender.Stages.
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
	Ratio  float64 `json:"ratio"` // see benchReport.rate

	samples []time.Duration
}

// benchReport is all that bench finds out; its fields are also the JSON.
type benchReport struct {
	CPU        string       `json:"cpu"`
	Before     condition    `json:"before"` // of the board
	After      condition    `json:"after"`
	GHz        float64      `json:"ghz"`
	Pause      float64      `json:"pause_ms,omitempty"` // before each run
	Peak       int64        `json:"peak_memory_bytes"`  // of this process with all contenders; not of workers
	Contenders []*contender `json:"contenders"`
}

// bench loads all combinations, times them in turn and prints the figures.
func bench(ctx context.Context, w io.Writer, o benchOptions) error {
	if o.runs < 1 {
		return usageError{fmt.Errorf("--runs %d: want 1 or more", o.runs)}
	}
	if o.pause < 0 {
		return usageError{fmt.Errorf("--pause %v: want 0 or more", o.pause)}
	}
	contenders, err := openContenders(ctx, o)
	defer func() {
		for _, c := range contenders {
			c.eye.model.close()
		}
	}()
	if err != nil {
		return err
	}
	report := benchReport{CPU: cpuModel(), Before: boardCondition(), Pause: milliseconds(o.pause), Contenders: contenders}
	if err := report.time(ctx, o); err != nil {
		return err
	}
	report.After = boardCondition()
	for _, c := range contenders {
		c.summarize(report.GHz)
	}
	report.rate()
	report.Peak = peakMemory()
	if o.profile {
		for _, c := range contenders {
			if err := c.profile(ctx, o.runs, report.GHz); err != nil {
				return err
			}
		}
	}
	switch {
	case o.json:
		return json.NewEncoder(w).Encode(report)
	case o.rows:
		return report.printRows(w)
	}
	return report.print(w)
}

// openContenders loads every combination; with an error it returns those already open.
func openContenders(ctx context.Context, o benchOptions) ([]*contender, error) {
	var all []*contender
	for _, path := range o.models {
		for _, threads := range o.threads {
			for i, engine := range slices.Concat(o.engines, o.against) {
				c, err := openContender(ctx, path, engine, threads, o)
				if err != nil {
					return all, err
				}
				c.rival = i >= len(o.engines)
				all = append(all, c)
			}
		}
	}
	return all, nil
}

func openContender(ctx context.Context, path, engine string, threads int, o benchOptions) (*contender, error) {
	m, err := loadModel(ctx, path, config.Model{File: path, Engine: engine, Threads: threads, MemoryLimit: defaultMemory}, zap.NewNop())
	if err != nil {
		return nil, err
	}
	eye, err := newClassifier(m, preprocess.Options{}, 1, 0)
	if err != nil {
		m.close()
		return nil, err
	}
	return &contender{
		Model: path, Engine: m.engineName, Kernels: m.kernels, Threads: m.threads, Runs: o.runs, MACs: m.macs, eye: eye,
		Stages: []timing{{Stage: "preprocess"}, {Stage: "inference"}, {Stage: "total"}},
	}, nil
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

// settle is the pause between contenders: threads of thread pools wait awake for the next work for some milliseconds, and
// would take the processor from whoever is next.
const settle = 10 * time.Millisecond

// time runs all contenders in turn, with a rest before each, and measures the clock in between.
func (r *benchReport) time(ctx context.Context, o benchOptions) error {
	frame, err := benchFrame(ctx)
	if err != nil {
		return err
	}
	rest := o.pause
	if rest == 0 && len(r.Contenders) > 1 {
		rest = settle
	}
	const warmUp = 2
	for run := range warmUp + o.runs {
		for _, c := range r.Contenders {
			time.Sleep(rest)
			if err := c.time(ctx, frame, run >= warmUp); err != nil {
				return fmt.Errorf("%s: %w", c.Model, err)
			}
			r.GHz = max(r.GHz, clockGHz())
		}
	}
	return nil
}

// time classifies the frame once; the figures count if keep is true.
func (c *contender) time(ctx context.Context, frame *capture.Frame, keep bool) error {
	a, err := c.eye.classify(ctx, frame, new(progress))
	if err != nil || !keep {
		return err
	}
	for i, d := range []time.Duration{a.preprocess, a.inference, a.preprocess + a.inference} {
		c.Stages[i].samples = append(c.Stages[i].samples, d)
	}
	return nil
}

// summarize turns the samples into figures.
func (c *contender) summarize(ghz float64) {
	for i := range c.Stages {
		s := &c.Stages[i]
		slices.Sort(s.samples)
		s.Min, s.Median, s.P95 = milliseconds(s.samples[0]), milliseconds(quantile(s.samples, 0.5)), milliseconds(quantile(s.samples, 0.95))
	}
	c.Rate = perCycle(c.MACs, c.Stages[stageInference].Median, ghz)
}

// perCycle is how many products a clock cycle has if n take some milliseconds.
func perCycle(n int64, milliseconds, ghz float64) float64 {
	return float64(n) / (milliseconds * 1e6 * ghz)
}

// rate computes the ratios: with rivals, how many times longer than a contender the best of its rivals takes, else how
// much of the first contender's time it takes.
func (r *benchReport) rate() {
	for _, c := range r.Contenders {
		for i := range c.Stages {
			s := &c.Stages[i]
			if best := r.bestRival(c, i); best > 0 {
				s.Ratio = best / s.Median
			} else {
				s.Ratio = s.Median / r.Contenders[0].Stages[i].Median
			}
		}
	}
}

// bestRival is the shortest median of a stage among the rivals of c, 0 if there are none.
func (r *benchReport) bestRival(c *contender, stage int) float64 {
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

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// print prints a row for each contender.
func (r *benchReport) print(w io.Writer) error {
	pause := ""
	if r.Pause > 0 {
		pause = fmt.Sprintf(", %g ms of pause before each", r.Pause)
	}
	fmt.Fprintf(w, "%s at %.2f GHz; %d runs each, in turn%s; milliseconds of inference; peak memory %.0f MB\n", r.CPU, r.GHz,
		r.Contenders[0].Runs, pause, float64(r.Peak)/1e6)
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
	for _, c := range r.Contenders {
		if err := c.printLayers(w); err != nil {
			return err
		}
	}
	return nil
}

// plural is "1 thread" or "2 threads".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
