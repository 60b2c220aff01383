package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"text/tabwriter"

	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/order"
	"github.com/inceptiond/inceptiond/internal/text"
)

// modelReport is what `model info` says; its fields are also the JSON.
type modelReport struct {
	Schema      int            `json:"schema"`
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
	Metadata    *aboutReport   `json:"metadata,omitempty"`
	Labels      []string       `json:"labels"` // those inside the file that belong to its classes
	LabelsFrom  string         `json:"labels_from,omitempty"`
	Range       rangeReport    `json:"input_range"`
	Task        taskReport     `json:"task"`
	Scores      scoresReport   `json:"scores"`
	Notes       []noteReport   `json:"notes"`
	Engines     []engineReport `json:"engines"`
}

// noteReport is what may surprise a user.
type noteReport struct {
	About   string `json:"about"` // labels, input, scores or metadata
	Text    string `json:"text"`
	Warning bool   `json:"warning"` // something is wrong
}

// aboutReport is what rides in the file.
type aboutReport struct {
	Name        string    `json:"name,omitempty"`
	Description string    `json:"description,omitempty"`
	Version     string    `json:"version,omitempty"`
	Author      string    `json:"author,omitempty"`
	License     string    `json:"license,omitempty"`
	Mean        []float32 `json:"mean,omitempty"`
	Std         []float32 `json:"std,omitempty"`
	Threshold   float32   `json:"threshold,omitempty"`
	Calibrated  bool      `json:"calibrated,omitempty"`
	Files       []string  `json:"files,omitempty"`
}

// rangeReport is what pictures become: (pixel - mean) / std.
type rangeReport struct {
	From string    `json:"from"` // metadata, quantization or assumed
	Mean []float32 `json:"mean,omitempty"`
	Std  []float32 `json:"std,omitempty"`
}

// scoresReport is what becomes of the model's numbers unless the configuration says otherwise.
type scoresReport struct {
	Become string `json:"become"` // softmax, sigmoid or raw; empty: it is no classifier
	Reason string `json:"reason"`
}

type tensorReport struct {
	Name      string  `json:"name"`
	Type      string  `json:"type"`
	Shape     []int   `json:"shape"`
	Scale     float32 `json:"scale,omitempty"`
	ZeroPoint int32   `json:"zero_point"`
	Gives     string  `json:"gives,omitempty"` // what it says, of an output that is read
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

func describeModel(path string, f engines.File, o engines.Options) modelReport {
	m := f.Parsed
	stats := m.Stats()
	r := modelReport{
		Schema: 1, File: path, Description: m.Description, Size: m.Size, SHA256: m.SHA256,
		Inputs: describeTensors(m, m.Inputs), Outputs: describeTensors(m, m.Outputs),
		Quantized: describeQuantization(m),
		MACs:      stats.MACs, Weights: stats.Weights,
	}
	for _, op := range stats.Operators {
		r.Operators = append(r.Operators, opReport{op.Name, op.N})
	}
	if a := &f.Metadata; !a.Empty() {
		r.Metadata = &aboutReport{
			a.Name, a.Description, a.Version, a.Author, a.License, a.Mean, a.Std, a.Threshold, a.Calibrated, a.Files,
		}
	}
	r.describeMeaning(f, o)
	return r
}

// describeMeaning says what the model's numbers mean when nothing but o is set.
func (r *modelReport) describeMeaning(f engines.File, o engines.Options) {
	r.Labels, r.Notes = []string{}, []noteReport{}
	m, err := f.Alone(o)
	for _, n := range m.Notes {
		r.Notes = append(r.Notes, noteReport(n))
	}
	if err != nil { // the engines say it, too
		r.Scores.Reason, r.Task.Reason = err.Error(), err.Error()
		return
	}
	r.describeTask(f, &m.Reading)
	r.Labels, r.LabelsFrom = append(r.Labels, m.Labels...), m.LabelsFrom
	r.Range = rangeReport{cmp.Or(string(m.RangeFrom), "assumed"), m.Mean, m.Std}
	if m.RangeFrom == engines.Assumed {
		r.Range.Mean, r.Range.Std = []float32{127.5}, []float32{127.5}
	}
	r.Scores = scoresReport{string(m.Reading.Scores), m.Reading.Why}
}

// tryEngines opens the model in f with each engine.
func tryEngines(ctx context.Context, f engines.File, o engines.Options) []engineReport {
	var list []engineReport
	_, no := f.Alone(o) // what its outputs are no engine changes
	names := []string{engines.CPU, engines.TFLite}
	if f.Parsed.ForEdgeTPU() {
		names = append(names, engines.EdgeTPU)
	}
	for _, name := range names {
		report := engineReport{Name: name, CanRun: true}
		if err := tryEngine(ctx, f, o, name, no); err != nil {
			report.CanRun, report.Problem = false, err.Error()
		}
		list = append(list, report)
	}
	return list
}

// tryEngine opens the model in f with an engine, unless it is known already why that is no use.
func tryEngine(ctx context.Context, f engines.File, o engines.Options, name string, no error) error {
	if no != nil {
		return no
	}
	return engines.Try(ctx, f, o, name, canAnswer)
}

// canAnswer says why nothing can be made of the answers of a model, or no input of a picture.
func canAnswer(m *engines.Model) error {
	_, err := pipeline.NewLook(pipeline.LookOptions{Model: sharedModel(m), TopK: 1})
	return errors.Unwrap(err) // without the model's name
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
	kinds := order.Sorted(maps.Keys(count), func(a, b string) int {
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
	r.printTask(table)
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
	r.printMeaning(table)
	for _, e := range r.Engines {
		verdict := "can run it"
		switch {
		case e.CanRun:
		case e.Problem == r.Task.Reason:
			verdict = "cannot run it: it has no task"
		default:
			verdict = "cannot run it: " + e.Problem
		}
		fmt.Fprintf(table, "engine %s\t%s\n", e.Name, verdict)
	}
	return table.Flush()
}

// printMeaning writes what rides in the file and what the numbers mean.
func (r *modelReport) printMeaning(table io.Writer) {
	if a := r.Metadata; a != nil {
		for _, row := range [][2]string{{"name", a.Name}, {"about", a.Description}, {"version", a.Version}, {"author", a.Author},
			{"license", a.License}, {"files", strings.Join(a.Files, ", ")}} {
			if row[1] != "" {
				fmt.Fprintf(table, "metadata\t%s: %s\n", row[0], row[1])
			}
		}
		if a.Mean != nil {
			fmt.Fprintf(table, "metadata\tnormalization: (pixel - %v) / %v\n", a.Mean, a.Std)
		}
		if a.Threshold > 0 {
			fmt.Fprintf(table, "metadata\tthe author recommends threshold: %.4g\n", a.Threshold)
		}
		if a.Calibrated {
			fmt.Fprintf(table, "metadata\tthe author recommends a correction of the scores, which is not made\n")
		}
	}
	switch n := len(r.Labels); {
	case n > 3:
		fmt.Fprintf(table, "labels\t%d from %s: %s, %s, … %s\n", n, r.LabelsFrom, r.Labels[0], r.Labels[1], r.Labels[n-1])
	case n > 0:
		fmt.Fprintf(table, "labels\t%d from %s: %s\n", n, r.LabelsFrom, strings.Join(r.Labels, ", "))
	case r.Scores.Become != "":
		fmt.Fprintf(table, "labels\tnone inside\n")
	}
	if r.Scores.Become == string(task.Raw) {
		fmt.Fprintf(table, "scores\t%s\n", r.Scores.Reason)
	}
	for _, n := range r.Notes {
		if n.About != engines.AboutLabels || n.Warning {
			fmt.Fprintf(table, "%s\t%s\n", n.About, n.Text)
		}
	}
}

func (t tensorReport) String() string {
	s := fmt.Sprintf("%s %s %v", t.Name, t.Type, t.Shape)
	if t.Scale != 0 {
		s += fmt.Sprintf(", real = %g * (q - %d)", t.Scale, t.ZeroPoint)
	}
	if t.Gives != "" {
		s += ": " + t.Gives
	}
	return s
}
