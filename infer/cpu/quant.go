package cpu

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// quant is a tensor's quantization: real = scale * (byte - zero), byte being the engine's, 0 … 255.
type quant struct {
	scale float32
	zero  int32
}

// multiplier turns a positive real factor into fixed point with 31 bits, as TensorFlow Lite's QuantizeMultiplier does
// (tflite/kernels/internal/quantization_util.cc): rounded half away from zero, and 0 where it is below 2^-32. A factor
// of 2^31 or more, which no sum can have, shifts by as many places as are left of 32: so shift x86 and ARM64, and converters do
// write such scales, for tensors that are always 0.
func multiplier(real float64) (kernel.Multiplier, error) {
	fraction, exponent := math.Frexp(real)
	m := int64(math.Round(fraction * (1 << 31)))
	if m == 1<<31 {
		m /= 2
		exponent++
	}
	switch {
	case exponent < -31 || m == 0:
		return kernel.Multiplier{Right: 1}, nil // zero, as blocks take it
	case math.IsNaN(real) || math.IsInf(real, 0):
		return kernel.Multiplier{}, fmt.Errorf("scales give a factor of %g: %w", real, model.ErrUnsupported)
	case exponent < 0:
		return kernel.Multiplier{M: int32(m), Right: uint8(-exponent)}, nil
	}
	return kernel.Multiplier{M: int32(m), Left: uint8(exponent & 31)}, nil
}

// coarse is multiplier for sums of 64 bits.
func coarse(real float64) (kernel.Coarse, error) {
	m, err := multiplier(real)
	if err == nil && m.Left > 14 {
		err = fmt.Errorf("scales give a factor of %g: %w", real, model.ErrUnsupported)
	}
	return m.Coarse(), err
}

// limits is what an activation function leaves of the real numbers.
func limits(a model.Activation) (lo, hi float32, err error) {
	inf := float32(math.Inf(1))
	switch a {
	case model.NoActivation:
		return -inf, inf, nil
	case model.ReLU:
		return 0, inf, nil
	case model.ReLU6:
		return 0, 6, nil
	case model.ReLUN1To1:
		return -1, 1, nil
	}
	return 0, 0, fmt.Errorf("fused activation %d: %w", a, model.ErrUnsupported)
}

// quantized is x in the units of q, rounded half away from zero, and limited to a byte.
func (q quant) quantized(x float32) int32 {
	steps := kernel.Clamp32(x/q.scale, -1<<20, 1<<20)
	return int32(kernel.Clamp(int32(math.Round(float64(steps)))+q.zero, 0, 255))
}

// output describes results in q after activation a; one multiplier for each channel, or one for all.
func (q quant) output(a model.Activation, mult []kernel.Multiplier) (kernel.Output, error) {
	lo, hi, err := limits(a)
	if err != nil {
		return kernel.Output{}, err
	}
	return kernel.Output{Mult: mult, Zero: q.zero, Lo: q.quantized(lo), Hi: q.quantized(hi)}, nil
}
