package infertest

import (
	"context"

	"github.com/inceptiond/inceptiond/infer"
)

// NewMean is a Fake whose single class scores the mean of a grey picture of 2 by 2 cells, as a 256th: a frame's grey level
// comes out as its score. before, if not nil, is called first; its error is Run's.
func NewMean(before func(ctx context.Context) error) *Fake {
	return &Fake{
		In:   infer.TensorSpec{Name: "in", Shape: []int{1, 2, 2, 1}, Type: infer.Uint8, Scale: 1},
		Outs: []infer.TensorSpec{{Name: "out", Shape: []int{1, 1}, Type: infer.Uint8, Scale: 1. / 256}},
		By:   infer.By{Engine: "fake", Kernels: "none"},
		Answer: func(ctx context.Context, in []byte, outs [][]byte) error {
			if before != nil {
				if err := before(ctx); err != nil {
					return err
				}
			}
			outs[0][0] = byte((int(in[0]) + int(in[1]) + int(in[2]) + int(in[3])) / 4)
			return nil
		},
	}
}
