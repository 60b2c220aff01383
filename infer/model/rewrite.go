package model

import (
	"encoding/binary"
	"math"
	"reflect"
)

// FileWithOutputs returns a copy of data, the file that m was read from, with the outputs that m has by now (WithOutputs).
// It is for engines that read a file. All else in it stays: a new list of outputs follows the old file, and one distance
// leads there. m is not changed.
//
// Work and memory are linear in len(data). Every error wraps ErrMalformed: data is not the file of m, or so unusual that
// it cannot be changed at one place only.
func FileWithOutputs(data []byte, m *Model) ([]byte, error) {
	place, err := outputsField(data)
	if err != nil {
		return nil, err
	}
	const align = 4 // of a vector of int32
	start := (len(data) + align - 1) / align * align
	file := make([]byte, start, start+4+4*len(m.Outputs))
	copy(file, data)
	binary.LittleEndian.PutUint32(file[place:], uint32(start-place))
	file = binary.LittleEndian.AppendUint32(file, uint32(len(m.Outputs)))
	for _, i := range m.Outputs {
		file = binary.LittleEndian.AppendUint32(file, uint32(i))
	}
	again, parseErr := Parse(file, Limits{Memory: math.MaxInt})
	if parseErr != nil || !sameGraph(again, m) {
		return nil, malformed("its outputs cannot be changed alone, or it is not the file of this model")
	}
	return file, nil
}

// outputsField is where data has the distance to the list of outputs of its first subgraph.
func outputsField(data []byte) (int, error) {
	f := newFlat(data)
	graphs := f.table(f.follow(0)).tables(modelSubgraphs)
	if f.err != nil {
		return 0, f.err
	}
	if graphs.n == 0 {
		return 0, malformed("it has no subgraph")
	}
	place := graphs.at(0).field(graphOutputs, 4)
	if f.err != nil {
		return 0, f.err
	}
	if place == 0 {
		return 0, malformed("its first subgraph has no list of outputs")
	}
	return place, nil
}

// sameGraph tells whether two models are equal but for the file.
func sameGraph(a, b *Model) bool {
	x := *a
	x.Size, x.SHA256 = b.Size, b.SHA256
	return reflect.DeepEqual(&x, b)
}
