package levels

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
)

// The levels of uint8 and int8 are the same but for their offset, and 0 is one of them exactly.
func TestAffine(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		scale     float32
		zero      int32 // of uint8
	}{{0, 255, 1, 0}, {-127.5, 127.5, 1, 128}, {-255, 0, 1, 255}, {-0.5, 2.05, 0.01, 50}} {
		u, i := Affine(model.Uint8, c.low, c.high), Affine(model.Int8, c.low, c.high)
		if want := One(c.scale, c.zero); !reflect.DeepEqual(u, want) {
			t.Errorf("%v to %v: %v, want %v", c.low, c.high, u, want)
		}
		if want := One(c.scale, c.zero-128); !reflect.DeepEqual(i, want) {
			t.Errorf("%v to %v: %v of int8, want %v", c.low, c.high, i, want)
		}
	}
}

// Each channel has its scale, unless its bias wants a larger one; -128 and 0 are never used.
func TestWeights(t *testing.T) {
	weights := []float32{1.27, -1.27, 254, 0, 0.005, -127}
	channel := func(i int) int { return i / 2 }
	var s model.Tensor
	Symmetric(&s, weights, channel, []float64{0, 0, 10})
	if want := []float32{0.01, 2, 10}; !reflect.DeepEqual(s.Quant.Scale, want) {
		t.Errorf("scales %v, want %v", s.Quant.Scale, want)
	}
	if want := []byte{127, 0x81, 127, 0, 0, 0xf3}; !bytes.Equal(s.Data, want) {
		t.Errorf("int8 %v, want %v", s.Data, want)
	}
	var a model.Tensor
	Asymmetric(&a, []float64{-1, 0, 253, 100}, 0)
	if want := One(1, 2); !reflect.DeepEqual(a.Quant, want) {
		t.Errorf("%v, want %v", a.Quant, want)
	}
	if want := []byte{1, 2, 255, 102}; !bytes.Equal(a.Data, want) {
		t.Errorf("uint8 %v, want %v", a.Data, want)
	}
}
