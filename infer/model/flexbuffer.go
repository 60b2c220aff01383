package model

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
)

// A flexbuffer is a flatbuffer without a schema, read from its end: the last byte is the width of the root value, the one
// before it the root's type, and the root lies before them. A value is a number of some width, or a distance back to what
// is larger. A type is a kind << 2 | the width, as a power of 2, of what it contains.
// The format: https://flatbuffers.dev/internals, "FlexBuffers".
//
// Custom operators have their options as a flexbuffer that is a map from names to numbers; that is all that is read here.

// The kinds of values that are read.
const (
	flexNull          = 0
	flexInt           = 1
	flexUint          = 2
	flexFloat         = 3
	flexIndirectInt   = 6
	flexIndirectUint  = 7
	flexIndirectFloat = 8
	flexMap           = 9
	flexBool          = 26
)

// maxFlex bounds the bytes of a custom operator's options, so that looking up a name takes no time worth counting.
const maxFlex = 1 << 12

// flexNumbers reads data, a map, and returns the numbers of it that have these names, in their order: NaN for a name that is
// absent or null. Truth is 1 or 0. It is an error if one has a value that is not a number.
func flexNumbers(data []byte, names ...string) ([]float64, error) {
	n := len(data)
	if n < 3 || n > maxFlex {
		return nil, fmt.Errorf("a flexbuffer of %d bytes (want 3 to %d)", n, maxFlex)
	}
	f := flex{data: data}
	root := flexValue{at: n - 2 - int(data[n-1]), width: int(data[n-1]), kind: data[n-2] >> 2, inner: 1 << (data[n-2] & 3)}
	list := make([]float64, len(names))
	for i, name := range names {
		v, ok := f.member(root, name)
		if list[i] = math.NaN(); ok {
			list[i] = f.number(v, name)
		}
	}
	return list, f.err
}

// flex reads a flexbuffer that may be hostile. The first unsound offset sets err; from then on every read gives zero.
type flex struct {
	data []byte
	err  error
}

// flexValue is a value of width bytes; what it contains or refers to has inner bytes.
type flexValue struct {
	at, width, inner int
	kind             uint8
}

func (f *flex) fail(format string, args ...any) {
	if f.err == nil {
		f.err = fmt.Errorf(format, args...)
	}
}

// uint is the number of width bytes at a position.
func (f *flex) uint(at, width int) uint64 {
	if f.err != nil {
		return 0
	}
	if at < 0 || width < 1 || at > len(f.data)-width {
		f.fail("%d bytes at offset %d are outside the flexbuffer of %d bytes", width, at, len(f.data))
		return 0
	}
	switch b := f.data[at:]; width {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.LittleEndian.Uint16(b))
	case 4:
		return uint64(binary.LittleEndian.Uint32(b))
	case 8:
		return binary.LittleEndian.Uint64(b)
	}
	f.fail("a number of %d bytes", width)
	return 0
}

// back is where the distance at a position leads.
func (f *flex) back(at, width int) int {
	distance := f.uint(at, width)
	if distance > uint64(len(f.data)) {
		f.fail("offset %d leads %d bytes back", at, distance)
		return 0
	}
	return at - int(distance)
}

// member finds a name in map v. A map is a vector of values, their types behind it; before it lie its size, the width of the
// vector of its keys, and the distance to that.
func (f *flex) member(v flexValue, name string) (flexValue, bool) {
	if v.kind != flexMap {
		f.fail("kind %d at the root (want a map, %d)", v.kind, flexMap)
	}
	values, w := f.back(v.at, v.width), v.inner
	size, keyWidth, keys := f.uint(values-w, w), f.uint(values-2*w, w), f.back(values-3*w, w)
	if size > maxFlex || keyWidth > 8 {
		f.fail("a map of %d values, keys of %d bytes", size, keyWidth)
	}
	for i := range int(size) {
		key := f.back(keys+i*int(keyWidth), int(keyWidth))
		if f.err != nil {
			return flexValue{}, false
		}
		if key < 0 || !f.named(key, name) {
			continue
		}
		packed := uint8(f.uint(values+int(size)*w+i, 1))
		return flexValue{at: values + i*w, width: w, kind: packed >> 2, inner: 1 << (packed & 3)}, true
	}
	return flexValue{}, false
}

// named tells whether the key at a position is name; keys end with a zero.
func (f *flex) named(at int, name string) bool {
	rest := f.data[at:]
	return len(rest) > len(name) && bytes.HasPrefix(rest, []byte(name)) && rest[len(name)] == 0
}

// number is value v, which has a name.
func (f *flex) number(v flexValue, name string) float64 {
	switch v.kind {
	case flexIndirectInt, flexIndirectUint, flexIndirectFloat:
		v.at, v.width, v.kind = f.back(v.at, v.width), v.inner, v.kind-flexIndirectInt+flexInt
	}
	bits := f.uint(v.at, v.width)
	switch {
	case v.kind == flexNull:
		return math.NaN()
	case v.kind == flexUint || v.kind == flexBool:
		return float64(bits)
	case v.kind == flexInt:
		unused := 64 - 8*v.width
		return float64(int64(bits<<unused) >> unused)
	case v.kind == flexFloat && v.width == 4:
		return float64(math.Float32frombits(uint32(bits)))
	case v.kind == flexFloat && v.width == 8:
		return math.Float64frombits(bits)
	}
	f.fail("%s is of kind %d and has %d bytes (want a number)", name, v.kind, v.width)
	return math.NaN()
}
