package main

import (
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/tflite/wire"
)

// network is a loaded model. inputs and outputs alias the library's memory and have the lengths of the specs.
type network interface {
	specs() (inputs, outputs []infer.TensorSpec)
	inputs() [][]byte
	outputs() [][]byte
	invoke() error
	close() // the last call
}

// native is what libraries do.
type native struct {
	version  string                                                    // of TensorFlow Lite
	open     func(model []byte, o wire.Options) (network, error)       // loads a model, and does not keep the bytes
	edgeTPUs func() (version string, devices []wire.Device, err error) // lists them, with libedgetpu's version
}

// deviceError is about an accelerator: the model may run when it is well.
type deviceError struct{ error }

// server answers questions. What the library refuses is an answer too; only a broken conversation ends it.
type server struct {
	conn   *wire.Conn
	native native
	net    network // nil before Load

	// Of a run: which outputs are wanted, and the parts of question and answer, which alias that and the library's memory.
	wanted          wire.Wanted
	asked, answered [][]byte
}

// serve answers until Close or the end of the questions, which is how it learns that the engine is gone.
func serve(conn *wire.Conn, n native) error {
	s := &server{conn: conn, native: n}
	defer s.close()
	for {
		h, err := conn.ReadHeader()
		if errors.Is(err, io.EOF) || err == nil && h.Kind == wire.Close {
			return nil
		}
		if err == nil {
			err = s.answer(h)
		}
		if err != nil {
			return err
		}
	}
}

func (s *server) answer(h wire.Header) error {
	switch h.Kind {
	case wire.Run:
		return s.run(h)
	case wire.Load:
		return s.load(h)
	}
	if _, err := s.conn.ReadBody(h, 0); err != nil {
		return err
	}
	switch h.Kind {
	case wire.Hello:
		return s.conn.Send(wire.Hello, h.Sequence, []byte(s.native.version))
	case wire.Devices:
		version, devices, err := s.native.edgeTPUs()
		if err != nil {
			return s.fail(h, false, err)
		}
		return s.conn.Send(wire.Devices, h.Sequence, wire.EncodeDevices(version, devices))
	case wire.Ping:
		return s.conn.Send(wire.Pong, h.Sequence)
	}
	return fmt.Errorf("%v is not a question: %w", h.Kind, wire.ErrGarbage)
}

func (s *server) load(h wire.Header) error {
	body, err := s.conn.ReadBody(h, wire.MaxModel+wire.MaxText)
	if err != nil {
		return err
	}
	if s.net != nil {
		return s.fail(h, false, errors.New("a model is loaded already"))
	}
	o, model, err := wire.DecodeLoad(body)
	if err != nil {
		return err
	}
	net, err := s.native.open(model, o)
	debug.FreeOSMemory() // of the body: the library has its own copy
	if err != nil {
		var device deviceError
		return s.fail(h, !errors.As(err, &device), err)
	}
	s.net = net
	s.asked = append([][]byte{s.wanted[:]}, net.inputs()...)
	return s.conn.Send(wire.Tensors, h.Sequence, wire.EncodeTensors(net.specs()))
}

func (s *server) run(h wire.Header) error {
	if s.net == nil {
		return fmt.Errorf("run before load: %w", wire.ErrGarbage)
	}
	if err := s.conn.ReadInto(h, s.asked...); err != nil {
		return err
	}
	if err := s.wanted.Check(len(s.net.outputs())); err != nil {
		return err
	}
	if err := s.net.invoke(); err != nil {
		return s.fail(h, false, err)
	}
	s.answered = s.answered[:0]
	for i, out := range s.net.outputs() {
		if s.wanted.Has(i) {
			s.answered = append(s.answered, out)
		}
	}
	return s.conn.Send(wire.Result, h.Sequence, s.answered...)
}

func (s *server) close() {
	if s.net != nil {
		s.net.close()
	}
}

func (s *server) fail(h wire.Header, refused bool, err error) error {
	return s.conn.Send(wire.Failure, h.Sequence, wire.EncodeFailure(refused, err.Error()))
}
