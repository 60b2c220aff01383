package task

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
)

// The file of a Taught, all numbers little-endian:
//
//	8 bytes  taughtMagic, the last digit of which is the version
//	5 uint32 classes, pictures, features, zero point, distances
//	classes  a byte, the length of the label, and the label
//	pictures 32 bytes, SHA-256, and a uint16, the class
//	pictures features bytes, the codes
//	distances float64, sorted
const (
	taughtMagic  = "taught 1"
	taughtHeader = len(taughtMagic) + 5*4
	idBytes      = 32
	maxLabel     = 255
)

// AppendBinary appends the file of t to dst.
func (t *Taught) AppendBinary(dst []byte) ([]byte, error) {
	little := binary.LittleEndian
	dst = append(dst, taughtMagic...)
	for _, n := range []int{len(t.labels), len(t.pictures), t.features, t.zero, len(t.own)} {
		dst = little.AppendUint32(dst, uint32(n))
	}
	for _, l := range t.labels {
		dst = append(append(dst, byte(len(l))), l...)
	}
	for _, p := range t.pictures {
		id, err := hex.DecodeString(p.ID)
		if err != nil {
			return nil, err
		}
		dst = little.AppendUint16(append(dst, id...), uint16(p.Class))
	}
	dst = append(dst, t.codes...)
	for _, d := range t.own {
		dst = little.AppendUint64(dst, math.Float64bits(d))
	}
	return dst, nil
}

// ParseTaught reads what AppendBinary wrote. The answer keeps nothing of data, and takes a little more memory. An error
// says what is wrong with the file.
func ParseTaught(data []byte) (*Taught, error) {
	if len(data) < taughtHeader || string(data[:len(taughtMagic)]) != taughtMagic {
		return nil, fmt.Errorf("task: this is no file of taught pictures, or of another version (want one that starts with %q)", taughtMagic)
	}
	r := taughtReader{rest: data[len(taughtMagic):]}
	classes, pictures, features, zero, own := r.uint32(), r.uint32(), r.uint32(), r.uint32(), r.uint32()
	if classes > maxTaughtClasses || pictures > maxTaughtPictures || features > maxTaughtFeatures || zero > 255 || own > pictures {
		return nil, fmt.Errorf("task: a file of %d taught pictures of %d classes with %d features is not possible", pictures, classes, features)
	}
	var labels []string
	for range classes {
		labels = append(labels, string(r.take(int(r.take(1)[0]))))
	}
	var list []TaughtPicture
	for range pictures {
		if r.short {
			break
		}
		list = append(list, TaughtPicture{ID: hex.EncodeToString(r.take(idBytes)), Class: int(binary.LittleEndian.Uint16(r.take(2)))})
	}
	if want := int64(pictures)*int64(features) + 8*int64(own); r.short || int64(len(r.rest)) != want {
		return nil, fmt.Errorf("task: the file of taught pictures is damaged: %d bytes of features (want %d)", len(r.rest), want)
	}
	codes := append([]byte(nil), r.take(int(pictures)*int(features))...)
	distances := make([]float64, own)
	for i := range distances {
		distances[i] = math.Float64frombits(binary.LittleEndian.Uint64(r.take(8)))
	}
	return NewTaught(labels, list, codes, int(zero), distances)
}

// taughtReader reads a file from its start.
type taughtReader struct {
	rest  []byte
	short bool // it has ended too early
}

// take is the next n bytes; zeros if there are fewer.
func (r *taughtReader) take(n int) []byte {
	if n > len(r.rest) {
		r.short, r.rest = true, nil
		return make([]byte, n)
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *taughtReader) uint32() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }
