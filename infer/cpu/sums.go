package cpu

import (
	"math"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// sums8 is a reduction that adds bytes; what a sum is in the output is up to finish. A piece is a part of a row of outputs.
type sums8 struct {
	reduction
	set     *kernel.Set
	in, out []uint8
	part    int // outputs of a piece
	flip    uint8
	finish  func(sum int32) int32 // both of the model's numbers; it may wrap around
}

// sumPart is how many outputs of a row are a piece, if more than sumLeast numbers are added for it.
const (
	sumPart  = 128
	sumLeast = 1 << 14
)

// newSums makes a reduction of bytes or int16 by sums of 32 bits.
func newSums(l *lowering, n *node, r reduction, finish func(sum int32) int32) (layer, error) {
	if r.count > math.MaxInt32 {
		return nil, n.badType()
	}
	if n.inputs[0].Type == model.Int16 {
		return newSingly(l, l.int16s, n, r, func(src []int16, first int) int16 {
			sum := int32(0)
			for k := range r.count {
				sum += int32(src[first+r.number(k)])
			}
			return int16(finish(sum))
		})
	}
	in, out, err := ends(l.bytes, n)
	if err != nil {
		return nil, err
	}
	s := &sums8{reduction: r, set: l.set, in: in, out: out, part: r.width(), flip: n.inputs[0].flip(), finish: finish}
	if r.width()*r.runs() >= sumLeast {
		s.part = min(s.part, sumPart)
	}
	l.scratch.grow(need{sums: s.part})
	return s, l.work(float64(len(in)))
}

func (s *sums8) parts() int { return ceil(s.width(), s.part) }
func (s *sums8) units() int { return s.rows() * s.parts() }

func (s *sums8) run(t *scratch, from, to int) {
	for i := from; i < to; i++ {
		row, first := i/s.parts(), i%s.parts()*s.part
		n := min(s.part, s.width()-first)
		sums := t.sums[:n]
		s.sum(sums, row, first)
		bias := int32(s.flip) * int32(s.count)
		dst := s.out[row*s.width()+first:][:n]
		for c, sum := range sums {
			dst[c] = uint8(s.finish(sum-bias)) ^ s.flip
		}
	}
}

// sum adds what becomes some outputs of a row, from number first on.
func (s *sums8) sum(sums []int32, row, first int) {
	if !s.keeps {
		sums[0] = 0
		for k := range s.runs() {
			at := s.at(row, k)
			sums[0] += sumBytes(s.in[at : at+s.inner])
		}
		return
	}
	in := s.in[offset(s.kept, row)+first:]
	if w, ok := s.window(len(sums)); ok {
		s.set.SumWindow(sums, in, w)
		return
	}
	kernel.Fill(sums, 0)
	for k := range s.runs() {
		kernel.Sum(sums, in[offset(s.gone, k):][:len(sums)])
	}
}

// window is the numbers of an output as the window of a pool, if they are one that a call can read.
func (s *sums8) window(channels int) (kernel.Window, bool) {
	w := kernel.Window{Rows: 1, Cols: 1}
	switch g := s.gone; len(g) {
	case 0:
	case 1:
		w.Cols, w.Step = g[0].n, g[0].step
	case 2:
		w.Rows, w.Pitch, w.Cols, w.Step = g[0].n, g[0].step, g[1].n, g[1].step
	default:
		return w, false
	}
	return w, w.Rows*w.Cols*channels <= callBytes
}

func sumBytes(src []uint8) (sum int32) {
	for _, x := range src {
		sum += int32(x)
	}
	return sum
}
