package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/picture/still"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/regular"
	"github.com/inceptiond/inceptiond/internal/text"
	"github.com/inceptiond/inceptiond/publish"
)

// classifyOptions are the flags of `inceptiond classify`.
type classifyOptions struct {
	lookFlags
	model, engine      string
	top                int
	json               bool
	explain, explainBy string
	draw, coco         string
	maxResults         int
	only               []string
}

func classifyCommand(std streams) *cobra.Command {
	var o classifyOptions
	cmd := &cobra.Command{
		Use:   "classify IMAGE…",
		Short: "classify pictures once",
		Long: "Classifies JPEG, PNG and BMP pictures, or finds in them what else the model finds: objects, areas, people's\n" +
			"postures, features. `-` reads a picture from standard input. A picture that cannot be\n" +
			"read is reported, the others are classified all the same, and the command ends with 1. The flags mean what\n" +
			"the keys of the same names in the configuration mean: the answer is that of a camera with these settings.\n" +
			"With --config they are those of a camera, but for the flags that are given; if it has a second model (then), that answers\n" +
			"too, unless --model gives another first one.",
		Example: "  inceptiond classify scene.png\n" +
			"  inceptiond classify -c inceptiond.yaml --camera gate snapshot.jpg\n" +
			"  inceptiond classify --model googlenet.tflite --labels labels.txt --top 5 *.jpg\n" +
			"  inceptiond classify --model keras.tflite --mean 0 --std 255 *.jpg\n" +
			"  inceptiond classify --explain why.png cat.jpg\n" +
			"  inceptiond classify -m ssd_mobilenet_v1_coco.tflite -l coco_labels.txt --draw found.png dogs.jpg\n" +
			"  inceptiond classify -m ssd_mobilenet_v1_coco.tflite --coco results.json val2017/*.jpg\n" +
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
	f.Float64Var(&o.threshold, "threshold", 0, "least score to print, 0 to 1; of objects and postures 0.5 if it is not given, but for --coco")
	f.IntVar(&o.maxResults, "max-results", 20, "objects, areas or postures to print for each picture; 100 if it is not given, for --coco")
	f.StringSliceVar(&o.only, "only", nil, "classes of objects and areas to print, by their labels: person,dog")
	f.StringVar(&o.draw, "draw", "", "write a PNG of the picture with what was found in it")
	f.StringVar(&o.coco, "coco", "", "write a JSON file of what was found in all pictures, in COCO's format of results, for pycocotools")
	f.StringVar(&o.explain, "explain", "", "write a PNG that shows which part of the picture speaks for the best class")
	f.StringVar(&o.explainBy, "explain-by", byAuto, "how: map, of a model that ends in a pooling, occlusion, of any, or auto")
	f.BoolVar(&o.json, "json", false, "print a JSON object on a line for each picture")
	cmd.RegisterFlagCompletionFunc(modelFlag, completePulled) // its only error is that there is no such flag
	return cmd
}

// loaded are the models of a look.
type loaded struct {
	first  *engines.Model
	second *engines.Model // looks at what the first one finds; nil: there is none
}

func (l *loaded) close() {
	l.first.Close()
	if l.second != nil {
		l.second.Close()
	}
}

// prepare gives what looks at the pictures and the models behind it, which the caller closes. The error is a usageError, or
// about the config or a model.
func (o *classifyOptions) prepare(ctx context.Context) (s lookSettings, m *loaded, err error) {
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
	m = new(loaded)
	if m.first, err = engines.Load(ctx, options.File, options, zap.NewNop()); err != nil || s.then == nil {
		return s, m, err
	}
	if m.second, err = engines.Load(ctx, s.then.Model, s.second, zap.NewNop()); err != nil {
		m.first.Close()
	}
	return s, m, err
}

func classifyPictures(ctx context.Context, std streams, o classifyOptions, pictures []string) error {
	if err := o.checkFiles(pictures); err != nil {
		return err
	}
	s, m, err := o.prepare(ctx)
	if err != nil {
		return err
	}
	defer m.close()
	c, err := o.classifier(s, m)
	if err != nil {
		return err
	}
	if err := m.printNotes(std.err); err != nil {
		return err
	}
	failed, width := 0, 0
	for _, name := range pictures {
		width = max(width, utf8.RuneCountInString(text.Printable(name)))
	}
	for _, name := range pictures {
		report := c.classify(ctx, std.in, name)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if report.Error != "" {
			failed++
		}
		report.raw, report.rawSecond = isRaw(m.first), m.second != nil && isRaw(m.second)
		if err := report.print(std, o.json, width); err != nil {
			return err
		}
	}
	if doubt := c.look.Doubt(); doubt != "" {
		fmt.Fprintf(std.err, "hint: %s\n", doubt)
	}
	if c.coco != nil {
		if err := c.coco.write(); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %s could not be classified", failed, text.Plural(len(pictures), "picture"))
	}
	return nil
}

// checkFiles says what is wrong with the flags about files to write.
func (o *classifyOptions) checkFiles(pictures []string) error {
	if o.draw != "" && len(pictures) > 1 {
		return usageError{errors.New("--draw writes one picture: classify one at a time")}
	}
	return o.checkExplain(pictures)
}

// classifier answers pictures, one after the other.
type classifier struct {
	look    *pipeline.Look
	kind    task.Kind
	labels  infer.Labels
	upright picture.Options
	why     *explainer // nil: nothing is explained
	draw    string     // empty: nothing is drawn
	coco    *cocoFile  // nil: there is none
}

// classifier is one with models. The error is about flags that do not fit them.
func (o *classifyOptions) classifier(s lookSettings, models *loaded) (*classifier, error) {
	m := models.first
	c := &classifier{kind: m.Reading.Kind, labels: m.Labels, upright: s.upright, draw: o.draw}
	switch {
	case o.explain != "" && c.kind != task.Classify:
		return nil, usageError{fmt.Errorf("--explain is for classes: the model is for %s (--draw shows what it finds)", c.kind)}
	case o.draw != "" && (c.kind == task.Classify || c.kind == task.Embed):
		return nil, usageError{fmt.Errorf("--draw is for objects, areas and postures: the model is for %s", c.kind)}
	case o.coco != "" && c.kind != task.Detect && c.kind != task.Pose:
		return nil, usageError{fmt.Errorf("--coco is for objects and postures: the model is for %s", c.kind)}
	}
	if o.explain != "" {
		c.why = &explainer{file: o.explain, by: o.explainBy, model: m, options: s.look.Preprocess}
	}
	if o.coco != "" {
		c.coco = &cocoFile{path: o.coco}
	}
	s.look.Model = sharedModel(m)
	var err error
	if s.look.Objects, err = o.listed(s.objects, m.Labels); err != nil {
		return nil, usageError{err}
	}
	s.look.Then = o.secondLook(s.then, models)
	c.look, err = pipeline.NewLook(s.look)
	return c, err
}

// secondLook is what looks at what is found, but for objects that --only leaves out; nil: nothing does.
func (o *classifyOptions) secondLook(t *plan.Then, models *loaded) *pipeline.ThenOptions {
	if t == nil {
		return nil
	}
	then := &pipeline.ThenOptions{Model: sharedModel(models.second), Labels: t.Labels, MaxCrops: t.MaxCrops}
	if !o.cmd.Flags().Changed("only") || len(t.Labels) == 0 {
		return then
	}
	labels := models.first.Labels
	only, _ := labels.Find(o.only...) // which is checked by now
	then.Labels = slices.DeleteFunc(slices.Clone(t.Labels), func(label string) bool {
		classes, err := labels.Find(label)
		return err == nil && !slices.ContainsFunc(classes, func(class int) bool { return slices.Contains(only, class) })
	})
	if len(then.Labels) == 0 {
		return nil
	}
	return then
}

// listed says which objects, areas and postures are listed: those that a camera of the config lists, but for the flags.
func (o *classifyOptions) listed(of *plan.Objects, labels infer.Labels) (*pipeline.ObjectOptions, error) {
	given := o.cmd.Flags().Changed
	list := pipeline.ObjectOptions{Threshold: 0.5, MaxResults: o.maxResults}
	if of != nil {
		list = pipeline.ObjectOptions{Threshold: of.Threshold, MaxResults: of.MaxResults, Only: of.Only}
	}
	if o.coco != "" {
		list.Threshold, list.MaxResults = 0, 100
	}
	if given("max-results") {
		list.MaxResults = o.maxResults
	}
	if given("threshold") {
		list.Threshold = o.threshold
	}
	if list.MaxResults < 1 {
		return nil, fmt.Errorf("--max-results %d: want 1 or more", list.MaxResults)
	}
	if given("only") {
		list.Only = o.only
		if _, err := labels.Find(o.only...); err != nil {
			return nil, fmt.Errorf("--only: %s", strings.TrimPrefix(err.Error(), "infer: "))
		}
	}
	return &list, nil
}

// classify reads one picture ("-" is stdin) and answers it.
func (c *classifier) classify(ctx context.Context, stdin io.Reader, name string) pictureReport {
	report := pictureReport{Schema: 1, Picture: name, Predictions: []classPrediction{}}
	var frame capture.Frame
	err := readPicture(stdin, name, &frame)
	if err == nil {
		err = c.answer(ctx, &frame, &report)
	}
	if err != nil {
		return pictureReport{Schema: 1, Picture: name, Predictions: []classPrediction{}, Error: err.Error()}
	}
	return report
}

// answer puts a picture upright, answers it, and does with the answer what is asked for.
func (c *classifier) answer(ctx context.Context, f *capture.Frame, report *pictureReport) error {
	p, err := picture.New(c.upright)
	if err != nil {
		return err
	}
	p.Set(f)
	a, err := c.look.Answer(ctx, p)
	if err != nil {
		return err
	}
	findings := a.Findings // but for what is not listed, as only cameras count that
	findings.Objects, findings.Areas = findings.Objects[:len(a.Found.Detections)], findings.Areas[:len(a.Found.Segments)]
	if err := a.Then.Err; err != nil {
		return fmt.Errorf("the second model: %w", err)
	}
	if c.why != nil {
		if report.Explanation, err = c.why.explain(ctx, c.look, &a, p); err != nil {
			return fmt.Errorf("not explained: %w", err)
		}
	}
	report.answer(&a)
	report.Task, report.Image = c.kind, new(publish.Size)
	if report.Image.Width, report.Image.Height, err = p.Size(); err != nil {
		return err
	}
	report.found(c.kind, &a, c.labels)
	report.recognized(a.Found)
	if c.coco != nil {
		c.coco.add(report.Picture, *report.Image, a.Findings)
	}
	if c.draw != "" {
		if err := drawFound(c.draw, p, &a, c.labels); err != nil {
			return fmt.Errorf("not drawn: %w", err)
		}
	}
	return nil
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

// isRaw tells whether a model's scores are no probabilities.
func isRaw(m *engines.Model) bool { return m.Reading.Scores == task.Raw && !m.Reading.Probabilities }

// printNotes says on standard error what may surprise about the models.
func (l *loaded) printNotes(w io.Writer) error {
	err := printNotes(w, l.first)
	if err == nil && l.second != nil {
		err = printNotes(w, l.second)
	}
	return err
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
