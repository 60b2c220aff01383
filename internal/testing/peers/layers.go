package main

import (
	"fmt"
	"strings"

	"github.com/inceptiond/inceptiond/infer/model"
)

// layers lists the convolutions and pools of a model, as onednn/run.cpp wants them.
func layers(m *model.Model) string {
	var list strings.Builder
	for i := range m.Operators {
		o := &m.Operators[i]
		x := m.Tensors[o.Inputs[0]].Shape
		kind, groups, h, w, stride := "conv", 1, 0, 0, 0
		switch opt := o.Options.(type) {
		case model.Conv2D:
			s := m.Tensors[o.Inputs[1]].Shape
			h, w, stride = s[1], s[2], opt.StrideH
		case model.DepthwiseConv2D:
			s := m.Tensors[o.Inputs[1]].Shape
			groups, h, w, stride = x[3], s[1], s[2], opt.StrideH
		case model.Pool2D:
			h, w, stride = opt.Height, opt.Width, opt.StrideH
			if kind = "max"; o.Op == model.OpAveragePool2D {
				kind = "avg"
			}
		default:
			continue
		}
		y := m.Tensors[o.Outputs[0]].Shape
		tall, wide := max((y[1]-1)*stride+h-x[1], 0), max((y[2]-1)*stride+w-x[2], 0)
		fmt.Fprintln(&list, kind, groups, x[3], x[1], x[2], y[3], y[1], y[2], h, w, stride, tall/2, wide/2, tall-tall/2, wide-wide/2)
	}
	return list.String()
}
