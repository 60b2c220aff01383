package model_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/testing/graphs"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// TestHeadShared finds the heads of real networks, and says what others end in.
func TestHeadShared(t *testing.T) {
	for name, want := range map[string]string{ // the shape of the map, or what the error says
		"googlenet_224_uint8":                            "[1 7 7 1024] FULLY_CONNECTED",
		"googlenet_224_int8":                             "[1 7 7 1024] FULLY_CONNECTED",
		"mobilenet_v1_0.25_128_quant":                    "[1 4 4 256] CONV_2D",
		"mobilenet_v2_1.0_224_inat_bird_quant":           "[1 7 7 1280] FULLY_CONNECTED",
		"mobilenet_v2_1.0_224_quant":                     "[1 7 7 1280] CONV_2D",
		"tf2_mobilenet_v2_1.0_224_ptq":                   "[1 7 7 1280] CONV_2D",
		"mobilenet_v1_1.0_224_quant_embedding_extractor": "[1 7 7 1024] nothing",
		"zoo/gen_resnet50_w25_int8":                      "[1 7 7 512] FULLY_CONNECTED",
		"zoo/gen_efficientnet_lite0_w50_int8":            "[1 7 7 640] FULLY_CONNECTED",
		"zoo/resnet8_cifar10":                            "[1 8 8 64] FULLY_CONNECTED",
		"zoo/mobilenet_v2_035_96_embedder_hybrid":        "[1 3 3 1280] nothing",
		"inception_v3_nsfw_299_int8":                     "FULLY_CONNECTED",
		"zoo/gen_mobilenet_v3_small_int8":                "HARD_SWISH",
		"zoo/posenet_mobilenet_v1_075_353_481":           "CONV_2D",
		"zoo/deeplabv3_float":                            "RESIZE_BILINEAR",
		"mobilenet_v1_0.25_128_quant_edgetpu":            "edgetpu-custom-op",
	} {
		t.Run(filepath.Base(name), func(t *testing.T) {
			m := parseShared(t, name)
			h, err := m.Head()
			if err != nil {
				if !errors.Is(err, model.ErrUnsupported) || !strings.Contains(err.Error(), want) {
					t.Fatalf("error %v, want %s named", err, want)
				}
				return
			}
			layer := "nothing"
			if h.Layer >= 0 {
				layer = m.Operators[h.Layer].Name()
			}
			if got := shapeString(m, h.Map) + " " + layer; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if d := m.Tensors[h.Map].Shape[3]; m.Tensors[h.Pooled].Elements() != d {
				t.Errorf("%d averages of %d features", m.Tensors[h.Pooled].Elements(), d)
			}
		})
	}
}

// TestHeadLayerFirst has a layer before the averages, of an activation function of its own or not, and other averages beside
// them or not.
func TestHeadLayerFirst(t *testing.T) {
	for _, c := range []struct {
		name       string
		activation model.Activation
		pooled     bool
		ends       model.Op
		want       string // the map, whether it is averaged, the layer
	}{
		{"a layer", model.NoActivation, false, model.OpSoftmax, "features -1 0"},
		{"a sigmoid behind it", model.NoActivation, false, model.OpLogistic, "features -1 0"},
		{"averages too", model.NoActivation, true, model.OpSoftmax, "features 4 0"},
		{"not linear", model.ReLU, false, model.OpSoftmax, "cells 5 -1"},
		{"no classifier", model.NoActivation, false, model.OpReshape, "cells 5 -1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := new(graphs.Graph)
			named := func(name string, i int) int {
				g.Tensors[i].Name = name
				return i
			}
			features := named("features", g.Tensor(model.Float32, 1, 4, 4, 6))
			weights := g.Constant(g.Tensor(model.Float32, 3, 1, 1, 6))
			cells := named("cells", g.Tensor(model.Float32, 1, 4, 4, 3))
			axes := g.Constant(g.Tensor(model.Int32, 2))
			g.Tensors[axes].Data = []byte{2, 0, 0, 0, 1, 0, 0, 0}
			pooled := g.Tensor(model.Float32, 1, 6)
			logits, out := g.Tensor(model.Float32, 1, 3), g.Tensor(model.Float32, 1, 3)
			g.Operator(model.OpConv2D, model.Conv2D{StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Activation: c.activation}, []int{features, weights}, cells)
			g.Operator(model.OpMean, model.Reducer{}, []int{cells, axes}, logits)
			if c.pooled {
				g.Operator(model.OpMean, model.Reducer{}, []int{features, axes}, pooled)
			}
			g.Operator(c.ends, map[model.Op]any{model.OpSoftmax: model.Softmax{Beta: 1}}[c.ends], []int{logits}, out)
			g.Inputs, g.Outputs = []int{features}, []int{out}
			m := parse(t, written(t, &g.Model))
			h, err := m.Head()
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(m.Tensors[h.Map].Name, " ", h.Pooled, " ", h.Layer); got != c.want || (h.Layer >= 0) != (h.Logits == logits) {
				t.Errorf("got %s, logits %d (want %s)", got, h.Logits, c.want)
			}
		})
	}
}

func parseShared(t *testing.T, name string) *model.Model {
	data, err := os.ReadFile(filepath.Join(shared.Dir(t), "models", name+".tflite"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Parse(data, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func shapeString(m *model.Model, tensor int) string {
	return strings.TrimSpace(fmt.Sprint(m.Tensors[tensor].Shape))
}

// checkHead holds what Head and its neighbours say of any model to what they promise.
func checkHead(t *testing.T, m *model.Model) {
	if i, err := m.Eighth(); err == nil && len(m.Tensors[i].Shape) != 4 || err != nil && !errors.Is(err, model.ErrUnsupported) {
		t.Fatalf("the map at an eighth is tensor %d: %v", i, err)
	}
	if logits := m.Logits(); logits < -1 || logits >= len(m.Tensors) {
		t.Fatalf("logits in tensor %d of %d", logits, len(m.Tensors))
	}
	h, err := m.Head()
	if err != nil {
		return
	}
	features := m.Tensors[h.Map].Shape
	if len(features) != 4 || h.Pooled >= 0 && m.Tensors[h.Pooled].Elements() != features[3] || h.Layer >= 0 && m.Weights(h.Layer) == nil {
		t.Fatalf("head %+v of a map of %v", h, features)
	}
}
