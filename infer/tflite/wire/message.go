package wire

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer"
)

// Options is what Load says besides the model.
type Options struct {
	Threads int  // 1 to 255
	XNNPACK bool // use XNNPACK where it has a kernel
}

const xnnpackFlag = 1

// EncodeLoad writes the options: 2 bytes. The model file follows them.
func EncodeLoad(o Options) []byte {
	flags := byte(0)
	if o.XNNPACK {
		flags |= xnnpackFlag
	}
	return []byte{byte(o.Threads), flags}
}

// DecodeLoad splits the body of Load.
func DecodeLoad(body []byte) (o Options, model []byte, err error) {
	if len(body) < 2 || body[0] == 0 || body[1]&^xnnpackFlag != 0 {
		return o, nil, fmt.Errorf("load begins with %x: %w", body[:min(2, len(body))], ErrGarbage)
	}
	return Options{Threads: int(body[0]), XNNPACK: body[1]&xnnpackFlag != 0}, body[2:], nil
}

// The greatest numbers in Tensors.
const (
	maxTensors = 64
	maxDims    = 8
	maxName    = 1 << 10
)

// EncodeTensors describes the inputs and outputs of a model: for both, their number (1 byte) and, for each tensor, name
// (2 bytes of length, and its bytes, cut at 1 KiB), type (1), scale (4), zero point (4), number of dimensions (1) and
// the dimensions (4 each).
func EncodeTensors(inputs, outputs []infer.TensorSpec) []byte {
	var b []byte
	for _, list := range [][]infer.TensorSpec{inputs, outputs} {
		b = append(b, byte(len(list)))
		for _, s := range list {
			name := s.Name[:min(len(s.Name), maxName)]
			b = binary.LittleEndian.AppendUint16(b, uint16(len(name)))
			b = append(append(b, name...), byte(s.Type))
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(s.Scale))
			b = binary.LittleEndian.AppendUint32(b, uint32(int32(s.ZeroPoint)))
			b = append(b, byte(len(s.Shape)))
			for _, d := range s.Shape {
				b = binary.LittleEndian.AppendUint32(b, uint32(d))
			}
		}
	}
	return b
}

// DecodeTensors reads what EncodeTensors wrote and checks it: types are known, dimensions at least 1, scales finite and
// not negative, and neither inputs nor outputs have more than MaxTensors bytes together.
func DecodeTensors(body []byte) (inputs, outputs []infer.TensorSpec, err error) {
	r := reader{b: body}
	inputs = r.specs("input")
	outputs = r.specs("output")
	if r.err == nil && len(r.b) != 0 {
		r.fail("%d bytes too many", len(r.b))
	}
	if r.err != nil {
		return nil, nil, fmt.Errorf("tensors: %v: %w", r.err, ErrGarbage)
	}
	return inputs, outputs, nil
}

// reader takes numbers off the front of b. After its first error it returns zeros.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func (r *reader) take(n int) []byte {
	if n > len(r.b) {
		r.fail("it ends early")
	}
	if r.err != nil {
		return make([]byte, n)
	}
	taken := r.b[:n]
	r.b = r.b[n:]
	return taken
}

func (r *reader) uint8() int     { return int(r.take(1)[0]) }
func (r *reader) uint16() int    { return int(binary.LittleEndian.Uint16(r.take(2))) }
func (r *reader) uint32() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }

func (r *reader) specs(what string) []infer.TensorSpec {
	n := r.uint8()
	if n < 1 || n > maxTensors {
		r.fail("%d %ss (want 1 to %d)", n, what, maxTensors)
	}
	var list []infer.TensorSpec
	total := 0
	for i := 0; i < n && r.err == nil; i++ {
		s, bytes := r.spec()
		if total += bytes; total > MaxTensors {
			r.fail("%ss of more than %d bytes", what, MaxTensors)
		}
		list = append(list, s)
	}
	return list
}

// spec reads one description, and counts the tensor's bytes without overflow.
func (r *reader) spec() (s infer.TensorSpec, bytes int) {
	length := r.uint16()
	if length > maxName {
		r.fail("name of %d bytes", length)
		return s, 0
	}
	s.Name = string(r.take(length))
	s.Type = infer.DType(r.uint8())
	s.Scale = math.Float32frombits(r.uint32())
	s.ZeroPoint = int(int32(r.uint32()))
	dims := r.uint8()
	if dims > maxDims {
		r.fail("%d dimensions (want at most %d)", dims, maxDims)
		return s, 0
	}
	bytes = s.Type.Size()
	if bytes == 0 || s.Scale < 0 || math.IsNaN(float64(s.Scale)) || math.IsInf(float64(s.Scale), 0) {
		r.fail("%q has %v, scale %v", s.Name, s.Type, s.Scale)
		return s, 0
	}
	for range dims {
		d := r.uint32()
		if d < 1 || uint64(d) > uint64(MaxTensors/bytes) {
			r.fail("%q has dimension %d", s.Name, d)
			return s, 0
		}
		bytes *= int(d)
		s.Shape = append(s.Shape, int(d))
	}
	return s, bytes
}

// EncodeFailure says why there is no answer; refused tells a model that cannot be run from everything else.
func EncodeFailure(refused bool, text string) []byte {
	b := []byte{0}
	if refused {
		b[0] = 1
	}
	return append(b, text[:min(len(text), MaxText-1)]...)
}

// DecodeFailure reads what EncodeFailure wrote.
func DecodeFailure(body []byte) (refused bool, text string, err error) {
	if len(body) < 1 || body[0] > 1 {
		return false, "", fmt.Errorf("failure begins with %x: %w", body[:min(1, len(body))], ErrGarbage)
	}
	return body[0] == 1, string(body[1:]), nil
}
