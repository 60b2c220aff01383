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
	infertest.Engine(t, func(*testing.T) infer.Engine {
		f := infertest.NewFake(4, 5, 10)
		f.Answer = func(_ context.Context, in, out []byte) error {
			for i := range out {
				out[i] = in[i]
			}
			return nil
		}
		return f
	})
}

func TestFakeAnswers(t *testing.T) {
	f := infertest.NewFake(2, 2, 3)
	in, out := make([]byte, 12), []byte{1, 2, 3}
	if err := f.Run(t.Context(), in, out); err != nil || [3]byte(out) != [3]byte{} {
		t.Errorf("without an answer: %v, %v", out, err)
	}
	want := errors.New("broken")
	f.Answer = infertest.Fail(want)
	if err := f.Run(t.Context(), in, out); err != want {
		t.Errorf("failing: %v", err)
	}
	f.Answer = infertest.Block
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	if err := f.Run(ctx, in, out); err != context.Canceled {
		t.Errorf("blocking: %v", err)
	}
	if f.Runs() != 3 || f.Closed() {
		t.Errorf("%d runs, closed %v", f.Runs(), f.Closed())
	}
}
