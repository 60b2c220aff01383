package tflite_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/failover"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/infer/tflite"
)

// BenchmarkOverhead sends images of 299x299 to a model that looks at one pixel: what is left is the way there and back,
// without and with the engine that stands between it and the daemon.
func BenchmarkOverhead(b *testing.B) {
	program, err := filepath.Abs(filepath.Join("..", "..", "bin", "inceptiond-tflite"))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := os.Stat(program); err != nil {
		b.Skip("no bin/inceptiond-tflite (make tflite builds it)")
	}
	q := &model.Quant{Scale: []float32{1}, ZeroPoint: []int32{0}}
	m := &model.Model{Inputs: []int{0}, Outputs: []int{1}, Tensors: []model.Tensor{
		{Name: "image", Shape: []int{1, 299, 299, 3}, Type: model.Uint8, Quant: q},
		{Name: "pixel", Shape: []int{1, 1, 1, 3}, Type: model.Uint8, Quant: q},
	}, Operators: []model.Operator{{Op: model.OpMaxPool2D, Inputs: []int{0}, Outputs: []int{1},
		Options: model.Pool2D{Padding: model.Valid, StrideH: 299, StrideW: 299, Height: 1, Width: 1}}}}
	data, err := write.Model(m)
	if err != nil {
		b.Fatal(err)
	}
	open := func(ctx context.Context) (failover.Primary, error) {
		return tflite.Open(ctx, tflite.Options{Worker: program, Model: data})
	}
	b.Run("alone", func(b *testing.B) {
		e, err := open(b.Context())
		timeRuns(b, e, err)
	})
	b.Run("watched", func(b *testing.B) {
		e, err := failover.New(b.Context(), failover.Options{Open: open})
		timeRuns(b, e, err)
	})
}

// timeRuns times runs of e, and closes it.
func timeRuns(b *testing.B, e infer.Engine, err error) {
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	in, outs := make([]byte, e.Input().Bytes()), infer.Buffers(e.Outputs())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Run(b.Context(), in, outs); err != nil {
			b.Fatal(err)
		}
	}
}
