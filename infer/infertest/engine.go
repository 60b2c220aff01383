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
	"sync"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
)

// Engine tests what infer.Engine promises. open returns a new engine each time; Engine closes it. An engine of several
// outputs shows more than one of a single output.
func Engine(t *testing.T, open func(t *testing.T) infer.Engine) {
	with := func(name string, f func(t *testing.T, e infer.Engine, in []byte)) {
		t.Run(name, func(t *testing.T) {
			e := open(t)
			defer e.Close()
			f(t, e, input(e))
		})
	}
	with("specs", testSpecs)
	with("run", testRun)
	with("by", testBy)
	with("wanted outputs", testWanted)
	with("lengths", testLengths)
	with("number of outputs", testCount)
	with("context", testContext)
	with("close", testClose)
	with("allocations", testAllocations)
	with("wake", testWake)
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

// run is a run that must succeed, with an answer for every output.
func run(t *testing.T, e infer.Engine, in []byte) [][]byte {
	t.Helper()
	outs := infer.Buffers(e.Outputs())
	if _, err := e.Run(t.Context(), in, outs); err != nil {
		t.Fatal(err)
	}
	return outs
}

func testSpecs(t *testing.T, e infer.Engine, _ []byte) {
	if len(e.Outputs()) == 0 {
		t.Fatal("there is no output")
	}
	specs := func() []infer.TensorSpec { return append([]infer.TensorSpec{e.Input()}, e.Outputs()...) }
	again := specs()
	for i, s := range specs() {
		if s.Type.Size() == 0 {
			t.Errorf("%q has type %v", s.Name, s.Type)
		}
		if slices.ContainsFunc(s.Shape, func(d int) bool { return d < 1 }) || s.Bytes() < 1 {
			t.Errorf("%q has shape %v, %d bytes", s.Name, s.Shape, s.Bytes())
		}
		if s.Scale < 0 {
			t.Errorf("%q has scale %v", s.Name, s.Scale)
		}
		if a := again[i]; !slices.Equal(a.Shape, s.Shape) || a.Type != s.Type || a.Scale != s.Scale || a.ZeroPoint != s.ZeroPoint {
			t.Errorf("%q changed from %v to %v", s.Name, s, a)
		}
	}
}

func testRun(t *testing.T, e infer.Engine, in []byte) {
	before := slices.Clone(in)
	outs := run(t, e, in)
	if !bytes.Equal(in, before) {
		t.Error("Run changed its input")
	}
	// Another image in between, and rubbish in the outputs: neither may show.
	other := slices.Clone(in)
	slices.Reverse(other)
	if e.Input().Type == infer.Float32 {
		clear(other)
	}
	run(t, e, other)
	again := complement(outs)
	if _, err := e.Run(t.Context(), in, again); err != nil {
		t.Fatal(err)
	}
	for i := range again {
		if !bytes.Equal(outs[i], again[i]) {
			t.Errorf("output %d: the same image got two answers", i)
		}
	}
}

// complement is new memory that differs from outs in every byte.
func complement(outs [][]byte) [][]byte {
	list := make([][]byte, len(outs))
	for i, out := range outs {
		list[i] = make([]byte, len(out))
		for k := range out {
			list[i][k] = ^out[k]
		}
	}
	return list
}

// testBy wants every run answered by the same engine, which has a name.
func testBy(t *testing.T, e infer.Engine, in []byte) {
	outs := infer.Buffers(e.Outputs())
	first, err := e.Run(t.Context(), in, outs)
	if err != nil {
		t.Fatal(err)
	}
	if first.Engine == "" || first.Kernels == "" {
		t.Errorf("answered by %+v", first)
	}
	if again, err := e.Run(t.Context(), in, outs); err != nil || again != first {
		t.Errorf("answered by %+v, then by %+v; %v", first, again, err)
	}
}

// testWanted asks for each output alone, for all but each, and for none.
func testWanted(t *testing.T, e infer.Engine, in []byte) {
	want := run(t, e, in)
	ask := func(what string, wanted func(i int) bool) {
		outs := complement(want)
		for i := range outs {
			if !wanted(i) {
				outs[i] = nil
			}
		}
		if _, err := e.Run(t.Context(), in, outs); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		for i := range outs {
			if wanted(i) && !bytes.Equal(outs[i], want[i]) {
				t.Errorf("%s: output %d differs from that of a run for all", what, i)
			}
			if !wanted(i) && outs[i] != nil {
				t.Errorf("%s: Run changed the list of buffers", what)
			}
		}
	}
	for n := range want {
		ask("output "+strconv.Itoa(n)+" alone", func(i int) bool { return i == n })
		ask("all but output "+strconv.Itoa(n), func(i int) bool { return i != n })
	}
	ask("none", func(int) bool { return false })
}

func testLengths(t *testing.T, e infer.Engine, in []byte) {
	for name, bad := range wrong(in) {
		_, err := e.Run(t.Context(), bad, infer.Buffers(e.Outputs()))
		wantCounts(t, name+" input", err, len(bad), len(in))
	}
	_, err := e.Run(t.Context(), nil, infer.Buffers(e.Outputs()))
	wantCounts(t, "no input", err, 0, len(in))
	for i, spec := range e.Outputs() {
		for name, bad := range wrong(make([]byte, spec.Bytes())) {
			outs := infer.Buffers(e.Outputs())
			outs[i] = bad
			_, err := e.Run(t.Context(), in, outs)
			wantCounts(t, name+" output "+strconv.Itoa(i), err, len(bad), spec.Bytes())
		}
	}
	run(t, e, in) // a good run after bad ones
}

// wrong are buffers of other lengths than good has.
func wrong(good []byte) map[string][]byte {
	return map[string][]byte{
		"empty": {},
		"short": good[:len(good)-1],
		"long":  append(slices.Clone(good), 0),
	}
}

// wantCounts wants an error that says both counts.
func wantCounts(t *testing.T, what string, err error, got, want int) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", what)
		return
	}
	for _, n := range []int{got, want} {
		if !strings.Contains(err.Error(), strconv.Itoa(n)) {
			t.Errorf("%s: error %q does not say %d", what, err, n)
		}
	}
}

func testCount(t *testing.T, e infer.Engine, in []byte) {
	n := len(e.Outputs())
	for name, outs := range map[string][][]byte{
		"no outputs":          nil,
		"one output too few":  infer.Buffers(e.Outputs())[:n-1],
		"one output too many": append(infer.Buffers(e.Outputs()), nil),
	} {
		_, err := e.Run(t.Context(), in, outs)
		wantCounts(t, name, err, len(outs), n)
	}
}

func testContext(t *testing.T, e infer.Engine, in []byte) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Run(ctx, in, infer.Buffers(e.Outputs())); !errors.Is(err, context.Canceled) {
		t.Errorf("a run that was cancelled before it began returned %v (want %v)", err, context.Canceled)
	}
	run(t, e, in) // a good run after a cancelled one
}

func testClose(t *testing.T, e infer.Engine, in []byte) {
	for range 2 {
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Run(t.Context(), in, infer.Buffers(e.Outputs())); !errors.Is(err, infer.ErrClosed) {
			t.Errorf("Run after Close returned %v (want %v)", err, infer.ErrClosed)
		}
	}
}

func testAllocations(t *testing.T, e infer.Engine, in []byte) {
	ctx, outs := t.Context(), infer.Buffers(e.Outputs())
	var err error
	n := testing.AllocsPerRun(3, func() {
		infer.Wake(e)
		if _, e := e.Run(ctx, in, outs); e != nil {
			err = e
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if n != 0 {
		t.Errorf("Wake and Run allocate %v times", n)
	}
}

// testWake wakes an engine before, during, without and after runs.
func testWake(t *testing.T, e infer.Engine, in []byte) {
	infer.Wake(e)
	want := run(t, e, in)
	ends := make(chan struct{})
	var waking sync.WaitGroup
	waking.Go(func() {
		for {
			select {
			case <-ends:
				return
			default:
				infer.Wake(e)
			}
		}
	})
	for range 3 {
		if got := run(t, e, in); !slices.EqualFunc(got, want, bytes.Equal) {
			t.Error("an engine that is woken answers differently")
		}
	}
	close(ends)
	waking.Wait()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	infer.Wake(e)
}
