// Package mutant changes files of models here and there, so that tests see what a hostile or damaged file does: most of what it
// makes gets past a first look, as it changes the structure of a file and leaves the constants, which are numbers like any
// others, nearly alone.
package mutant

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"unsafe"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
)

// Source is a sound file to make mutants of. It is not for concurrent use.
type Source struct {
	Sound  *model.Model
	data   []byte
	places []int // bytes of data that are worth a change
}

// New makes a source of the bytes of a file, which it changes and changes back.
func New(data []byte) (*Source, error) {
	m, err := model.Parse(data, model.Limits{})
	if err != nil {
		return nil, err
	}
	return &Source{m, data, structure(data, m)}, nil
}

// structure is where data has more than large constants and long names.
func structure(data []byte, m *model.Model) (places []int) {
	const beginning = 64 // of a constant: those that are shapes or axes are not longer
	dull := make([]bool, len(data))
	base := uintptr(unsafe.Pointer(unsafe.SliceData(data)))
	for i := range m.Tensors {
		if d := m.Tensors[i].Data; len(d) > beginning {
			from := int(uintptr(unsafe.Pointer(unsafe.SliceData(d))) - base)
			for k := from + beginning; k < from+len(d); k++ {
				dull[k] = true
			}
		}
	}
	letters := 0
	for i, b := range data {
		if letters++; b < ' ' || b > '~' {
			letters = 0
		}
		if !dull[i] && letters <= 8 {
			places = append(places, i)
		}
	}
	return places
}

// Mutate makes a mutant, by numbers of r, and gives it to use, which may keep nothing of it.
func (s *Source) Mutate(r *rand.Rand, use func(data []byte)) {
	// Writing a large file takes longer than all else.
	if changed := r.IntN(2) == 0; changed && (len(s.data) < 64<<10 || r.IntN(4) == 0) {
		if data, err := write.Model(s.changed(r)); err == nil {
			use(data)
			return
		}
	}
	if r.IntN(50) == 0 {
		use(s.data[:r.IntN(len(s.data))])
		return
	}
	undo := make([]func(), 0, 4)
	for range 1 + r.IntN(1+r.IntN(8)) {
		undo = append(undo, s.edit(r))
	}
	use(s.data)
	for _, u := range slices.Backward(undo) {
		u()
	}
}

// edit changes a few bytes of the file.
func (s *Source) edit(r *rand.Rand) (undo func()) {
	at := s.places[r.IntN(len(s.places))]
	n := min([]int{1, 1, 2, 4, 8, 16}[r.IntN(6)], len(s.data)-at)
	if n > 1 && r.IntN(4) > 0 {
		at &^= min(n, 4) - 1 // where such a number lies
	}
	part := s.data[at:min(at+n, len(s.data))]
	before := slices.Clone(part)
	switch r.IntN(4) {
	case 0:
		part[r.IntN(len(part))] ^= 1 << r.IntN(8)
	case 1:
		from := s.places[r.IntN(len(s.places))]
		copy(part, slices.Clone(s.data[from:min(from+len(part), len(s.data))]))
	case 2:
		for i := range part {
			part[i] = byte(r.Uint32())
		}
	default:
		var number [16]byte
		binary.LittleEndian.PutUint64(number[:], uint64(s.number(r)))
		copy(part, number[:])
	}
	return func() { copy(part, before) }
}

// number is one that is often at a limit of something.
func (s *Source) number(r *rand.Rand) int64 {
	limits := []int64{0, 1, -1, 2, 7, 255, 256, math.MaxInt16, math.MaxUint16, math.MaxInt32, math.MinInt32, math.MaxUint32, math.MaxInt64, int64(len(s.data))}
	return limits[r.IntN(len(limits))] + int64(r.IntN(5)-2)*int64(r.IntN(2))
}
