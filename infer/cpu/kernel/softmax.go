package kernel

import "math"

// Softmax is a quantized softmax: Exp[d] is e^-d in the input's scale, d being how far a byte lies below the greatest.
type Softmax struct {
	Exp   [256]float32
	Scale float32 // of the output
	Zero  int32   // of the output
}

// Row is dst[i] = Exp[max - src[i]] / (sum of all * Scale), rounded, + Zero. dst and src have the same length.
func (s *Softmax) Row(dst, src []uint8) {
	dst = dst[:len(src)]
	top, total := exponentials(&s.Exp, src)
	inv := 1 / float32(total*s.Scale)
	for i, x := range src {
		p := float32(s.Exp[top-x] * inv)
		dst[i] = Clamp(int32(Clamp32(p+0.5, 0, 256))+s.Zero, 0, 255)
	}
}

// exponentials are the greatest byte of src, and the sum of exp[greatest - byte] of all.
func exponentials(exp *[256]float32, src []uint8) (top uint8, total float32) {
	for _, x := range src {
		top = max(top, x)
	}
	for _, x := range src {
		total += exp[top-x]
	}
	return top, total
}

// Softmax32 is dst[i] = e^(beta*(src[i]-max)) / sum of all. dst and src have the same length.
func Softmax32(dst, src []float32, beta float32) {
	dst = dst[:len(src)]
	top := float32(math.Inf(-1))
	for _, x := range src {
		top = max(top, x)
	}
	total := float32(0)
	for i, x := range src {
		e := float32(math.Exp(float64(float32(x-top) * beta)))
		dst[i] = e
		total += e
	}
	inv := 1 / total
	for i := range dst {
		dst[i] *= inv
	}
}
