package cpu

import (
	"fmt"
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

func buildMaxPool(p *planner, o *model.Operator) (layer, error)     { return p.pool(o, true) }
func buildAveragePool(p *planner, o *model.Operator) (layer, error) { return p.pool(o, false) }

// pool makes a MAX_POOL_2D or AVERAGE_POOL_2D. It computes on stored numbers: TensorFlow Lite wants input and output to
// have the same scale, and does not look at it but for the activation.
func (p *planner) pool(o *model.Operator, most bool) (layer, error) {
	opt, ok := o.Options.(model.Pool2D)
	if !ok {
		return nil, fmt.Errorf("no options")
	}
	in, out := p.tensor(o.Inputs[0]), p.tensor(o.Outputs[0])
	strides := model.Conv2D{Padding: opt.Padding, StrideH: opt.StrideH, StrideW: opt.StrideW, DilationH: 1, DilationW: 1}
	g, err := newWindow(in, out, strides, opt.Height, opt.Width)
	if err != nil {
		return nil, err
	}
	if in.Type != out.Type || out.Shape[3] != g.inC {
		return nil, fmt.Errorf("%v %v cannot become %v %v", in.Type, in.Shape, out.Type, out.Shape)
	}
	if in.Type == model.Float32 {
		return p.pool32(o, g, most, opt.Activation)
	}
	l := pool8{window: g, bias: int32(flip(in)), lo: 0, hi: math.MaxUint8}
	if l.in, err = p.bytes(o.Inputs[0]); err != nil {
		return nil, err
	}
	if l.out, err = p.bytes(o.Outputs[0]); err != nil {
		return nil, err
	}
	if opt.Activation != model.NoActivation {
		q, err := p.quant(o.Outputs[0])
		if err != nil {
			return nil, err
		}
		result, err := q.output(opt.Activation, nil)
		if err != nil {
			return nil, err
		}
		l.lo, l.hi = result.Lo, result.Hi
	}
	if most {
		return &maxPool8{l}, nil
	}
	p.need.grow(need{sums: g.inC})
	return &averagePool8{l}, nil
}

func (p *planner) pool32(o *model.Operator, g *window, most bool, a model.Activation) (layer, error) {
	l := pool32{window: g}
	var err error
	if l.in, err = p.floats(o.Inputs[0]); err != nil {
		return nil, err
	}
	if l.out, err = p.floats(o.Outputs[0]); err != nil {
		return nil, err
	}
	if l.lo, l.hi, err = limits(a); err != nil {
		return nil, err
	}
	p.need.grow(need{sums32: g.inC})
	if most {
		return &maxPool32{l}, nil
	}
	return &averagePool32{l}, nil
}

// pool8 is what maximum and average have in common. A piece is a row of output pixels.
type pool8 struct {
	*window
	in, out []uint8
	bias    int32 // see kernel.Average
	lo, hi  int32
}

func (l *pool8) units() int { return l.outH }

type maxPool8 struct{ pool8 }

func (l *maxPool8) run(_ *scratch, from, to int) {
	for pixel := from * l.outW; pixel < to*l.outW; pixel++ {
		out := l.out[pixel*l.inC : (pixel+1)*l.inC]
		kernel.Fill(out, uint8(l.lo))
		l.taps(pixel/l.outW, pixel%l.outW, func(at, _ int) { kernel.Max(out, l.in[at:at+l.inC]) })
		if l.hi < math.MaxUint8 {
			for i, x := range out {
				out[i] = min(x, uint8(l.hi))
			}
		}
	}
}

type averagePool8 struct{ pool8 }

func (l *averagePool8) run(s *scratch, from, to int) {
	sums := s.sums[:l.inC]
	for pixel := from * l.outW; pixel < to*l.outW; pixel++ {
		kernel.Fill(sums, 0)
		count := int32(0)
		l.taps(pixel/l.outW, pixel%l.outW, func(at, _ int) {
			kernel.Sum(sums, l.in[at:at+l.inC])
			count++
		})
		kernel.Average(l.out[pixel*l.inC:(pixel+1)*l.inC], sums, max(count, 1), l.bias, l.lo, l.hi)
	}
}

// pool32 is pool8 in float32.
type pool32 struct {
	*window
	in, out []float32
	lo, hi  float32
}

func (l *pool32) units() int { return l.outH }

type maxPool32 struct{ pool32 }

func (l *maxPool32) run(s *scratch, from, to int) {
	best := s.sums32[:l.inC]
	for pixel := from * l.outW; pixel < to*l.outW; pixel++ {
		kernel.Fill(best, float32(math.Inf(-1)))
		l.taps(pixel/l.outW, pixel%l.outW, func(at, _ int) { kernel.Max(best, l.in[at:at+l.inC]) })
		kernel.Clamp32s(l.out[pixel*l.inC:(pixel+1)*l.inC], best, l.lo, l.hi)
	}
}

type averagePool32 struct{ pool32 }

func (l *averagePool32) run(s *scratch, from, to int) {
	sums := s.sums32[:l.inC]
	for pixel := from * l.outW; pixel < to*l.outW; pixel++ {
		kernel.Fill(sums, 0)
		count := float32(0)
		l.taps(pixel/l.outW, pixel%l.outW, func(at, _ int) {
			kernel.Sum32(sums, l.in[at:at+l.inC])
			count++
		})
		kernel.Average32(l.out[pixel*l.inC:(pixel+1)*l.inC], sums, max(count, 1), l.lo, l.hi)
	}
}

// buildMean makes a MEAN over height and width of an image, each channel's average.
func buildMean(p *planner, o *model.Operator) (layer, error) {
	opt, ok := o.Options.(model.Reducer)
	if !ok || len(o.Inputs) != 2 {
		return nil, fmt.Errorf("no options or no axes")
	}
	axes, err := p.ints(o.Inputs[1])
	if err != nil {
		return nil, err
	}
	in, out := p.tensor(o.Inputs[0]), p.tensor(o.Outputs[0])
	for i, a := range axes {
		if a < 0 {
			axes[i] = a + len(in.Shape)
		}
	}
	slices.Sort(axes)
	if len(in.Shape) != 4 || in.Shape[0] != 1 || !slices.Equal(axes, []int{1, 2}) {
		return nil, fmt.Errorf("over dimensions %v of %v (want 1 and 2, height and width of one image): %w", axes, in.Shape, infer.ErrUnsupported)
	}
	m := mean{pixels: in.Shape[1] * in.Shape[2], channels: in.Shape[3]}
	if in.Type != out.Type || out.Elements() != m.channels {
		return nil, fmt.Errorf("%v %v cannot become %v %v", in.Type, in.Shape, out.Type, out.Shape)
	}
	if in.Type == model.Float32 {
		return p.mean32(o, m)
	}
	return p.mean8(o, m, opt.KeepDims)
}

// mean is the average of all pixels.
type mean struct{ pixels, channels int }

func (m *mean) units() int { return 1 }

func (p *planner) mean32(o *model.Operator, m mean) (layer, error) {
	in, err := p.floats(o.Inputs[0])
	if err != nil {
		return nil, err
	}
	out, err := p.floats(o.Outputs[0])
	if err != nil {
		return nil, err
	}
	p.need.grow(need{sums32: m.channels})
	return &mean32{m, in, out}, nil
}

type mean32 struct {
	mean
	in, out []float32
}

func (m *mean32) run(s *scratch, _, _ int) {
	sums, inf := s.sums32[:m.channels], float32(math.Inf(1))
	kernel.Fill(sums, 0)
	for i := range m.pixels {
		kernel.Sum32(sums, m.in[i*m.channels:(i+1)*m.channels])
	}
	kernel.Average32(m.out, sums, float32(m.pixels), -inf, inf)
}

// mean8 makes a quantized mean. TensorFlow Lite has three ways, which do not always agree: fixed point if the output
// keeps its dimensions, an integer division if not and the scales agree, float32 else.
func (p *planner) mean8(o *model.Operator, m mean, keepDims bool) (layer, error) {
	in, err := p.bytes(o.Inputs[0])
	if err != nil {
		return nil, err
	}
	out, err := p.bytes(o.Outputs[0])
	if err != nil {
		return nil, err
	}
	qi, err := p.quant(o.Inputs[0])
	if err != nil {
		return nil, err
	}
	qo, err := p.quant(o.Outputs[0])
	if err != nil {
		return nil, err
	}
	if m.pixels > math.MaxInt32/256 {
		return nil, fmt.Errorf("%d pixels: %w", m.pixels, infer.ErrUnsupported)
	}
	p.need.grow(need{sums: m.channels})
	l := &mean8{mean: m, in: in, out: out, bias: int32(flip(p.tensor(o.Inputs[0])))}
	zeroIn, zeroOut := qi.zero-l.bias, qo.zero-l.bias // the model's own
	switch {
	case keepDims:
		mult, err := multiplier(float64(qi.scale / (float32(m.pixels) * qo.scale)))
		if err != nil {
			return nil, err
		}
		shift := float32(zeroIn) * qi.scale / qo.scale
		zero := zeroOut - int32(math.Round(float64(kernel.Clamp32(shift, -1<<20, 1<<20))))
		l.finish = func(sum int32) int32 { return mult.HalfAway(sum) + zero }
	case qi == qo:
		l.finish = func(sum int32) int32 { return sum / int32(m.pixels) }
	default:
		scale := qi.scale / qo.scale
		shift := float32(float32(-zeroIn) * scale)
		l.finish = func(sum int32) int32 {
			average := float32(sum) / float32(m.pixels)
			steps := kernel.Clamp32(float32(average*scale)+shift, -1<<20, 1<<20)
			return int32(math.Round(float64(steps))) + zeroOut
		}
	}
	return l, nil
}

type mean8 struct {
	mean
	in, out []uint8
	bias    int32                 // what the engine's bytes are above the model's: 128 for int8
	finish  func(sum int32) int32 // of the model's numbers, to an output that may be out of range
}

func (m *mean8) run(s *scratch, _, _ int) {
	sums := s.sums[:m.channels]
	kernel.Fill(sums, 0)
	for i := range m.pixels {
		kernel.Sum(sums, m.in[i*m.channels:(i+1)*m.channels])
	}
	for c, sum := range sums {
		m.out[c] = kernel.Clamp(m.finish(sum-m.bias*int32(m.pixels))+m.bias, 0, math.MaxUint8)
	}
}
