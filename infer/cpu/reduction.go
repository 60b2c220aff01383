package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// reduction says which numbers of a tensor become one: those that differ only in the dimensions that go. Neighbouring
// dimensions of which all go, or none, are one stride; the innermost is a run of numbers that lie side by side.
type reduction struct {
	kept, gone []stride // without the run, the outermost first
	inner      int
	keeps      bool // the run is a row of outputs, else it becomes one
	count      int  // of numbers that become one
	outputs    int
	whole      bool // all dimensions go
}

// stride is a number of steps through a tensor.
type stride struct{ n, step int }

// newReduction reads the shapes, axes and options of a node that takes dimensions of its first input together; its second one
// has the axes. The output has those dimensions as 1, or not at all, as the options say.
func newReduction(n *node) (r reduction, opt model.Reducer, axes []int, err error) {
	opt, ok := n.options.(model.Reducer)
	if !ok || len(n.inputs) != 2 {
		return r, opt, nil, fmt.Errorf("no options or no axes")
	}
	if axes, err = n.inputs[1].ints(); err != nil {
		return r, opt, nil, err
	}
	in, out := n.inputs[0], n.outputs[0]
	goes, err := dimensions(axes, len(in.Shape))
	if err != nil {
		return r, opt, nil, err
	}
	if r = reduce(in.Shape, goes); r.outputs != out.Elements() {
		return r, opt, nil, fmt.Errorf("%v over dimensions %v cannot become %v", in.Shape, axes, out.Shape)
	}
	if in.Type != out.Type {
		return r, opt, nil, fmt.Errorf("%v cannot become %v: %w", in.Type, out.Type, model.ErrUnsupported)
	}
	return r, opt, axes, nil
}

// dimensions marks those that axes name, of which negative ones count from the end.
func dimensions(axes []int, rank int) ([]bool, error) {
	marked := make([]bool, rank)
	for _, a := range axes {
		at, err := dimension(a, rank)
		if err != nil {
			return nil, err
		}
		marked[at] = true
	}
	return marked, nil
}

// dimension is the one that an axis names; negative ones count from the end.
func dimension(axis, rank int) (int, error) {
	if axis < -rank || axis >= rank {
		return 0, fmt.Errorf("axis %d of a tensor of %d dimensions", axis, rank)
	}
	if axis < 0 {
		axis += rank
	}
	return axis, nil
}

// reduce is the reduction of a tensor of some shape by the dimensions that go.
func reduce(shape []int, goes []bool) reduction {
	r := reduction{inner: 1, keeps: true, count: 1, outputs: 1, whole: !slices.Contains(goes, false)}
	step := 1 // through the tensor, of the dimension at hand
	for d := len(shape) - 1; d >= 0; d-- {
		size, keeps := shape[d], !goes[d]
		switch {
		case size == 1:
			continue
		case step == 1:
			r.inner, r.keeps = size, keeps
		case len(r.kept)+len(r.gone) == 0 && keeps == r.keeps:
			r.inner *= size
		case keeps:
			r.kept = grown(r.kept, size, step)
		default:
			r.gone = grown(r.gone, size, step)
		}
		if step *= size; keeps {
			r.outputs *= size
		} else {
			r.count *= size
		}
	}
	slices.Reverse(r.kept)
	slices.Reverse(r.gone)
	return r
}

// grown is list, the innermost first, with a further one, which may go on where the last one ends.
func grown(list []stride, n, step int) []stride {
	if last := len(list) - 1; last >= 0 && list[last].n*list[last].step == step {
		list[last].n *= n
		return list
	}
	return append(list, stride{n, step})
}

// width is how many outputs lie side by side, a row.
func (r *reduction) width() int {
	if r.keeps {
		return r.inner
	}
	return 1
}

// runs is how many runs become a row.
func (r *reduction) runs() int {
	if r.keeps {
		return r.count
	}
	return r.count / r.inner
}

// rows is how many rows of outputs there are.
func (r *reduction) rows() int { return r.outputs / r.width() }

// at is where run number k of an output row begins.
func (r *reduction) at(row, k int) int { return offset(r.kept, row) + offset(r.gone, k) }

// offset is where number i of a list of strides begins.
func offset(list []stride, i int) int {
	at := 0
	for d := len(list) - 1; d >= 0; d-- {
		at += i % list[d].n * list[d].step
		i /= list[d].n
	}
	return at
}

// folding is a reduction that computes in the type of the numbers. A piece is a row of outputs.
type folding[T element] struct {
	reduction
	folder[T]
	in, out []T
}

// folder is how numbers become one.
type folder[T element] struct {
	begin  T
	each   func(dst, src []T)   // dst[i] becomes one of both
	all    func(x T, src []T) T // one of x and src
	finish func(dst []T)        // what is done to the outputs in the end; may be nil
}

func newFolding[T element](l *lowering, memory func(*value) ([]T, error), n *node, r reduction, f folder[T]) (layer, error) {
	in, out, err := ends(memory, n)
	if err != nil {
		return nil, err
	}
	return &folding[T]{r, f, in, out}, l.work(float64(len(in)))
}

func (f *folding[T]) units() int { return f.rows() }

func (f *folding[T]) run(_ *scratch, from, to int) {
	width := f.width()
	for row := from; row < to; row++ {
		dst := f.out[row*width : (row+1)*width]
		f.row(dst, row)
		if f.finish != nil {
			f.finish(dst)
		}
	}
}

// row computes a row of outputs. One output of all numbers begins with the first of them.
func (f *folding[T]) row(dst []T, row int) {
	first := 0
	if f.whole {
		dst[0], first = f.in[0], 1
	} else {
		for i := range dst {
			dst[i] = f.begin
		}
	}
	for k := range f.runs() {
		at := f.at(row, k)
		src := f.in[at : at+f.inner]
		if f.keeps && !f.whole {
			f.each(dst, src)
			continue
		}
		dst[0] = f.all(dst[0], src[first:])
		first = 0
	}
}
