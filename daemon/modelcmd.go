package main

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/infer/engines"
)

func modelCommand(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:                        "model",
		Short:                      "fetch networks, look into model files, and make them smaller",
		Example:                    "  inceptiond model list\n  inceptiond model pull inception_v3_299_quant\n  inceptiond model info googlenet.tflite",
		Args:                       cobra.ArbitraryArgs,
		SuggestionsMinimumDistance: 2,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
	}
	cmd.AddCommand(modelListCommand(std), modelPullCommand(std), modelPruneCommand(std), modelInfoCommand(std), modelQuantizeCommand(std))
	return cmd
}

func modelInfoCommand(std streams) *cobra.Command {
	var asJSON bool
	var o engines.Options
	var anchors string
	cmd := &cobra.Command{
		Use:   "info FILE",
		Short: "say what a model file holds, and which engines can run it",
		Long: "Says what a .tflite file holds, with the labels and the normalization that ride in it, what becomes of its numbers,\n" +
			"and which engines can run it, as `classify` would. It ends with 1 if none can. " + engines.Demo + " is the model inside\n" +
			"the program, and pull:NAME one that `inceptiond model pull` has fetched.",
		Example: "  inceptiond model info googlenet.tflite\n" +
			"  inceptiond model info --decoder blazeface face_detection.tflite\n" +
			"  inceptiond model info " + engines.Demo,
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: completePulled,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkReading(&o, anchors); err != nil {
				return usageError{err}
			}
			return engines.Read(args[0], 0, func(f engines.File) error {
				report := describeModel(args[0], f, o)
				report.Engines = tryEngines(cmd.Context(), f, o)
				var err error
				if asJSON {
					err = json.NewEncoder(std.out).Encode(report)
				} else {
					err = report.print(std.out)
				}
				if err == nil && !slices.ContainsFunc(report.Engines, func(e engineReport) bool { return e.CanRun }) {
					err = fmt.Errorf("%s: no engine can run it", args[0])
				}
				return err
			})
		},
	}
	f := cmd.Flags()
	f.BoolVar(&asJSON, "json", false, "print JSON")
	f.StringVarP(&o.Labels, "labels", "l", "", "file with a label on each line (default: those inside the model, if any)")
	addReading(cmd, &o.Task, &o.Decoder, &anchors)
	return cmd
}
