package model

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// The slots of the schema's Tensor, QuantizationParameters and Buffer.
const (
	tensorShape, tensorType, tensorBuffer, tensorName, tensorQuant = 0, 1, 2, 3, 4

	tensorVariable, tensorSparsity, tensorExternal = 5, 6, 10

	quantScale, quantZeroPoint, quantDetailsType, quantAxis = 2, 3, 4, 6

	bufferData, bufferOffset, bufferSize = 0, 1, 2
)

// tensors reads all tensors of the graph.
func (p *parser) tensors(list tables) error {
	if p.flat.err != nil {
		return p.flat.err
	}
	if list.n > maxTensors {
		return unsupported("%d tensors (the most is %d)", list.n, maxTensors)
	}
	p.model.Tensors = make([]Tensor, list.n)
	p.ready = make([]bool, list.n)
	for i := range p.model.Tensors {
		t := &p.model.Tensors[i]
		in := list.at(i)
		err := p.readTensor(in, t)
		if p.flat.err != nil {
			err = p.flat.err
		}
		if err != nil {
			return err.in("tensor", i, t.Name)
		}
		p.ready[i] = t.Data != nil || in.bool(tensorVariable) || slices.Contains(t.Shape, 0)
	}
	if p.runtime > int64(p.limits.Memory) {
		err := unsupported("its tensors need %d bytes at run time (the limit is %d)", p.runtime, p.limits.Memory)
		err.kind = ErrMemory
		return err
	}
	return nil
}

// readTensor reads one tensor and its constant.
func (p *parser) readTensor(in table, t *Tensor) *ParseError {
	t.Name = in.string(tensorName)
	t.Type = Type(in.uint8(tensorType))
	t.Shape = in.ints(tensorShape)
	t.Odd = oddTensor(in, t)
	if t.Variable = t.Odd == variable; t.Odd == sparse {
		t.Sparse = readSparsity(in.child(tensorSparsity))
	}
	size, err := shapeBytes(t.Shape, t.Type)
	if err != nil {
		return err
	}
	if err := p.readConstant(in.uint32(tensorBuffer), t, size); err != nil {
		return err
	}
	t.Quant, err = readQuant(in.child(tensorQuant), t)
	return err
}

// Why a tensor is Odd that is Variable, or has a Sparsity.
const (
	variable = "a variable, which lives from one run to the next"
	sparse   = "stored sparsely; convert the model without sparsity"
)

// oddTensor says what of t, whose type and shape are read, is more than they and its bytes tell.
func oddTensor(in table, t *Tensor) string {
	switch {
	case t.Type.Size() == 0:
		return fmt.Sprintf("element type %v", t.Type)
	case in.uint32(tensorExternal) != 0:
		return "stored in another file; convert the model to a single file"
	case slices.Contains(t.Shape, 0):
		return fmt.Sprintf("shape %v has no elements", t.Shape)
	case len(t.Shape) > maxDims:
		return fmt.Sprintf("%d dimensions (the most is %d)", len(t.Shape), maxDims)
	case in.bool(tensorVariable):
		return variable
	case in.has(tensorSparsity):
		return sparse
	}
	return ""
}

// shapeBytes is the size of a tensor, 0 if its type has none.
func shapeBytes(shape []int, t Type) (int64, *ParseError) {
	const maxBytes = 1 << 40
	size := int64(max(1, t.Size()))
	for _, d := range shape {
		if d < 0 {
			return 0, malformed("shape %v has a negative dimension", shape)
		}
		if size > maxBytes/int64(max(1, d)) {
			return 0, malformed("shape %v needs more than %d bytes", shape, int64(maxBytes))
		}
		size *= int64(max(1, d)) // a later dimension may be 0, and a product must not overflow before
	}
	if slices.Contains(shape, 0) || t.Size() == 0 {
		return 0, nil
	}
	return size, nil
}

// readConstant takes the tensor's data from buffer number index, or counts its memory if it has none.
func (p *parser) readConstant(index uint32, t *Tensor, size int64) *ParseError {
	var data []byte
	if index != 0 {
		if int64(index) >= int64(p.buffers.n) {
			return malformed("its data is in buffer %d of %d", index, p.buffers.n)
		}
		var err *ParseError
		if data, err = p.bufferBytes(p.buffers.at(int(index))); err != nil {
			return err
		}
	}
	if len(data) == 0 {
		p.runtime += size
		return nil
	}
	if int64(len(data)) != size && t.Odd == "" {
		return malformed("%v %v needs %d bytes, but its buffer %d has %d", t.Type, t.Shape, size, index, len(data))
	}
	t.Data = data
	return nil
}

// bufferBytes returns what a buffer holds: inside the flatbuffer or, in files made for more than 2 GiB, behind it.
func (p *parser) bufferBytes(b table) ([]byte, *ParseError) {
	offset, size := b.uint64(bufferOffset), b.uint64(bufferSize)
	if offset <= 1 { // 0 and 1 are what a converter writes before it knows the place
		return b.bytes(bufferData), nil
	}
	file := uint64(len(p.flat.data))
	if offset > file || size > file-offset {
		return nil, malformed("its data is %d bytes at offset %d, outside the file of %d bytes", size, offset, file)
	}
	return p.flat.data[offset : offset+size : offset+size], nil
}

// readQuant reads the quantization of t, nil if it has none: files also use the table to note a float tensor's range.
func readQuant(in table, t *Tensor) (*Quant, *ParseError) {
	scale := in.float32s(quantScale)
	if len(scale) == 0 {
		return nil, nil
	}
	if in.uint8(quantDetailsType) != 0 {
		t.odd("custom quantization")
		return nil, nil
	}
	zero := in.int64s(quantZeroPoint)
	if len(zero) != len(scale) {
		return nil, malformed("%d scales but %d zero points", len(scale), len(zero))
	}
	q := &Quant{Scale: scale, ZeroPoint: make([]int32, len(zero))}
	if len(scale) > 1 {
		if len(t.Shape) != 1 { // biases are written with their weights' dimension
			q.Axis = in.int(quantAxis, 0)
		}
		if q.Axis < 0 || q.Axis >= len(t.Shape) {
			return nil, malformed("quantized along dimension %d of shape %v", q.Axis, t.Shape)
		}
		if len(scale) != t.Shape[q.Axis] {
			return nil, malformed("%d scales along dimension %d of shape %v", len(scale), q.Axis, t.Shape)
		}
	}
	low, high := t.Type.Range()
	for i, s := range scale {
		if !(s >= 0) || math.IsInf(float64(s), 1) {
			return nil, malformed("scale %d is %v (want a number, not negative)", i, s)
		}
		if zero[i] < low || zero[i] > high {
			t.odd(fmt.Sprintf("zero point %d is %d, outside %v's %d to %d", i, zero[i], t.Type, low, high))
		}
		q.ZeroPoint[i] = int32(min(max(zero[i], math.MinInt32), math.MaxInt32))
	}
	return q, nil
}

// odd has words said of t, if nothing has been said yet.
func (t *Tensor) odd(words string) { t.Odd = cmp.Or(t.Odd, words) }
