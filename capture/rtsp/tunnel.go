package rtsp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
)

// tunnel takes one connection on this machine and carries its bytes to a camera, through TLS. What ffmpeg says to it is what
// it would say to the camera, the login included, so whoever got in first would learn nothing.
type tunnel struct {
	ln   net.Listener
	far  net.Conn // to the camera
	done sync.WaitGroup
}

// newTunnel does the TLS handshake on conn, to the camera called host, and listens. conn is the tunnel's now.
func newTunnel(ctx context.Context, conn net.Conn, host string, config *tls.Config) (*tunnel, error) {
	if config == nil {
		config = &tls.Config{}
	}
	config = config.Clone()
	config.ServerName = host
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

// certificateAdvice is what to do about a camera's certificate; empty if err is about something else.
func certificateAdvice(err error) string {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &record), errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return "it does not speak TLS there: write rtsp://, or the port of rtsps"
	case errors.As(err, &name):
		return "write a name of the certificate into the URL"
	case errors.As(err, &unknown):
		return "if that certificate is the camera's own, save it as /usr/local/share/ca-certificates/camera.crt and run " +
			"sudo update-ca-certificates, or write rtsp://"
	case errors.As(err, &invalid):
		return fmt.Sprintf("give the camera the right time and a new certificate (%v), or write rtsp://", invalid.Error())
	}
	return ""
}
