package infertest

import (
	"context"
	"sync/atomic"

	"github.com/inceptiond/inceptiond/infer"
)

// Fake is an engine for tests of what uses one. Set its fields before its first use.
type Fake struct {
	In   infer.TensorSpec
	Outs []infer.TensorSpec
	By   infer.By // who answers

	// Answer, if set, computes outs from in, as Run; its error is Run's. It may wait for ctx, and may count its calls.
	// Without it the outputs are all zeros. Outputs that are not wanted have a buffer here all the same.
	Answer func(ctx context.Context, in []byte, outs [][]byte) error

	given  [][]byte // what Answer writes to
	runs   atomic.Int64
	closed atomic.Bool
}

// NewFake is a Fake for an image of 3 channels of uint8, whose outputs are scores of so many classes each.
func NewFake(height, width int, classes ...int) *Fake {
	f := &Fake{
		In: infer.TensorSpec{Name: "image", Shape: []int{1, height, width, 3}, Type: infer.Uint8, Scale: 1.0 / 128, ZeroPoint: 128},
		By: infer.By{Engine: "fake", Kernels: "none"},
	}
	for _, n := range classes {
		f.Outs = append(f.Outs, infer.TensorSpec{Name: "scores", Shape: []int{1, n}, Type: infer.Uint8, Scale: 1.0 / 256})
	}
	return f
}

// Block is an Answer that waits until ctx ends.
func Block(ctx context.Context, _ []byte, _ [][]byte) error {
	<-ctx.Done()
	return ctx.Err()
}

// Fail is an Answer that returns err.
func Fail(err error) func(context.Context, []byte, [][]byte) error {
	return func(context.Context, []byte, [][]byte) error { return err }
}

// Input returns f.In.
func (f *Fake) Input() infer.TensorSpec { return f.In }

// Outputs returns f.Outs.
func (f *Fake) Outputs() []infer.TensorSpec { return f.Outs }

// Run checks its arguments as every engine does and calls Answer.
func (f *Fake) Run(ctx context.Context, in []byte, outs [][]byte) (infer.By, error) {
	if f.closed.Load() {
		return infer.By{}, infer.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return infer.By{}, err
	}
	if err := infer.CheckInputs([]infer.TensorSpec{f.In}, in); err != nil {
		return infer.By{}, err
	}
	if err := infer.CheckOutputs(f.Outs, outs); err != nil {
		return infer.By{}, err
	}
	f.runs.Add(1)
	if err := f.answer(ctx, in); err != nil {
		return infer.By{}, err
	}
	for i := range outs {
		copy(outs[i], f.given[i])
	}
	return f.By, nil
}

func (f *Fake) answer(ctx context.Context, in []byte) error {
	if f.given == nil {
		f.given = infer.Buffers(f.Outs)
	}
	if f.Answer == nil {
		return nil
	}
	return f.Answer(ctx, in, f.given)
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
