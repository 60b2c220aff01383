package wire

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer"
)

// Options is what Load says besides the model.
type Options struct {
	Threads  int // 1 to 255
	Delegate Delegate
	Device   Device // of EdgeTPU, one of those in the answer to Devices; else empty
}

// Delegate is what TensorFlow Lite hands operators to.
type Delegate uint8

// The delegates.
const (
	NoDelegate Delegate = iota // the library's own kernels run all
	XNNPACK                    // runs those that it has a kernel for
	EdgeTPU                    // runs what was compiled for it
)

// Device is an Edge TPU, as libedgetpu lists it.
type Device struct {
	Type uint8  // enum edgetpu_device_type of edgetpu_c.h: 0 on PCI, 1 on USB
	Path string // at most 1 KiB
}

// EncodeLoad writes the options: threads (1 byte), delegate (1) and device. The model file follows them.
func EncodeLoad(o Options) []byte {
	return appendDevice([]byte{byte(o.Threads), byte(o.Delegate)}, o.Device)
}

// DecodeLoad splits the body of Load.
func DecodeLoad(body []byte) (o Options, model []byte, err error) {
	r := reader{b: body}
	o = Options{Threads: r.uint8(), Delegate: Delegate(r.uint8()), Device: r.device()}
	if o.Threads == 0 || o.Delegate > EdgeTPU || o.Delegate != EdgeTPU && o.Device != (Device{}) {
		r.fail("%+v", o)
	}
	if r.err != nil {
		return Options{}, nil, fmt.Errorf("load: %v: %w", r.err, ErrGarbage)
	}
	return o, r.b, nil
}

// EncodeDevices writes libedgetpu's version (2 bytes of length, and its bytes, cut at 1 KiB), the number of devices (1
// byte, at most 32) and the devices: type (1), and path as version.
func EncodeDevices(version string, devices []Device) []byte {
	devices = devices[:min(len(devices), maxDevices)]
	b := append(appendString(nil, version), byte(len(devices)))
	for _, d := range devices {
		b = appendDevice(b, d)
	}
	return b
}

// DecodeDevices reads what EncodeDevices wrote.
func DecodeDevices(body []byte) (version string, devices []Device, err error) {
	r := reader{b: body}
	version = r.string()
	n := r.uint8()
	if n > maxDevices {
		r.fail("%d devices (want at most %d)", n, maxDevices)
	}
	for i := 0; i < n && r.err == nil; i++ {
		devices = append(devices, r.device())
	}
	if err := r.end(); err != nil {
		return "", nil, fmt.Errorf("devices: %v: %w", err, ErrGarbage)
	}
	return version, devices, nil
}

func appendDevice(b []byte, d Device) []byte { return appendString(append(b, d.Type), d.Path) }

func appendString(b []byte, s string) []byte {
	s = s[:min(len(s), maxName)]
	return append(binary.LittleEndian.AppendUint16(b, uint16(len(s))), s...)
}

// The greatest numbers in Tensors and Devices.
const (
	maxTensors = 64 // inputs, and outputs
	maxDims    = 8
	maxName    = 1 << 10
	maxDevices = 32
)

// Wanted says which outputs a Run wants: of a little-endian number, the bit i stands for output i.
type Wanted [maxTensors / 8]byte

// Add has output i wanted.
func (w *Wanted) Add(i int) { w[i/8] |= 1 << (i % 8) }

// Has tells whether output i is wanted.
func (w *Wanted) Has(i int) bool { return w[i/8]>>(i%8)&1 != 0 }

// Check returns an error that wraps ErrGarbage if an output is wanted that a model of n outputs has not.
func (w *Wanted) Check(n int) error {
	for i := n; i < maxTensors; i++ {
		if w.Has(i) {
			return fmt.Errorf("run wants output %d of %d: %w", i, n, ErrGarbage)
		}
	}
	return nil
}

// EncodeTensors describes the inputs and outputs of a model: for both, their number (1 byte) and, for each tensor, name
// (2 bytes of length, and its bytes, cut at 1 KiB), type (1), scale (4), zero point (4), number of dimensions (1) and
// the dimensions (4 each).
func EncodeTensors(inputs, outputs []infer.TensorSpec) []byte {
	var b []byte
	for _, list := range [][]infer.TensorSpec{inputs, outputs} {
		b = append(b, byte(len(list)))
		for _, s := range list {
			b = append(appendString(b, s.Name), byte(s.Type))
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
	if err := r.end(); err != nil {
		return nil, nil, fmt.Errorf("tensors: %v: %w", err, ErrGarbage)
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

func (r *reader) string() string {
	length := r.uint16()
	if length > maxName {
		r.fail("text of %d bytes (want at most %d)", length, maxName)
		return ""
	}
	return string(r.take(length))
}

func (r *reader) device() Device { return Device{Type: uint8(r.uint8()), Path: r.string()} }

// end is the error so far, or that there are bytes left.
func (r *reader) end() error {
	if len(r.b) != 0 {
		r.fail("%d bytes too many", len(r.b))
	}
	return r.err
}

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
	s.Name = r.string()
	s.Type = infer.DType(r.uint8())
	s.Scale = math.Float32frombits(r.uint32())
	s.ZeroPoint = int(int32(r.uint32()))
	dims := r.uint8()
	if r.err != nil {
		return s, 0
	}
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
