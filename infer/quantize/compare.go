package quantize

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
)

// comparison is what one model of 8 bits says, compared with the float model.
type comparison struct {
	Agreement
	took []time.Duration
}

// compared is an engine in a comparison, and room for what it says.
type compared struct {
	*cpu.Engine
	in   []byte
	outs [][]byte
}

func newCompared(m *model.Model, threads int) (*compared, error) {
	e, err := cpu.New(m, cpu.Options{Threads: threads, Memory: maxMemory})
	if err != nil {
		return nil, err
	}
	return &compared{e, make([]byte, e.Input().Bytes()), infer.Buffers(e.Outputs())}, nil
}

// answer runs the engine and says how long that took.
func (c *compared) answer(ctx context.Context) (time.Duration, error) {
	start := time.Now()
	_, err := c.Run(ctx, c.in, c.outs)
	return time.Since(start), err
}

// compare has the float model and others answer pictures, in turn.
func (j *job) compare(ctx context.Context, stage string, others []*made, p Pictures) ([]comparison, error) {
	float, err := newCompared(j.float, j.o.Threads)
	if err != nil {
		return nil, err
	}
	defer float.Close()
	found := make([]comparison, len(others))
	engines := make([]*compared, len(others))
	for i, m := range others {
		if engines[i], err = newCompared(m.parsed, j.o.Threads); err != nil {
			return nil, err
		}
		defer engines[i].Close()
		found[i].Outputs = j.newOutputs(float.Outputs())
	}
	var took []time.Duration
	err = j.each(ctx, stage, p, func(_ int, pixels []byte) error {
		j.ends.pixels.real(float.in, pixels)
		d, err := float.answer(ctx)
		took = append(took, d)
		for i, e := range engines {
			if err != nil {
				return err
			}
			j.encodeInput(e.in, pixels)
			d, err = e.answer(ctx)
			found[i].took = append(found[i].took, d)
			found[i].add(float, e)
		}
		return err
	})
	for i := range found {
		found[i].finish(took)
	}
	return found, err
}

// newOutputs says what of the float model's outputs is compared.
func (j *job) newOutputs(specs []infer.TensorSpec) (list []Output) {
	for k, s := range specs {
		o := Output{Name: s.Name, Shape: s.Shape}
		switch n := channelsOf(s.Shape); {
		case s.Type == infer.Int32 || s.Type == infer.Int64:
			o.kind = numbersOfClasses
		case j.ofCustom(k): // boxes, counts
		case s.Type == infer.Float32 && n > 1 && (n == s.Elements() || len(s.Shape) == 4):
			o.kind = scoresOfClasses
			o.probabilities = probabilities(j.ready, j.ready.Outputs[k])
		}
		list = append(list, o)
	}
	return list
}

// ofCustom tells whether output k comes from an operator that TensorFlow Lite does not have of its own.
func (j *job) ofCustom(k int) bool {
	maker := j.ready.Makers()[j.ready.Outputs[k]]
	return maker >= 0 && j.ready.Operators[maker].Custom != ""
}

// probabilities tells whether tensor t comes from a softmax or a sigmoid.
func probabilities(m *model.Model, t int) bool {
	maker := m.Makers()
	for maker[t] >= 0 {
		switch o := &m.Operators[maker[t]]; o.Op.String() {
		case "SOFTMAX", "LOGISTIC":
			return true
		case "RESHAPE", "SQUEEZE", "CONCATENATION", "DEQUANTIZE":
			t = o.Inputs[0]
		default:
			return false
		}
	}
	return false
}

// add compares one answer.
func (c *comparison) add(float, bytes *compared) {
	c.Pictures++
	for k := range c.Outputs {
		a, b := float.Outputs()[k], bytes.Outputs()[k]
		x, y := make([]float32, a.Elements()), make([]float32, b.Elements())
		if a.Values(x, float.outs[k]) != nil || b.Values(y, bytes.outs[k]) != nil || len(x) != len(y) {
			continue
		}
		c.Outputs[k].add(x, y)
	}
}

// sure is the score from which on an answer of the float model is one.
const sure = 0.6

// add compares the float model's numbers x with y.
func (o *Output) add(x, y []float32) {
	for i := range x {
		d := math.Abs(float64(x[i]) - float64(y[i]))
		if !(d <= math.MaxFloat32) { // one of them is infinite or no number
			o.Broken++
			continue
		}
		o.Largest = max(o.Largest, d)
		o.squares += float64(x[i]) * float64(x[i])
		o.errors += d * d
	}
	switch o.kind {
	case numbersOfClasses:
		for i := range x {
			o.row(x[i] == y[i], 0)
		}
	case scoresOfClasses:
		n := o.Shape[len(o.Shape)-1]
		for ; len(x) > 0; x, y = x[n:], y[n:] {
			best := argMax(x[:n])
			o.row(argMax(y[:n]) == best, o.score(x[:n], best))
		}
	}
}

func (o *Output) row(same bool, score float64) {
	o.Rows++
	if same {
		o.Same++
	}
	if score >= sure {
		o.Sure++
		if same {
			o.SureSame++
		}
	}
}

// score is the probability of a class.
func (o *Output) score(row []float32, class int) float64 {
	if o.probabilities {
		return float64(row[class])
	}
	sum := 0.
	for _, v := range row {
		sum += math.Exp(float64(v) - float64(row[class]))
	}
	return 1 / sum
}

func argMax(values []float32) (best int) {
	for i, v := range values {
		if v > values[best] {
			best = i
		}
	}
	return best
}

// finish computes what needs all pictures.
func (c *comparison) finish(float []time.Duration) {
	c.Float, c.Quantized = median(float), median(c.took)
	for k := range c.Outputs {
		if o := &c.Outputs[k]; o.squares > 0 {
			o.Error = math.Sqrt(o.errors / o.squares)
		}
	}
}

func median(list []time.Duration) time.Duration {
	if len(list) == 0 {
		return 0
	}
	list = slices.Clone(list)
	slices.Sort(list)
	return list[len(list)/2]
}

// betterThan tells whether a agrees better with the float model than b: in the sure answers first, then in all, then in the
// numbers themselves.
func (a *Agreement) betterThan(b *Agreement) bool {
	var worth [2][3]float64
	for i, x := range []*Agreement{a, b} {
		for k := range x.Outputs {
			o := &x.Outputs[k]
			worth[i][0] += share(o.SureSame, o.Sure)
			worth[i][1] += share(o.Same, o.Rows)
			worth[i][2] -= o.Error
		}
	}
	return slices.Compare(worth[0][:], worth[1][:]) > 0
}

// share is part / all; 1 if there is nothing.
func share(part, all int) float64 {
	if all == 0 {
		return 1
	}
	return float64(part) / float64(all)
}

// maxLayered is how many pictures layers are compared with.
const maxLayered = 8

// test compares the model with the float one on pictures that it has not seen, or else on those that it has, and each layer.
func (j *job) test(ctx context.Context, m *made) error {
	p := j.o.Test
	if p.N == 0 {
		p = j.o.Pictures
	}
	j.report.HeldOut = j.o.Test.N > 0
	found, err := j.compare(ctx, stageTest, []*made{m}, p)
	if err != nil {
		return err
	}
	j.report.Agreement = found[0].Agreement
	return j.compareLayers(ctx, m, sample(p, maxLayered))
}

// compareLayers compares the tensors inside, each with what the float model has there.
func (j *job) compareLayers(ctx context.Context, m *made, p Pictures) error {
	var tensors []int
	for t, at := range m.builder.byte {
		if at >= 0 && t != j.ready.Inputs[0] && j.ready.Tensors[t].Data == nil {
			tensors = append(tensors, t)
		}
	}
	return j.inGroups(tensors, func(group []int) error { return j.compareGroup(ctx, m, p, group) })
}

// compareGroup compares some of them.
func (j *job) compareGroup(ctx context.Context, m *made, p Pictures, x []int) error {
	y := make([]int, len(x))
	for k, t := range x {
		y[k] = m.builder.byte[t]
	}
	float, err := newTapped(j.ready, x, j.o.Threads)
	if err != nil {
		return err
	}
	defer float.Close()
	bytes, err := newTapped(m.parsed, y, j.o.Threads)
	if err != nil {
		return err
	}
	defer bytes.Close()
	layers := make([]Output, len(x))
	in := [2][]byte{make([]byte, float.Input().Bytes()), make([]byte, bytes.Input().Bytes())}
	err = j.each(ctx, stageLayers, p, func(_ int, pixels []byte) error {
		j.ends.pixels.real(in[0], pixels)
		j.encodeInput(in[1], pixels)
		if err := bytes.run(ctx, in[1], func(int, []float32) {}); err != nil {
			return err
		}
		return float.run(ctx, in[0], func(k int, values []float32) {
			other := bytes.values[:len(values)]
			if bytes.Outputs()[k].Values(other, bytes.outs[k]) == nil {
				layers[k].add(values, other)
			}
		})
	})
	for k := range layers {
		o := &layers[k]
		t := &j.ready.Tensors[x[k]]
		l := Layer{Name: t.Name, Shape: t.Shape, Largest: o.Largest, Scale: m.parsed.Tensors[y[k]].Quant.Scale[0]}
		if o.squares > 0 {
			l.Error = math.Sqrt(o.errors / o.squares)
		}
		j.report.Layers = append(j.report.Layers, l)
	}
	return err
}
