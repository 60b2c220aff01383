package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// rows says which rows of some inputs make a row of the output, where inputs of one element along a dimension, or without
// it, repeat. Dimensions along which all inputs do the same are one.
type rows struct {
	count, width int
	dims         []int     // of rows; their product is count
	from         []operand // of each input
}

// operand is where an input's rows begin: along dimension d of rows, strides[d] further on each time.
type operand struct {
	strides []int
	step    int // 1, or 0: the row is one element, which counts for the whole row
}

// maxRow is the most elements of a row, so that calls are short and threads find several.
const maxRow = 8192

// newRows matches shapes as NumPy does: aligned at the last dimension.
func newRows(out []int, ins ...[]int) (*rows, error) {
	dims := slices.Clone(out)
	strides := make([][]int, len(ins)) // of each input along dims
	for i, in := range ins {
		var ok bool
		if strides[i], ok = broadcast(in, out); !ok {
			return nil, fmt.Errorf("inputs %v do not make output %v", ins, out)
		}
	}
	dims = merge(dims, strides)
	r := &rows{count: 1, width: 1, from: make([]operand, len(ins))}
	last := len(dims) - 1
	if last >= 0 {
		r.width, r.dims = dims[last], dims[:last]
	}
	for i := range ins {
		if last >= 0 {
			r.from[i] = operand{strides[i][:last], strides[i][last]}
		}
	}
	r.divide()
	r.count = product(r.dims)
	return r, nil
}

// divide makes long rows several, of the same length each.
func (r *rows) divide() {
	for parts := ceil(r.width, maxRow); parts > 1 && parts <= r.width/64; parts++ {
		if r.width%parts != 0 {
			continue
		}
		r.width /= parts
		r.dims = append(slices.Clone(r.dims), parts)
		for i := range r.from {
			o := &r.from[i]
			o.strides = append(slices.Clone(o.strides), o.step*r.width)
		}
		return
	}
}

// broadcast is the distances between an input's elements along the dimensions of the output: 0 where it repeats.
func broadcast(in, out []int) (strides []int, ok bool) {
	missing := len(out) - len(in)
	if missing < 0 {
		return nil, false
	}
	strides = make([]int, len(out))
	size := 1
	for d := len(in) - 1; d >= 0; d-- {
		switch in[d] {
		case out[missing+d]:
			strides[missing+d] = size
		case 1: // repeats
		default:
			return nil, false
		}
		size *= in[d]
	}
	return strides, true
}

// merge makes neighbours among dims one where each input's elements lie as if they were, and drops those of one element.
func merge(dims []int, strides [][]int) []int {
	n := 0 // dimensions so far
	for d, size := range dims {
		switch {
		case size == 1:
			continue
		case n > 0 && follows(n, d, size, strides):
			dims[n-1] *= size
			n--
		default:
			dims[n] = size
		}
		for _, s := range strides {
			s[n] = s[d]
		}
		n++
	}
	for i := range strides {
		strides[i] = strides[i][:n]
	}
	return dims[:n]
}

// follows tells whether dimension d, of size elements, continues dimension n-1 of all inputs.
func follows(n, d, size int, strides [][]int) bool {
	for _, s := range strides {
		if s[n-1] != s[d]*size {
			return false
		}
	}
	return true
}

// position is where the rows of up to maxOperands inputs begin that make the current row of the output.
type position struct {
	at    [maxOperands]int
	index [maxDims]int
}

const (
	maxOperands = 3
	maxDims     = 8 // of tensors that are matched
)

// seek is the position of row n.
func (r *rows) seek(n int) (p position) {
	for d := len(r.dims) - 1; d >= 0; d-- {
		p.index[d] = n % r.dims[d]
		n /= r.dims[d]
		for i := range r.from {
			p.at[i] += p.index[d] * r.from[i].strides[d]
		}
	}
	return p
}

// advance goes on to the next row.
func (r *rows) advance(p *position) {
	for d := len(r.dims) - 1; d >= 0; d-- {
		p.index[d]++
		for i := range r.from {
			p.at[i] += r.from[i].strides[d]
		}
		if p.index[d] < r.dims[d] {
			return
		}
		p.index[d] = 0
		for i := range r.from {
			p.at[i] -= r.from[i].strides[d] * r.dims[d]
		}
	}
}

// combine computes dst from two rows; a step is 0 where a row is a single element that counts for all of dst.
type combine[In, Out any] func(dst []Out, a, b []In, stepA, stepB int)

// pairwise applies f to pairs of rows. A piece is a row.
type pairwise[In, Out any] struct {
	*rows
	a, b []In
	out  []Out
	f    combine[In, Out]
}

// newPairwise makes n's output of its two inputs, which have memory in and the output memory out.
func newPairwise[In, Out any](in func(*value) ([]In, error), out func(*value) ([]Out, error), n *node, f combine[In, Out]) (*pairwise[In, Out], error) {
	r, err := n.rows()
	if err != nil {
		return nil, err
	}
	p := &pairwise[In, Out]{rows: r, f: f}
	if p.a, err = in(n.inputs[0]); err != nil {
		return nil, err
	}
	if p.b, err = in(n.inputs[1]); err != nil {
		return nil, err
	}
	p.out, err = out(n.outputs[0])
	return p, err
}

func (p *pairwise[In, Out]) units() int { return p.count }

func (p *pairwise[In, Out]) run(_ *scratch, from, to int) {
	w := p.width
	for at := p.seek(from); from < to; from++ {
		p.f(p.out[from*w:(from+1)*w], p.a[at.at[0]:], p.b[at.at[1]:], p.rows.from[0].step, p.rows.from[1].step)
		p.advance(&at)
	}
}

// rows matches the shapes of all of n's inputs.
func (n *node) rows() (*rows, error) {
	if len(n.outputs[0].Shape) > maxDims {
		return nil, fmt.Errorf("%d dimensions (the most is %d): %w", len(n.outputs[0].Shape), maxDims, model.ErrUnsupported)
	}
	var shapes [][]int
	for _, v := range n.inputs {
		if v == nil {
			return nil, fmt.Errorf("an input is missing")
		}
		shapes = append(shapes, v.Shape)
	}
	return newRows(n.outputs[0].Shape, shapes...)
}
