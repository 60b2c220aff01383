package model

import (
	"encoding/binary"
	"math"
	"slices"
)

// A flatbuffer is little-endian and made of tables. A table starts with the distance back to its vtable; the vtable is
// uint16 numbers: its own size, the size of the table, then for each field the field's place in the table or 0 if the
// field is absent. Strings, vectors and tables in a field are distances forward from that field.
// The format: https://flatbuffers.dev/internals

// flat reads a flatbuffer that may be hostile. The first unsound offset sets err; from then on every read answers zero,
// so a caller checks err once per table and not once per field.
type flat struct {
	data []byte
	err  *ParseError

	// budget is how many bytes of vectors and strings may still be copied out, 1 MiB and twice the file. Tables may share
	// a vector, so without it a small file could ask for work and memory that grow with its square.
	budget int
}

func newFlat(data []byte) *flat {
	return &flat{data: data, budget: 2*len(data) + 1<<20}
}

func (f *flat) fail(format string, args ...any) {
	if f.err == nil {
		f.err = malformed(format, args...)
	}
}

// span reports whether the n bytes at pos lie in the file; if not, it sets err.
func (f *flat) span(pos, n int64) bool {
	if f.err != nil {
		return false
	}
	if pos < 0 || n < 0 || pos > int64(len(f.data)) || n > int64(len(f.data))-pos {
		f.fail("%d bytes at offset %d are outside the file of %d bytes", n, pos, len(f.data))
		return false
	}
	return true
}

// follow reads the distance at pos and returns where it leads.
func (f *flat) follow(pos int) int {
	if !f.span(int64(pos), 4) {
		return 0
	}
	to := int64(pos) + int64(binary.LittleEndian.Uint32(f.data[pos:]))
	if !f.span(to, 4) {
		return 0
	}
	return int(to)
}

// spend takes n bytes from the budget.
func (f *flat) spend(n int) bool {
	if f.err != nil {
		return false
	}
	if n > f.budget {
		f.fail("its tables share vectors so often that reading them costs more than twice the file")
		return false
	}
	f.budget -= n
	return true
}

// table opens the table at pos.
func (f *flat) table(pos int) table {
	if !f.span(int64(pos), 4) {
		return table{}
	}
	v := int64(pos) - int64(int32(binary.LittleEndian.Uint32(f.data[pos:])))
	if !f.span(v, 4) {
		return table{}
	}
	vsize := int64(binary.LittleEndian.Uint16(f.data[v:]))
	size := int64(binary.LittleEndian.Uint16(f.data[v+2:]))
	if vsize < 4 || vsize%2 != 0 || size < 4 {
		f.fail("the table at offset %d has a vtable of %d bytes for %d bytes of fields", pos, vsize, size)
		return table{}
	}
	if !f.span(v, vsize) || !f.span(int64(pos), size) {
		return table{}
	}
	return table{flat: f, pos: pos, size: int(size), vtable: f.data[v+4 : v+vsize]}
}

// table is a sound table of a flatbuffer. The zero table has no fields: every read gives the default.
type table struct {
	flat   *flat
	pos    int
	size   int    // bytes of the table, inside the file
	vtable []byte // the place of each field, 2 bytes each
}

// field returns the position of field slot, which takes size bytes in the table, or 0 if it is absent.
func (t table) field(slot, size int) int {
	if t.flat == nil || t.flat.err != nil || 2*slot+2 > len(t.vtable) {
		return 0
	}
	at := int(binary.LittleEndian.Uint16(t.vtable[2*slot:]))
	if at == 0 {
		return 0
	}
	if at < 4 || at+size > t.size {
		t.flat.fail("field %d lies outside its table at offset %d", slot, t.pos)
		return 0
	}
	return t.pos + at
}

// empty tells whether no field is set.
func (t table) empty() bool {
	return !slices.ContainsFunc(t.vtable, func(b byte) bool { return b != 0 })
}

func (t table) has(slot int) bool { return t.field(slot, 1) != 0 }

func (t table) uint8(slot int) uint8 {
	if p := t.field(slot, 1); p != 0 {
		return t.flat.data[p]
	}
	return 0
}

func (t table) bool(slot int) bool { return t.uint8(slot) != 0 }

func (t table) int32(slot int, absent int32) int32 {
	if p := t.field(slot, 4); p != 0 {
		return int32(binary.LittleEndian.Uint32(t.flat.data[p:]))
	}
	return absent
}

func (t table) int(slot int, absent int32) int { return int(t.int32(slot, absent)) }

func (t table) uint32(slot int) uint32 { return uint32(t.int32(slot, 0)) }

func (t table) uint64(slot int) uint64 {
	if p := t.field(slot, 8); p != 0 {
		return binary.LittleEndian.Uint64(t.flat.data[p:])
	}
	return 0
}

func (t table) float32(slot int) float32 { return math.Float32frombits(t.uint32(slot)) }

// child opens the table in field slot; absent, it is the zero table.
func (t table) child(slot int) table {
	p := t.field(slot, 4)
	if p == 0 {
		return table{}
	}
	return t.flat.table(t.flat.follow(p))
}

// list returns where the n elements of a vector start; each takes size bytes.
func (t table) list(slot, size int) (start, n int) {
	p := t.field(slot, 4)
	if p == 0 {
		return 0, 0
	}
	p = t.flat.follow(p)
	if t.flat.err != nil {
		return 0, 0
	}
	count := int64(binary.LittleEndian.Uint32(t.flat.data[p:]))
	if !t.flat.span(int64(p)+4, count*int64(size)) {
		return 0, 0
	}
	return p + 4, int(count)
}

// bytes returns a vector of bytes. It aliases the file.
func (t table) bytes(slot int) []byte {
	start, n := t.list(slot, 1)
	if n == 0 {
		return nil
	}
	return t.flat.data[start : start+n : start+n]
}

// copied returns the bytes of a vector that the caller will copy, and its length in elements of size bytes.
func (t table) copied(slot, size int) (data []byte, n int) {
	start, n := t.list(slot, size)
	if n == 0 || !t.flat.spend(n*size) {
		return nil, 0
	}
	return t.flat.data[start : start+n*size], n
}

func (t table) string(slot int) string {
	b, _ := t.copied(slot, 1)
	return string(b)
}

func (t table) ints(slot int) []int {
	b, n := t.copied(slot, 4)
	if n == 0 {
		return nil
	}
	v := make([]int, n)
	for i := range v {
		v[i] = int(int32(binary.LittleEndian.Uint32(b[4*i:])))
	}
	return v
}

func (t table) int64s(slot int) []int64 {
	b, n := t.copied(slot, 8)
	if n == 0 {
		return nil
	}
	v := make([]int64, n)
	for i := range v {
		v[i] = int64(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return v
}

func (t table) float32s(slot int) []float32 {
	b, n := t.copied(slot, 4)
	if n == 0 {
		return nil
	}
	v := make([]float32, n)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v
}

// tables is a vector of tables, opened one by one.
type tables struct {
	flat  *flat
	start int
	n     int
}

func (t table) tables(slot int) tables {
	start, n := t.list(slot, 4)
	return tables{flat: t.flat, start: start, n: n}
}

// at opens table i of the n.
func (v tables) at(i int) table { return v.flat.table(v.flat.follow(v.start + 4*i)) }
