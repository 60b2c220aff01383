package model

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Sparsity says which elements of a tensor its Data holds, SparsityParameters in the schema. The tensor is seen as one of more
// dimensions, blocks being dimensions too, that are walked in Order, each at its level of a tree whose leaves are the
// elements of Data.
type Sparsity struct {
	Order  []int         // the dimension at each level: of the tensor, or rank + the number of a block
	Blocks []int         // the dimension of the tensor that each block divides
	Levels []SparseLevel // as many as Order has
}

// SparseLevel is one dimension of a [Sparsity]. Every branch of a dense one has Size branches. Of a sparse one, branch i
// has those from Segments[i] to Segments[i+1], and Indices says which elements of the dimension they are.
type SparseLevel struct {
	Sparse            bool
	Size              int
	Segments, Indices []int
}

// The slots of the schema's SparsityParameters and DimensionMetadata.
const (
	sparsityOrder, sparsityBlocks, sparsityLevels = 0, 1, 2

	levelFormat, levelSize, levelSegmentsType, levelSegments, levelIndicesType, levelIndices = 0, 1, 2, 3, 4, 5
)

// readSparsity reads how a tensor is stored; [Tensor.Dense] checks it.
func readSparsity(in table) *Sparsity {
	s := &Sparsity{Order: in.ints(sparsityOrder), Blocks: in.ints(sparsityBlocks)}
	levels := in.tables(sparsityLevels)
	for i := range min(levels.n, 2*maxDims) {
		t := levels.at(i)
		s.Levels = append(s.Levels, SparseLevel{
			Sparse: t.uint8(levelFormat) != 0, Size: t.int(levelSize, 0),
			Segments: t.indices(levelSegmentsType, levelSegments), Indices: t.indices(levelIndicesType, levelIndices),
		})
	}
	return s
}

// indices reads a vector of a SparseIndexVector, which has numbers of 32 bits, or of 16 or 8 without a sign.
func (t table) indices(kind, slot int) []int {
	vector := t.child(slot)
	size := map[uint8]int{1: 4, 2: 2, 3: 1}[t.uint8(kind)]
	if size == 0 {
		return nil
	}
	b, n := vector.copied(0, size)
	list := make([]int, n)
	for i := range list {
		switch size {
		case 4:
			list[i] = int(int32(binary.LittleEndian.Uint32(b[4*i:])))
		case 2:
			list[i] = int(binary.LittleEndian.Uint16(b[2*i:]))
		default:
			list[i] = int(b[i])
		}
	}
	return list
}

// Dense is the tensor as one that is not stored sparsely: elements that Data does not hold are 0. The bytes of it are limit at most.
func (t *Tensor) Dense(limit int64) (*Tensor, error) {
	if int64(t.Bytes()) > limit {
		return nil, fmt.Errorf("%d bytes when it is no longer stored sparsely (the limit is %d): %w", t.Bytes(), limit, ErrMemory)
	}
	levels, err := t.levels()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, ErrUnsupported)
	}
	d := densifier{size: t.Type.Size(), levels: levels, values: t.Data, dst: make([]byte, t.Bytes())}
	if !d.walk(0, 0, 0) {
		return nil, fmt.Errorf("its elements do not fit how they are stored: %w", ErrUnsupported)
	}
	dense := *t
	dense.Data, dense.Sparse, dense.Odd = d.dst, nil, ""
	return &dense, nil
}

// denseLevel is a level, and how many bytes its neighbours are apart in the dense tensor.
type denseLevel struct {
	SparseLevel
	step int
}

// levels checks the tree.
func (t *Tensor) levels() ([]denseLevel, error) {
	s, rank := t.Sparse, len(t.Shape)
	if len(s.Order) != rank+len(s.Blocks) || len(s.Levels) != len(s.Order) {
		return nil, fmt.Errorf("%d dimensions and %d blocks in %d levels of order %v", rank, len(s.Blocks), len(s.Levels), s.Order)
	}
	sizes, steps := slices.Clone(t.Shape), make([]int, rank)
	for d, step := rank-1, t.Type.Size(); d >= 0; d-- {
		steps[d] = step
		step *= t.Shape[d]
	}
	for b, d := range s.Blocks {
		at := slices.Index(s.Order, rank+b)
		if d < 0 || d >= rank || slices.Contains(s.Blocks[:b], d) || at < 0 || s.Levels[at].Size < 1 || sizes[d]%s.Levels[at].Size != 0 {
			return nil, fmt.Errorf("blocks %v of %v", s.Blocks, t.Shape)
		}
		size := s.Levels[at].Size
		sizes, steps = append(sizes, size), append(steps, steps[d])
		sizes[d], steps[d] = sizes[d]/size, steps[d]*size
	}
	list, seen := make([]denseLevel, len(s.Order)), make([]bool, len(s.Order))
	for i, d := range s.Order {
		if d < 0 || d >= len(seen) || seen[d] {
			return nil, fmt.Errorf("order %v", s.Order)
		}
		seen[d] = true
		list[i] = denseLevel{s.Levels[i], steps[d]}
		if err := list[i].check(sizes[d]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// check wants a level of a dimension to be sound.
func (l *denseLevel) check(size int) error {
	if !l.Sparse {
		if l.Size != size {
			return fmt.Errorf("a dimension of %d is stored as one of %d", size, l.Size)
		}
		return nil
	}
	if !slices.IsSorted(l.Segments) || len(l.Segments) > 0 && (l.Segments[0] < 0 || l.Segments[len(l.Segments)-1] > len(l.Indices)) {
		return fmt.Errorf("segments of %d indices that are none", len(l.Indices))
	}
	if slices.ContainsFunc(l.Indices, func(i int) bool { return i < 0 || i >= size }) {
		return fmt.Errorf("an index beyond a dimension of %d", size)
	}
	return nil
}

// densifier puts values where they belong.
type densifier struct {
	size   int // of an element
	levels []denseLevel
	values []byte // that are left
	dst    []byte
}

// walk goes through what is below branch number branch of a level, whose first element is at, in bytes; it is false if there are
// not as many values, or no such branch.
func (d *densifier) walk(level, branch, at int) bool {
	if level == len(d.levels) {
		if len(d.values) < d.size {
			return false
		}
		copy(d.dst[at:at+d.size], d.values)
		d.values = d.values[d.size:]
		return true
	}
	l := &d.levels[level]
	if !l.Sparse {
		for i := range l.Size {
			if !d.walk(level+1, branch*l.Size+i, at+i*l.step) {
				return false
			}
		}
		return true
	}
	if branch+1 >= len(l.Segments) {
		return false
	}
	for i := l.Segments[branch]; i < l.Segments[branch+1]; i++ {
		if !d.walk(level+1, i, at+l.Indices[i]*l.step) {
			return false
		}
	}
	return true
}
