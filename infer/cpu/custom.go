package cpu

import (
	"encoding/binary"
	"fmt"

	"github.com/inceptiond/inceptiond/infer/model"
)

// natives has the custom operators, by name, that are built-in ones in another dress: each function changes the node.
var natives = map[string]func(g *graph, n *node) error{
	"Convolution2DTransposeBias": transposeBias,
}

// native makes a node a built-in operator that is one.
func (g *graph) native(n *node) error {
	if f := natives[n.custom()]; f != nil {
		return f(g, n)
	}
	return nil
}

// transposeBias makes a TRANSPOSE_CONV of MediaPipe's Convolution2DTransposeBias, whose inputs are image, weights and bias. The size of
// its output follows from the image's (mediapipe/util/tflite/operations/transpose_conv_bias.cc).
func transposeBias(g *graph, n *node) error {
	const same = 1 // of TfLitePadding
	data, _ := n.options.([]byte)
	if len(data) < 12 || len(n.inputs) != 3 || n.inputs[1] == nil || len(n.inputs[0].Shape) != 4 || len(n.inputs[1].Shape) != 4 {
		return fmt.Errorf("%d inputs and %d bytes of options (want 3 and 12)", len(n.inputs), len(data))
	}
	var numbers [3]int // padding, and the strides
	for i := range numbers {
		numbers[i] = int(int32(binary.LittleEndian.Uint32(data[4*i:])))
	}
	opt := model.TransposeConv{Padding: model.Valid, StrideW: numbers[1], StrideH: numbers[2]}
	image, weights := n.inputs[0].Shape, n.inputs[1].Shape
	shape := []int{image[0], 0, 0, weights[0]}
	for i, stride := range []int{opt.StrideH, opt.StrideW} {
		if stride < 1 || stride > maxWindow || image[1+i] > maxElements/maxWindow {
			return fmt.Errorf("a stride of %d of image %v: %w", stride, image, model.ErrUnsupported)
		}
		steps := image[1+i] - 1
		shape[1+i] = steps*stride + weights[1+i]
		if numbers[0] == same {
			opt.Padding = model.Same
			shape[1+i] -= max(0, weights[1+i]-steps%stride-1)
		}
	}
	asked := &value{Tensor: &model.Tensor{Name: n.name, Shape: []int{4}, Type: model.Int32, Data: encodeInts(model.Int32, shape)}, last: -1}
	g.values = append(g.values, asked)
	n.op, n.options, n.inputs = model.OpTransposeConv, opt, []*value{asked, n.inputs[1], n.inputs[0], n.inputs[2]}
	return nil
}
