package rtsp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
)

// tunnel takes one connection on this machine and carries its bytes to a camera, through TLS. What ffmpeg says to it is what
// it would say to the camera, the login included, so whoever got in first would learn nothing.
type tunnel struct {
	ln   net.Listener
	far  net.Conn // to the camera
	done sync.WaitGroup
}

// newTunnel does the TLS handshake on conn, and listens. conn is the tunnel's now.
func newTunnel(ctx context.Context, conn net.Conn, config *tls.Config) (*tunnel, error) {
	far := tls.Client(conn, config)
	if err := far.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, far.Close())
	}
	t := &tunnel{ln: ln, far: far}
	t.done.Go(t.carry)
	return t, nil
}

// addr is the end on this machine: host:port.
func (t *tunnel) addr() string { return t.ln.Addr().String() }

// carry copies both ways until one side ends.
func (t *tunnel) carry() {
	defer t.far.Close()
	near, err := t.ln.Accept()
	_ = t.ln.Close() // nobody else may come
	if err != nil {
		return
	}
	defer near.Close()
	t.done.Go(func() {
		_, _ = io.Copy(t.far, near) // the end of either side is the end of both
		_ = t.far.Close()
	})
	_, _ = io.Copy(near, t.far)
}

// close ends the tunnel and waits until its goroutines have ended. A nil tunnel has nothing to end.
func (t *tunnel) close() {
	if t == nil {
		return
	}
	_ = t.ln.Close()
	_ = t.far.Close()
	t.done.Wait()
}
