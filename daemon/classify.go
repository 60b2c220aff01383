package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/picture/still"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/regular"
	"github.com/inceptiond/inceptiond/internal/text"
)

// classifyOptions are the flags of `inceptiond classify`.
type classifyOptions struct {
	lookFlags
	model, engine      string
	top                int
	json               bool
	explain, explainBy string
}

func classifyCommand(std streams) *cobra.Command {
	var o classifyOptions
	cmd := &cobra.Command{
		Use:   "classify IMAGE…",
		Short: "classify pictures once",
		Long: "Classifies JPEG, PNG and BMP pictures; `-` reads one from standard input. A picture that cannot be\n" +
			"read is reported, the others are classified all the same, and the command ends with 1. The flags mean what\n" +
			"the keys of the same names in the configuration mean: the answer is that of a camera with these settings.\n" +
			"With --config they are those of a camera, but for the flags that are given.",
		Example: "  inceptiond classify scene.png\n" +
			"  inceptiond classify -c inceptiond.yaml --camera gate snapshot.jpg\n" +
			"  inceptiond classify --model googlenet.tflite --labels labels.txt --top 5 *.jpg\n" +
			"  inceptiond classify --model keras.tflite --mean 0 --std 255 *.jpg\n" +
			"  inceptiond classify --explain why.png cat.jpg\n" +
			"  inceptiond classify --rotate 90 --region 0.25,0.5,0.5,0.5 --fit crop gate.jpg\n" +
			"  curl -s http://camera/still.jpg | inceptiond classify --json -",
		Args: arguments(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return classifyPictures(cmd.Context(), std, o, args)
		},
	}
	f := cmd.Flags()
	o.add(cmd)
	f.StringVarP(&o.model, modelFlag, "m", engines.Demo, "model file, pull:NAME or taught:NAME")
	f.StringVarP(&o.engine, engineFlag, "e", engines.Auto, "engine: auto, cpu, tflite, or edgetpu for a model compiled for one")
	f.IntVarP(&o.top, "top", "k", 3, "classes to print for each picture")
	f.Float64Var(&o.threshold, "threshold", 0, "least score to print, 0 to 1")
	f.StringVar(&o.explain, "explain", "", "write a PNG that shows which part of the picture speaks for the best class")
	f.StringVar(&o.explainBy, "explain-by", byAuto, "how: map, of a model that ends in a pooling, occlusion, of any, or auto")
	f.BoolVar(&o.json, "json", false, "print a JSON object on a line for each picture")
	cmd.RegisterFlagCompletionFunc(modelFlag, completePulled) // its only error is that there is no such flag
	return cmd
}

// pictureReport is what `classify --json` prints for a picture.
type pictureReport struct {
	Picture     string             `json:"picture"`
	Error       string             `json:"error,omitempty"`
	Predictions []classPrediction  `json:"predictions"`
	Unknown     *bool              `json:"unknown,omitempty"`  // these three: of a model that was taught here
	Familiar    *float64           `json:"familiar,omitempty"` // 0 to 1
	Nearest     *nearestReport     `json:"nearest,omitempty"`
	Stages      map[string]float64 `json:"stages,omitempty"`
	Explanation *explanation       `json:"explanation,omitempty"`
	Schema      int                `json:"schema"`

	raw bool // scores are no probabilities
}

// nearestReport is the taught picture that one is most like, as docs/messages.md spells it.
type nearestReport struct {
	ID    string `json:"id"`
	Class string `json:"class"`
}

// name is "shoes/3f2a9c01": enough to find it.
func (n *nearestReport) name() string { return n.Class + "/" + n.ID[:min(8, len(n.ID))] }

// classPrediction is a prediction as the messages of docs/messages.md spell it.
type classPrediction struct {
	Index int     `json:"index"`
	Label string  `json:"label"`
	Score float64 `json:"score"`
}

// prepare gives what looks at the pictures and the model behind it, which the caller closes. The error is a usageError, or
// about the config or the model.
func (o *classifyOptions) prepare(ctx context.Context) (s lookSettings, m *engines.Model, err error) {
	if s, err = o.settings(); err != nil {
		return s, nil, err
	}
	if o.top < 1 {
		return s, nil, usageError{fmt.Errorf("--top %d: want 1 or more", o.top)}
	}
	if s.look.TopK == 0 || o.cmd.Flags().Changed("top") {
		s.look.TopK = o.top
	}
	options, err := o.with(s.model, o.model, o.engine)
	if err != nil {
		return s, nil, err
	}
	options.Explain = o.explain != ""
	m, err = engines.Load(ctx, options.File, options, zap.NewNop())
	return s, m, err
}

func classifyPictures(ctx context.Context, std streams, o classifyOptions, pictures []string) error {
	if err := o.checkExplain(pictures); err != nil {
		return err
	}
	s, m, err := o.prepare(ctx)
	if err != nil {
		return err
	}
	defer m.Close()
	s.look.Model = sharedModel(m)
	look, err := pipeline.NewLook(s.look)
	if err != nil {
		return err
	}
	if err := printNotes(std.err, m); err != nil {
		return err
	}
	var why *explainer
	if o.explain != "" {
		why = &explainer{file: o.explain, by: o.explainBy, model: m, options: s.look.Preprocess}
	}
	failed, width := 0, 0
	for _, name := range pictures {
		width = max(width, utf8.RuneCountInString(text.Printable(name)))
	}
	for _, name := range pictures {
		report := classifyPicture(ctx, std.in, look, s.upright, name, why)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if report.Error != "" {
			failed++
		}
		report.raw = m.Reading.Scores == task.Raw && !m.Reading.Probabilities
		if err := report.print(std, o.json, width); err != nil {
			return err
		}
	}
	if doubt := look.Doubt(); doubt != "" {
		fmt.Fprintf(std.err, "hint: %s\n", doubt)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %s could not be classified", failed, text.Plural(len(pictures), "picture"))
	}
	return nil
}

// classifyPicture reads one picture ("-" is stdin) and answers it; why explains the answer, unless it is nil.
func classifyPicture(ctx context.Context, stdin io.Reader, look *pipeline.Look, upright picture.Options, name string, why *explainer) pictureReport {
	report := pictureReport{Schema: 1, Picture: name, Predictions: []classPrediction{}}
	var frame capture.Frame
	err := readPicture(stdin, name, &frame)
	if err == nil {
		var a pipeline.Answer
		if a, err = answer(ctx, look, upright, &frame, why, &report); err == nil {
			report.Stages = map[string]float64{"preprocess_ms": text.Milliseconds(a.Preprocess), "inference_ms": text.Milliseconds(a.Inference)}
			for _, p := range a.Predictions {
				report.Predictions = append(report.Predictions, classPrediction{p.Index, p.Label, finite(p.Score)})
			}
			if f := a.Familiarity; f != nil {
				familiar, unknown := f.Familiar, a.Findings.Unknown
				report.Familiar, report.Unknown, report.Nearest = &familiar, &unknown, &nearestReport{f.NearestID, f.NearestClass}
			}
			return report
		}
	}
	report.Error = err.Error()
	return report
}

// answer puts a picture upright and answers it, and has why explain the answer, unless it is nil.
func answer(ctx context.Context, look *pipeline.Look, upright picture.Options, f *capture.Frame, why *explainer, report *pictureReport) (pipeline.Answer, error) {
	p, err := picture.New(upright)
	if err != nil {
		return pipeline.Answer{}, err
	}
	p.Set(f)
	a, err := look.Answer(ctx, p)
	if err == nil && why != nil {
		if report.Explanation, err = why.explain(ctx, look, &a, p); err != nil {
			err = fmt.Errorf("not explained: %w", err)
		}
	}
	return a, err
}

// finite is a score as JSON can say it: an infinite one is the largest number of its sign.
func finite(score float32) float64 {
	return min(max(float64(score), -math.MaxFloat32), math.MaxFloat32)
}

// sharedModel is m as looks take it.
func sharedModel(m *engines.Model) *pipeline.Model {
	return pipeline.NewModel(pipeline.ModelOptions{
		Name: m.Name, SHA256: m.SHA256, Labels: m.Labels, Engine: m.Engine,
		Mean: m.Mean, Std: m.Std, Task: m.Task(), Probabilities: m.Reading.Probabilities,
	})
}

// printNotes says on standard error what may surprise about a model.
func printNotes(w io.Writer, m *engines.Model) error {
	for _, n := range m.Notes {
		if n.About == engines.AboutLabels && !n.Warning {
			continue // the answers show them
		}
		word := "note"
		if n.Warning {
			word = "warning"
		}
		if _, err := fmt.Fprintf(w, "%s: %s\n", word, n.Text); err != nil {
			return err
		}
	}
	return nil
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

// print writes a report as a line of JSON or as rows for people, with the picture's name, padded to width, on the
// first.
func (r pictureReport) print(std streams, asJSON bool, width int) error {
	if asJSON {
		return json.NewEncoder(std.out).Encode(r)
	}
	if r.Error != "" {
		_, err := fmt.Fprintf(std.err, "%s: %s\n", text.Printable(r.Picture), text.Printable(r.Error))
		return err
	}
	name, timing := text.Printable(r.Picture), fmt.Sprintf("  (%.1f ms)", r.Stages["preprocess_ms"]+r.Stages["inference_ms"])
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
		if r.raw {
			score = fmt.Sprintf("%7.4g", p.Score)
		}
		if _, err := fmt.Fprintf(std.out, "%-*s  %s  %s%s\n", width, name, score, label, timing); err != nil {
			return err
		}
		name, timing = "", ""
	}
	if r.Unknown != nil && *r.Unknown {
		_, err := fmt.Fprintf(std.out, "%-*s  unknown: it is like nothing that was taught (familiar %.1f %%, nearest %s)\n", width, "", 100**r.Familiar, r.Nearest.name())
		if err != nil {
			return err
		}
	}
	if x := r.Explanation; x != nil {
		_, err := fmt.Fprintf(std.out, "%-*s  %s (%s)\n", width, "", x.Text, x.File)
		return err
	}
	return nil
}
