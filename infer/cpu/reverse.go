package cpu

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer/model"
)

// lowerReverseSequence makes a REVERSE_SEQUENCE: of each sequence of a batch, as many elements as the second input says go backwards.
func lowerReverseSequence(l *lowering, n *node) (layer, error) {
	opt, ok := n.options.(model.ReverseSequence)
	in, lengths := n.inputs[0], n.inputs[1]
	if err := n.movable(in, model.Float32, model.Uint8, model.Int16, model.Int32, model.Int64); err != nil {
		return nil, err
	}
	if err := oneOf(lengths, model.Int32, model.Int64); err != nil {
		return nil, err
	}
	rank := len(in.Shape)
	if !ok || opt.Batch < 0 || opt.Sequence < 0 || opt.Batch == opt.Sequence || opt.Batch >= rank || opt.Sequence >= rank ||
		len(lengths.Shape) != 1 || lengths.Shape[0] != in.Shape[opt.Batch] {
		return nil, fmt.Errorf("sequences along dimension %d of %v, their lengths %v along dimension %d: %w", opt.Sequence, in.Shape, lengths.Shape, opt.Batch, model.ErrUnsupported)
	}
	along := steps(in.Shape, in.Type.Size())
	r := &reverseSequence{
		batch: stride{in.Shape[opt.Batch], along[opt.Batch]}, sequence: stride{in.Shape[opt.Sequence], along[opt.Sequence]},
		width: min(along[opt.Batch], along[opt.Sequence]),
	}
	var err error
	if r.indices, err = l.indices(lengths); err != nil {
		return nil, err
	}
	r.src, r.dst, err = ends(l.raw, n)
	return r, err
}

// reverseSequence copies runs of bytes that have a place in the batch and in the sequence. A piece is a run.
type reverseSequence struct {
	*indices
	batch, sequence stride // how many, and how far apart in bytes
	width           int
	src, dst        []byte
}

func (r *reverseSequence) units() int { return len(r.dst) / r.width }

func (r *reverseSequence) run(_ *scratch, from, to int) {
	for at := from * r.width; at < to*r.width; at += r.width {
		length, ok := r.at(at/r.batch.step%r.batch.n, r.sequence.n+1)
		if !ok {
			return
		}
		src := at
		if i := at / r.sequence.step % r.sequence.n; i < length {
			src += (length - 1 - 2*i) * r.sequence.step
		}
		copy(r.dst[at:at+r.width], r.src[src:])
	}
}
