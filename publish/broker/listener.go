package broker

import (
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/mochi-mqtt/server/v2/listeners"
)

// helloTimeout is how long a connection may stay without a CONNECT packet; the server itself would wait for ever.
const helloTimeout = 10 * time.Second

// writeTimeout is how long a client may refuse to read. The server counts on the client's keep-alive, which may be none.
const writeTimeout = 5 * time.Second

// linger is the time in which last messages, such as a publisher's "offline", reach their subscribers on this machine:
// the server acknowledges a message before it hands it on, and does not tell when that is done.
const linger = 50 * time.Millisecond

// clientConn gives every write a deadline.
type clientConn struct{ net.Conn }

func (c clientConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// listener accepts the server's clients and knows all of their connections, also those that never said a word, which
// the server does not know when it closes.
type listener struct {
	net.Listener
	log      *slog.Logger // set once by Init, before Serve
	sessions *sessions

	clients sync.WaitGroup
	mu      sync.Mutex
	conns   map[net.Conn]struct{} // nil once closed
}

var _ listeners.Listener = (*listener)(nil)

func newListener(l net.Listener, s *sessions) *listener {
	return &listener{Listener: l, sessions: s, conns: make(map[net.Conn]struct{})}
}

func (l *listener) ID() string       { return "loopback" }
func (l *listener) Address() string  { return l.Listener.Addr().String() }
func (l *listener) Protocol() string { return "tcp" }

func (l *listener) Init(log *slog.Logger) error {
	l.log = log
	return nil
}

// Serve accepts until Close.
func (l *listener) Serve(establish listeners.EstablishFn) {
	for {
		accepted, err := l.Listener.Accept()
		if err != nil {
			return
		}
		conn := clientConn{accepted}
		if !l.add(conn) {
			conn.Close()
			return
		}
		go func() {
			defer l.remove(conn)
			defer l.sessions.end(conn)
			conn.SetDeadline(time.Now().Add(helloTimeout)) // the server sets its own after CONNECT
			if err := establish(l.ID(), conn); err != nil {
				l.log.Debug("client gone", "remote", conn.RemoteAddr().String(), "error", err)
			}
		}()
	}
}

// Close hangs up on all clients and returns when the last one is gone. It leaves out the
// DISCONNECT packet that the server would send: before MQTT 5 it must not, and mosquitto_sub calls it a protocol error.
func (l *listener) Close(listeners.CloseFn) {
	l.Listener.Close()
	conns := l.take()
	if len(conns) > 0 {
		time.Sleep(linger)
	}
	for _, conn := range conns {
		conn.Close()
	}
	l.clients.Wait()
}

func (l *listener) add(conn net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns == nil {
		return false
	}
	l.conns[conn] = struct{}{}
	l.clients.Add(1)
	return true
}

func (l *listener) remove(conn net.Conn) {
	conn.Close()
	l.mu.Lock()
	delete(l.conns, conn)
	l.mu.Unlock()
	l.clients.Done()
}

// take empties the listener for good.
func (l *listener) take() []net.Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	var conns []net.Conn
	for conn := range l.conns {
		conns = append(conns, conn)
	}
	l.conns = nil
	return conns
}
