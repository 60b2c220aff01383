package cpu

import (
	"math"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// lowerL2Pool makes an L2_POOL_2D, the root of the mean of squares in each window, which TensorFlow Lite has for float32 only.
func lowerL2Pool(l *lowering, n *node) (layer, error) {
	if n.inputs[0].Type != model.Float32 {
		return nil, n.badType()
	}
	return lowerPool(l, n)
}

type l2Pool32 struct{ pool32 }

func (l *l2Pool32) run(s *scratch, from, to int) { l.compute(s, from, to, l.plain) }

func (l *l2Pool32) plain(sums []float32, pixel int) {
	kernel.Fill(sums, 0)
	count := float32(0)
	l.taps(pixel/l.outW, pixel%l.outW, func(at, _ int) {
		for c, x := range l.in[at : at+l.inC] {
			sums[c] += float32(x * x)
		}
		count++
	})
	part := 1 / max(count, 1)
	for c, sum := range sums {
		sums[c] = float32(math.Sqrt(float64(sum * part)))
	}
	kernel.Clamp32s(l.pixel(pixel), sums, l.lo, l.hi)
}
