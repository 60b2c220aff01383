package cpu

import (
	"fmt"
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// lowerMean makes a MEAN over height and width of an image, each channel's average.
func lowerMean(l *lowering, n *node) (layer, error) {
	opt, ok := n.options.(model.Reducer)
	if !ok || len(n.inputs) != 2 {
		return nil, fmt.Errorf("no options or no axes")
	}
	axes, err := n.inputs[1].ints()
	if err != nil {
		return nil, err
	}
	in, out := n.inputs[0], n.outputs[0]
	for i, a := range axes {
		if a < 0 {
			axes[i] = a + len(in.Shape)
		}
	}
	slices.Sort(axes)
	if len(in.Shape) != 4 || in.Shape[0] != 1 || !slices.Equal(axes, []int{1, 2}) {
		return nil, fmt.Errorf("over dimensions %v of %v (want 1 and 2, height and width of one image): %w", axes, in.Shape, model.ErrUnsupported)
	}
	m := mean{pixels: in.Shape[1] * in.Shape[2], channels: in.Shape[3]}
	if in.Type != out.Type || out.Elements() != m.channels {
		return nil, fmt.Errorf("%v %v cannot become %v %v", in.Type, in.Shape, out.Type, out.Shape)
	}
	if in.Type == model.Float32 {
		return newMean32(l, n, m)
	}
	return newMean8(l, n, m, opt.KeepDims)
}

// mean is the average of all pixels.
type mean struct{ pixels, channels int }

func (m *mean) units() int { return 1 }

// newMean32 makes the average of a window that is the whole image.
func newMean32(l *lowering, n *node, m mean) (layer, error) {
	in, out, err := ends(l.floats, n)
	if err != nil {
		return nil, err
	}
	l.scratch.grow(need{sums32: m.channels})
	inf := float32(math.Inf(1))
	g := &window{
		inH: 1, inW: m.pixels, inC: m.channels, outH: 1, outW: 1, h: 1, w: m.pixels, strideH: 1, strideW: 1, dilationH: 1, dilationW: 1,
	}
	p := pool32{rows32{window: g, in: in, out: view32{out, m.channels}, begin: make([]float32, m.channels), lo: -inf, hi: inf}}
	if m.pixels <= mostTaps {
		p.rows32.run = l.set.Average32
	}
	return &averagePool32{p}, l.take(4 * int64(m.channels))
}

func newMean8(l *lowering, n *node, m mean, keepDims bool) (layer, error) {
	in, out, err := ends(l.bytes, n)
	if err != nil {
		return nil, err
	}
	qi, qo, err := n.quants()
	if err != nil {
		return nil, err
	}
	if m.pixels > math.MaxInt32/256 {
		return nil, fmt.Errorf("%d pixels: %w", m.pixels, model.ErrUnsupported)
	}
	l.scratch.grow(need{sums: m.channels})
	made := &mean8{mean: m, set: l.set, in: in, out: out, bias: int32(n.inputs[0].flip())}
	qi.zero -= made.bias // the model's own
	qo.zero -= made.bias
	switch {
	case keepDims && made.bias != 0:
		made.finish, err = meanInt8(qi, qo, int32(m.pixels))
	case keepDims:
		made.finish, err = meanUint8(qi, qo, m.pixels)
	default:
		made.finish = meanFlat(qi, qo, int32(m.pixels))
	}
	return made, err
}

// TensorFlow Lite has several ways from a sum to a mean, which differ by 1 here and there. These are the ones of its
// reference kernels, which it uses for this operator on x86-64 (tflite/kernels/reduce.cc).

// meanInt8 rescales the sum, then divides; both round half away from zero.
func meanInt8(in, out quant, count int32) (func(sum int32) int32, error) {
	mult, err := multiplier(float64(in.scale) / float64(out.scale))
	return func(sum int32) int32 {
		v := mult.HalfAway(sum - in.zero*count)
		if v > 0 {
			v += count / 2
		} else {
			v -= count / 2
		}
		return v/count + out.zero
	}, err
}

// meanUint8 multiplies the sum by a factor that divides and rescales at once.
func meanUint8(in, out quant, count int) (func(sum int32) int32, error) {
	mult, err := multiplier(float64(in.scale / (float32(count) * out.scale)))
	shift := float32(in.zero) * in.scale / out.scale
	zero := out.zero - int32(math.Round(float64(kernel.Clamp32(shift, -1<<20, 1<<20))))
	return func(sum int32) int32 { return mult.HalfAway(sum) + zero }, err
}

// meanFlat is for an output that loses the dimensions: division without rounding where the scales agree, else float32.
func meanFlat(in, out quant, count int32) func(sum int32) int32 {
	if in == out {
		return func(sum int32) int32 { return sum / count }
	}
	scale := in.scale / out.scale
	shift := float32(float32(-in.zero) * scale)
	return func(sum int32) int32 {
		average := float32(sum) / float32(count)
		steps := kernel.Clamp32(float32(average*scale)+shift, -1<<20, 1<<20)
		return int32(math.Round(float64(steps))) + out.zero
	}
}

type mean8 struct {
	mean
	set     *kernel.Set
	in, out []uint8
	bias    int32                 // what the engine's bytes are above the model's: 128 for int8
	finish  func(sum int32) int32 // of the model's numbers, to an output that may be out of range
}

func (m *mean8) run(s *scratch, _, _ int) {
	sums := s.sums[:m.channels]
	sum := m.set.SumWindow
	if len(m.in) > callBytes {
		sum = kernel.SumWindow
	}
	sum(sums, m.in, kernel.Window{Rows: 1, Cols: m.pixels, Step: m.channels})
	for c, sum := range sums {
		m.out[c] = kernel.Clamp(m.finish(sum-m.bias*int32(m.pixels))+m.bias, 0, math.MaxUint8)
	}
}
