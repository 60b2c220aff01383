package cpu

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// functions has those of one number that operators compute in float32. TensorFlow Lite's differ from these in the last
// place, where they are not exact.
var functions = map[model.Op]func(x float32) float32{
	model.OpAbs:      func(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) },
	model.OpNeg:      func(x float32) float32 { return -x },
	model.OpSquare:   func(x float32) float32 { return x * x },
	model.OpSqrt:     exact(math.Sqrt),
	model.OpRsqrt:    rsqrt,
	model.OpFloor:    exact(math.Floor),
	model.OpCeil:     exact(math.Ceil),
	model.OpRound:    roundEven,
	model.OpExp:      exact(math.Exp),
	model.OpLog:      exact(math.Log),
	model.OpSin:      exact(math.Sin),
	model.OpCos:      exact(math.Cos),
	model.OpTanh:     exact(math.Tanh),
	model.OpLogistic: logistic,
	model.OpELU:      elu,
}

// exact is f, rounded to float32 once.
func exact(f func(float64) float64) func(float32) float32 {
	return func(x float32) float32 { return float32(f(float64(x))) }
}

func rsqrt(x float32) float32 { return 1 / float32(math.Sqrt(float64(x))) }

func logistic(x float32) float32 { return 1 / (1 + float32(math.Exp(-float64(x)))) }

func elu(x float32) float32 {
	if x < 0 {
		return float32(math.Expm1(float64(x)))
	}
	return x
}

// roundEven rounds halves to even numbers; what is rounded up to 0 is 0, not -0.
func roundEven(x float32) float32 {
	low := float32(math.Floor(float64(x)))
	if d := x - low; d < 0.5 || d == 0.5 && math.Mod(float64(low), 2) == 0 {
		return low
	}
	return low + 1
}

// gelu is x times the probability that a normal number is less.
func gelu(opt model.GELU) func(x float32) float32 {
	if opt.Approximate {
		return func(x float32) float32 {
			v := float64(x)
			return float32(0.5 * v * (1 + math.Tanh(math.Sqrt2/math.SqrtPi*(v+0.044715*v*v*v))))
		}
	}
	return func(x float32) float32 {
		v := float64(x)
		return float32(0.5 * v * (1 + math.Erf(v/math.Sqrt2)))
	}
}

// tables has the operators that translate bytes: from the quantization of both ends to the byte that each becomes, which
// may lie beyond 0 … 255.
var tables = map[model.Op]func(n *node, in, out quant) (func(x int32) int32, error){
	model.OpReLU:      clamping,
	model.OpReLU6:     clamping,
	model.OpReLUN1To1: clamping,
	model.OpReLU0To1:  clamping,
	model.OpLeakyReLU: leaking,
	model.OpHardSwish: hardSwish,
	model.OpTanh:      rounded(exact(math.Tanh)),
	model.OpLogistic: func(n *node, in, out quant) (func(int32) int32, error) {
		if out.scale != 1.0/256 {
			return nil, fmt.Errorf("its output has a scale of %g (want 1/256): %w", out.scale, model.ErrUnsupported)
		}
		return rounded(logistic)(n, in, out)
	},
	model.OpELU: func(n *node, in, out quant) (func(int32) int32, error) {
		if n.inputs[0].Type != model.Int8 {
			return nil, n.noType()
		}
		return rounded(elu)(n, in, out)
	},
	model.OpGELU: func(n *node, in, out quant) (func(int32) int32, error) {
		opt, _ := n.options.(model.GELU)
		return rounded(gelu(opt))(n, in, out)
	},
	model.OpAbs:      signless,
	model.OpRsqrt:    rsqrt8,
	model.OpQuantize: requantizing,
}

// rounded computes f of real numbers (PopulateLookupTable in tflite/kernels/internal/common.h).
func rounded(f func(float32) float32) func(n *node, in, out quant) (func(x int32) int32, error) {
	return func(_ *node, in, out quant) (func(x int32) int32, error) {
		inverse := 1 / out.scale
		return func(x int32) int32 {
			y := kernel.Clamp32(f(in.scale*float32(x-in.zero))*inverse, -1<<20, 1<<20)
			return int32(math.Round(float64(y))) + out.zero
		}, nil
	}
}

// clamping is RELU and its kin.
func clamping(n *node, in, out quant) (func(x int32) int32, error) {
	m, err := multiplier(float64(in.scale / out.scale))
	lo, hi := n.clamp()
	least, most := out.quantized(lo), out.quantized(hi)
	return func(x int32) int32 { return min(max(m.HalfAway(x-in.zero)+out.zero, least), most) }, err
}

// leaking is LEAKY_RELU.
func leaking(n *node, in, out quant) (func(x int32) int32, error) {
	opt, ok := n.options.(model.LeakyReLU)
	if !ok {
		return nil, fmt.Errorf("no options")
	}
	above, err := multiplier(float64(in.scale / out.scale))
	if err != nil {
		return nil, err
	}
	below, err := signedMultiplier(float64(float32(in.scale*opt.Alpha) / out.scale))
	return func(x int32) int32 {
		if v := x - in.zero; v < 0 {
			return below.HalfAway(v) + out.zero
		}
		return above.HalfAway(x-in.zero) + out.zero
	}, err
}

// signedMultiplier is multiplier of any real number.
func signedMultiplier(real float64) (kernel.Multiplier, error) {
	m, err := multiplier(math.Abs(real))
	if real < 0 {
		m.M = -m.M
	}
	return m, err
}

// hardSwish prepares HARD_SWISH (tflite/kernels/activations.cc).
func hardSwish(_ *node, in, out quant) (func(x int32) int32, error) {
	fine := in.scale / (1 << kernel.HardSwishFraction)
	toOut, outExp := fraction15(float64(fine / out.scale))
	toReLU, reluExp := fraction15(float64(fine / float32(3.0/32768)))
	if outExp > 0 {
		return nil, fmt.Errorf("scales of %g and %g: the output's is too small: %w", in.scale, out.scale, model.ErrUnsupported)
	}
	k := kernel.HardSwish{
		OutMult: toOut, ReLUMult: toReLU,
		OutRight: uint8(min(-outExp, 31)), ReLULeft: uint8(min(max(reluExp, 0), 31)), ReLURight: uint8(min(max(-reluExp, 0), 31)),
	}
	return func(x int32) int32 { return k.Steps(x-in.zero) + out.zero }, nil
}

// fraction15 is a real factor as a fraction of 15 bits and an exponent of 2.
func fraction15(real float64) (m int16, exponent int) {
	fraction, exponent := math.Frexp(real)
	wide := int64(math.Round(fraction * (1 << 31)))
	if wide == 1<<31 {
		wide /= 2
		exponent++
	}
	if exponent < -31 {
		return 0, 0
	}
	return int16(min((wide+1<<15)>>16, math.MaxInt16)), exponent
}

// signless is ABS.
func signless(n *node, in, out quant) (func(x int32) int32, error) {
	if n.inputs[0].Type == model.Uint8 {
		return nil, n.noType()
	}
	m, err := multiplier(float64(in.scale / out.scale))
	return func(x int32) int32 {
		v := max(x-in.zero, in.zero-x)
		if in.scale != out.scale {
			v = m.HalfAway(v)
		}
		return v + out.zero
	}, err
}

// requantizing is QUANTIZE of bytes.
func requantizing(_ *node, in, out quant) (func(x int32) int32, error) {
	m, err := multiplier(float64(in.scale) / float64(out.scale))
	return func(x int32) int32 { return m.HalfAway(x-in.zero) + out.zero }, err
}
