// Package infertest has what tests of and around engines share: [Engine], the suite that every infer.Engine must pass,
// and [Fake], an engine that does what a test tells it.
package infertest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
)

// Engine tests what infer.Engine promises. open returns a new engine each time; Engine closes it.
func Engine(t *testing.T, open func(t *testing.T) infer.Engine) {
	with := func(name string, f func(t *testing.T, e infer.Engine, in, out []byte)) {
		t.Run(name, func(t *testing.T) {
			e := open(t)
			defer e.Close()
			f(t, e, input(e), make([]byte, e.Output().Bytes()))
		})
	}
	with("specs", testSpecs)
	with("run", testRun)
	with("lengths", testLengths)
	with("context", testContext)
	with("close", testClose)
	with("allocations", testAllocations)
}

// input is an image of varying bytes, or of small numbers if the engine takes float32.
func input(e infer.Engine) []byte {
	in := make([]byte, e.Input().Bytes())
	s := uint32(1)
	for i := range in {
		s = s*1664525 + 1013904223
		in[i] = byte(s >> 24)
		if e.Input().Type == infer.Float32 && i%4 == 3 {
			in[i] = 0x3f // the last byte holds sign and exponent: 0.5 … 2
		}
	}
	return in
}

func testSpecs(t *testing.T, e infer.Engine, _, _ []byte) {
	for name, spec := range map[string]func() infer.TensorSpec{"input": e.Input, "output": e.Output} {
		s := spec()
		if s.Type.Size() == 0 {
			t.Errorf("%s has type %v", name, s.Type)
		}
		if slices.ContainsFunc(s.Shape, func(d int) bool { return d < 1 }) || s.Bytes() < 1 {
			t.Errorf("%s has shape %v, %d bytes", name, s.Shape, s.Bytes())
		}
		if s.Scale < 0 {
			t.Errorf("%s has scale %v", name, s.Scale)
		}
		if again := spec(); !slices.Equal(again.Shape, s.Shape) || again.Type != s.Type || again.Scale != s.Scale || again.ZeroPoint != s.ZeroPoint {
			t.Errorf("%s changed from %v to %v", name, s, again)
		}
	}
}

func testRun(t *testing.T, e infer.Engine, in, out []byte) {
	before := slices.Clone(in)
	if err := e.Run(t.Context(), in, out); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(in, before) {
		t.Error("Run changed its input")
	}
	// Another image in between, and rubbish in the output: neither may show.
	other, again := slices.Clone(in), slices.Clone(out)
	slices.Reverse(other)
	if e.Input().Type == infer.Float32 {
		clear(other)
	}
	if err := e.Run(t.Context(), other, again); err != nil {
		t.Fatal(err)
	}
	for i := range again {
		again[i] = ^out[i]
	}
	if err := e.Run(t.Context(), in, again); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out, again) {
		t.Error("the same image got two answers")
	}
}

func testLengths(t *testing.T, e infer.Engine, in, out []byte) {
	long := func(b []byte) []byte { return append(slices.Clone(b), 0) }
	for _, c := range []struct {
		name      string
		in, out   []byte
		got, want int
	}{
		{"short input", in[:len(in)-1], out, len(in) - 1, len(in)},
		{"long input", long(in), out, len(in) + 1, len(in)},
		{"no input", nil, out, 0, len(in)},
		{"short output", in, out[:len(out)-1], len(out) - 1, len(out)},
		{"long output", in, long(out), len(out) + 1, len(out)},
		{"no output", in, nil, 0, len(out)},
	} {
		err := e.Run(t.Context(), c.in, c.out)
		if err == nil {
			t.Errorf("%s: no error", c.name)
			continue
		}
		for _, n := range []int{c.got, c.want} {
			if !strings.Contains(err.Error(), strconv.Itoa(n)) {
				t.Errorf("%s: error %q does not say %d", c.name, err, n)
			}
		}
	}
	if err := e.Run(t.Context(), in, out); err != nil {
		t.Errorf("a good run after bad ones: %v", err)
	}
}

func testContext(t *testing.T, e infer.Engine, in, out []byte) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Run(ctx, in, out); !errors.Is(err, context.Canceled) {
		t.Errorf("a run that was cancelled before it began returned %v (want %v)", err, context.Canceled)
	}
	if err := e.Run(t.Context(), in, out); err != nil {
		t.Errorf("a good run after a cancelled one: %v", err)
	}
}

func testClose(t *testing.T, e infer.Engine, in, out []byte) {
	for range 2 {
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if err := e.Run(t.Context(), in, out); !errors.Is(err, infer.ErrClosed) {
			t.Errorf("Run after Close returned %v (want %v)", err, infer.ErrClosed)
		}
	}
}

func testAllocations(t *testing.T, e infer.Engine, in, out []byte) {
	ctx := t.Context()
	var err error
	n := testing.AllocsPerRun(3, func() {
		err = errors.Join(err, e.Run(ctx, in, out))
	})
	if err != nil {
		t.Fatal(err)
	}
	if n != 0 {
		t.Errorf("Run allocates %v times", n)
	}
}
