package cpu_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
)

// graph builds models for tests.
type graph struct {
	model.Model
	r *rand.Rand
}

func newGraph(seed uint64) *graph { return &graph{r: rand.New(rand.NewPCG(seed, 1))} }

// tensor adds a tensor and returns its index.
func (g *graph) tensor(typ model.Type, q *model.Quant, shape ...int) int {
	g.Tensors = append(g.Tensors, model.Tensor{Name: "t", Shape: shape, Type: typ, Quant: q})
	return len(g.Tensors) - 1
}

// one is a quantization by one scale.
func one(scale float32, zero int32) *model.Quant {
	return &model.Quant{Scale: []float32{scale}, ZeroPoint: []int32{zero}}
}

// random makes tensor i a constant; 8-bit ones of any value, float32 from -1 to 1, int32 from -bound to bound.
func (g *graph) random(i int, bound int32) int {
	t := &g.Tensors[i]
	t.Data = make([]byte, t.Bytes())
	g.fill(t.Type, t.Data, bound)
	return i
}

func (g *graph) fill(typ model.Type, data []byte, bound int32) {
	switch typ {
	case model.Float32:
		for k := 0; k < len(data); k += 4 {
			binary.LittleEndian.PutUint32(data[k:], math.Float32bits(g.r.Float32()*2-1))
		}
	case model.Int32:
		for k := 0; k < len(data); k += 4 {
			binary.LittleEndian.PutUint32(data[k:], uint32(g.r.Int32N(2*bound+1)-bound))
		}
	default:
		for k := range data {
			data[k] = byte(g.r.Uint32())
		}
	}
}

// ints adds a constant of int32.
func (g *graph) ints(values ...int32) int {
	i := g.tensor(model.Int32, nil, len(values))
	for _, v := range values {
		g.Tensors[i].Data = binary.LittleEndian.AppendUint32(g.Tensors[i].Data, uint32(v))
	}
	return i
}

// op adds an operator with one output.
func (g *graph) op(op model.Op, options any, out int, inputs ...int) int {
	g.Operators = append(g.Operators, model.Operator{Op: op, Version: 1, Options: options, Inputs: inputs, Outputs: []int{out}})
	return out
}

// engine makes an engine of the graph from inputs to outputs.
func (g *graph) engine(t testing.TB, o cpu.Options) *cpu.Engine {
	t.Helper()
	e, err := cpu.New(&g.Model, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// run fills the inputs at random, runs, and returns inputs and outputs as real numbers.
func (g *graph) run(t testing.TB, o cpu.Options) (ins, outs [][]float64) {
	t.Helper()
	e := g.engine(t, o)
	a, b := infer.Buffers(e.Inputs()), infer.Buffers(e.Outputs())
	for n, i := range g.Inputs {
		g.fill(g.Tensors[i].Type, a[n], 0)
	}
	if _, err := e.RunAll(t.Context(), a, b); err != nil {
		t.Fatal(err)
	}
	for n, i := range g.Inputs {
		ins = append(ins, g.real(i, a[n]))
	}
	for n, i := range g.Outputs {
		outs = append(outs, g.real(i, b[n]))
	}
	return ins, outs
}

// real turns the bytes of tensor i into numbers.
func (g *graph) real(i int, data []byte) []float64 {
	t := &g.Tensors[i]
	list := make([]float64, t.Elements())
	for k := range list {
		scale, zero := 1.0, 0.0
		if q := t.Quant; q != nil {
			c := 0
			if len(q.Scale) > 1 {
				inner := 1
				for _, d := range t.Shape[q.Axis+1:] {
					inner *= d
				}
				c = k / inner % t.Shape[q.Axis]
			}
			scale, zero = float64(q.Scale[c]), float64(q.ZeroPoint[c])
		}
		var x float64
		switch t.Type {
		case model.Float32:
			x = float64(math.Float32frombits(binary.LittleEndian.Uint32(data[4*k:])))
		case model.Int32:
			x = float64(int32(binary.LittleEndian.Uint32(data[4*k:])))
		case model.Int8:
			x = float64(int8(data[k]))
		default:
			x = float64(data[k])
		}
		list[k] = scale * (x - zero)
	}
	return list
}

// near compares got with want, which is first limited to what tensor i can hold: at most steps of its scale apart, or
// 1e-4 for float32.
func (g *graph) near(t testing.TB, i int, got, want []float64, steps float64) {
	t.Helper()
	tensor := &g.Tensors[i]
	lo, hi, eps := math.Inf(-1), math.Inf(1), 1e-4
	if tensor.Type != model.Float32 {
		q := tensor.Quant
		low, high := tensor.Type.Range()
		scale, zero := float64(q.Scale[0]), float64(q.ZeroPoint[0])
		lo, hi = scale*(float64(low)-zero), scale*(float64(high)-zero)
		eps = scale * (steps + 1e-3)
	}
	if len(got) != len(want) {
		t.Fatalf("%d values (want %d)", len(got), len(want))
	}
	for k := range got {
		w := min(max(want[k], lo), hi)
		if !(math.Abs(got[k]-w) <= eps+1e-4*math.Abs(w)*boolFloat(tensor.Type == model.Float32)) {
			t.Fatalf("element %d is %v (want %v, step %v)", k, got[k], w, eps)
		}
	}
}

func boolFloat(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
