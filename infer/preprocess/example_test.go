package preprocess_test

import (
	"fmt"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/preprocess"
)

// Two models look at different parts of one picture, which is decoded once: at its left end in uint8, at its right end in
// int8.
func ExamplePreprocessor_Run() {
	frame := capture.Frame{Format: capture.Packed(capture.RGB24, 8, 1)}
	for range 4 {
		frame.Pix = append(frame.Pix, 255, 0, 0) // red on the left
	}
	for range 4 {
		frame.Pix = append(frame.Pix, 0, 0, 255) // blue on the right
	}
	pic := picture.Of(&frame)
	for _, look := range []struct {
		kind   infer.DType
		region preprocess.Region
	}{
		{infer.Uint8, preprocess.Region{X: 0, Y: 0, Width: 0.25, Height: 1}},
		{infer.Int8, preprocess.Region{X: 0.75, Y: 0, Width: 0.25, Height: 1}},
	} {
		input := infer.TensorSpec{Shape: []int{1, 1, 1, 3}, Type: look.kind, Scale: 1. / 128}
		p, err := preprocess.New(input, preprocess.Options{Region: look.region})
		if err != nil {
			fmt.Println(err)
			return
		}
		tensor := make([]byte, input.Bytes())
		if err := p.Run(pic, tensor, nil); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(look.kind, tensor)
	}
	// Output:
	// uint8 [255 0 0]
	// int8 [128 128 127]
}
