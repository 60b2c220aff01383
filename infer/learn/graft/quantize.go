package graft

import (
	"encoding/binary"
	"math"

	"github.com/inceptiond/inceptiond/infer/model"
)

// The arithmetic here is exact or rounds once for each operation, so that every processor has the same numbers: products are
// converted to float64 before anything is added, as some processors would round only the sum otherwise.

// affine is the quantization of an 8-bit tensor that holds low to high, and 0; nil for another type.
func affine(t model.Type, low, high float64) *model.Quant {
	low, high = min(low, 0), max(high, 0)
	const narrowest = 1e-3 // of a logit
	high = max(high, low+narrowest)
	scale := float32((high - low) / 255)
	zero := int32(min(max(math.Round(-low/float64(scale)), 0), 255))
	switch t {
	case model.Uint8:
		return one(scale, zero)
	case model.Int8:
		return one(scale, zero-128)
	}
	return nil
}

// softmaxQuant is the quantization that TensorFlow Lite wants of a softmax.
func softmaxQuant(t model.Type) *model.Quant {
	switch t {
	case model.Uint8:
		return one(1./256, 0)
	case model.Int8:
		return one(1./256, -128)
	}
	return nil
}

func one(scale float32, zero int32) *model.Quant {
	return &model.Quant{Scale: []float32{scale}, ZeroPoint: []int32{zero}}
}

// tensors are the weights [classes 1 1 features] and biases [classes] of h as constants, for a CONV_2D from features to cam.
func (h *Head) tensors(features, cam *model.Tensor) (weights, bias model.Tensor) {
	classes, depth := len(h.Labels), features.Shape[3]
	weights = model.Tensor{Name: "taught/weights", Shape: []int{classes, 1, 1, depth}, Type: features.Type}
	bias = model.Tensor{Name: "taught/bias", Shape: []int{classes}, Type: model.Int32}
	switch features.Type {
	case model.Uint8:
		h.setUint8(&weights, leastScale(h.Bias, features, cam))
	case model.Int8:
		h.setInt8(&weights, features, cam)
	default:
		bias.Type = model.Float32
		for _, row := range h.Weights {
			weights.Data = appendFloats(weights.Data, row)
		}
		bias.Data = appendFloats(nil, h.Bias)
		return weights, bias
	}
	bias.Quant = new(model.Quant)
	for c, b := range h.Bias {
		k := min(c, len(weights.Quant.Scale)-1)
		step := float64(features.Quant.Scale[0]) * float64(weights.Quant.Scale[k]) // exact
		bias.Data = binary.LittleEndian.AppendUint32(bias.Data, uint32(int32(math.Round(b/step))))
		if len(bias.Quant.Scale) <= k {
			bias.Quant.Scale = append(bias.Quant.Scale, float32(step))
			bias.Quant.ZeroPoint = append(bias.Quant.ZeroPoint, 0)
		}
	}
	return weights, bias
}

// leastScale is the scale that weights need so that none of the biases has more than 30 bits, and that the factor from sums to
// the map does not vanish.
func leastScale(bias []float64, features, cam *model.Tensor) float64 {
	least := float64(cam.Quant.Scale[0])
	for _, b := range bias {
		least = max(least, math.Abs(b))
	}
	return least / (1 << 30) / float64(features.Quant.Scale[0])
}

// setUint8 gives all weights one scale. They are 1 to 255: TensorFlow Lite's product for arm adds up two at a time in 16 bits,
// which those of 0 might exceed.
func (h *Head) setUint8(t *model.Tensor, least float64) {
	low, high := 0., 0.
	for _, row := range h.Weights {
		for _, w := range row {
			low, high = min(low, w), max(high, w)
		}
	}
	scale := float32(max((high-low)/254, least))
	zero := 1 + min(math.Round(-low/float64(scale)), 254)
	t.Quant = one(scale, int32(zero))
	for _, row := range h.Weights {
		for _, w := range row {
			t.Data = append(t.Data, uint8(min(max(math.Round(w/float64(scale))+zero, 1), 255)))
		}
	}
}

// setInt8 gives the weights of each class a scale, with 0 in the middle, as TensorFlow Lite wants it of int8.
func (h *Head) setInt8(t *model.Tensor, features, cam *model.Tensor) {
	t.Quant = new(model.Quant)
	for c, row := range h.Weights {
		most := 0.
		for _, w := range row {
			most = max(most, math.Abs(w))
		}
		scale := float32(max(most/127, leastScale(h.Bias[c:c+1], features, cam)))
		t.Quant.Scale = append(t.Quant.Scale, scale)
		t.Quant.ZeroPoint = append(t.Quant.ZeroPoint, 0)
		for _, w := range row {
			t.Data = append(t.Data, uint8(int8(min(max(math.Round(w/float64(scale)), -127), 127))))
		}
	}
}

func appendFloats(dst []byte, values []float64) []byte {
	for _, v := range values {
		dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(v)))
	}
	return dst
}

// plain tells whether all values are numbers of a size that float32 has room for.
func plain(values ...float64) bool {
	const most = 1e30
	for _, v := range values {
		if !(math.Abs(v) <= most) {
			return false
		}
	}
	return true
}
