// Package quantize makes a model of 8 bits of a float32 one: post-training quantization, without any other program.
//
// [Run] has the float model answer pictures and watches how far the numbers of each tensor reach. From that every tensor gets
// a scale, weights and biases are rounded, and the result is compared with the float model on pictures that it has not seen.
// The rules are those of TensorFlow Lite's 8-bit quantization specification: int8 with a scale for each channel of weights, or
// uint8 with one for each tensor. The file that is made runs to the same bytes in TensorFlow Lite and in the package cpu.
// Operators that have no kernel of 8 bits stay in float32, between conversions.
package quantize

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
)

// Options say how to quantize.
type Options struct {
	Uint8  bool       // uint8 with one scale for each tensor; else int8 with a scale for each channel of weights
	Input  model.Type // of the result: Uint8, Int8 or Float32
	Output model.Type // likewise, of outputs that are computed in 8 bits
	Ranges Ranges     // empty: Auto

	// The float model's input is (byte - Mean) / Std of a picture's bytes: one number for all channels, or one for each.
	Mean, Std []float32

	// Pictures are what ranges are measured with, and Test what the result is tested with, which are others.
	Pictures, Test Pictures

	Threads int // of the engine; 0: all

	// Tell is told how far the work is; nil: nobody is.
	Tell func(stage string, done, total int)
}

// Pictures are examples of what the model is to see.
type Pictures struct {
	N int

	// Read writes picture i to pixels, [height width channels] as the model's input has it. ok is false if the picture is to
	// be left out.
	Read func(i int, pixels []byte) (ok bool, err error)
}

// Result is what Run makes.
type Result struct {
	Model  *model.Model
	Report Report

	// Mean and Std are what the input's bytes mean to the result, for its metadata: real = (byte - Mean) / Std.
	Mean, Std []float32
}

// job is one run.
type job struct {
	o       Options
	float   *model.Model // as it was given
	ready   *model.Model // as it is quantized
	plan    *plan
	ends    ends
	spreads map[int]*spread // by tensor of ready
	report  Report
}

// Run quantizes m, and blocks until that is done or ctx ends. The error wraps model.ErrUnsupported if m is no float model, or
// has nothing that can be computed in 8 bits.
func Run(ctx context.Context, m *model.Model, o Options) (*Result, error) {
	r, err := run(ctx, m, o)
	if err != nil {
		return nil, fmt.Errorf("quantize: %w", err)
	}
	return r, nil
}

func run(ctx context.Context, m *model.Model, o Options) (*Result, error) {
	j, err := newJob(m, o)
	if err != nil {
		return nil, err
	}
	if err := j.look(ctx); err != nil {
		return nil, err
	}
	if err := j.measure(ctx); err != nil {
		return nil, err
	}
	made, err := j.choose(ctx)
	if err != nil {
		return nil, err
	}
	if err := j.test(ctx, made); err != nil {
		return nil, err
	}
	j.describe(made)
	r := &Result{Model: made.parsed, Report: j.report, Mean: o.Mean, Std: o.Std}
	if o.Input != model.Float32 && !j.ends.pixels.plain() { // the model does that itself
		r.Mean, r.Std = []float32{0}, []float32{1}
	}
	return r, nil
}

// newJob checks what is asked for.
func newJob(m *model.Model, o Options) (*job, error) {
	for _, t := range []model.Type{o.Input, o.Output} {
		if t != model.Uint8 && t != model.Int8 && t != model.Float32 {
			return nil, fmt.Errorf("input or output as %v (want uint8, int8 or float32)", t)
		}
	}
	if o.Tell == nil {
		o.Tell = func(string, int, int) {}
	}
	if o.Ranges == "" {
		o.Ranges = Auto
	}
	ready, err := prepare(m)
	if err != nil {
		return nil, err
	}
	in := &ready.Tensors[ready.Inputs[0]]
	if in.Odd != "" || len(in.Shape) != 4 || in.Shape[0] != 1 || in.Shape[3] != 1 && in.Shape[3] != 3 {
		return nil, fmt.Errorf("the model's input %.80q is %v, and no picture (want [1 height width 3] or [1 height width 1]): %w", in.Name, in.Shape, model.ErrUnsupported)
	}
	p, err := newPixels(o.Mean, o.Std, in.Shape[3])
	if err != nil {
		return nil, err
	}
	bytes := model.Int8
	if o.Uint8 {
		bytes = model.Uint8
	}
	j := &job{o: o, float: m, ready: ready, plan: newPlan(ready, bytes), ends: ends{o.Input, o.Output, p}}
	if !j.plan.any() {
		return nil, fmt.Errorf("no operator of the model can be computed in 8 bits (it has %v): %w", j.plan.kept(), model.ErrUnsupported)
	}
	return j, nil
}

// made is a model of 8 bits.
type made struct {
	Tried
	builder *builder
	parsed  *model.Model
}

// make builds the model with ranges chosen one way.
func (j *job) make(how Ranges) (*made, error) {
	spans := j.plan.spans(j.spreads, how)
	b := build(j.plan, j.plan.quants(spans, j.ends.pixels.quant(j.plan.bytes)), j.spreads, j.ends)
	file, err := write.Model(&b.out)
	if err != nil {
		return nil, err
	}
	parsed, err := model.Parse(file, model.Limits{Memory: math.MaxInt})
	if err != nil {
		return nil, err
	}
	return &made{Tried{Ranges: how}, b, parsed}, nil
}

// choose makes the model that agrees best with the float one, on pictures that ranges were measured with.
func (j *job) choose(ctx context.Context) (*made, error) {
	ways := []Ranges{MinMax, Percentile, Finest}
	if j.o.Ranges != Auto {
		ways = []Ranges{j.o.Ranges}
	}
	equalized, err := j.equalized(ctx)
	if err != nil {
		return nil, err
	}
	var list []*made
	for _, from := range []*job{j, equalized} {
		for _, how := range ways {
			if from == nil {
				continue
			}
			m, err := from.make(how)
			if err != nil {
				return nil, err
			}
			m.Equalized = from == equalized
			list = append(list, m)
		}
	}
	if len(list) == 1 {
		return list[0], nil
	}
	best, err := j.best(ctx, list)
	if err == nil && best.Equalized {
		j.ready, j.plan, j.spreads = equalized.ready, equalized.plan, equalized.spreads
	}
	return best, err
}

// best is that of list which agrees best with the float model.
func (j *job) best(ctx context.Context, list []*made) (*made, error) {
	found, err := j.compare(ctx, stageChoose, list, sample(j.o.Pictures, maxChoosing))
	if err != nil {
		return nil, err
	}
	best := list[0]
	for i, m := range list {
		m.Agreement = found[i].Agreement
		j.report.Tried = append(j.report.Tried, m.Tried)
		if m.betterThan(&best.Agreement) {
			best = m
		}
	}
	return best, nil
}

// maxChoosing is the most pictures that ways to choose ranges are compared with.
const maxChoosing = 64

// sample are at most so many of the pictures, evenly spread.
func sample(p Pictures, most int) Pictures {
	if p.N <= most {
		return p
	}
	all := p.N
	return Pictures{most, func(i int, pixels []byte) (bool, error) { return p.Read(i*all/most, pixels) }}
}

// errNone is that there is nothing to look at.
var errNone = errors.New("no picture can be read")
