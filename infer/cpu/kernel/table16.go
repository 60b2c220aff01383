package kernel

import (
	"math"
	"math/bits"
)

// Sigmoid16 is what numbers of 16 bits become by LOGISTIC and TANH, which find 65536 / (1 + e^-(i/24)) between points i of a table
// (tflite/kernels/internal/reference/integer_ops/logistic.h, tanh.h).
type Sigmoid16 struct {
	Mult  int32 // what numbers are multiplied with, and
	Right uint8 // halved so often, rounded half up
	table [256]uint16
}

// NewSigmoid16 prepares the table.
func NewSigmoid16(mult int32, right uint8) *Sigmoid16 {
	s := &Sigmoid16{Mult: mult, Right: right}
	for i := range s.table {
		s.table[i] = uint16(math.Round(65536 / (1 + math.Exp(-float64(i)/24))))
	}
	for _, i := range roundedUp {
		s.table[i]++
	}
	return s
}

// roundedUp is the points of TensorFlow Lite's table that are the next number above the nearest (sigmoid_table_uint16 in
// tflite/kernels/internal/common.h).
var roundedUp = [...]uint8{
	4, 8, 12, 14, 15, 16, 17, 19, 20, 21, 22, 25, 27, 28, 29, 30, 31, 33, 34, 35, 37, 39, 40, 41, 43, 44, 45, 46, 49,
	50, 54, 62, 63, 64, 66, 82, 86, 93, 100, 103, 112, 116, 135, 255,
}

// scaled is the number that the table is asked for, and how great it is.
func (s *Sigmoid16) scaled(x int32) (v int32, size uint32) {
	half := int32(1) << s.Right >> 1
	v = (x*s.Mult + half) >> s.Right
	return v, uint32(max(v, -v))
}

// between is the table at size / 2^fraction, with as many bits of fraction.
func (s *Sigmoid16) between(size uint32, fraction int) (uint32, bool) {
	i := size >> fraction
	if i >= 255 {
		return 0, false
	}
	a, b := uint32(s.table[i]), uint32(s.table[i+1])
	return a<<fraction + size&(1<<fraction-1)*(b-a), true
}

// Logistic is 1 / (1 + e^-x) in 2^-15.
func (s *Sigmoid16) Logistic(x int32) int32 {
	v, size := s.scaled(x)
	r, ok := s.between(size, 9)
	if !ok {
		r = math.MaxInt16 << 10
	}
	if v >= 0 {
		r += 1 << 9
	} else {
		r = 1<<25 - r + 1<<9 - 1
	}
	return int32(r >> 10)
}

// Tanh is tanh x in 2^-15.
func (s *Sigmoid16) Tanh(x int32) int32 {
	v, size := s.scaled(x)
	u, ok := s.between(size, 8)
	if !ok {
		u = math.MaxUint16 << 8
	}
	r := int32(u) - 1<<23
	if v >= 0 {
		r += 1 << 7
	} else {
		r = -r + 1<<7 - 1
	}
	return r >> 8
}

// lookup16 is a function of numbers of 16 bits by 513 points, 128 apart.
type lookup16 [513]int16

// newLookup16 is f from lo to hi in 2^-15, its points moved by half of what the middle between two differs from the line.
func newLookup16(f func(float64) float64, lo, hi float64) *lookup16 {
	t, step := new(lookup16), (hi-lo)/512
	at := func(i, more float64) float64 { return f(lo+i*step+more) * 32768 }
	for i := range 512 {
		n := float64(i)
		point := math.Round(at(n, 0))
		line := math.Round((at(n+1, 0) + point) / 2)
		bias := math.Round((line - math.Round(at(n, step/2))) / 2)
		t[i] = saturated16(int64(point - bias))
	}
	t[512] = saturated16(int64(math.Round(f(hi) * 32768)))
	return t
}

func (t *lookup16) of(x int16) int16 {
	i := 256 + int(x>>7)
	slope := int32(t[i+1] - t[i])
	return t[i] + int16((slope*int32(x&127)+64)>>7)
}

// Softmax16 is a softmax of numbers of 16 bits; the answer is in 2^-15 (tflite/kernels/internal/reference/softmax.h).
type Softmax16 struct {
	Mult     Multiplier // brings differences to 10/65535
	exp, inv *lookup16
}

// NewSoftmax16 prepares the tables.
func NewSoftmax16(m Multiplier) *Softmax16 {
	return &Softmax16{
		Mult: m, exp: newLookup16(math.Exp, -10, 0),
		inv: newLookup16(func(x float64) float64 { return 1 / (1 + x) }, 0, 1),
	}
}

// Row is dst[i] = e^src[i] / sum of all. dst and src have the same length, of 65535 at most.
func (s *Softmax16) Row(dst, src []int16) {
	dst = dst[:len(src)]
	top := int16(math.MinInt16)
	for _, x := range src {
		top = max(top, x)
	}
	sum := int32(0)
	for i, x := range src {
		d := s.Mult.HalfAway(int32(x)-int32(top)) + math.MaxInt16
		dst[i] = s.exp.of(saturated16(int64(d)))
		sum += int32(dst[i])
	}
	zeros := bits.LeadingZeros32(uint32(sum))
	one := int32((int64(sum)<<(zeros-1) + 1<<13) >> 14) // 2^16 … 2^17
	inverse := int64(s.inv.of(saturated16(int64(one) - 1<<15 - 1<<16)))
	right := 31 - zeros
	for i, e := range dst {
		dst[i] = int16(min(max((int64(e)*inverse+1<<right>>1)>>right, 0), math.MaxInt16))
	}
}
