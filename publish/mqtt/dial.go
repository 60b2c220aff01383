package mqtt

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/inceptiond/inceptiond/internal/regular"
	"github.com/inceptiond/inceptiond/internal/secret"
)

// dialer opens the network connections of one attempt. They die with ctx, whatever paho is doing with them.
type dialer struct {
	ctx     context.Context
	connect func(ctx context.Context, network, address string) (net.Conn, error)
	tls     *tls.Config
	timeout time.Duration // for the dial
	write   time.Duration // for each packet
	packets packetGuard   // what the broker may send
}

// open is a paho.OpenConnectionFunc.
func (d dialer) open(u *url.URL, _ paho.ClientOptions) (net.Conn, error) {
	conn, raw, err := d.dial(d.ctx, u)
	if err != nil {
		return nil, err
	}
	return d.guard(conn, raw), nil
}

// dial opens a connection. raw is what to close in a hurry: a TLS connection would first wait to send its alert.
func (d dialer) dial(ctx context.Context, u *url.URL) (conn, raw net.Conn, err error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	if u.Scheme == "ws" || u.Scheme == "wss" {
		conn, err := d.websocket(ctx, u)
		return conn, conn, err
	}
	raw, err = d.connect(ctx, "tcp", u.Host)
	if err != nil || u.Scheme == "mqtt" || u.Scheme == "tcp" {
		return raw, raw, err
	}
	encrypted := tls.Client(raw, d.tls)
	if err := encrypted.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, nil, err
	}
	return encrypted, raw, nil
}

// guard wraps conn, and closes raw when ctx is over.
func (d dialer) guard(conn, raw net.Conn) net.Conn {
	stop := context.AfterFunc(d.ctx, func() { raw.Close() })
	return &guardedConn{Conn: conn, write: d.write, stop: stop, packets: d.packets, over: make(chan struct{})}
}

// errCut stands for net.ErrClosed.
var errCut = errors.New("connection cut")

// guardedConn makes up for three things in paho 1.5.1. Only the write of a PUBLISH has a deadline; a ping to a broker that
// does not read would hang for ever: here every write has one. And "use of closed network connection" is taken for a
// disconnect that paho wanted: after a cut from outside its goroutines would stay for ever (net.go, startIncoming).
// Here that error has another name. For the third see packetGuard.
type guardedConn struct {
	net.Conn
	write   time.Duration
	stop    func() bool // forgets the context
	packets packetGuard // the reader's

	patient atomic.Bool   // Close waits until the broker has closed the connection, for a write's time
	over    chan struct{} // closed when the reader has come to the end
	once    sync.Once
}

func (c *guardedConn) Write(p []byte) (int, error) {
	if err := c.Conn.SetWriteDeadline(time.Now().Add(c.write)); err != nil {
		return 0, notClosed(err)
	}
	n, err := c.Conn.Write(p)
	return n, notClosed(err)
}

func (c *guardedConn) Read(p []byte) (int, error) {
	n, err := c.read(p)
	if err != nil {
		c.once.Do(func() { close(c.over) })
	}
	return n, err
}

func (c *guardedConn) read(p []byte) (int, error) {
	for {
		if err := c.discard(); err != nil {
			return 0, notClosed(err)
		}
		n, err := c.Conn.Read(p)
		kept, bad := c.packets.pass(p[:n])
		if bad != nil {
			return 0, bad
		}
		if len(kept) > 0 || err != nil || n == 0 {
			return len(kept), notClosed(err)
		}
	}
}

// discard reads what the guard skips, in pieces that do not depend on the size of the reader's buffer: paho reads a header
// byte by byte.
func (c *guardedConn) discard() error {
	if !c.packets.skipping() {
		return nil
	}
	buf := make([]byte, 16<<10)
	for c.packets.skipping() {
		n, err := c.Conn.Read(buf[:min(len(buf), c.packets.skip)])
		c.packets.skip -= n
		if err != nil {
			return err
		}
	}
	return nil
}

// SetWriteDeadline does nothing: Write knows better.
func (c *guardedConn) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline sets the reader's.
func (c *guardedConn) SetDeadline(t time.Time) error { return c.Conn.SetReadDeadline(t) }

func (c *guardedConn) Close() error {
	if c.patient.Load() {
		select {
		case <-c.over:
		case <-time.After(c.write):
		}
	}
	c.stop()
	return c.Conn.Close()
}

func notClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return errCut
	}
	return err
}

// config reads the files. It is nil for a broker without encryption.
func (t TLS) config(broker *url.URL) (*tls.Config, error) {
	switch broker.Scheme {
	case "mqtts", "ssl", "wss":
	default:
		if t != (TLS{}) {
			return nil, fmt.Errorf("mqtt: TLS settings for %s: use mqtts:// (or wss://), or remove mqtt.tls", secret.URL(broker.String()))
		}
		return nil, nil
	}
	c := &tls.Config{ServerName: t.ServerName, MinVersion: tls.VersionTLS12}
	if c.ServerName == "" {
		c.ServerName = broker.Hostname()
	}
	if t.CAFile != "" {
		pem, err := regular.Read(t.CAFile, maxPEM)
		if err != nil {
			return nil, fmt.Errorf("mqtt: read mqtt.tls.ca_file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("mqtt: mqtt.tls.ca_file %s: no certificate in it; want PEM", t.CAFile)
		}
	}
	if (t.CertFile == "") != (t.KeyFile == "") {
		return nil, errors.New("mqtt: a client certificate takes both mqtt.tls.cert_file and mqtt.tls.key_file")
	}
	if t.CertFile != "" {
		pair, err := keyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("mqtt: client certificate %s, key %s: %w", t.CertFile, t.KeyFile, err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// maxPEM is the most bytes of a file of certificates: all authorities of a system have a quarter of it.
const maxPEM = 1 << 20

// keyPair reads a certificate and its key.
func keyPair(certFile, keyFile string) (tls.Certificate, error) {
	cert, err := regular.Read(certFile, maxPEM)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := regular.Read(keyFile, maxPEM)
	if err != nil {
		return tls.Certificate{}, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil && bytes.Contains(key, []byte("ENCRYPTED")) {
		err = fmt.Errorf("the key is locked with a password: unlock it with `openssl pkey -in %s -out NEWFILE`, readable for the daemon alone", keyFile)
	}
	return pair, err
}
