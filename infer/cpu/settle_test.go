package cpu

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// TestSettle wants shape arithmetic to be done, its nodes to be gone, and shapes to be right that the file has not.
func TestSettle(t *testing.T) {
	s := newSketch(model.Uint8)
	s.input("x", 1, 5, 6, 2)
	s.tensor("shape", 4).Type = model.Int32
	s.op(model.OpShape, model.Shape{Out: model.Int32}, "shape", "x")
	for name, numbers := range map[string][]int{"one": {1}, "three": {3}, "ones": {1}, "rest": {-1, 2}} {
		s.list(name, numbers...)
	}
	s.tensor("width").Type = model.Int32
	s.op(model.OpStridedSlice, model.StridedSlice{}, "width", "shape", "one", "three", "ones")
	s.tensor("sizes").Type = model.Int32
	s.op(model.OpConcatenation, model.Concat{}, "sizes", "width", "rest")
	s.tensor("r")
	s.op(model.OpReshape, nil, "r", "x", "sizes")
	s.tensor("p")
	s.op(model.OpMaxPool2D, model.Pool2D{Padding: model.Valid, StrideH: 2, StrideW: 1, Height: 2, Width: 1}, "p", "r")
	s.output("p")
	g := s.graph(t)
	if err := settle(g, target{set: kernel.Best(), memory: 1 << 20}); err != nil {
		t.Fatal(err)
	}
	if got, want := g.String(), "in x\n0 r = RESHAPE(x, sizes)\n1 p = MAX_POOL_2D(r)\nout p\n"; got != want {
		t.Errorf("graph is\n%s(want\n%s)", got, want)
	}
	if r, p := g.nodes[0].outputs[0].Shape, g.outputs[0].Shape; !slices.Equal(r, []int{5, 6, 1, 2}) || !slices.Equal(p, []int{5, 3, 1, 2}) {
		t.Errorf("shapes %v and %v", r, p)
	}
	if v := s.of("r"); len(v.Shape) != 0 {
		t.Error("the model itself has changed")
	}
}

// TestSettleRefuses wants an error that names the tensor.
func TestSettleRefuses(t *testing.T) {
	for says, build := range map[string]func(s *sketch){
		`output "y" has a shape that is only known in a run: "n", which it depends on, is not constant`: func(s *sketch) {
			s.input("n", 2)
			s.of("n").Type = model.Int32
			s.op(model.OpReshape, nil, "y", "x", "n")
		},
		"an output [2 0] has no elements": func(s *sketch) {
			s.list("times", 1, 0)
			s.op(model.OpTile, nil, "y", "x", "times")
		},
		"multiples [1000000000 1000000000]": func(s *sketch) {
			s.list("times", 1000000000, 1000000000)
			s.op(model.OpTile, nil, "y", "x", "times")
		},
		"an output [1000000 1000000] is too large": func(s *sketch) {
			s.list("shape", 1000000, 1000000)
			s.op(model.OpFill, nil, "y", "shape", "x")
		},
	} {
		s := newSketch(model.Uint8)
		s.input("x", 2, 3)
		s.tensor("y")
		build(s)
		s.output("y")
		if err := settle(s.graph(t), target{set: kernel.Best(), memory: 1 << 20}); !errors.Is(err, model.ErrUnsupported) || !strings.Contains(err.Error(), says) {
			t.Errorf("%v (want %q)", err, says)
		}
	}
}

// TestMoversAllocate wants no allocation in a run of what moves numbers.
func TestMoversAllocate(t *testing.T) {
	for _, m := range append(seeding{model.Float32}.movers(), seeding{model.Int8}.movers()...) {
		e, err := newEngine(m, Options{Threads: 1}, kernel.Best())
		if err != nil {
			continue // one that only other types have
		}
		ins, outs := infer.Buffers(e.Inputs()), infer.Buffers(e.Outputs())
		run := func() {
			if _, err := e.RunAll(context.Background(), ins, outs); err != nil {
				t.Error(err)
			}
		}
		if n := testing.AllocsPerRun(5, run); n != 0 {
			t.Errorf("%v: %v allocations", m.Operators[0].Op, n)
		}
		e.Close()
	}
}

// TestIndexOutOfRange wants an error of a run, and none of the next.
func TestIndexOutOfRange(t *testing.T) {
	s := newSketch(model.Uint8)
	s.input("x", 3, 2)
	s.input("rows", 2)
	s.of("rows").Type, s.of("rows").Quant = model.Int32, nil
	s.tensor("y", 2, 2)
	s.op(model.OpGather, model.Gather{}, "y", "x", "rows")
	s.output("y")
	e, err := newEngine(&s.Model, Options{Threads: 2}, kernel.Best())
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	out := make([]byte, 4)
	for _, c := range []struct {
		row  byte
		want string
	}{{2, ""}, {3, `GATHER of "y": an index is out of range`}, {1, ""}} {
		_, err := e.RunAll(context.Background(), [][]byte{{1, 2, 3, 4, 5, 6}, {c.row, 0, 0, 0, 0, 0, 0, 0}}, [][]byte{out})
		if c.want == "" && (err != nil || !slices.Equal(out, []byte{2*c.row + 1, 2*c.row + 2, 1, 2})) {
			t.Errorf("row %d: %v, %v", c.row, out, err)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("row %d: %v", c.row, err)
		}
	}
}

// TestBatch wants each of several images to be answered as it is alone.
func TestBatch(t *testing.T) {
	for _, typ := range []model.Type{model.Uint8, model.Float32} {
		for _, threads := range []int{1, 3} {
			const count = 3
			answer := func(images int, in []byte) []byte {
				s := newSketch(typ)
				s.input("x", images, 9, 8, 4)
				s.constant("w", 6, 3, 3, 4)
				for i := range s.of("w").Data {
					s.of("w").Data[i] = byte(i % 61)
				}
				s.tensor("y", images, 9, 8, 6)
				s.op(model.OpConv2D, model.Conv2D{StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}, "y", "x", "w")
				s.tensor("z", images, 8, 7, 6)
				s.op(model.OpMaxPool2D, model.Pool2D{Padding: model.Valid, StrideH: 1, StrideW: 1, Height: 2, Width: 2}, "z", "y")
				s.output("z")
				e, err := newEngine(&s.Model, Options{Threads: threads}, kernel.Best())
				if err != nil {
					t.Fatal(err)
				}
				defer e.Close()
				outs := infer.Buffers(e.Outputs())
				if _, err := e.RunAll(context.Background(), [][]byte{in}, outs); err != nil {
					t.Fatal(err)
				}
				return outs[0]
			}
			in := make([]byte, count*9*8*4*typ.Size())
			for i := range in {
				in[i] = byte(i * 7 % 60)
			}
			var want []byte
			for i := range count {
				want = append(want, answer(1, in[i*len(in)/count:(i+1)*len(in)/count])...)
			}
			if got := answer(count, in); !slices.Equal(got, want) {
				t.Errorf("%v: other answers in a batch", typ)
			}
		}
	}
}
