package wire

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
)

var (
	image  = infer.TensorSpec{Name: "image", Shape: []int{1, 299, 299, 3}, Type: infer.Uint8, Scale: 1.0 / 128, ZeroPoint: 128}
	scores = infer.TensorSpec{Name: "scores", Shape: []int{1, 1001}, Type: infer.Int8, Scale: 1.0 / 256, ZeroPoint: -128}
	scalar = infer.TensorSpec{Name: "", Type: infer.Float32}
	stick  = Device{Type: 1, Path: "/sys/bus/usb/devices/2-1"}
)

func TestMessages(t *testing.T) {
	var pipe bytes.Buffer
	c := NewConn(&pipe, &pipe)
	if err := c.Send(Run, 7, []byte("ab"), nil, []byte("cde")); err != nil {
		t.Fatal(err)
	}
	if err := c.Send(Ping, 8); err != nil {
		t.Fatal(err)
	}
	h, err := c.ReadHeader()
	if err != nil || h != (Header{Run, 5, 7}) {
		t.Fatalf("%+v, %v", h, err)
	}
	a, b := make([]byte, 4), make([]byte, 1)
	if err := c.ReadInto(h, a, b); err != nil || string(a)+string(b) != "abcde" {
		t.Fatalf("%s %s, %v", a, b, err)
	}
	h, err = c.ReadHeader()
	if err != nil || h != (Header{Ping, 0, 8}) {
		t.Fatalf("%+v, %v", h, err)
	}
	if _, err := c.ReadHeader(); err != io.EOF {
		t.Fatalf("at the end: %v", err)
	}
}

func TestBadMessages(t *testing.T) {
	for _, c := range []struct {
		name, bytes string
		want        error
	}{
		{"empty", "", io.EOF},
		{"cut header", "\x1c\xe9\x03", io.ErrUnexpectedEOF},
		{"text", "INFO: Created a delegate", ErrGarbage},
		{"version", "\x1c\xe9\x02\x06\x00\x00\x00\x00\x00\x00\x00\x00", ErrGarbage},
		{"absurd length", "\x1c\xe9\x03\x06\xff\xff\xff\xff\x00\x00\x00\x00", ErrGarbage},
		{"over the limit", "\x1c\xe9\x03\x06\x09\x00\x00\x00\x00\x00\x00\x00123456789", ErrGarbage},
		{"cut body", "\x1c\xe9\x03\x06\x08\x00\x00\x00\x00\x00\x00\x001234567", io.ErrUnexpectedEOF},
		{"no body", "\x1c\xe9\x03\x06\x08\x00\x00\x00\x00\x00\x00\x00", io.ErrUnexpectedEOF},
	} {
		conn := NewConn(strings.NewReader(c.bytes), nil)
		h, err := conn.ReadHeader()
		if err == nil {
			_, err = conn.ReadBody(h, 8)
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v (want %v)", c.name, err, c.want)
		}
	}
	conn := NewConn(strings.NewReader("12345"), nil)
	if err := conn.ReadInto(Header{Kind: Result, Length: 5}, make([]byte, 4)); !errors.Is(err, ErrGarbage) {
		t.Errorf("a body of another length: %v", err)
	}
	if err := conn.ReadInto(Header{Kind: Result, Length: 6}, make([]byte, 4), make([]byte, 2)); err != io.ErrUnexpectedEOF {
		t.Errorf("a cut body: %v", err)
	}
}

func TestBodies(t *testing.T) {
	in, out, err := DecodeTensors(EncodeTensors([]infer.TensorSpec{image, scalar}, []infer.TensorSpec{scores}))
	if err != nil || !reflect.DeepEqual(in, []infer.TensorSpec{image, scalar}) || !reflect.DeepEqual(out, []infer.TensorSpec{scores}) {
		t.Errorf("tensors: %v %v, %v", in, out, err)
	}
	for _, want := range []Options{{Threads: 1}, {Threads: 3, Delegate: XNNPACK}, {Threads: 255, Delegate: EdgeTPU, Device: stick}} {
		o, model, err := DecodeLoad(append(EncodeLoad(want), "TFL3"...))
		if err != nil || o != want || string(model) != "TFL3" {
			t.Errorf("load: %+v %q, %v", o, model, err)
		}
	}
	for _, bad := range []Options{{Threads: 0}, {Threads: 1, Delegate: 3}, {Threads: 1, Delegate: XNNPACK, Device: stick}} {
		if o, _, err := DecodeLoad(EncodeLoad(bad)); !errors.Is(err, ErrGarbage) {
			t.Errorf("load: %+v, %v", o, err)
		}
	}
	version, devices, err := DecodeDevices(EncodeDevices("1.0", []Device{stick, {0, "/dev/apex_0"}}))
	if err != nil || version != "1.0" || !reflect.DeepEqual(devices, []Device{stick, {0, "/dev/apex_0"}}) {
		t.Errorf("devices: %q %v, %v", version, devices, err)
	}
	if b := EncodeDevices(strings.Repeat("x", 1<<12), slices.Repeat([]Device{{1, strings.Repeat("y", 1<<12)}}, 99)); len(b) > MaxSpecs {
		t.Errorf("devices of %d bytes", len(b))
	} else if _, _, err := DecodeDevices(b); err != nil {
		t.Error(err)
	}
	refused, text, err := DecodeFailure(EncodeFailure(true, "no kernel"))
	if err != nil || !refused || text != "no kernel" {
		t.Errorf("failure: %v %q, %v", refused, text, err)
	}
	if n := len(EncodeFailure(false, strings.Repeat("x", 1<<20))); n > MaxText {
		t.Errorf("a failure of %d bytes", n)
	}
}

func TestWanted(t *testing.T) {
	var w Wanted
	if err := w.Check(0); err != nil {
		t.Errorf("nothing is wanted: %v", err)
	}
	for _, i := range []int{0, 7, 8, 63} {
		w.Add(i)
	}
	if w != (Wanted{0x81, 0x01, 0, 0, 0, 0, 0, 0x80}) {
		t.Errorf("%x", w)
	}
	for i := range maxTensors {
		if w.Has(i) != (i == 0 || i == 7 || i == 8 || i == 63) {
			t.Errorf("output %d is wanted: %v", i, w.Has(i))
		}
	}
	if err := w.Check(maxTensors); err != nil {
		t.Errorf("of %d outputs: %v", maxTensors, err)
	}
	if err := w.Check(63); !errors.Is(err, ErrGarbage) || !strings.Contains(err.Error(), "output 63 of 63") {
		t.Errorf("of 63 outputs: %v", err)
	}
}

// FuzzDecode feeds rubbish to all that reads: what is accepted must survive another round.
func FuzzDecode(f *testing.F) {
	good := EncodeTensors([]infer.TensorSpec{image, scalar}, []infer.TensorSpec{scores})
	f.Add(good)
	for _, cut := range []int{1, 3, 9, 20, len(good) - 1} {
		f.Add(good[:cut])
	}
	f.Add(EncodeLoad(Options{Threads: 1}))
	f.Add(EncodeLoad(Options{Threads: 2, Delegate: EdgeTPU, Device: stick}))
	f.Add(EncodeDevices("1.0", []Device{stick, stick}))
	f.Add(EncodeFailure(true, "refused"))
	f.Add([]byte("\x1c\xe9\x03\x05\x04\x00\x00\x00\x01\x00\x00\x00body"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if in, out, err := DecodeTensors(data); err == nil {
			for _, s := range append(in, out...) {
				if s.Bytes() < 1 || s.Bytes() > MaxTensors {
					t.Fatalf("%v of %d bytes", s, s.Bytes())
				}
			}
			if again := EncodeTensors(in, out); !bytes.Equal(again, data) {
				t.Fatalf("%x became %x", data, again)
			}
		}
		if o, model, err := DecodeLoad(data); err == nil && !bytes.Equal(append(EncodeLoad(o), model...), data) {
			t.Fatalf("%x became %x", data, EncodeLoad(o))
		}
		if version, devices, err := DecodeDevices(data); err == nil && !bytes.Equal(EncodeDevices(version, devices), data) {
			t.Fatalf("%x became %x", data, EncodeDevices(version, devices))
		}
		if refused, text, err := DecodeFailure(data); err == nil && len(data) <= MaxText && !bytes.Equal(EncodeFailure(refused, text), data) {
			t.Fatalf("%x became %x", data, EncodeFailure(refused, text))
		}
		c := NewConn(bytes.NewReader(data), nil)
		if h, err := c.ReadHeader(); err == nil {
			if body, err := c.ReadBody(h, 1<<10); err == nil && len(body) != h.Length {
				t.Fatalf("%d bytes for %+v", len(body), h)
			}
		}
	})
}
