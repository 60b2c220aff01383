package quantize_test

import (
	"fmt"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/quantize"
)

// TestAgreement quantizes real networks and holds them to what is promised: on pictures that they have not seen, the best class is
// that of the float model in 98 % of those in which that gives it 0.6 or more.
func TestAgreement(t *testing.T) {
	for _, c := range []struct {
		name   string
		uint8  bool
		ranges quantize.Ranges
	}{
		{"googlenet_224_int8", false, quantize.Auto}, {"googlenet_224_uint8", true, quantize.MinMax},
		{"mobilenet_v2_1.0_224_quant", false, quantize.Percentile}, {"tf2_mobilenet_v2_1.0_224_ptq", true, quantize.MinMax},
		{"mobilenet_v1_0.25_128_quant", true, quantize.Auto},
	} {
		t.Run(fmt.Sprintf("%s, uint8 %v", c.name, c.uint8), func(t *testing.T) {
			if testing.Short() && c.name != "mobilenet_v1_0.25_128_quant" {
				t.Skip("takes seconds")
			}
			m := sharedFloat(t, c.name)
			o := quantize.Options{Uint8: c.uint8, Ranges: c.ranges, Input: model.Uint8, Output: model.Uint8}
			o.Mean, o.Std = meaning(sharedModel(t, c.name))
			var list [][]byte
			for i, p := range sharedPictures(t, m, "pictures/*.jpg", "pictures/*.bmp") {
				if i%4 < 2 {
					list = append(list, p)
				}
			}
			known, held := halves(list)
			o.Pictures, o.Test = pictures(known), pictures(held)
			r, err := quantize.Run(t.Context(), m, o)
			if err != nil {
				t.Fatal(err)
			}
			got := r.Report.Outputs[0]
			t.Logf("%v: %d of %d, %d of %d sure ones; %.3f apart at most, %.2f %% on average", r.Report.Ranges, got.Same, got.Rows, got.SureSame, got.Sure, got.Largest, 100*got.Error)
			if got.Rows != len(held) || got.Sure < len(held)/4 || float64(got.SureSame) < 0.98*float64(got.Sure) || got.Same < got.Rows*9/10 {
				t.Errorf("the best class is the same in %d of %d pictures, and in %d of the %d sure ones", got.Same, got.Rows, got.SureSame, got.Sure)
			}
		})
	}
}

// meaning is what the bytes of a quantized model's input stand for.
func meaning(m *model.Model) (mean, std []float32) {
	in := &m.Tensors[m.Inputs[0]]
	zero := in.Quant.ZeroPoint[0]
	if in.Type == model.Int8 {
		zero += 128
	}
	return []float32{float32(zero)}, []float32{1 / in.Quant.Scale[0]}
}
