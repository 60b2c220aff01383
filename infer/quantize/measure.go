package quantize

import (
	"context"
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
)

// The stages that Options.Tell hears of.
const (
	stageLook    = "reading pictures"
	stageMeasure = "measuring ranges"
	stageChoose  = "choosing ranges"
	stageTest    = "testing"
	stageLayers  = "comparing layers"
)

// look reads all pictures once, and keeps those that can be read.
func (j *job) look(ctx context.Context) error {
	var same likeness
	var err error
	if j.o.Pictures, err = j.readable(ctx, j.o.Pictures, &same); err != nil {
		return err
	}
	if j.o.Pictures.N == 0 {
		return errNone
	}
	if j.o.Test, err = j.readable(ctx, j.o.Test, nil); err != nil {
		return err
	}
	j.report.Pictures = j.o.Pictures.N
	j.warnPictures(&same)
	return nil
}

// readable are the pictures that can be read; same, unless nil, learns how much alike they are.
func (j *job) readable(ctx context.Context, p Pictures, same *likeness) (Pictures, error) {
	pixels, kept := j.newPixels(), []int(nil)
	for i := range p.N {
		if err := ctx.Err(); err != nil {
			return p, err
		}
		ok, err := p.Read(i, pixels)
		if err != nil {
			return p, err
		}
		if ok {
			kept = append(kept, i)
			if same != nil {
				same.add(pixels)
			}
		}
		j.o.Tell(stageLook, i+1, p.N)
	}
	read := p.Read
	return Pictures{len(kept), func(i int, pixels []byte) (bool, error) { return read(kept[i], pixels) }}, nil
}

func (j *job) newPixels() []byte { return make([]byte, j.ready.Tensors[j.ready.Inputs[0]].Elements()) }

// each calls use for each picture; one that can no longer be read is an error.
func (j *job) each(ctx context.Context, stage string, p Pictures, use func(i int, pixels []byte) error) error {
	pixels := j.newPixels()
	for i := range p.N {
		j.o.Tell(stage, i, p.N)
		ok, err := p.Read(i, pixels)
		if err == nil && !ok {
			err = fmt.Errorf("picture %d could be read before, and cannot any more", i)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = use(i, pixels)
		}
		if err != nil {
			return err
		}
	}
	j.o.Tell(stage, p.N, p.N)
	return nil
}

// maxMemory is the most bytes of an engine, which may have to keep all tensors that are watched.
const maxMemory = math.MaxInt32

// maxTapped is how many bytes of tensors are watched in one run. More take several runs of each picture.
const maxTapped = 256 << 20

// measure finds how the numbers of all tensors lie whose scale that decides.
func (j *job) measure(ctx context.Context) error {
	in := j.ready.Inputs[0]
	j.spreads = map[int]*spread{in: newSpread(channelsOf(j.ready.Tensors[in].Shape))}
	if err := j.measureInput(ctx); err != nil {
		return err
	}
	if err := j.measureTensors(ctx, j.plan.measured()); err != nil {
		return err
	}
	return j.checkSpreads()
}

// measureTensors finds how the numbers of some tensors lie.
func (j *job) measureTensors(ctx context.Context, tensors []int) error {
	return j.inGroups(tensors, func(group []int) error { return j.measureGroup(ctx, group) })
}

// inGroups calls use for some of a list of tensors at a time, as many as are watched in one run.
func (j *job) inGroups(tensors []int, use func(group []int) error) error {
	for len(tensors) > 0 {
		n, size := 0, 0
		for n < len(tensors) && (n == 0 || size+j.ready.Tensors[tensors[n]].Bytes() <= maxTapped) {
			size += j.ready.Tensors[tensors[n]].Bytes()
			n++
		}
		if err := use(tensors[:n]); err != nil {
			return err
		}
		tensors = tensors[n:]
	}
	return nil
}

// measureInput finds how the numbers of the input lie.
func (j *job) measureInput(ctx context.Context) error {
	t := j.ready.Inputs[0]
	in := make([]byte, j.ready.Tensors[t].Bytes())
	return j.each(ctx, stageMeasure, j.o.Pictures, func(_ int, pixels []byte) error {
		j.ends.pixels.real(in, pixels)
		values, err := numbers(&model.Tensor{Shape: j.ready.Tensors[t].Shape, Data: in})
		if err == nil {
			j.spreads[t].add(values)
		}
		return err
	})
}

func (j *job) measureGroup(ctx context.Context, tensors []int) error {
	tapped, err := newTapped(j.ready, tensors, j.o.Threads)
	if err != nil {
		return err
	}
	defer tapped.Close()
	for k, t := range tensors {
		j.spreads[t] = newSpread(channelsOf(tapped.Outputs()[k].Shape))
	}
	in := make([]byte, tapped.Input().Bytes())
	return j.each(ctx, stageMeasure, j.o.Pictures, func(_ int, pixels []byte) error {
		j.ends.pixels.real(in, pixels)
		return tapped.run(ctx, in, func(k int, values []float32) { j.spreads[tensors[k]].add(values) })
	})
}

// checkSpreads refuses a model whose numbers are none.
func (j *job) checkSpreads() error {
	for _, t := range j.plan.measured() {
		if s := j.spreads[t]; s.broken > 0 {
			return fmt.Errorf("%.80q has %d values that are infinite or no numbers (are mean %v and std %v those of the training?)",
				j.ready.Tensors[t].Name, s.broken, j.o.Mean, j.o.Std)
		}
	}
	return nil
}

// channelsOf is the last dimension; 1 for a scalar.
func channelsOf(shape []int) int {
	if len(shape) == 0 {
		return 1
	}
	return shape[len(shape)-1]
}

// tapped is an engine that gives inner tensors.
type tapped struct {
	*cpu.Engine
	outs   [][]byte
	values []float32
}

// newTapped makes an engine of m whose outputs are some tensors.
func newTapped(m *model.Model, tensors []int, threads int) (*tapped, error) {
	more := *m
	more.Outputs = tensors
	e, err := cpu.New(&more, cpu.Options{Threads: threads, Memory: maxMemory})
	if err != nil {
		return nil, err
	}
	t := &tapped{Engine: e, outs: infer.Buffers(e.Outputs())}
	most := 0
	for _, s := range e.Outputs() {
		most = max(most, s.Elements())
	}
	t.values = make([]float32, most)
	return t, nil
}

// run answers in, and gives the real numbers of each output to use, which keeps none of them.
func (t *tapped) run(ctx context.Context, in []byte, use func(k int, values []float32)) error {
	if _, err := t.Run(ctx, in, t.outs); err != nil {
		return err
	}
	for k, s := range t.Outputs() {
		values := t.values[:s.Elements()]
		if err := s.Values(values, t.outs[k]); err != nil {
			return err
		}
		use(k, values)
	}
	return nil
}

// encodeInput writes the input that a model of 8 bits gets for a picture.
func (j *job) encodeInput(dst, pixels []byte) {
	switch j.o.Input {
	case model.Uint8:
		copy(dst, pixels)
	case model.Int8:
		for i, v := range pixels {
			dst[i] = v ^ 0x80
		}
	default:
		j.ends.pixels.real(dst, pixels)
	}
}
