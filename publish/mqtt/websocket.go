package mqtt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// maxHandshake is the most bytes that a web server may send until a WebSocket stands: those of TLS, and the headers of
// its answer, which net/http would read to their end.
const maxHandshake = 256 << 10

var errEndlessAnswer = streamError{"a web server answers there, and its headers do not end",
	"see mqtt.broker: is it the broker's WebSocket port?"}

// websocket opens a WebSocket at u.
func (d dialer) websocket(ctx context.Context, u *url.URL) (net.Conn, error) {
	var raw *meteredConn
	g := websocket.Dialer{
		Proxy: http.ProxyFromEnvironment, HandshakeTimeout: d.timeout, TLSClientConfig: d.tls, Subprotocols: []string{"mqtt"},
		NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := d.connect(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			raw = &meteredConn{Conn: conn, left: maxHandshake}
			return raw, nil
		},
	}
	ws, answer, err := g.DialContext(ctx, u.String(), nil)
	if errors.Is(err, websocket.ErrBadHandshake) {
		return nil, noWebSocket(answer)
	}
	if err != nil {
		return nil, err
	}
	raw.open = true
	return &socket{Conn: ws}, nil
}

// noWebSocket is about a web server that answers otherwise.
func noWebSocket(answer *http.Response) error {
	body, _ := io.ReadAll(answer.Body) // a kilobyte at most, which is there already
	if answer.StatusCode == http.StatusBadRequest && bytes.Contains(body, []byte("HTTPS")) {
		return errSpeaksHTTPS
	}
	return streamError{fmt.Sprintf("the web server there answers %d, and opens no WebSocket", answer.StatusCode),
		"see the path in mqtt.broker: /mqtt as a rule, or / (mosquitto)"}
}

// meteredConn reads so many bytes, and no more until it is open.
type meteredConn struct {
	net.Conn
	left int
	open bool
}

func (c *meteredConn) Read(p []byte) (int, error) {
	if c.open {
		return c.Conn.Read(p)
	}
	if c.left <= 0 {
		return 0, errEndlessAnswer
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

// socket is a WebSocket as a stream: packets need not begin where its messages do (MQTT 3.1.1, section 6).
type socket struct {
	*websocket.Conn
	message io.Reader  // the rest of one; nil: none
	writing sync.Mutex // paho's pings do not wait for its messages
}

// Read is the next part of the stream. A WebSocket that is closed, in whatever way, has come to its end.
func (s *socket) Read(p []byte) (int, error) {
	for {
		if s.message == nil {
			_, message, err := s.NextReader()
			if as[*websocket.CloseError](err) {
				err = fmt.Errorf("%w (%v)", io.EOF, err)
			}
			if err != nil {
				return 0, err
			}
			s.message = message
		}
		n, err := s.message.Read(p)
		if err == io.EOF {
			s.message, err = nil, nil
		}
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
	}
}

func (s *socket) Write(p []byte) (int, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.WriteMessage(websocket.BinaryMessage, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (s *socket) SetDeadline(t time.Time) error {
	return errors.Join(s.SetReadDeadline(t), s.SetWriteDeadline(t))
}
