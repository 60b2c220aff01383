package task

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
)

// The file of People, all numbers little-endian:
//
//	8 bytes  peopleMagic, the last digit of which is the version
//	32 bytes SHA-256 of the network's file
//	2 uint32 people, features
//	people   a byte, the length of the name, and the name
//	people   features float32, of length 1
const peopleMagic = "people 1"

// AppendBinary appends the file of p to dst. It does not have MaxDistance.
func (p *People) AppendBinary(dst []byte) ([]byte, error) {
	network, err := hex.DecodeString(p.network)
	if err != nil || len(network) != idBytes {
		return nil, fmt.Errorf("task: people of the network %.80q (want a SHA-256)", p.network)
	}
	little := binary.LittleEndian
	dst = append(append(dst, peopleMagic...), network...)
	dst = little.AppendUint32(dst, uint32(len(p.names)))
	dst = little.AppendUint32(dst, uint32(p.features))
	for _, name := range p.names {
		dst = append(append(dst, byte(len(name))), name...)
	}
	for _, v := range p.vectors {
		dst = little.AppendUint32(dst, math.Float32bits(v))
	}
	return dst, nil
}

// ParsePeople reads what AppendBinary wrote, of people who are recognized up to the distance most. The answer keeps nothing of
// data. An error says what is wrong.
func ParsePeople(data []byte, most float64) (*People, error) {
	const header = len(peopleMagic) + idBytes + 2*4
	if len(data) < header || string(data[:len(peopleMagic)]) != peopleMagic {
		return nil, fmt.Errorf("task: this is no file of people, or of another version (want one that starts with %q)", peopleMagic)
	}
	r := taughtReader{rest: data[len(peopleMagic):]}
	network, people, features := hex.EncodeToString(r.take(idBytes)), r.uint32(), r.uint32()
	if people > MaxPeople || features > maxPeopleFeatures {
		return nil, fmt.Errorf("task: a file of %d people with %d features is not possible", people, features)
	}
	var names []string
	for range people {
		names = append(names, string(r.take(int(r.take(1)[0]))))
	}
	if want := 4 * int(people) * int(features); r.short || len(r.rest) != want {
		return nil, fmt.Errorf("task: the file of people is damaged: %d bytes of features (want %d)", len(r.rest), want)
	}
	vectors := make([][]float32, people)
	for i := range vectors {
		vectors[i] = make([]float32, features)
		for k := range vectors[i] {
			vectors[i][k] = math.Float32frombits(r.uint32())
		}
	}
	return NewPeople(names, vectors, network, most)
}
