package infertest

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/inceptiond/inceptiond/infer"
)

// Fake is an engine for tests of what uses one. Set its fields before its first use.
type Fake struct {
	In, Out infer.TensorSpec

	// Answer, if set, computes out from in; its error is Run's. It may wait for ctx, and may count its calls.
	// Without it the output is all zeros.
	Answer func(ctx context.Context, in, out []byte) error

	runs   atomic.Int64
	closed atomic.Bool
}

// NewFake is a Fake for an image of 3 channels of uint8 and a number of classes.
func NewFake(height, width, classes int) *Fake {
	return &Fake{
		In:  infer.TensorSpec{Name: "image", Shape: []int{1, height, width, 3}, Type: infer.Uint8, Scale: 1.0 / 128, ZeroPoint: 128},
		Out: infer.TensorSpec{Name: "scores", Shape: []int{1, classes}, Type: infer.Uint8, Scale: 1.0 / 256},
	}
}

// Block is an Answer that waits until ctx ends.
func Block(ctx context.Context, _, _ []byte) error {
	<-ctx.Done()
	return ctx.Err()
}

// Fail is an Answer that returns err.
func Fail(err error) func(context.Context, []byte, []byte) error {
	return func(context.Context, []byte, []byte) error { return err }
}

// Input returns f.In.
func (f *Fake) Input() infer.TensorSpec { return f.In }

// Output returns f.Out.
func (f *Fake) Output() infer.TensorSpec { return f.Out }

// Run checks its arguments as every engine does and calls Answer.
func (f *Fake) Run(ctx context.Context, in, out []byte) error {
	if f.closed.Load() {
		return infer.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(in) != f.In.Bytes() || len(out) != f.Out.Bytes() {
		return fmt.Errorf("infertest: input has %d bytes, output %d (want %d and %d)", len(in), len(out), f.In.Bytes(), f.Out.Bytes())
	}
	f.runs.Add(1)
	if f.Answer == nil {
		clear(out)
		return nil
	}
	return f.Answer(ctx, in, out)
}

// Runs is how many runs got as far as Answer.
func (f *Fake) Runs() int { return int(f.runs.Load()) }

// Closed tells whether Close has been called.
func (f *Fake) Closed() bool { return f.closed.Load() }

// Close makes Run return infer.ErrClosed.
func (f *Fake) Close() error {
	f.closed.Store(true)
	return nil
}
