package cpu

import (
	"fmt"
	"math"
	"sort"

	"github.com/inceptiond/inceptiond/infer/model"
)

// lowerBucketize makes a BUCKETIZE: how many of the boundaries are not above each number.
func lowerBucketize(l *lowering, n *node) (layer, error) {
	opt, ok := n.options.(model.Bucketize)
	if !ok || !sort.SliceIsSorted(opt.Boundaries, func(i, j int) bool { return opt.Boundaries[i] < opt.Boundaries[j] }) {
		return nil, fmt.Errorf("boundaries that are not in order: %w", model.ErrUnsupported)
	}
	bucket := func(x float32) int32 {
		return int32(sort.Search(len(opt.Boundaries), func(i int) bool { return x < opt.Boundaries[i] }))
	}
	switch n.inputs[0].Type {
	case model.Float32:
		return newPointwise(l.floats, l.int32s, n, each(bucket))
	case model.Int32:
		return newPointwise(l.int32s, l.int32s, n, each(func(x int32) int32 { return bucket(float32(x)) }))
	case model.Int64:
		return newPointwise(l.int64s, l.int32s, n, each(func(x int64) int32 { return bucket(float32(x)) }))
	}
	return nil, n.noType()
}

// each is f of each number.
func each[T any](f func(x T) int32) func(dst []int32, src []T) {
	return func(dst []int32, src []T) {
		for i, x := range src {
			dst[i] = f(x)
		}
	}
}

// lowerFakeQuant makes a FAKE_QUANT: numbers become those that a number of levels between two stand for, one of which is 0
// (tflite/kernels/internal/reference/fakequant.h).
func lowerFakeQuant(l *lowering, n *node) (layer, error) {
	opt, ok := n.options.(model.FakeQuant)
	if !ok || opt.Bits < 2 || opt.Bits > 16 || !(opt.Min < opt.Max) {
		return nil, fmt.Errorf("%d bits from %v to %v: %w", opt.Bits, opt.Min, opt.Max, model.ErrUnsupported)
	}
	most := float32(int(1)<<opt.Bits - 1)
	scale := (opt.Max - opt.Min) / most
	zero := float32(math.Round(float64(min(max(-opt.Min/scale, 0), most))))
	lo, hi, inverse := float32(-zero*scale), float32((most-zero)*scale), 1/scale
	return newNumbers(l, n, func(x float32) float32 {
		x = lesser(greater(x, lo), hi)
		return float32(float32(math.Floor(float64(float32((x-lo)*inverse)+0.5)))*scale) + lo
	})
}
