package cpu

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// Operators that are in no file: hybrids puts them before others. They quantize an image as one, or each row apart.
const (
	opQuantizeImage model.Op = -1 - iota
	opQuantizeRows
)

// dynamic is how a value is quantized in the run under way: as a whole, or each of its rows in its own way.
type dynamic struct {
	symmetric bool
	rows      []kernel.Dynamic
}

// quantize chooses by the least and the greatest number.
func (d *dynamic) quantize(low, high float32) kernel.Dynamic {
	if d.symmetric {
		return kernel.Symmetric(low, high)
	}
	return kernel.Asymmetric(low, high)
}

// hybrids finds convolutions and fully connected layers of float32 whose weights are int8, as a converter writes them that
// was asked for a small file ("dynamic range"). As in TensorFlow Lite, their input is quantized in each run and multiplied
// as bytes, which is fast and leaves the weights small: hybrids puts a node before them that does so, one for all that
// want the same. Where the weights have a zero point, which TensorFlow Lite does not heed, they are dequantized.
//
// Before, no value is dynamic. After, the first input of such a layer is a dynamic value of bytes.
func hybrids(g *graph) {
	type want struct {
		in              *value
		rows, symmetric bool
	}
	made := map[want]*value{}
	var nodes []*node
	for _, n := range g.nodes {
		if !isHybrid(n) {
			nodes = append(nodes, n)
			continue
		}
		if w := n.inputs[1].root(); !symmetric(w) {
			n.inputs[1] = g.dequantized(w)
			nodes = append(nodes, n)
			continue
		}
		key := want{in: n.inputs[0], rows: n.op == model.OpFullyConnected, symmetric: symmetricInput(n)}
		if made[key] == nil {
			before := g.quantizing(n, key.rows, key.symmetric)
			nodes = append(nodes, before)
			made[key] = before.outputs[0]
		}
		n.inputs[0] = made[key]
		nodes = append(nodes, n)
	}
	g.nodes = nodes
}

// isHybrid tells whether n multiplies float32 by constant bytes.
func isHybrid(n *node) bool {
	switch n.op {
	case model.OpConv2D, model.OpDepthwiseConv2D, model.OpFullyConnected:
	default:
		return false
	}
	if len(n.inputs) < 2 || n.inputs[1] == nil || n.inputs[0].Type != model.Float32 {
		return false
	}
	w := n.inputs[1].root()
	return w.Data != nil && w.is8bit() && w.Quant != nil
}

// symmetric tells whether weights have no zero point. Then those of type uint8 are signed all the same: they are from
// before there was int8, and TensorFlow Lite takes them so.
func symmetric(w *value) bool {
	for _, zero := range w.Quant.ZeroPoint {
		if zero != 0 {
			return false
		}
	}
	return true
}

// symmetricInput tells how TensorFlow Lite quantizes the input of a hybrid: where the weights have one scale, with 0 in
// the middle, else from its least to its greatest number. A fully connected layer says it.
func symmetricInput(n *node) bool {
	switch opt := n.options.(type) {
	case model.FullyConnected:
		return !opt.AsymmetricInputs
	case model.Conv2D:
		return len(n.inputs[1].root().Quant.Scale) == 1
	}
	return false
}

// quantizing adds a value, the input of n as bytes, and makes the node that computes it.
func (g *graph) quantizing(n *node, rows, symmetric bool) *node {
	in, op, count := n.inputs[0], opQuantizeImage, n.images()
	if w := n.inputs[1].Shape; rows && len(w) == 2 {
		count = max(1, in.Elements()/w[1])
	}
	if rows || count > 1 {
		op = opQuantizeRows
	}
	bytes := &value{
		Tensor: &model.Tensor{Name: in.Name, Shape: in.Shape, Type: model.Uint8}, last: -1,
		dynamic: &dynamic{symmetric: symmetric, rows: make([]kernel.Dynamic, count)},
	}
	g.values = append(g.values, bytes)
	return &node{number: n.number, op: op, name: model.OpQuantize.String(), inputs: []*value{in}, outputs: []*value{bytes}}
}

// quantizeImage quantizes all of an image alike. It is the second of two layers; a piece is a run of the image.
type quantizeImage struct {
	*extents
	out   []uint8
	how   *dynamic
	bytes func(dst []uint8, src []float32, d kernel.Dynamic)
}

// extents is the first: it finds the least and the greatest number of each piece.
type extents struct {
	in   []float32
	each [][2]float32 // by piece
}

func lowerQuantizeImage(l *lowering, n *node) (layer, error) {
	in, err := l.floats(n.inputs[0])
	if err != nil {
		return nil, err
	}
	out, err := l.bytes(n.outputs[0])
	if err != nil {
		return nil, err
	}
	found := &extents{in: in, each: make([][2]float32, ceil(len(in), chunk))}
	l.add(found, n)
	return &quantizeImage{extents: found, out: out, how: n.outputs[0].dynamic, bytes: l.set.QuantizeDynamic}, l.take(8 * int64(len(found.each)))
}

// part is piece i of a list of numbers.
func part(i, n int) (from, to int) { return i * chunk, min((i+1)*chunk, n) }

func (e *extents) units() int { return len(e.each) }

func (e *extents) run(_ *scratch, from, to int) {
	for i := from; i < to; i++ {
		begin, end := part(i, len(e.in))
		e.each[i][0], e.each[i][1] = kernel.Extent(e.in[begin:end])
	}
}

func (q *quantizeImage) run(_ *scratch, from, to int) {
	low, high := float32(0), float32(0)
	for _, e := range q.each {
		low, high = min(low, e[0]), max(high, e[1])
	}
	d := q.how.quantize(low, high)
	if from == 0 {
		q.how.rows[0] = d // whoever reads it comes after all pieces
	}
	for i := from; i < to; i++ {
		begin, end := part(i, len(q.in))
		q.bytes(q.out[begin:end], q.in[begin:end], d)
	}
}

// quantizeRows quantizes rows of numbers, each in its own way, or images. A piece is a row.
type quantizeRows struct {
	in    []float32
	out   []uint8
	how   *dynamic
	bytes func(dst []uint8, src []float32, d kernel.Dynamic)
}

func lowerQuantizeRows(l *lowering, n *node) (layer, error) {
	in, err := l.floats(n.inputs[0])
	if err != nil {
		return nil, err
	}
	out, err := l.bytes(n.outputs[0])
	if err != nil {
		return nil, err
	}
	how := n.outputs[0].dynamic
	if len(in)%len(how.rows) != 0 {
		return nil, fmt.Errorf("%d numbers are not %d rows", len(in), len(how.rows))
	}
	return &quantizeRows{in, out, how, l.set.QuantizeDynamic}, l.take(16 * int64(len(how.rows)))
}

func (q *quantizeRows) units() int { return len(q.how.rows) }

func (q *quantizeRows) run(_ *scratch, from, to int) {
	width := len(q.in) / len(q.how.rows)
	for r := from; r < to; r++ {
		in := q.in[r*width : (r+1)*width]
		d := q.how.quantize(kernel.Extent(in))
		q.how.rows[r] = d
		for i := range ceil(width, chunk) {
			begin, end := part(i, width)
			q.bytes(q.out[r*width+begin:r*width+end], in[begin:end], d)
		}
	}
}
