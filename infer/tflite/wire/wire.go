// Package wire is what the engine and its worker say to each other: framed messages over two pipes.
//
// The engine asks, the worker answers, one at a time: Hello with Hello, Devices with Devices, Load with Tensors, Run with
// Result, Ping with Pong, and any of them with Failure instead. Close has no answer: the worker ends, as it does when the pipe ends.
//
// A message is a header of 12 bytes and a body. The header: two bytes that never change, the version of this protocol,
// the kind, the length of the body (4 bytes) and a number that the answer repeats (4 bytes). All numbers are
// little-endian. The reader names the greatest body that it accepts, so a length is never trusted.
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Version is that of the protocol. It is in every header: an engine and a worker of two versions do not talk.
const Version = 3

// Kind says what a message is.
type Kind uint8

// The kinds of messages.
const (
	Hello   Kind = iota + 1 // to the worker: empty; from it: the version of its library
	Load                    // options and the model file, see EncodeLoad
	Tensors                 // the model's inputs and outputs, see EncodeTensors
	Run                     // which outputs are wanted, see Wanted, and the bytes of all inputs, one after the other
	Result                  // the bytes of the wanted outputs
	Ping                    // empty
	Pong                    // empty
	Close                   // empty
	Failure                 // see EncodeFailure
	Devices                 // to the worker: empty; from it: the Edge TPUs that its library finds, see EncodeDevices
)

// String is the name of the kind in lower case: "hello".
func (k Kind) String() string {
	names := [...]string{"hello", "load", "tensors", "run", "result", "ping", "pong", "close", "failure",
		"devices"}
	if k >= 1 && int(k) <= len(names) {
		return names[k-1]
	}
	return fmt.Sprintf("message %d", uint8(k))
}

// The greatest bodies. Those of Run and Result are what the model's tensors need, at most MaxTensors.
const (
	MaxText    = 4 << 10
	MaxSpecs   = 64 << 10 // of Tensors and Devices
	MaxModel   = 1 << 30
	MaxTensors = 1 << 28
)

// ErrGarbage is what errors wrap that say: these bytes are no message of this protocol and version.
var ErrGarbage = errors.New("not the protocol")

const headerSize = 12

var magic = [2]byte{0x1c, 0xe9}

// Header is what comes before a message's body.
type Header struct {
	Kind     Kind
	Length   int    // bytes of the body
	Sequence uint32 // the answer has that of the question
}

// Conn is one end. It is not for concurrent use, and it has no deadlines: those are the pipes'.
type Conn struct {
	r    io.Reader
	w    io.Writer
	head [headerSize]byte // of the message that is read
	out  []byte           // the last message that was written
}

// NewConn reads messages from r and writes them to w.
func NewConn(r io.Reader, w io.Writer) *Conn { return &Conn{r: r, w: w} }

// Send writes one message, whose body is all parts, in one Write.
func (c *Conn) Send(kind Kind, sequence uint32, parts ...[]byte) error {
	length := 0
	for _, p := range parts {
		length += len(p)
	}
	c.out = append(c.out[:0], magic[0], magic[1], Version, byte(kind))
	c.out = binary.LittleEndian.AppendUint32(c.out, uint32(length))
	c.out = binary.LittleEndian.AppendUint32(c.out, sequence)
	for _, p := range parts {
		c.out = append(c.out, p...)
	}
	_, err := c.w.Write(c.out)
	if kind == Load {
		c.out = nil // a model is large, and is sent once
	}
	return err
}

// ReadHeader reads the header of the next message. The end of the stream before its first byte is io.EOF.
func (c *Conn) ReadHeader() (Header, error) {
	if _, err := io.ReadFull(c.r, c.head[:]); err != nil {
		return Header{}, err
	}
	return parseHeader(&c.head)
}

func parseHeader(b *[headerSize]byte) (Header, error) {
	if [2]byte(b[:2]) != magic {
		return Header{}, fmt.Errorf("message begins with %x: %w", b[:4], ErrGarbage)
	}
	if b[2] != Version {
		return Header{}, fmt.Errorf("protocol version %d (want %d: program and worker are of different builds): %w", b[2], Version, ErrGarbage)
	}
	h := Header{Kind: Kind(b[3]), Sequence: binary.LittleEndian.Uint32(b[8:])}
	length := binary.LittleEndian.Uint32(b[4:])
	if length > MaxModel+MaxText {
		return Header{}, fmt.Errorf("%v of %d bytes: %w", h.Kind, length, ErrGarbage)
	}
	h.Length = int(length)
	return h, nil
}

// ReadBody reads the body that h announces into new memory, unless it is larger than limit.
func (c *Conn) ReadBody(h Header, limit int) ([]byte, error) {
	if h.Length > limit {
		return nil, fmt.Errorf("%v of %d bytes (want at most %d): %w", h.Kind, h.Length, limit, ErrGarbage)
	}
	body := make([]byte, h.Length)
	_, err := io.ReadFull(c.r, body)
	return body, wholeBody(err)
}

// ReadInto reads the body that h announces into parts, which must have exactly its length together.
func (c *Conn) ReadInto(h Header, parts ...[]byte) error {
	length := 0
	for _, p := range parts {
		length += len(p)
	}
	if h.Length != length {
		return fmt.Errorf("%v of %d bytes (want %d): %w", h.Kind, h.Length, length, ErrGarbage)
	}
	for _, p := range parts {
		if _, err := io.ReadFull(c.r, p); err != nil {
			return wholeBody(err)
		}
	}
	return nil
}

// wholeBody turns the end of the stream into what it is in the middle of a message.
func wholeBody(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
