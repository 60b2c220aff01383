package preprocess

import (
	"math"

	"github.com/inceptiond/inceptiond/infer"
)

// table maps a channel's byte to the bits of a tensor element, so that normalization and quantization cost one load
// for each element whatever the type.
type table [3][256]uint32

// defaultNorm brings a byte to [-1, 1]: what the float Inception and MobileNet networks were trained on.
func defaultNorm() normalization {
	same := [3]float64{127.5, 127.5, 127.5}
	return normalization{mean: same, std: same}
}

// newTable computes the element for each byte of each channel. given tells whether n was asked for.
func newTable(s infer.TensorSpec, n normalization, given bool) *table {
	if !given {
		n = defaultNorm()
	}
	t := new(table)
	for c := range t {
		for v := range t[c] {
			t[c][v] = element(s, v, n.mean[c], n.std[c], given)
		}
	}
	return t
}

// flip tells whether elements are bytes with some bits flipped, and which.
func (t *table) flip() (bits byte, ok bool) {
	bits = byte(t[0][0])
	for c := range t {
		for v, element := range t[c] {
			if element != uint32(byte(v)^bits) {
				return 0, false
			}
		}
	}
	return bits, true
}

// element is the bits that stand for byte v in a tensor of kind s.
func element(s infer.TensorSpec, v int, mean, std float64, given bool) uint32 {
	value := (float64(v) - mean) / std
	low, high := 0, 255
	switch s.Type {
	case infer.Float32:
		return math.Float32bits(float32(value))
	case infer.Int8:
		low, high = -128, 127
	}
	if !given {
		return uint32(uint8(v + low))
	}
	q := math.RoundToEven(value/float64(s.Scale)) + float64(s.ZeroPoint)
	return uint32(uint8(int(min(max(q, float64(low)), float64(high)))))
}
