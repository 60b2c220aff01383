package kernel

import "math"

// HardSwish is x * min(6, max(0, x+3)) / 6 in fixed point of 16 bits (tflite/kernels/internal/reference/hard_swish.h).
type HardSwish struct {
	OutMult, ReLUMult   int16 // fractions of 15 bits
	OutRight            uint8 // shift behind the product
	ReLULeft, ReLURight uint8 // shifts of the scale of min(6, max(0, x+3)), one of them 0
}

// HardSwishFraction is the number of bits of fraction that an input's byte gets.
const HardSwishFraction = 7

// Steps is the answer for an input of v steps, -255 … 255, in steps of the output.
func (h *HardSwish) Steps(v int32) int32 {
	x := int16(v << HardSwishFraction)
	p := times15(x, h.OutMult)
	r := x
	if h.ReLULeft > 0 {
		r = saturated16(int64(r) << (h.ReLULeft - 1))
	}
	r = times15(r, h.ReLUMult)
	switch {
	case h.ReLULeft > 0:
		r = saturated16(int64(r) << 1)
	case h.ReLURight > 0:
		r = divided16(r, h.ReLURight)
	}
	share := (int32(r) + 1<<15) >> 1 // of 1: 0 … 2^15-1
	q := share * int32(p) / (1 << 15)
	return int32(divided16(int16(q), h.OutRight))
}

// divided16 is x / 2^n, rounded half away from zero; beyond 15, where C++ leaves open what becomes of x, as divided.
func divided16(x int16, n uint8) int16 {
	mask := int16(int64(1)<<(n&63) - 1)
	threshold := mask>>1 - x>>15
	v := int16(int32(x) >> (n & 31))
	if x&mask > threshold {
		v++
	}
	return v
}

// times15 is x*y in fractions of 15 bits, rounded half away from zero; -1 times -1 is saturated.
func times15(x, y int16) int16 {
	if x == math.MinInt16 && y == math.MinInt16 {
		return math.MaxInt16
	}
	p := int32(x) * int32(y)
	if p >= 0 {
		return int16((p + 1<<14) / (1 << 15))
	}
	return int16((p + 1 - 1<<14) / (1 << 15))
}

func saturated16(x int64) int16 { return int16(min(max(x, math.MinInt16), math.MaxInt16)) }
