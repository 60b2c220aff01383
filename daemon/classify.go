package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/picture/still"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/internal/regular"
	"github.com/inceptiond/inceptiond/internal/text"
)

// classifyOptions are the flags of `inceptiond classify`.
type classifyOptions struct {
	model, labels, engine string
	background            bool
	fit                   string
	top                   int
	threshold             float64
	json                  bool
}

func classifyCommand(std streams) *cobra.Command {
	var o classifyOptions
	cmd := &cobra.Command{
		Use:   "classify IMAGE…",
		Short: "classify pictures once",
		Long: "Classifies JPEG, PNG and BMP pictures; `-` reads one from standard input. A picture that cannot be\n" +
			"read is reported, the others are classified all the same, and the command ends with 1.",
		Example: "  inceptiond classify scene.png\n" +
			"  inceptiond classify --model googlenet.tflite --labels labels.txt --top 5 *.jpg\n" +
			"  curl -s http://camera/still.jpg | inceptiond classify --json -",
		Args: arguments(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return classifyPictures(cmd.Context(), std, o, args)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.model, "model", "m", engines.Demo, "model file")
	f.StringVarP(&o.labels, "labels", "l", "", "file with a label on each line (default: none; the demo model has its own)")
	f.BoolVar(&o.background, "background", false, "the model's class 0 is a background that the labels leave out")
	f.StringVarP(&o.engine, "engine", "e", "auto", "engine: auto, cpu, tflite, or edgetpu for a model compiled for one")
	f.StringVar(&o.fit, "fit", "stretch", "stretch, crop or letterbox")
	f.IntVarP(&o.top, "top", "k", 3, "classes to print for each picture")
	f.Float64Var(&o.threshold, "threshold", 0, "least score to print, 0 to 1")
	f.BoolVar(&o.json, "json", false, "print a JSON object on a line for each picture")
	return cmd
}

// pictureReport is what `classify --json` prints for a picture.
type pictureReport struct {
	Picture     string             `json:"picture"`
	Error       string             `json:"error,omitempty"`
	Predictions []classPrediction  `json:"predictions"`
	Stages      map[string]float64 `json:"stages,omitempty"`
}

// classPrediction is a prediction as the messages of docs/messages.md spell it.
type classPrediction struct {
	Index int     `json:"index"`
	Label string  `json:"label"`
	Score float64 `json:"score"`
}

func classifyPictures(ctx context.Context, std streams, o classifyOptions, pictures []string) error {
	fit, err := preprocess.ParseFit(o.fit)
	if err != nil {
		return usageError{err}
	}
	if o.top < 1 || !(o.threshold >= 0 && o.threshold <= 1) {
		return usageError{fmt.Errorf("--top %d, --threshold %v: want 1 or more, and 0 to 1", o.top, o.threshold)}
	}
	if o.labels == "" && o.model == engines.Demo {
		o.labels = engines.Demo
	}
	m, err := engines.Load(ctx, o.model, engines.Options{
		File: o.model, Labels: o.labels, Background: o.background, Engine: o.engine}, zap.NewNop())
	if err != nil {
		return err
	}
	defer m.Close()
	look, err := pipeline.NewLook(pipeline.LookOptions{
		Model:      pipeline.NewModel(pipeline.ModelOptions{Name: m.Name, SHA256: m.SHA256, Labels: m.Labels, Engine: m.Engine}),
		Preprocess: preprocess.Options{Fit: fit}, TopK: o.top, Threshold: o.threshold,
	})
	if err != nil {
		return err
	}
	failed, width := 0, 0
	for _, name := range pictures {
		width = max(width, utf8.RuneCountInString(name))
	}
	for _, name := range pictures {
		report := classifyPicture(ctx, std.in, look, name)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if report.Error != "" {
			failed++
		}
		if err := report.print(std, o.json, width); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %s could not be classified", failed, text.Plural(len(pictures), "picture"))
	}
	return nil
}

// classifyPicture reads one picture ("-" is stdin) and answers it.
func classifyPicture(ctx context.Context, stdin io.Reader, look *pipeline.Look, name string) pictureReport {
	report := pictureReport{Picture: name, Predictions: []classPrediction{}}
	var frame capture.Frame
	err := readPicture(stdin, name, &frame)
	if err == nil {
		var a pipeline.Answer
		if a, err = look.Answer(ctx, picture.Of(&frame)); err == nil {
			report.Stages = map[string]float64{"preprocess_ms": text.Milliseconds(a.Preprocess), "inference_ms": text.Milliseconds(a.Inference)}
			for _, p := range a.Predictions {
				report.Predictions = append(report.Predictions, classPrediction{p.Index, p.Label, float64(p.Score)})
			}
			return report
		}
	}
	report.Error = err.Error()
	return report
}

// readPicture fills f with the picture of a file, or of stdin if name is "-".
func readPicture(stdin io.Reader, name string, f *capture.Frame) error {
	if name == "-" {
		return still.Decode(stdin, f)
	}
	file, err := regular.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	return still.Decode(file, f)
}

// print writes a report as a line of JSON or as rows for people, with the picture's name, padded to width, on the first.
func (r pictureReport) print(std streams, asJSON bool, width int) error {
	if asJSON {
		return json.NewEncoder(std.out).Encode(r)
	}
	if r.Error != "" {
		_, err := fmt.Fprintf(std.err, "%s: %s\n", r.Picture, r.Error)
		return err
	}
	name, timing := r.Picture, fmt.Sprintf("  (%.1f ms)", r.Stages["preprocess_ms"]+r.Stages["inference_ms"])
	if len(r.Predictions) == 0 {
		_, err := fmt.Fprintf(std.out, "%-*s  nothing above the threshold%s\n", width, name, timing)
		return err
	}
	for _, p := range r.Predictions {
		label := p.Label
		if label == "" {
			label = fmt.Sprintf("class %d", p.Index)
		}
		score := fmt.Sprintf("%5.1f %%", 100*p.Score)
		if p.Score < 0 || p.Score > 1 { // no probability
			score = fmt.Sprintf("%7.4g", p.Score)
		}
		if _, err := fmt.Fprintf(std.out, "%-*s  %s  %s%s\n", width, name, score, label, timing); err != nil {
			return err
		}
		name, timing = "", ""
	}
	return nil
}
