package cpu

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer/model"
)

// table is a tensor of rows of real numbers: float32, or bytes that stand for some.
type table struct {
	width  int
	floats []float32
	bytes  []uint8
	real   *[256]float32 // what a byte stands for
}

// table is the memory of a value that is uint8 or float32.
func (l *lowering) table(v *value) (t table, err error) {
	t.width = v.channels()
	if v.Type == model.Float32 {
		t.floats, err = l.floats(v)
		return t, err
	}
	if v.Type != model.Uint8 {
		return t, fmt.Errorf("tensor %q is %v (want uint8 or float32): %w", v.Name, v.Type, model.ErrUnsupported)
	}
	q, err := v.quant()
	if err != nil {
		return t, err
	}
	t.real = new([256]float32)
	for i := range t.real {
		t.real[i] = q.scale * float32(int32(i)-q.zero)
	}
	t.bytes, err = l.bytes(v)
	return t, err
}

// at is a number.
func (t *table) at(row, column int) float32 {
	i := row*t.width + column
	if t.floats != nil {
		return t.floats[i]
	}
	return t.real[t.bytes[i]]
}

// argMax is the column, at or behind from, of the largest number of a row, the first of equals.
func (t *table) argMax(row, from int) int {
	if t.floats != nil {
		return from + first(t.floats[row*t.width+from:(row+1)*t.width])
	}
	return from + first(t.bytes[row*t.width+from:(row+1)*t.width])
}

// first is the index of the first of the largest elements.
func first[T uint8 | float32](list []T) int {
	best, value := 0, list[0]
	for i, x := range list {
		if x > value {
			best, value = i, x
		}
	}
	return best
}
