package cpu_test

import (
	"bytes"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
)

// TestHybridProducts wants a BATCH_MATMUL of float32 by int8 to answer as a FULLY_CONNECTED of the same, however its factors lie.
// TensorFlow Lite 2.9 cannot tell: it adds products to what lay in memory before.
func TestHybridProducts(t *testing.T) { forKernels(t, testHybridProducts) }

func testHybridProducts(t *testing.T) {
	const m, k, n = 6, 37, 4
	for _, asymmetric := range []bool{false, true} {
		g := newGraph(5)
		x, turned := g.tensor(model.Float32, nil, m, k), g.tensor(model.Float32, nil, k, m)
		columns := g.random(g.tensor(model.Int8, one(0.02, 0), n, k), 0)
		rows := g.tensor(model.Int8, one(0.02, 0), k, n)
		for i := range k * n {
			g.Tensors[rows].Data = append(g.Tensors[rows].Data, g.Tensors[columns].Data[i%n*k+i/n])
		}
		out := func() int { return g.tensor(model.Float32, nil, m, n) }
		g.op(model.OpTranspose, nil, turned, x, g.ints(1, 0))
		g.Inputs = []int{x}
		g.Outputs = []int{
			g.op(model.OpFullyConnected, model.FullyConnected{AsymmetricInputs: asymmetric}, out(), x, columns),
			g.op(model.OpBatchMatMul, model.BatchMatMul{TransposeB: true, AsymmetricInputs: asymmetric}, out(), x, columns),
			g.op(model.OpBatchMatMul, model.BatchMatMul{TransposeA: true, AsymmetricInputs: asymmetric}, out(), turned, rows),
		}
		e := g.engine(t, cpu.Options{Threads: 2})
		ins, outs := infer.Buffers(e.Inputs()), infer.Buffers(e.Outputs())
		g.fill(model.Float32, ins[0], 0)
		if _, err := e.RunAll(t.Context(), ins, outs); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(outs[0], outs[1]) || !bytes.Equal(outs[0], outs[2]) || bytes.Equal(outs[0], make([]byte, len(outs[0]))) {
			t.Errorf("asymmetric %v: %x, %x and %x", asymmetric, outs[0][:16], outs[1][:16], outs[2][:16])
		}
	}
}
