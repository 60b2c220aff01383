package cpu

import (
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// lowerMean makes a MEAN.
func lowerMean(l *lowering, n *node) (layer, error) {
	r, opt, axes, err := newReduction(n)
	if err != nil {
		return nil, err
	}
	switch n.inputs[0].Type {
	case model.Float32:
		return newMean32(l, n, r)
	case model.Int32:
		return newSingly(l, l.int32s, n, r, meanOf[int32](r))
	case model.Int64:
		return newSingly(l, l.int64s, n, r, meanOf[int64](r))
	case model.Uint8, model.Int8, model.Int16:
	default:
		return nil, n.badType()
	}
	in, out, err := n.steps()
	if err != nil {
		return nil, err
	}
	image := opt.KeepDims && len(n.inputs[0].Shape) == 4 && (slices.Equal(axes, []int{1, 2}) || slices.Equal(axes, []int{2, 1}))
	finish := meanFlat(n.inputs[0].Type, in, out, int32(r.count))
	switch {
	case image && n.inputs[0].Type == model.Uint8:
		finish, err = meanUint8(in, out, r.count)
	case image:
		finish, err = meanSigned(n.inputs[0].Type, in, out, int32(r.count))
	}
	if err != nil {
		return nil, err
	}
	return newSums(l, n, r, finish)
}

// meanOf divides sums of 64 bits, and cuts off what is behind the point.
func meanOf[T int32 | int64](r reduction) func(src []T, first int) T {
	return func(src []T, first int) T {
		sum := int64(0)
		for k := range r.count {
			sum += int64(src[first+r.number(k)])
		}
		return T(sum / int64(r.count))
	}
}

// newMean32 makes averages of float32. The whole of one image is the window of a pool.
func newMean32(l *lowering, n *node, r reduction) (layer, error) {
	if !r.keeps || len(r.kept) != 0 {
		count := float32(r.count)
		f := total[float32]()
		f.finish = func(dst []float32) {
			for i := range dst {
				dst[i] /= count
			}
		}
		if !r.keeps && len(r.gone) == 0 && !r.whole {
			f.all = func(_ float32, src []float32) float32 { return kernel.Lanes(src) }
		}
		return newFolding(l, l.floats, n, r, f)
	}
	in, out, err := ends(l.floats, n)
	if err != nil {
		return nil, err
	}
	l.scratch.grow(need{sums32: r.inner})
	inf := float32(math.Inf(1))
	g := &window{
		inH: 1, inW: r.count, inC: r.inner, outH: 1, outW: 1, h: 1, w: r.count, strideH: 1, strideW: 1, dilationH: 1, dilationW: 1,
	}
	p := pool32{newRows32(g)}
	p.in, p.out, p.begin, p.lo, p.hi = in, view32{out, r.inner}, make([]float32, r.inner), -inf, inf
	if r.count <= mostTaps {
		p.rows32.run = l.set.Average32
	}
	return &averagePool32{p}, l.take(4 * int64(r.inner))
}

// TensorFlow Lite has several ways from a sum to a mean, which differ by 1 here and there. These are the ones of its
// reference kernels, which it uses for this operator on x86-64 (tflite/kernels/reduce.cc).

// meanSigned rescales the sum, then divides; both round half away from zero.
func meanSigned(t model.Type, in, out quant, count int32) (func(sum int32) int32, error) {
	mult, err := multiplier(float64(in.scale) / float64(out.scale))
	low, high := t.Range()
	return func(sum int32) int32 {
		v := mult.HalfAway(sum - in.zero*count)
		if v > 0 {
			v += count / 2
		} else {
			v -= count / 2
		}
		return min(max(v/count+out.zero, int32(low)), int32(high))
	}, err
}

// meanUint8 multiplies the sum by a factor that divides and rescales at once.
func meanUint8(in, out quant, count int) (func(sum int32) int32, error) {
	mult, err := multiplier(float64(in.scale / (float32(count) * out.scale)))
	shift := float32(in.zero) * in.scale / out.scale
	zero := out.zero - int32(math.Round(float64(kernel.Clamp32(shift, -1<<20, 1<<20))))
	return func(sum int32) int32 { return min(max(mult.HalfAway(sum)+zero, 0), math.MaxUint8) }, err
}

// meanFlat is for all others than the mean of images that stay images: division without rounding where the scales agree,
// else float32.
func meanFlat(t model.Type, in, out quant, count int32) func(sum int32) int32 {
	if in == out {
		return func(sum int32) int32 { return sum / count }
	}
	scale := in.scale / out.scale
	shift := float32(float32(-in.zero) * scale)
	low, high := t.Range()
	return func(sum int32) int32 {
		average := float32(sum) / float32(count)
		steps := kernel.Clamp32(float32(average*scale)+shift, -1<<20, 1<<20)
		return min(max(int32(math.Round(float64(steps)))+out.zero, int32(low)), int32(high))
	}
}
