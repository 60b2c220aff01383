package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/text"
)

func modelCommand(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:                        "model",
		Short:                      "look into model files",
		Example:                    "  inceptiond model info googlenet.tflite",
		Args:                       cobra.ArbitraryArgs,
		SuggestionsMinimumDistance: 2,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
	}
	cmd.AddCommand(modelInfoCommand(std))
	return cmd
}

func modelInfoCommand(std streams) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "info FILE",
		Short: "say what a model file holds, and which engines can run it",
		Long:  "Says what a .tflite file holds, and which engines can run it. " + engines.Demo + " is the model inside the program.",
		Example: "  inceptiond model info googlenet.tflite\n" +
			"  inceptiond model info " + engines.Demo,
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return engines.Read(args[0], 0, func(f engines.File) error {
				report := describeModel(args[0], f.Parsed)
				report.Engines = tryEngines(cmd.Context(), f)
				if asJSON {
					return json.NewEncoder(std.out).Encode(report)
				}
				return report.print(std.out)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// modelReport is what `model info` says; its fields are also the JSON.
type modelReport struct {
	File        string         `json:"file"`
	Description string         `json:"description"`
	Size        int            `json:"size_bytes"`
	SHA256      string         `json:"sha256"`
	Inputs      []tensorReport `json:"inputs"`
	Outputs     []tensorReport `json:"outputs"`
	Quantized   []string       `json:"quantization"`
	Operators   []opReport     `json:"operators"`
	MACs        int64          `json:"macs"`
	Weights     int64          `json:"weight_bytes"`
	Engines     []engineReport `json:"engines"`
}

type tensorReport struct {
	Name      string  `json:"name"`
	Type      string  `json:"type"`
	Shape     []int   `json:"shape"`
	Scale     float32 `json:"scale,omitempty"`
	ZeroPoint int32   `json:"zero_point"`
}

type opReport struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

type engineReport struct {
	Name    string `json:"name"`
	CanRun  bool   `json:"can_run"`
	Problem string `json:"problem,omitempty"`
}

func describeModel(path string, m *model.Model) modelReport {
	stats := m.Stats()
	r := modelReport{
		File: path, Description: m.Description, Size: m.Size, SHA256: m.SHA256,
		Inputs: describeTensors(m, m.Inputs), Outputs: describeTensors(m, m.Outputs),
		Quantized: describeQuantization(m),
		MACs:      stats.MACs, Weights: stats.Weights,
	}
	for _, op := range stats.Operators {
		r.Operators = append(r.Operators, opReport{op.Name, op.N})
	}
	return r
}

// tryEngines opens the model in f with each engine.
func tryEngines(ctx context.Context, f engines.File) []engineReport {
	var list []engineReport
	names := []string{engines.CPU, engines.TFLite}
	if f.Parsed.ForEdgeTPU() {
		names = append(names, engines.EdgeTPU)
	}
	for _, name := range names {
		report := engineReport{Name: name, CanRun: true}
		if err := engines.Try(ctx, f, name); err != nil {
			report.CanRun, report.Problem = false, err.Error()
		}
		list = append(list, report)
	}
	return list
}

// describeQuantization says how the weights of convolutions and fully connected layers are stored, the usual way first:
// "58 operators with uint8 weights, one scale a tensor".
func describeQuantization(m *model.Model) []string {
	count := map[string]int{}
	for i := range m.Operators {
		w := m.Weights(i)
		if w == nil {
			continue
		}
		kind := w.Type.String() + " weights"
		if w.Quant != nil && len(w.Quant.Scale) == 1 {
			kind += ", one scale a tensor"
		} else if w.Quant != nil {
			kind += ", a scale for each channel"
		}
		count[kind]++
	}
	kinds := slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(count[b]-count[a], strings.Compare(a, b))
	})
	for i, kind := range kinds {
		kinds[i] = text.Plural(count[kind], "operator") + " with " + kind
	}
	return kinds
}

func describeTensors(m *model.Model, indices []int) []tensorReport {
	var list []tensorReport
	for _, i := range indices {
		t := &m.Tensors[i]
		r := tensorReport{Name: t.Name, Type: t.Type.String(), Shape: t.Shape}
		if t.Quant != nil && len(t.Quant.Scale) == 1 {
			r.Scale, r.ZeroPoint = t.Quant.Scale[0], t.Quant.ZeroPoint[0]
		}
		list = append(list, r)
	}
	return list
}

// print writes the report for people.
func (r modelReport) print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "file\t%s\n", r.File)
	if r.Description != "" {
		fmt.Fprintf(table, "description\t%s\n", r.Description)
	}
	fmt.Fprintf(table, "size\t%.2f MB\n", float64(r.Size)/1e6)
	fmt.Fprintf(table, "sha256\t%s\n", r.SHA256)
	for _, t := range r.Inputs {
		fmt.Fprintf(table, "input\t%v\n", t)
	}
	for _, t := range r.Outputs {
		fmt.Fprintf(table, "output\t%v\n", t)
	}
	for _, q := range r.Quantized {
		fmt.Fprintf(table, "quantization\t%s\n", q)
	}
	fmt.Fprintf(table, "work\t%.4g million MACs, %.2f MB of weights\n", float64(r.MACs)/1e6, float64(r.Weights)/1e6)
	for i, op := range r.Operators {
		title := ""
		if i == 0 {
			title = "operators"
		}
		fmt.Fprintf(table, "%s\t%4d %s\n", title, op.Count, op.Name)
	}
	for _, e := range r.Engines {
		verdict := "can run it"
		if !e.CanRun {
			verdict = "cannot run it: " + e.Problem
		}
		fmt.Fprintf(table, "engine %s\t%s\n", e.Name, verdict)
	}
	return table.Flush()
}

func (t tensorReport) String() string {
	s := fmt.Sprintf("%s %s %v", t.Name, t.Type, t.Shape)
	if t.Scale != 0 {
		s += fmt.Sprintf(", real = %g * (q - %d)", t.Scale, t.ZeroPoint)
	}
	return s
}
