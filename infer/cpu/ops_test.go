package cpu_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
)

// kinds are the element types, with an input and an output quantization.
var kinds = []struct {
	name    string
	typ     model.Type
	in, out *model.Quant
}{
	{"uint8", model.Uint8, one(0.05, 100), one(0.07, 120)},
	{"int8", model.Int8, one(0.05, -10), one(0.07, 5)},
	{"float32", model.Float32, nil, nil},
}

// TestUnary compares operators of one input with real arithmetic.
func TestUnary(t *testing.T) {
	const rows, n = 35, 11
	perRow := func(f func(row []float64) []float64) func([]float64) []float64 {
		return func(x []float64) []float64 {
			var y []float64
			for i := 0; i < len(x); i += n {
				y = append(y, f(x[i:i+n])...)
			}
			return y
		}
	}
	each := func(f func(float64) float64) func([]float64) []float64 {
		return func(x []float64) []float64 {
			y := make([]float64, len(x))
			for i := range x {
				y[i] = f(x[i])
			}
			return y
		}
	}
	for _, c := range []struct {
		op      model.Op
		options any
		want    func([]float64) []float64
		out8    func(typ model.Type) *model.Quant // of 8-bit outputs, if not any
	}{
		{model.OpReLU, nil, each(func(x float64) float64 { return max(x, 0) }), nil},
		{model.OpReLU6, nil, each(func(x float64) float64 { return min(max(x, 0), 6) }), nil},
		{model.OpReLUN1To1, nil, each(func(x float64) float64 { return min(max(x, -1), 1) }), nil},
		{model.OpLogistic, nil, each(func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }), probability},
		{model.OpSoftmax, model.Softmax{Beta: 0.5}, perRow(softmax), probability},
		{model.OpL2Normalization, model.L2Norm{}, perRow(unit), func(typ model.Type) *model.Quant {
			return one(1.0/128, map[model.Type]int32{model.Uint8: 128}[typ])
		}},
	} {
		for _, k := range kinds {
			t.Run(c.op.String()+"/"+k.name, func(t *testing.T) {
				g := newGraph(7)
				q := k.out
				if c.out8 != nil && k.typ != model.Float32 {
					q = c.out8(k.typ)
				}
				in := g.tensor(k.typ, k.in, 1, 5, 7, n)
				out := g.tensor(k.typ, q, 1, 5, 7, n)
				g.op(c.op, c.options, out, in)
				g.Inputs, g.Outputs = []int{in}, []int{out}
				ins, outs := g.run(t, cpu.Options{Threads: 2})
				if len(outs[0]) != rows*n {
					t.Fatal("size")
				}
				g.near(t, out, outs[0], c.want(ins[0]), 1)
			})
		}
	}
}

func probability(typ model.Type) *model.Quant {
	return one(1.0/256, map[model.Type]int32{model.Int8: -128}[typ])
}

func softmax(x []float64) []float64 {
	y, sum := make([]float64, len(x)), 0.0
	for i := range x {
		y[i] = math.Exp(x[i] * 0.5)
		sum += y[i]
	}
	for i := range y {
		y[i] /= sum
	}
	return y
}

func unit(x []float64) []float64 {
	y, sum := make([]float64, len(x)), 0.0
	for _, v := range x {
		sum += v * v
	}
	for i := range y {
		y[i] = x[i] / math.Sqrt(sum)
	}
	return y
}

// TestBinary compares ADD and MUL of all broadcasts with real arithmetic.
func TestBinary(t *testing.T) {
	for _, shapes := range [][3][]int{
		{{1, 4, 5, 3}, {1, 4, 5, 3}, {1, 4, 5, 3}},
		{{1, 4, 5, 3}, {3}, {1, 4, 5, 3}},
		{{1, 1, 1, 3}, {1, 4, 5, 3}, {1, 4, 5, 3}},
		{{1, 4, 5, 3}, {}, {1, 4, 5, 3}},
		{{1, 4, 5, 3}, {1, 4, 5, 1}, {1, 4, 5, 3}},
		{{4, 1, 3}, {5, 1}, {4, 5, 3}},
		{{1, 41, 31, 16}, {16}, {1, 41, 31, 16}}, // more rows than are done at a time
		{{1, 1, 1, 24}, {1, 31, 20, 24}, {1, 31, 20, 24}},
		{{1, 1}, {1}, {1, 1}},
		{{}, {}, {}},
	} {
		for _, k := range kinds {
			for _, act := range []model.Activation{model.NoActivation, model.ReLU} {
				g := newGraph(3)
				a := g.tensor(k.typ, k.in, shapes[0]...)
				b := g.tensor(k.typ, map[bool]*model.Quant{true: one(0.02, 7)}[k.in != nil], shapes[1]...)
				sum, product := g.tensor(k.typ, k.out, shapes[2]...), g.tensor(k.typ, k.out, shapes[2]...)
				g.op(model.OpAdd, model.Add{Activation: act}, sum, a, b)
				g.op(model.OpMul, model.Mul{Activation: act}, product, a, b)
				g.Inputs, g.Outputs = []int{a, b}, []int{sum, product}
				ins, outs := g.run(t, cpu.Options{Threads: 2})
				wantSum, wantProduct := make([]float64, len(outs[0])), make([]float64, len(outs[0]))
				for i := range wantSum {
					x, y := ins[0][source(i, shapes[0], shapes[2])], ins[1][source(i, shapes[1], shapes[2])]
					wantSum[i], wantProduct[i] = activate(act, x+y), activate(act, x*y)
				}
				g.near(t, sum, outs[0], wantSum, 0.51)
				g.near(t, product, outs[1], wantProduct, 0.51)
			}
		}
	}
}

// source is the index in a tensor of shape in that element i of shape out reads.
func source(i int, in, out []int) int {
	at, size := 0, 1
	for d := 1; d <= len(out); d++ {
		x := i % out[len(out)-d]
		i /= out[len(out)-d]
		if d <= len(in) {
			if in[len(in)-d] != 1 {
				at += x * size
			}
			size *= in[len(in)-d]
		}
	}
	return at
}

// TestConcat joins three tensors along each axis; two have another scale than the output.
func TestConcat(t *testing.T) {
	for _, k := range kinds {
		for axis := range 4 {
			g := newGraph(5)
			var parts []int
			total := 0
			for n, q := range []*model.Quant{k.in, k.out, k.in} {
				dims := []int{1, 2, 3, 4}
				dims[axis] = n + 1
				total += n + 1
				if k.typ == model.Int8 {
					q = k.out // TensorFlow Lite does not rescale int8
				}
				parts = append(parts, g.tensor(k.typ, q, dims...))
			}
			dims := []int{1, 2, 3, 4}
			dims[axis] = total
			out := g.tensor(k.typ, k.out, dims...)
			g.op(model.OpConcatenation, model.Concat{Axis: axis}, out, parts...)
			g.Inputs, g.Outputs = parts, []int{out}
			ins, outs := g.run(t, cpu.Options{Threads: 2})
			inner := product(dims[axis+1:])
			want := make([]float64, len(outs[0]))
			for i := range want {
				at, outer := i/inner%total, i/inner/total
				for n := range parts {
					if at < n+1 {
						want[i] = ins[n][(outer*(n+1)+at)*inner+i%inner]
						break
					}
					at -= n + 1
				}
			}
			g.near(t, out, outs[0], want, 0.51)
		}
	}
}

func product(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// TestMean averages an image, with and without the dimensions, in the same and in another scale.
func TestMean(t *testing.T) {
	for _, k := range kinds {
		for _, keep := range []bool{true, false} {
			for _, q := range []*model.Quant{k.in, k.out} {
				g := newGraph(9)
				in := g.tensor(k.typ, k.in, 1, 3, 5, 6)
				out := g.tensor(k.typ, q, 1, 6)
				if keep {
					g.Tensors[out].Shape = []int{1, 1, 1, 6}
				}
				g.op(model.OpMean, model.Reducer{KeepDims: keep}, out, in, g.ints(-2, 1))
				g.Inputs, g.Outputs = []int{in}, []int{out}
				ins, outs := g.run(t, cpu.Options{})
				want := make([]float64, 6)
				for i, x := range ins[0] {
					want[i%6] += x / 15
				}
				g.near(t, out, outs[0], want, 1)
			}
		}
	}
}

// TestMoves checks what only moves elements, against index arithmetic.
func TestMoves(t *testing.T) {
	for _, k := range kinds {
		g := newGraph(11)
		in := g.tensor(k.typ, k.in, 1, 4, 6, 5)
		g.Inputs = []int{in}
		padded := g.op(model.OpPad, nil, g.tensor(k.typ, k.in, 1, 7, 8, 5), in, g.ints(0, 0, 1, 2, 0, 2, 0, 0))
		turned := g.op(model.OpTranspose, nil, g.tensor(k.typ, k.in, 5, 1, 6, 4), in, g.ints(3, 0, 2, 1))
		deep := g.op(model.OpSpaceToDepth, model.SpaceToDepth{Block: 2}, g.tensor(k.typ, k.in, 1, 2, 3, 20), in)
		flat := g.op(model.OpReshape, model.Reshape{}, g.tensor(k.typ, k.in, 24, 5), in, g.ints(24, 5))
		again := g.op(model.OpSqueeze, model.Squeeze{}, g.tensor(k.typ, k.in, 4, 6, 5), flat)
		left, right := g.tensor(k.typ, k.in, 1, 4, 6, 2), g.tensor(k.typ, k.in, 1, 4, 6, 3)
		g.Operators = append(g.Operators, model.Operator{Op: model.OpSplitV, Options: model.Split{Splits: 2},
			Inputs: []int{in, g.ints(2, 3), g.ints(-1)}, Outputs: []int{left, right}})
		top, bottom := g.tensor(k.typ, k.in, 1, 2, 6, 5), g.tensor(k.typ, k.in, 1, 2, 6, 5)
		g.Operators = append(g.Operators, model.Operator{Op: model.OpSplit, Options: model.Split{Splits: 2},
			Inputs: []int{g.ints(1), in}, Outputs: []int{top, bottom}})
		g.Outputs = []int{padded, turned, deep, again, left, right, top, bottom}
		ins, outs := g.run(t, cpu.Options{})
		x := ins[0]
		at := func(y, x, c int) int { return (y*6+x)*5 + c }
		for i := range outs[0] {
			y, xx, c := i/40-1, i/5%8, i%5
			want := 0.0
			if y >= 0 && y < 4 && xx < 6 {
				want = x[at(y, xx, c)]
			}
			same(t, "PAD", i, outs[0][i], want)
		}
		for i := range x {
			same(t, "TRANSPOSE", i, outs[1][i], x[at(i%4, i/4%6, i/24)])
			block := i % 20
			same(t, "SPACE_TO_DEPTH", i, outs[2][i], x[at(i/60*2+block/10, i/20%3*2+block/5%2, block%5)])
			same(t, "RESHAPE", i, outs[3][i], x[i])
		}
		for i := range outs[4] {
			same(t, "SPLIT_V", i, outs[4][i], x[i/2*5+i%2])
		}
		for i := range outs[5] {
			same(t, "SPLIT_V", i, outs[5][i], x[i/3*5+2+i%3])
		}
		for i := range outs[6] {
			same(t, "SPLIT", i, outs[6][i], x[i])
			same(t, "SPLIT", i, outs[7][i], x[60+i])
		}
	}
}

func same(t *testing.T, op string, i int, got, want float64) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: element %d is %v (want %v)", op, i, got, want)
	}
}

// TestFullyConnected has several rows and one, and a bias or none.
func TestFullyConnected(t *testing.T) {
	for _, v := range variants {
		if v.typ == model.Int8 && len(v.weights(3, 0).Scale) > 1 {
			continue
		}
		for _, rows := range []int{1, 2, 7} {
			const n, k = 67, 13
			g := newGraph(13)
			in, out := g.tensor(v.typ, v.in, rows, k), g.tensor(v.typ, v.out, rows, n)
			w := g.random(g.tensor(v.typ, v.weights(n, 0), n, k), 0)
			inputs := []int{in, w, -1}
			want := make([]float64, rows*n)
			if rows != 2 {
				inputs[2] = g.bias(v.typ, n)
				want = g.biases(v, w, inputs[2], rows*n)
			}
			g.op(model.OpFullyConnected, model.FullyConnected{Activation: v.activation}, out, inputs...)
			g.Inputs, g.Outputs = []int{in}, []int{out}
			ins, outs := g.run(t, cpu.Options{Threads: 2})
			weights := g.real(w, g.Tensors[w].Data)
			for i := range want {
				for c := range k {
					want[i] += ins[0][i/n*k+c] * weights[i%n*k+c]
				}
				want[i] = activate(v.activation, want[i])
			}
			g.near(t, out, outs[0], want, 0.51)
		}
	}
}

// TestQuantize goes from float32 to 8 bits, to another scale and type, and back.
func TestQuantize(t *testing.T) {
	g := newGraph(15)
	in := g.tensor(model.Float32, nil, 1, 9000)
	u := g.op(model.OpQuantize, nil, g.tensor(model.Uint8, one(0.01, 100), 1, 9000), in)
	s := g.op(model.OpQuantize, nil, g.tensor(model.Int8, one(0.02, -3), 1, 9000), u)
	back := g.op(model.OpDequantize, nil, g.tensor(model.Float32, nil, 1, 9000), s)
	g.Inputs, g.Outputs = []int{in}, []int{u, s, back}
	ins, outs := g.run(t, cpu.Options{Threads: 3})
	g.near(t, u, outs[0], ins[0], 0.5)
	g.near(t, s, outs[1], outs[0], 0.5)
	g.near(t, back, outs[2], outs[1], 0)
}

// TestLRN compares LOCAL_RESPONSE_NORMALIZATION with its formula.
func TestLRN(t *testing.T) {
	for _, l := range []model.LRN{
		{Radius: 2, Bias: 1, Alpha: 0.3, Beta: 0.75}, {Radius: 0, Bias: 1, Alpha: 0.5, Beta: 0.5},
		{Radius: 9, Bias: 2, Alpha: 0.1, Beta: 1}, {Radius: 1, Bias: 1, Alpha: 0.1, Beta: 0.6},
	} {
		const n = 7
		g := newGraph(17)
		in := g.tensor(model.Float32, nil, 1, 3, 2, n)
		out := g.op(model.OpLRN, l, g.tensor(model.Float32, nil, 1, 3, 2, n), in)
		g.Inputs, g.Outputs = []int{in}, []int{out}
		ins, outs := g.run(t, cpu.Options{})
		want := make([]float64, len(ins[0]))
		for i, x := range ins[0] {
			sum := 0.0
			for c := max(0, i%n-l.Radius); c <= min(n-1, i%n+l.Radius); c++ {
				v := ins[0][i/n*n+c]
				sum += v * v
			}
			want[i] = x * math.Pow(float64(l.Bias)+float64(l.Alpha)*sum, -float64(l.Beta))
		}
		g.near(t, out, outs[0], want, 0)
	}
}

// TestConstantInputs runs an operator on constants only, and one whose constant is renamed.
func TestConstantInputs(t *testing.T) {
	g := newGraph(19)
	in := g.tensor(model.Int8, one(1, 0), 1, 4)
	c := g.tensor(model.Int8, one(1, 0), 4)
	g.Tensors[c].Data = []byte{1, 2, 3, 0xfc}
	row := g.op(model.OpReshape, model.Reshape{}, g.tensor(model.Int8, one(1, 0), 1, 4), c)
	out := g.op(model.OpAdd, model.Add{}, g.tensor(model.Int8, one(1, 0), 1, 4), in, row)
	g.Inputs, g.Outputs = []int{in}, []int{out, row}
	e := g.engine(t, cpu.Options{})
	a, b := make([]byte, 4), make([]byte, 4)
	if _, err := e.RunAll(t.Context(), [][]byte{{10, 20, 0x80, 0x80}}, [][]byte{a, b}); err != nil {
		t.Fatal(err)
	}
	if want := []byte{11, 22, 0x83, 0x80}; !bytes.Equal(a, want) {
		t.Errorf("sum is %v (want %v)", a, want)
	}
	if !bytes.Equal(b, g.Tensors[c].Data) {
		t.Errorf("constant is %v", b)
	}
}

// TestNormOfBytes compares a normalization between DEQUANTIZE and QUANTIZE, which is one step, with the same where others
// read the numbers in between, so that there are three.
func TestNormOfBytes(t *testing.T) {
	for _, typ := range []model.Type{model.Uint8, model.Int8} {
		for _, width := range []int{7, 24, 64} {
			for _, beta := range []float32{0.75, 0.5} {
				shape := []int{1, 5, 7, width}
				make := func(apart bool) (*graph, int) {
					g := newGraph(23)
					in := g.tensor(typ, one(0.7, 3), shape...)
					x := g.op(model.OpDequantize, nil, g.tensor(model.Float32, nil, shape...), in)
					y := g.op(model.OpLRN, model.LRN{Radius: 2, Bias: 1, Alpha: 2e-3, Beta: beta}, g.tensor(model.Float32, nil, shape...), x)
					out := g.op(model.OpQuantize, nil, g.tensor(typ, one(0.31, -2), shape...), y)
					if g.Inputs, g.Outputs = []int{in}, []int{out}; apart {
						g.Outputs = append(g.Outputs, y)
					}
					return g, out
				}
				joined, out := make(false)
				three, _ := make(true)
				if a, b := len(joined.engine(t, cpu.Options{}).Layers()), len(three.engine(t, cpu.Options{}).Layers()); a != 1 || b != 3 {
					t.Fatalf("%d steps and %d (want 1 and 3)", a, b)
				}
				_, got := joined.run(t, cpu.Options{Threads: 2})
				_, want := three.run(t, cpu.Options{})
				joined.near(t, out, got[0], want[0], 0)
			}
		}
	}
}
