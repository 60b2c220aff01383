package cpu

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// lowerPool makes a MAX_POOL_2D or AVERAGE_POOL_2D. It computes on stored numbers: TensorFlow Lite wants input and output to
// have the same scale, and does not look at it but for the activation.
func lowerPool(l *lowering, n *node) (layer, error) {
	opt, ok := n.options.(model.Pool2D)
	if !ok {
		return nil, fmt.Errorf("no options")
	}
	in, out := n.inputs[0], n.outputs[0]
	strides := model.Conv2D{Padding: opt.Padding, StrideH: opt.StrideH, StrideW: opt.StrideW, DilationH: 1, DilationW: 1}
	g, err := newWindow(in, out, strides, opt.Height, opt.Width)
	if err != nil {
		return nil, err
	}
	if in.Type != out.Type || out.Shape[3] != g.inC {
		return nil, fmt.Errorf("%v %v cannot become %v %v", in.Type, in.Shape, out.Type, out.Shape)
	}
	if err := l.work(g.effort()); err != nil {
		return nil, err
	}
	switch in.Type {
	case model.Float32:
		return newPool32(l, n, g, opt.Activation)
	case model.Int16:
		return newPool16(l, n, g, opt.Activation)
	}
	return newPool8(l, n, g, opt.Activation)
}

func newPool8(l *lowering, n *node, g *window, a model.Activation) (layer, error) {
	p := pool8{window: g, set: l.set, plain: kernel.Plain(), bias: int32(n.inputs[0].flip()), lo: 0, hi: math.MaxUint8}
	var err error
	if p.in, err = l.bytes(n.inputs[0]); err != nil {
		return nil, err
	}
	p.out = l.view(n.outputs[0])
	if a != model.NoActivation {
		q, err := n.outputs[0].quant()
		if err != nil {
			return nil, err
		}
		result, err := q.output(a, nil)
		if err != nil {
			return nil, err
		}
		p.lo, p.hi = result.Lo, result.Hi
	}
	if n.op == model.OpMaxPool2D {
		return &maxPool8{p}, nil
	}
	l.scratch.grow(need{sums: g.inC})
	return &averagePool8{p}, nil
}

func newPool32(l *lowering, n *node, g *window, a model.Activation) (layer, error) {
	p := pool32{newRows32(g)}
	p.begin = make([]float32, g.inC)
	var err error
	if p.in, err = l.floats(n.inputs[0]); err != nil {
		return nil, err
	}
	if p.out, err = l.view32(n.outputs[0], g.inC); err != nil {
		return nil, err
	}
	if p.lo, p.hi, err = limits(a); err != nil {
		return nil, err
	}
	l.scratch.grow(need{sums32: g.inC})
	kernels := g.h*g.w <= mostTaps
	if n.op == model.OpMaxPool2D {
		kernel.Fill(p.begin, float32(math.Inf(-1)))
		if kernels {
			p.rows32.run = l.set.Max32
		}
		return &maxPool32{p}, l.take(4 * int64(g.inC))
	}
	if n.op == model.OpL2Pool2D {
		return &l2Pool32{p}, l.take(4 * int64(g.inC))
	}
	if kernels {
		p.rows32.run = l.set.Average32
	}
	return &averagePool32{p}, l.take(4 * int64(g.inC))
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

// row is as many pixels of row y from x on as one call may compute, whose windows have the same part in the image: where they go, and
// where the first window begins.
func (l *pool8) row(y, x int) (out, in []uint8, r kernel.Row, w kernel.Window) {
	at, w := l.inside(y, x)
	r = kernel.Row{Count: 1, To: l.out.pitch, From: l.strideW * l.inC}
	// The last pixel whose window lies in the image from left to right, if this one's does.
	if last := (l.inW + l.left - l.w) / l.strideW; w.Rows > 0 && w.Cols == l.w && last > x {
		r.Count = min(last+1, l.outW) - x
		r.Count = min(r.Count, max(1, callBytes/(w.Rows*w.Cols*l.inC)))
	}
	return l.out.data[(y*l.outW+x)*l.out.pitch:], l.in[at:], r, w
}

type maxPool8 struct{ pool8 }

func (l *maxPool8) run(_ *scratch, from, to int) {
	for y := from; y < to; y++ {
		for x := 0; x < l.outW; {
			x += l.pixels(y, x)
		}
		l.finish(y * l.outW)
	}
}

// pixels computes pixels of row y from x on, and tells how many.
func (l *maxPool8) pixels(y, x int) int {
	out, in, row, w := l.row(y, x)
	switch {
	case w.Rows == 0 || w.Cols == 0:
		kernel.Fill(out[:l.inC], uint8(l.lo))
	case w.Rows*w.Cols*l.inC > callBytes:
		kernel.MaxRow(out, in, l.inC, row, w, uint8(l.lo))
	default:
		l.set.MaxRow(out, in, l.inC, row, w, uint8(l.lo))
	}
	return row.Count
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
	for y := from; y < to; y++ {
		for x := 0; x < l.outW; {
			x += l.pixels(s.sums[:l.inC], y, x)
		}
		l.out.translate(y*l.outW, l.outW, l.inC)
	}
}

// pixels computes pixels of row y from x on, and tells how many.
func (l *averagePool8) pixels(sums []int32, y, x int) int {
	out, in, row, w := l.row(y, x)
	count := w.Rows * w.Cols
	set := l.set
	if count*l.inC > callBytes {
		set = l.plain
	}
	if f := set.AverageRow; f != nil && f(out, in, l.inC, row, w, l.bias, l.lo, l.hi) {
		return row.Count
	}
	if count > 0 {
		set.SumWindow(sums, in, w)
	} else {
		kernel.Fill(sums, 0)
	}
	set.Average(out[:l.inC], sums, max(int32(count), 1), l.bias, l.lo, l.hi)
	return 1
}

// pool32 is pool8 in float32.
type pool32 struct{ rows32 }

func (l *pool32) units() int { return l.outH }

// pixel is where an output pixel goes.
func (l *pool32) pixel(i int) []float32 { return l.out.data[i*l.out.pitch:][:l.inC] }

// compute computes rows from … to-1 by a kernel, or each pixel by plain.
func (l *pool32) compute(s *scratch, from, to int, plain func(sums []float32, pixel int)) {
	if l.rows32.run != nil {
		l.rows(&s.row32, from, to)
		return
	}
	for pixel := from * l.outW; pixel < to*l.outW; pixel++ {
		plain(s.sums32[:l.inC], pixel)
	}
}

type maxPool32 struct{ pool32 }

func (l *maxPool32) run(s *scratch, from, to int) { l.compute(s, from, to, l.plain) }

func (l *maxPool32) plain(best []float32, pixel int) {
	copy(best, l.begin)
	l.taps(pixel/l.outW, pixel%l.outW, func(at, _ int) { kernel.Max(best, l.in[at:at+l.inC]) })
	kernel.Clamp32s(l.pixel(pixel), best, l.lo, l.hi)
}

type averagePool32 struct{ pool32 }

func (l *averagePool32) run(s *scratch, from, to int) { l.compute(s, from, to, l.plain) }

func (l *averagePool32) plain(sums []float32, pixel int) {
	kernel.Fill(sums, 0)
	count := float32(0)
	l.taps(pixel/l.outW, pixel%l.outW, func(at, _ int) {
		kernel.Sum32(sums, l.in[at:at+l.inC])
		count++
	})
	kernel.Average32(l.pixel(pixel), sums, max(count, 1), l.lo, l.hi)
}
