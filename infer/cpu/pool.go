package cpu

import (
	"fmt"
	"math"

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
	l := pool8{window: g, set: p.set, plain: kernel.Plain(), bias: int32(flip(in)), lo: 0, hi: math.MaxUint8}
	if l.in, err = p.bytes(o.Inputs[0]); err != nil {
		return nil, err
	}
	l.out = p.view(o.Outputs[0])
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
		return &maxPool8{l}, p.work(g.effort())
	}
	p.need.grow(need{sums: g.inC})
	return &averagePool8{l}, p.work(g.effort())
}

func (p *planner) pool32(o *model.Operator, g *window, most bool, a model.Activation) (layer, error) {
	l := pool32{window: g}
	var err error
	if l.in, l.out, err = ends(p.floats, o); err != nil {
		return nil, err
	}
	if l.lo, l.hi, err = limits(a); err != nil {
		return nil, err
	}
	p.need.grow(need{sums32: g.inC})
	if most {
		return &maxPool32{l}, p.work(g.effort())
	}
	return &averagePool32{l}, p.work(g.effort())
}

// callBytes bounds what a call of assembly reads, and so its time: a goroutine cannot be interrupted there. Larger windows
// are for plain Go.
const callBytes = 1 << 21

// pool8 is what maximum and average have in common. A piece is a row of output pixels.
type pool8 struct {
	*window
	set    *kernel.Set
	plain  *kernel.Set
	in     []uint8
	out    view
	bias   int32 // see kernel.Average
	lo, hi int32
}

func (l *pool8) units() int { return l.outH }

// pixel is where an output pixel goes.
func (l *pool8) pixel(i int) []uint8 { return l.out.data[i*l.out.pitch:][:l.inC] }

type maxPool8 struct{ pool8 }

func (l *maxPool8) run(_ *scratch, from, to int) {
	for y := from; y < to; y++ {
		// Pixels before, among and behind those whose window lies in the image from left to right.
		first := min(ceil(l.left, l.strideW), l.outW)
		end := first
		if room := l.inW + l.left - l.w; room >= 0 {
			end = max(first, min(l.outW, room/l.strideW+1))
		}
		for x := range first {
			l.pixels(y, x, 1)
		}
		l.pixels(y, first, end-first)
		for x := end; x < l.outW; x++ {
			l.pixels(y, x, 1)
		}
		l.finish(y * l.outW)
	}
}

// pixels computes count pixels of row y from x on, whose windows have the same part in the image.
func (l *maxPool8) pixels(y, x, count int) {
	if count == 0 {
		return
	}
	at, w := l.inside(y, x)
	out := l.out.data[(y*l.outW+x)*l.out.pitch:]
	if w.Rows == 0 || w.Cols == 0 {
		kernel.Fill(out[:l.inC], uint8(l.lo))
		return
	}
	maxRow, bytes := l.set.MaxRow, w.Rows*w.Cols*l.inC
	if bytes > callBytes {
		maxRow = kernel.MaxRow
	}
	row := kernel.Row{To: l.out.pitch, From: l.strideW * l.inC}
	for most := max(1, callBytes/bytes); count > 0; count -= row.Count {
		row.Count = min(most, count)
		maxRow(out, l.in[at:], l.inC, row, w, uint8(l.lo))
		out, at = out[min(row.Count*row.To, len(out)):], at+row.Count*row.From
	}
}

// finish limits and translates a row that begins with pixel number i.
func (l *maxPool8) finish(i int) {
	for p := i; l.hi < math.MaxUint8 && p < i+l.outW; p++ {
		for c, x := range l.pixel(p) {
			l.pixel(p)[c] = min(x, uint8(l.hi))
		}
	}
	l.out.translate(i, l.outW, l.inC)
}

type averagePool8 struct{ pool8 }

func (l *averagePool8) run(s *scratch, from, to int) {
	for pixel := from * l.outW; pixel < to*l.outW; pixel++ {
		at, w := l.inside(pixel/l.outW, pixel%l.outW)
		l.average(s, l.pixel(pixel), at, w)
		l.out.translate(pixel, 1, l.inC)
	}
}

// average makes out the average of the window that begins at byte number at.
func (l *averagePool8) average(s *scratch, out []uint8, at int, w kernel.Window) {
	count := int32(w.Rows * w.Cols)
	set := l.set
	if int(count)*l.inC > callBytes {
		set = l.plain
	}
	if f := set.AverageWindow; f != nil && count > 0 && f(out, l.in[at:], w, l.bias, l.lo, l.hi) {
		return
	}
	sums := s.sums[:l.inC]
	if count > 0 {
		set.SumWindow(sums, l.in[at:], w)
	} else {
		kernel.Fill(sums, 0)
	}
	set.Average(out, sums, max(count, 1), l.bias, l.lo, l.hi)
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
