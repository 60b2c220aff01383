package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"image/png"
	"math"
	"os"
	"slices"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/explain"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/task"
)

// The ways of --explain-by.
const (
	byAuto      = "auto" // the map if the model has one
	byMap       = "map"
	byOcclusion = "occlusion"
)

// explanation is what `classify --json --explain` says of a picture.
type explanation struct {
	Index int    `json:"index"`
	Label string `json:"label"`
	By    string `json:"by"`
	Text  string `json:"text"`
	File  string `json:"file"`
}

// explainer makes the picture that says why.
type explainer struct {
	file    string // gets a PNG
	by      string
	model   *engines.Model
	options preprocess.Options
}

// checkExplain says what is wrong with the flags about explanations.
func (o *classifyOptions) checkExplain(pictures []string) error {
	switch {
	case !slices.Contains([]string{byAuto, byMap, byOcclusion}, o.explainBy):
		return usageError{fmt.Errorf("--explain-by %q: want %s, %s or %s", o.explainBy, byAuto, byMap, byOcclusion)}
	case o.explain != "" && len(pictures) > 1:
		return usageError{errors.New("--explain writes one picture: classify one at a time")}
	}
	return nil
}

// explain says why the best class of p was found in a frame.
func (e *explainer) explain(ctx context.Context, look *pipeline.Look, a *pipeline.Answer, p *picture.Picture) (*explanation, error) {
	best := task.TopK(nil, a.Findings, 1, float32(math.Inf(-1)))
	if len(best) == 0 {
		return nil, errors.New("no class has a score")
	}
	x := &explanation{Index: best[0].Index, By: e.by, File: e.file}
	if labels := e.model.Labels; labels != nil {
		x.Label = labels.Name(x.Index)
	}
	if x.By == byAuto {
		x.By = byMap
		if e.model.Why.Map == 0 {
			x.By = byOcclusion
		}
	}
	why, err := e.why(ctx, look.Input(), x)
	if err != nil {
		return nil, err
	}
	name := x.Label
	if name == "" {
		name = fmt.Sprintf("class %d", x.Index)
	}
	x.Text = name + ": " + why.Where()
	if f := a.Familiarity; f != nil {
		near := nearestReport{f.NearestID, f.NearestClass}
		x.Text += "; most like " + near.name()
	}
	return x, e.write(why, p)
}

// why is the map of the best class.
func (e *explainer) why(ctx context.Context, in []byte, x *explanation) (*explain.Map, error) {
	why := new(explain.Map)
	if x.By == byOcclusion {
		return why, e.occlude(ctx, why, in, x.Index)
	}
	activation, err := e.model.Activation()
	if err != nil {
		return nil, fmt.Errorf("the model has no map (%w): --explain-by %s works with any", err, byOcclusion)
	}
	features, err := e.output(ctx, in, e.model.Why.Map)
	if err != nil {
		return nil, err
	}
	return why, activation.Explain(why, features, x.Index)
}

// output is one output of a run.
func (e *explainer) output(ctx context.Context, in []byte, i int) ([]byte, error) {
	specs := e.model.Engine.Outputs()
	outs := make([][]byte, len(specs))
	outs[i] = make([]byte, specs[i].Bytes())
	_, err := e.model.Engine.Run(ctx, in, outs)
	return outs[i], err
}

// occlude fills why by hiding parts of the input.
func (e *explainer) occlude(ctx context.Context, why *explain.Map, in []byte, class int) error {
	spec := e.model.Engine.Input()
	grey, err := e.tensor(spec, pipeline.GreyPicture(), e.model.Mean, e.model.Std)
	if err != nil {
		return err
	}
	at := max(0, e.model.Why.Logits)
	real, err := explain.Reals(e.model.Engine.Outputs()[at])
	if err != nil {
		return err
	}
	logit := func(ctx context.Context, in []byte) (float64, error) {
		out, err := e.output(ctx, in, at)
		if err != nil {
			return 0, err
		}
		return real(out, class), nil
	}
	input := explain.Input{Data: in, Width: spec.Shape[2], Height: spec.Shape[1], Pixel: len(in) / (spec.Shape[1] * spec.Shape[2])}
	return explain.Occlude(ctx, why, input, grey, logit)
}

// tensor is a picture as an input with a spec. The mean is that of the model, or of none for one that is for people.
func (e *explainer) tensor(spec infer.TensorSpec, p *picture.Picture, mean, std []float32) ([]byte, error) {
	o := e.options
	o.Mean, o.Std = mean, std
	pre, err := preprocess.New(spec, o)
	if err != nil {
		return nil, err
	}
	in := make([]byte, spec.Bytes())
	return in, pre.Run(p, in, nil)
}

// write draws what the model sees of p, and beside it what speaks for the class.
func (e *explainer) write(why *explain.Map, p *picture.Picture) (err error) {
	spec := e.model.Engine.Input()
	width, height := spec.Shape[2], spec.Shape[1]
	rgb, err := e.tensor(infer.TensorSpec{Name: "picture", Type: infer.Uint8, Shape: []int{1, height, width, 3}}, p, nil, nil)
	if err != nil {
		return err
	}
	f, err := os.Create(e.file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	const side = 448 // pixels
	if err := png.Encode(w, why.Picture(rgb, width, height, side)); err != nil {
		return err
	}
	return w.Flush()
}
