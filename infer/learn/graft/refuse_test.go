package graft_test

import (
	"math"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/learn/graft"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/testing/taught"
)

// TestRefusesHead wants a word on each thing that can be wrong with a head.
func TestRefusesHead(t *testing.T) {
	for says, change := range map[string]func(h *graft.Head){
		"1 labels, 3 rows":                 func(h *graft.Head) { h.Labels = h.Labels[:1] },
		"3 labels, 2 rows":                 func(h *graft.Head) { h.Weights = h.Weights[:2] },
		"2 biases":                         func(h *graft.Head) { h.Bias = h.Bias[:2] },
		"line 2 is empty":                  func(h *graft.Head) { h.Labels[1] = "" },
		"are others when they are read":    func(h *graft.Head) { h.Labels[2] = "a\nb" },
		"space around it":                  func(h *graft.Head) { h.Labels[2] = " a" },
		"23 weights for class 1":           func(h *graft.Head) { h.Weights[1] = h.Weights[1][:23] },
		"weights of class 2 are no finite": func(h *graft.Head) { h.Weights[2][3] = math.NaN() },
		"weights of class 0 are no finite": func(h *graft.Head) { h.Weights[0][0] = math.Inf(-1) },
		"bias [0.51 +Inf 0.0625]":          func(h *graft.Head) { h.Bias[1] = math.Inf(1) },
		"logits NaN to 5.77":               func(h *graft.Head) { h.LogitMin = math.NaN() },
		"map 13.1 to -11.3":                func(h *graft.Head) { h.CamMin, h.CamMax = h.CamMax, h.CamMin },
		"metadata of 2097":                 func(h *graft.Head) { h.Description = strings.Repeat("a", 2<<20) },
	} {
		m, h := parsed(t, taught.Base(model.Uint8)), fixed()
		change(&h)
		if _, err := graft.Taught(m, headOf(t, m), h); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v (want %q)", err, says)
		}
	}
}

// TestRefusesBase wants a word on each thing that can be wrong with a base.
func TestRefusesBase(t *testing.T) {
	for says, change := range map[string]func(m *model.Model, at *model.Head){
		"is none of a model with":         func(_ *model.Model, at *model.Head) { at.Map = 1000 },
		"is none of a model":              func(_ *model.Model, at *model.Head) { at.Map = -1 },
		"Pooled:-2 Layer:3":               func(_ *model.Model, at *model.Head) { at.Pooled = -2 },
		"is [1 5] (want 1 x height":       func(m *model.Model, at *model.Head) { at.Map = m.Outputs[0] },
		"has no scale":                    func(m *model.Model, at *model.Head) { m.Tensors[at.Map].Quant = nil },
		"is int16 (want":                  func(m *model.Model, at *model.Head) { m.Tensors[at.Map].Type = model.Int16 },
		"output of the base is int32":     func(m *model.Model, _ *model.Head) { m.Tensors[m.Outputs[0]].Type = model.Int32 },
		"operator 0 \"CONV_2D\": strange": func(m *model.Model, _ *model.Head) { m.Operators[0].Odd = "strange" },
	} {
		m := parsed(t, taught.Base(model.Uint8))
		at := headOf(t, m)
		change(m, &at)
		if _, err := graft.Taught(m, at, fixed()); err == nil || !strings.Contains(err.Error(), says) || !strings.HasPrefix(err.Error(), "graft: ") {
			t.Errorf("got %v (want %q)", err, says)
		}
	}
}
