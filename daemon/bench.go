package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/daemon/bench"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/internal/text"
)

func benchCommand(std streams) *cobra.Command {
	o := bench.Options{Version: versionString()}
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "time models, engines and thread counts against each other",
		Long: "Times every combination of --model, --engine and --threads on one drawn scene. After a warm-up\n" +
			"the combinations take turns, so that a machine that slows down slows all of them. --against names\n" +
			"other engines: the ratio says how many times as fast as the fastest of them a row is, for the same\n" +
			"model and threads; otherwise as the first row. MAC per cycle are products of the model by the\n" +
			"processor's clock, as measured in the same run. --pause rests before each run, as a camera does between\n" +
			"frames: caches are cold then, and threads asleep. A model of any task will do, also one whose outputs fit\n" +
			"none; where several engines run it, how like their answers are is said below. On a single-board computer\n" +
			"the figures begin with its clock, temperature and throttling, before and after; --rows prints them as rows\n" +
			"of the table of boards in " + text.Doc("performance.md") + ", to send in.",
		Example: "  inceptiond bench\n  inceptiond bench --model a.tflite --model b.tflite --threads 1 --threads 2 --runs 50\n" +
			"  inceptiond bench --model a.tflite --threads 2 --pause 33ms\n" +
			"  inceptiond bench --model a.tflite --against tflite --against tflite-xnnpack\n" +
			"  inceptiond bench --model a.tflite --threads 1 --profile",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Runs < 1 {
				return usageError{fmt.Errorf("--runs %d: want 1 or more", o.Runs)}
			}
			for _, n := range o.Threads {
				if n < 0 || n > 64 {
					return usageError{fmt.Errorf("--threads %d: want 0 to 64", n)}
				}
			}
			if o.Pause < 0 {
				return usageError{fmt.Errorf("--pause %v: want 0 or more", o.Pause)}
			}
			err := bench.Run(cmd.Context(), std.out, o)
			if errors.Is(err, bench.ErrNoLayers) {
				return usageError{err}
			}
			return err
		},
	}
	f := cmd.Flags()
	f.StringArrayVarP(&o.Models, "model", "m", []string{engines.Demo}, "model file, or pull:NAME; repeat to compare")
	f.StringArrayVarP(&o.Engines, "engine", "e", []string{engines.CPU}, "engine; repeat to compare")
	f.IntSliceVarP(&o.Threads, "threads", "t", []int{0}, "threads, 0 for one per CPU; repeat to compare")
	f.StringArrayVarP(&o.Against, "against", "a", nil, "engine to compare with: tflite, tflite-xnnpack; repeat for the better of them")
	f.BoolVarP(&o.Profile, "profile", "p", false, "print time and products for each layer (engine cpu)")
	f.IntVarP(&o.Runs, "runs", "r", 20, "timed runs of each combination")
	f.DurationVar(&o.Pause, "pause", 0, "rest before each run, as between the frames of a camera: 33ms")
	f.BoolVar(&o.Rows, "rows", false, "print rows of the table of boards in "+text.Doc("performance.md"))
	f.BoolVar(&o.JSON, "json", false, "print JSON")
	cmd.MarkFlagsMutuallyExclusive("rows", "json")
	cmd.MarkFlagsMutuallyExclusive("rows", "pause")         // the boards are compared without one
	cmd.RegisterFlagCompletionFunc("model", completePulled) // its only error is that there is no such flag
	return cmd
}
