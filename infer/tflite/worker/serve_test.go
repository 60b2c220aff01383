package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/tflite/wire"
)

// inverter answers with the complement of its input, and the input.
type inverter struct {
	in, out []byte
	broken  error
	closed  bool
}

func (n *inverter) specs() (inputs, outputs []infer.TensorSpec) {
	s := []infer.TensorSpec{{Name: "x", Shape: []int{len(n.in)}, Type: infer.Uint8}}
	return s, append(s, s...)
}
func (n *inverter) inputs() [][]byte  { return [][]byte{n.in} }
func (n *inverter) outputs() [][]byte { return [][]byte{n.out, n.in} }
func (n *inverter) close()            { n.closed = true }
func (n *inverter) invoke() error {
	for i, x := range n.in {
		n.out[i] = ^x
	}
	return n.broken
}

// answers serves the questions that ask writes and returns the answers, and what serve returned.
func answers(n native, ask func(*wire.Conn)) (*wire.Conn, error) {
	var questions, said bytes.Buffer
	ask(wire.NewConn(nil, &questions))
	err := serve(wire.NewConn(&questions, &said), n)
	return wire.NewConn(&said, nil), err
}

// next is the next answer; it must be of that kind and number.
func next(t *testing.T, c *wire.Conn, kind wire.Kind, sequence uint32) []byte {
	t.Helper()
	h, err := c.ReadHeader()
	if err != nil || h.Kind != kind || h.Sequence != sequence {
		t.Fatalf("answer %v %d, %v (want %v %d)", h.Kind, h.Sequence, err, kind, sequence)
	}
	body, err := c.ReadBody(h, wire.MaxSpecs)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// wanted is the part of a run that says which outputs are wanted.
func wanted(outputs ...int) []byte {
	var w wire.Wanted
	for _, i := range outputs {
		w.Add(i)
	}
	return w[:]
}

func openInverter(model []byte, o wire.Options) (network, error) {
	if string(model) != "good" || o != (wire.Options{Threads: 2, Delegate: wire.XNNPACK}) {
		return nil, errors.New("no such operator")
	}
	return &inverter{in: make([]byte, 3), out: make([]byte, 3)}, nil
}

func TestServe(t *testing.T) {
	options := wire.EncodeLoad(wire.Options{Threads: 2, Delegate: wire.XNNPACK})
	c, err := answers(native{version: "library 1.0", open: openInverter}, func(c *wire.Conn) {
		c.Send(wire.Hello, 1)
		c.Send(wire.Load, 2, options, []byte("bad"))
		c.Send(wire.Load, 3, options, []byte("good"))
		c.Send(wire.Load, 4, options, []byte("good"))
		c.Send(wire.Ping, 5)
		c.Send(wire.Run, 6, wanted(0), []byte{0, 1, 255})
		c.Send(wire.Run, 7, wanted(0, 1), []byte{0, 1, 2})
		c.Send(wire.Run, 8, wanted(1), []byte{5, 6, 7})
		c.Send(wire.Run, 9, wanted(), []byte{5, 6, 7})
		c.Send(wire.Close, 10)
		c.Send(wire.Ping, 11)
	})
	if err != nil {
		t.Fatal(err)
	}
	if v := next(t, c, wire.Hello, 1); string(v) != "library 1.0" {
		t.Errorf("version %q", v)
	}
	if refused, text, err := wire.DecodeFailure(next(t, c, wire.Failure, 2)); !refused || text != "no such operator" || err != nil {
		t.Errorf("a bad model: refused %v, %q, %v", refused, text, err)
	}
	if in, out, err := wire.DecodeTensors(next(t, c, wire.Tensors, 3)); err != nil || in[0].Bytes() != 3 || out[0].Bytes() != 3 {
		t.Errorf("a good model: %v %v, %v", in, out, err)
	}
	if refused, _, _ := wire.DecodeFailure(next(t, c, wire.Failure, 4)); refused {
		t.Error("a second model is refused as if it were bad")
	}
	next(t, c, wire.Pong, 5)
	for i, want := range [][]byte{{255, 254, 0}, {255, 254, 253, 0, 1, 2}, {5, 6, 7}, {}} {
		if out := next(t, c, wire.Result, uint32(6+i)); !bytes.Equal(out, want) {
			t.Errorf("result %d: %v (want %v)", i, out, want)
		}
	}
	if _, err := c.ReadHeader(); err != io.EOF {
		t.Errorf("after close: %v", err)
	}
}

func TestServeInvokeFails(t *testing.T) {
	net := &inverter{in: make([]byte, 1), out: make([]byte, 1), broken: errors.New("device is gone")}
	c, err := answers(native{open: func([]byte, wire.Options) (network, error) { return net, nil }}, func(c *wire.Conn) {
		c.Send(wire.Load, 1, wire.EncodeLoad(wire.Options{Threads: 1}))
		c.Send(wire.Run, 2, wanted(0), []byte{0})
	})
	if err != nil {
		t.Fatal(err)
	}
	next(t, c, wire.Tensors, 1)
	if refused, text, _ := wire.DecodeFailure(next(t, c, wire.Failure, 2)); refused || text != "device is gone" {
		t.Errorf("refused %v, %q", refused, text)
	}
	if !net.closed {
		t.Error("the network was not closed")
	}
}

// What is wrong with an accelerator does not count against the model.
func TestServeDeviceFails(t *testing.T) {
	open := func([]byte, wire.Options) (network, error) { return nil, deviceError{errors.New("unplugged")} }
	c, err := answers(native{open: open}, func(c *wire.Conn) {
		c.Send(wire.Load, 1, wire.EncodeLoad(wire.Options{Threads: 1, Delegate: wire.EdgeTPU}))
	})
	if err != nil {
		t.Fatal(err)
	}
	if refused, text, _ := wire.DecodeFailure(next(t, c, wire.Failure, 1)); refused || text != "unplugged" {
		t.Errorf("refused %v, %q", refused, text)
	}
}

func TestServeDevices(t *testing.T) {
	var problem error
	n := native{edgeTPUs: func() (string, []wire.Device, error) {
		return "1.0", []wire.Device{{Type: 1, Path: "/sys/bus/usb/devices/2-1"}}, problem
	}}
	for _, problem = range []error{nil, errors.New("cannot open libedgetpu.so.1")} {
		c, err := answers(n, func(c *wire.Conn) { c.Send(wire.Devices, 1) })
		if err != nil {
			t.Fatal(err)
		}
		if problem != nil {
			if refused, text, err := wire.DecodeFailure(next(t, c, wire.Failure, 1)); refused || text != problem.Error() || err != nil {
				t.Errorf("refused %v, %q, %v", refused, text, err)
			}
			continue
		}
		if v, d, err := wire.DecodeDevices(next(t, c, wire.Devices, 1)); v != "1.0" || len(d) != 1 || d[0].Path != "/sys/bus/usb/devices/2-1" || err != nil {
			t.Errorf("%q %v, %v", v, d, err)
		}
	}
}

// What is not a question ends the worker: the engine starts another.
func TestServeGarbage(t *testing.T) {
	load := func(c *wire.Conn) {
		c.Send(wire.Load, 1, wire.EncodeLoad(wire.Options{Threads: 2, Delegate: wire.XNNPACK}), []byte("good"))
	}
	for _, c := range []struct {
		name string
		ask  func(*wire.Conn)
	}{
		{"an answer", func(c *wire.Conn) { c.Send(wire.Pong, 1) }},
		{"run before load", func(c *wire.Conn) { c.Send(wire.Run, 1, wanted(0), []byte{1, 2, 3}) }},
		{"short input", func(c *wire.Conn) { load(c); c.Send(wire.Run, 2, wanted(0), []byte{1, 2}) }},
		{"long input", func(c *wire.Conn) { load(c); c.Send(wire.Run, 2, wanted(0), []byte{1, 2, 3, 4}) }},
		{"an output there is not", func(c *wire.Conn) { load(c); c.Send(wire.Run, 2, wanted(2), []byte{1, 2, 3}) }},
		{"no options", func(c *wire.Conn) { c.Send(wire.Load, 1) }},
		{"ping with a body", func(c *wire.Conn) { c.Send(wire.Ping, 1, []byte{0}) }},
	} {
		if _, err := answers(native{version: "library 1.0", open: openInverter}, c.ask); !errors.Is(err, wire.ErrGarbage) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if err := serve(wire.NewConn(strings.NewReader("GET / HTTP/1.1\r\n\r\n"), nil), native{}); !errors.Is(err, wire.ErrGarbage) {
		t.Errorf("rubbish: %v", err)
	}
}
