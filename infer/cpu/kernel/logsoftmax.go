package kernel

import "math"

// LogSoftmax is a quantized logarithm of a softmax (tflite/kernels/internal/optimized/optimized_ops.h). Exp[d] is e^-d in the
// input's scale, d being how far a byte lies below the greatest.
type LogSoftmax struct {
	Exp                      [256]float32
	inScale, outScale, scale float32
	zero, flip               int32
}

// NewLogSoftmax is one from inScale to outScale and zero. flip is 128 for numbers that are int8, else 0.
func NewLogSoftmax(inScale, outScale float32, zero, flip int32) *LogSoftmax {
	l := &LogSoftmax{inScale: inScale, outScale: outScale, scale: inScale / outScale, zero: zero, flip: flip}
	for d := range l.Exp {
		l.Exp[d] = float32(math.Exp(float64(-inScale * float32(d))))
	}
	return l
}

// Row is dst[i] = log(e^src[i] / sum of all). dst and src have the same length.
func (l *LogSoftmax) Row(dst, src []uint8) {
	dst = dst[:len(src)]
	top, total := exponentials(&l.Exp, src)
	log := float32(math.Log(float64(total)))
	before := (float32(l.inScale*float32(int32(top)-l.flip)) + log) / l.outScale
	for i, x := range src {
		p := float32(l.scale*float32(int32(x)-l.flip)) - before
		steps := int32(math.RoundToEven(float64(Clamp32(p, -1<<20, 1<<20))))
		dst[i] = Clamp(steps+l.zero+l.flip, 0, 255)
	}
}

// LogSoftmax32 is dst[i] = log(e^src[i] / sum of all). dst and src have the same length.
func LogSoftmax32(dst, src []float32) {
	dst = dst[:len(src)]
	top := float32(math.Inf(-1))
	for _, x := range src {
		top = max(top, x)
	}
	total := float32(0)
	for _, x := range src {
		total += float32(math.Exp(float64(x - top)))
	}
	log := float32(math.Log(float64(total)))
	for i, x := range src {
		dst[i] = x - top - log
	}
}
