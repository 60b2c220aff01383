package cpu

import (
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// opNormBytes is in no file: a LOCAL_RESPONSE_NORMALIZATION of bytes, which makes bytes.
const opNormBytes = opQuantizeRows - 1

// normsOfBytes finds normalizations between a DEQUANTIZE and a QUANTIZE, as converters write them into quantized networks
// since TensorFlow Lite has them for float32 only, and makes the three one node: their numbers are then never in memory.
//
// Whoever else reads what the DEQUANTIZE makes still can; what the normalization makes must have no other reader.
func normsOfBytes(g *graph) {
	readers, makers, gone := g.readers(), g.makers(), map[*node]bool{}
	for _, n := range g.nodes {
		if n.op != model.OpLRN {
			continue
		}
		before, after := makers[n.inputs[0]], readers[n.outputs[0]]
		if before == nil || len(after) != 1 || !joinsBytes(before, n, after[0]) {
			continue
		}
		gone[before] = len(readers[n.inputs[0]]) == 1
		gone[after[0]] = true
		n.op, n.inputs, n.outputs = opNormBytes, before.inputs, after[0].outputs
	}
	g.remove(gone)
}

// joinsBytes tells whether a normalization's input comes from bytes, by before, and its output goes to bytes of the same
// type, by after, which is nil for the caller.
func joinsBytes(before, n, after *node) bool {
	if after == nil || before.op != model.OpDequantize || after.op != model.OpQuantize || after.inputs[0] != n.outputs[0] {
		return false
	}
	in, out := before.inputs[0], after.outputs[0]
	for _, v := range []*value{in, out} {
		if _, err := v.quant(); err != nil || !v.is8bit() || !slices.Equal(v.Shape, n.inputs[0].Shape) {
			return false
		}
	}
	return in.Type == out.Type && !in.root().isConstant()
}

// lowerNormBytes makes what normsOfBytes found.
func lowerNormBytes(l *lowering, n *node) (layer, error) {
	k, width, err := l.norm(n)
	if err != nil {
		return nil, err
	}
	in, out, err := n.quants()
	if err != nil {
		return nil, err
	}
	b := kernel.LRNBytes{LRN: k, InScale: in.scale, InZero: in.zero, OutScale: out.scale, OutZero: out.zero}
	floats, bytes := b.NormWork(width)
	l.scratch.grow(need{sums32: floats, patch: bytes})
	return newRowGroups(l.bytes, n, kernel.NormPixels, func(s *scratch, dst, src []uint8) {
		b.Pixels(dst, src, width, s.sums32, s.patch, l.set)
	})
}
