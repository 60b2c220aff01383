package graft

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/levels"
)

// The arithmetic here is exact or rounds once for each operation, so that every processor has the same numbers: products are
// converted to float64 before anything is added, as some processors would round only the sum otherwise.

// affine is the quantization of an 8-bit tensor that holds low to high, and 0; nil for another type.
func affine(t model.Type, low, high float64) *model.Quant {
	low, high = min(low, 0), max(high, 0)
	const narrowest = 1e-3 // of a logit
	high = max(high, low+narrowest)
	if t != model.Uint8 && t != model.Int8 {
		return nil
	}
	return levels.Affine(t, low, high)
}

// softmaxQuant is the quantization that TensorFlow Lite wants of a softmax; nil for another type than those of 8 bits.
func softmaxQuant(t model.Type) *model.Quant {
	if t != model.Uint8 && t != model.Int8 {
		return nil
	}
	return levels.One(1./256, levels.Offset(t)-128)
}

// tensors are the weights [classes 1 1 features] and biases [classes] of h as constants, for a CONV_2D from features to cam.
func (h *Head) tensors(features, cam *model.Tensor) (weights, bias model.Tensor) {
	classes, depth := len(h.Labels), features.Shape[3]
	weights = model.Tensor{Name: "taught/weights", Shape: []int{classes, 1, 1, depth}, Type: features.Type}
	bias = model.Tensor{Name: "taught/bias", Shape: []int{classes}, Type: model.Int32}
	switch features.Type {
	case model.Uint8:
		levels.Asymmetric(&weights, slices.Concat(h.Weights...), leastScale(h.Bias, features, cam))
	case model.Int8:
		least := make([]float64, classes)
		for c := range least {
			least[c] = leastScale(h.Bias[c:c+1], features, cam)
		}
		levels.Symmetric(&weights, slices.Concat(h.Weights...), func(i int) int { return i / depth }, least)
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

// leastScale is [levels.LeastScale] for some biases.
func leastScale(bias []float64, features, cam *model.Tensor) float64 {
	most := 0.
	for _, b := range bias {
		most = max(most, math.Abs(b))
	}
	return levels.LeastScale(most, float64(features.Quant.Scale[0]), float64(cam.Quant.Scale[0]))
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
