package mqtt

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"syscall"
)

// lastWords is a connection whose reader gets what the other side said before it reset it. In TLS 1.3 our side of the handshake is over
// before the broker has seen our certificate (RFC 8446, figure 1): one that refuses it sends an alert and hangs up, and it may be the
// write of our first packet that notices. So the first write that fails in this way is taken for done, and the reader, which then comes
// to the alert or to the end, has its error.
type lastWords struct {
	net.Conn
	reset atomic.Pointer[error] // of that write
}

func (c *lastWords) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if hasReset(err) && c.reset.CompareAndSwap(nil, &err) {
		return len(p), nil
	}
	return n, err
}

func (c *lastWords) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if reset := c.reset.Load(); reset != nil && errors.Is(err, io.EOF) {
		err = *reset
	}
	return n, err
}

func hasReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
