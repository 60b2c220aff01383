package model_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
)

// TestEighthShared finds the map at an eighth in real networks, and says what others have instead.
func TestEighthShared(t *testing.T) {
	for name, want := range map[string]string{ // shape, operator and name of the tensor, or what the error says
		"googlenet_224_uint8":                 "[1 28 28 480] CONCATENATION",
		"googlenet_224_int8":                  "[1 28 28 480] CONCATENATION",
		"mobilenet_v2_1.0_224_quant":          "[1 28 28 32] ADD",
		"tf2_mobilenet_v2_1.0_224_ptq":        "[1 28 28 32] ADD",
		"inception_v3_nsfw_299_int8":          "[1 35 35 288] CONCATENATION",
		"zoo/gen_resnet50_w25_int8":           "[1 28 28 128] ADD",
		"zoo/gen_efficientnet_lite0_w50_int8": "[1 28 28 24] ADD",
		"mobilenet_v1_0.25_128_quant":         "it has no layer that joins features",
		"zoo/resnet8_cifar10":                 "has an eighth of the input's 32x32: there are 32x32, 16x16, 8x8",
		"mobilenet_v1_0.25_128_quant_edgetpu": "it has no layer that joins features",
	} {
		t.Run(filepath.Base(name), func(t *testing.T) {
			m := parseShared(t, name)
			i, err := m.Eighth()
			if err != nil {
				if !errors.Is(err, model.ErrUnsupported) || !strings.Contains(err.Error(), want) {
					t.Fatalf("error %v, want %s", err, want)
				}
				return
			}
			got := shapeString(m, i)
			for _, o := range m.Operators {
				if o.Outputs[0] == i {
					got += " " + o.Name()
				}
			}
			if got != want {
				t.Errorf("got %s (%s), want %s", got, m.Tensors[i].Name, want)
			}
			if _, err := model.WithOutputs(m, m.Tensors[i].Name); err != nil {
				t.Error(err)
			}
		})
	}
}
