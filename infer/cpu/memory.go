package cpu

import (
	"encoding/binary"
	"fmt"
	"slices"
	"unsafe"

	"github.com/inceptiond/inceptiond/infer/model"
)

// element is what a number of a tensor is in the engine's memory: uint8 for uint8, int8 (flipped, see the package kernel)
// and bool (0 or 1), else the type of the same name.
type element interface {
	uint8 | int16 | int32 | int64 | float32
}

// held tells whether the engine's memory can hold numbers of a type.
func held(t model.Type) bool {
	switch t {
	case model.Uint8, model.Int8, model.Bool, model.Int16, model.Int32, model.Int64, model.Float32:
		return true
	}
	return false
}

// as is memory, which begins at a multiple of 8, as numbers.
func as[T element](memory []byte) []T {
	if len(memory) == 0 {
		return nil
	}
	var one T
	return unsafe.Slice((*T)(unsafe.Pointer(&memory[0])), len(memory)/int(unsafe.Sizeof(one)))
}

// room is memory for n bytes that begins at a multiple of 8.
func room(n int) []byte {
	if n == 0 {
		return nil
	}
	words := make([]uint64, (n+7)/8)
	return unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), n)
}

// load writes numbers of v's type, as files and callers have them, to dst, v's memory or a part of it.
func (v *value) load(dst, numbers []byte) {
	switch v.Type {
	case model.Int8:
		flipCopy(dst, numbers, v.flip())
	case model.Bool:
		for i, x := range numbers[:len(dst)] {
			dst[i] = min(x, 1)
		}
	default:
		littleCopy(dst, numbers, v.Type.Size())
	}
}

// store is the opposite of load.
func (v *value) store(numbers, memory []byte) {
	if v.Type == model.Int8 {
		flipCopy(numbers, memory, v.flip())
		return
	}
	littleCopy(numbers, memory, v.Type.Size())
}

// littleCopy copies elements of some size from little-endian bytes to the machine's own, or the other way.
func littleCopy(dst, src []byte, size int) {
	copy(dst, src)
	if size == 1 || inPlace(nil, size) {
		return
	}
	for i := 0; i < len(dst); i += size {
		slices.Reverse(dst[i : i+size])
	}
}

// inPlace tells whether little-endian bytes can be read and written as the machine's own elements of some size.
func inPlace(data []byte, size int) bool {
	return binary.NativeEndian.Uint16([]byte{1, 0}) == 1 && uintptr(unsafe.Pointer(unsafe.SliceData(data)))%uintptr(size) == 0
}

// flipCopy is dst[i] = src[i] ^ flip for all of dst.
func flipCopy(dst, src []uint8, flip uint8) {
	src = src[:len(dst)]
	if flip == 0 {
		copy(dst, src)
		return
	}
	for i, x := range src {
		dst[i] = x ^ flip
	}
}

// raw is the memory of a value of any type that has no slot or border, as bytes.
func (l *lowering) raw(v *value) ([]byte, error) {
	if v == nil {
		return nil, fmt.Errorf("an input is missing")
	}
	if err := l.prepare(v.root()); err != nil {
		return nil, err
	}
	return v.root().memory, nil
}

// bytes is the memory of an 8-bit value that has no slot or border.
func (l *lowering) bytes(v *value) ([]uint8, error) {
	if v != nil && v.root().Type == model.Int8 {
		return numbersOf[uint8](l, v, model.Int8)
	}
	return numbersOf[uint8](l, v, model.Uint8)
}

// bools, int16s, int32s, int64s and floats are bytes of values of their types.
func (l *lowering) bools(v *value) ([]uint8, error)  { return numbersOf[uint8](l, v, model.Bool) }
func (l *lowering) int16s(v *value) ([]int16, error) { return numbersOf[int16](l, v, model.Int16) }
func (l *lowering) int32s(v *value) ([]int32, error) { return numbersOf[int32](l, v, model.Int32) }
func (l *lowering) int64s(v *value) ([]int64, error) { return numbersOf[int64](l, v, model.Int64) }
func (l *lowering) floats(v *value) ([]float32, error) {
	return numbersOf[float32](l, v, model.Float32)
}

// numbersOf is the memory of v, whose type has to be t.
func numbersOf[T element](l *lowering, v *value, t model.Type) ([]T, error) {
	memory, err := l.raw(v)
	if err != nil {
		return nil, err
	}
	if v.root().Type != t {
		return nil, fmt.Errorf("tensor %q is %v (want %v): %w", v.Name, v.Type, t, model.ErrUnsupported)
	}
	return as[T](memory), nil
}

// ends is the memory of a node's first input and first output.
func ends[T any](memory func(*value) ([]T, error), n *node) (in, out []T, err error) {
	if in, err = memory(n.inputs[0]); err != nil {
		return nil, nil, err
	}
	out, err = memory(n.outputs[0])
	return in, out, err
}

// prepare gives a constant memory of its own, unless it has some.
func (l *lowering) prepare(v *value) error {
	if !held(v.Type) {
		return fmt.Errorf("tensor %q is %v: %w", v.Name, v.Type, model.ErrUnsupported)
	}
	if !v.isConstant() || v.memory != nil {
		return nil
	}
	if err := l.take(int64(v.Bytes())); err != nil {
		return err
	}
	v.memory = room(v.Bytes())
	if v.from != nil {
		v.from.decode(as[float32](v.memory), 0)
		return nil
	}
	v.load(v.memory, v.Data)
	return nil
}
