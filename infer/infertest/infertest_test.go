package infertest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/infertest"
)

// TestFake holds the fake to what it stands for.
func TestFake(t *testing.T) {
	for name, classes := range map[string][]int{"one output": {10}, "three outputs": {10, 1, 4}} {
		t.Run(name, func(t *testing.T) {
			infertest.Engine(t, func(*testing.T) infer.Engine {
				f := infertest.NewFake(4, 5, classes...)
				f.Answer = func(_ context.Context, in []byte, outs [][]byte) error {
					for i := range outs {
						copy(outs[i], in[i:])
					}
					return nil
				}
				return f
			})
		})
	}
}

func TestFakeAnswers(t *testing.T) {
	f := infertest.NewFake(2, 2, 3)
	in, outs := make([]byte, 12), [][]byte{{1, 2, 3}}
	if by, err := f.Run(t.Context(), in, outs); err != nil || [3]byte(outs[0]) != [3]byte{} || by.Engine != "fake" {
		t.Errorf("without an answer: %v by %+v, %v", outs, by, err)
	}
	want := errors.New("broken")
	f.Answer = infertest.Fail(want)
	if _, err := f.Run(t.Context(), in, outs); err != want {
		t.Errorf("failing: %v", err)
	}
	f.Answer = infertest.Block
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	if _, err := f.Run(ctx, in, outs); err != context.Canceled {
		t.Errorf("blocking: %v", err)
	}
	if f.Runs() != 3 || f.Closed() {
		t.Errorf("%d runs, closed %v", f.Runs(), f.Closed())
	}
}
