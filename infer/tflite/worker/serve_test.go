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

// inverter answers with the complement of its input.
type inverter struct {
	in, out []byte
	broken  error
}

func (n *inverter) specs() (inputs, outputs []infer.TensorSpec) {
	s := []infer.TensorSpec{{Name: "x", Shape: []int{len(n.in)}, Type: infer.Uint8}}
	return s, s
}
func (n *inverter) inputs() [][]byte  { return [][]byte{n.in} }
func (n *inverter) outputs() [][]byte { return [][]byte{n.out} }
func (n *inverter) invoke() error {
	for i, x := range n.in {
		n.out[i] = ^x
	}
	return n.broken
}

// answers serves the questions that ask writes and returns the answers, and what serve returned.
func answers(open opener, ask func(*wire.Conn)) (*wire.Conn, error) {
	var questions, said bytes.Buffer
	ask(wire.NewConn(nil, &questions))
	err := serve(wire.NewConn(&questions, &said), "library 1.0", open)
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

func openInverter(model []byte, o wire.Options) (network, error) {
	if string(model) != "good" || o != (wire.Options{Threads: 2, XNNPACK: true}) {
		return nil, errors.New("no such operator")
	}
	return &inverter{in: make([]byte, 3), out: make([]byte, 3)}, nil
}

func TestServe(t *testing.T) {
	options := wire.EncodeLoad(wire.Options{Threads: 2, XNNPACK: true})
	c, err := answers(openInverter, func(c *wire.Conn) {
		c.Send(wire.Hello, 1)
		c.Send(wire.Load, 2, options, []byte("bad"))
		c.Send(wire.Load, 3, options, []byte("good"))
		c.Send(wire.Load, 4, options, []byte("good"))
		c.Send(wire.Ping, 5)
		c.Send(wire.Run, 6, []byte{0, 1, 255})
		c.Send(wire.Close, 7)
		c.Send(wire.Ping, 8)
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
	if out := next(t, c, wire.Result, 6); !bytes.Equal(out, []byte{255, 254, 0}) {
		t.Errorf("result %v", out)
	}
	if _, err := c.ReadHeader(); err != io.EOF {
		t.Errorf("after close: %v", err)
	}
}

func TestServeInvokeFails(t *testing.T) {
	c, err := answers(func([]byte, wire.Options) (network, error) {
		return &inverter{in: make([]byte, 1), out: make([]byte, 1), broken: errors.New("device is gone")}, nil
	}, func(c *wire.Conn) {
		c.Send(wire.Load, 1, wire.EncodeLoad(wire.Options{Threads: 1}))
		c.Send(wire.Run, 2, []byte{0})
	})
	if err != nil {
		t.Fatal(err)
	}
	next(t, c, wire.Tensors, 1)
	if refused, text, _ := wire.DecodeFailure(next(t, c, wire.Failure, 2)); refused || text != "device is gone" {
		t.Errorf("refused %v, %q", refused, text)
	}
}

// What is not a question ends the worker: the engine starts another.
func TestServeGarbage(t *testing.T) {
	load := func(c *wire.Conn) {
		c.Send(wire.Load, 1, wire.EncodeLoad(wire.Options{Threads: 2, XNNPACK: true}), []byte("good"))
	}
	for _, c := range []struct {
		name string
		ask  func(*wire.Conn)
	}{
		{"an answer", func(c *wire.Conn) { c.Send(wire.Pong, 1) }},
		{"run before load", func(c *wire.Conn) { c.Send(wire.Run, 1, []byte{1, 2, 3}) }},
		{"short input", func(c *wire.Conn) { load(c); c.Send(wire.Run, 2, []byte{1, 2}) }},
		{"long input", func(c *wire.Conn) { load(c); c.Send(wire.Run, 2, []byte{1, 2, 3, 4}) }},
		{"no options", func(c *wire.Conn) { c.Send(wire.Load, 1) }},
		{"ping with a body", func(c *wire.Conn) { c.Send(wire.Ping, 1, []byte{0}) }},
	} {
		if _, err := answers(openInverter, c.ask); !errors.Is(err, wire.ErrGarbage) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if err := serve(wire.NewConn(strings.NewReader("GET / HTTP/1.1\r\n\r\n"), nil), "", nil); !errors.Is(err, wire.ErrGarbage) {
		t.Errorf("rubbish: %v", err)
	}
}
