package mqtt

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What a broker said before it reset a connection is read, although a write was first to notice.
func TestLastWords(t *testing.T) {
	conn := resetAfter(t, "words")
	if n, err := conn.Write([]byte("connect")); n != 7 || err != nil {
		t.Errorf("the write that notices: %d, %v", n, err)
	}
	said, err := io.ReadAll(conn)
	if string(said) != "words" || !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) || !strings.Contains(err.Error(), "write") {
		t.Errorf("%q, %v: want the words, and the error of the write", said, err)
	}
	if n, err := conn.Write([]byte("ping")); n != 0 || !hasReset(err) {
		t.Errorf("the next write: %d, %v", n, err)
	}
}

// resetAfter is a connection on which the other side has said something, and which it has reset.
func resetAfter(t *testing.T, words string) *lastWords {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	other, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("unread")); err != nil { // closing a connection with something unread resets it
		t.Fatal(err)
	}
	eventually(t, "what stays unread", func() bool { return waiting(t, other) > 0 })
	if _, err := io.WriteString(other, words); err != nil {
		t.Fatal(err)
	}
	other.Close()
	eventually(t, "the reset", func() bool { return kernelState(t, conn) == unix.BPF_TCP_CLOSE })
	return &lastWords{Conn: conn}
}

// waiting is how many bytes can be read.
func waiting(t *testing.T, conn net.Conn) (n int) {
	t.Helper()
	onSocket(t, conn, func(fd int) (err error) {
		n, err = unix.IoctlGetInt(fd, unix.TIOCINQ)
		return err
	})
	return n
}

// kernelState is the kernel's state of a connection.
func kernelState(t *testing.T, conn net.Conn) (s uint8) {
	t.Helper()
	onSocket(t, conn, func(fd int) error {
		info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if err == nil {
			s = info.State
		}
		return err
	})
	return s
}

func onSocket(t *testing.T, conn net.Conn, do func(fd int) error) {
	t.Helper()
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(raw.Control(func(fd uintptr) { err = do(int(fd)) }), err); err != nil {
		t.Fatal(err)
	}
}

// A broker that refuses our certificate is understood, whether its alert or its reset comes first.
func TestRevokedCertificate(t *testing.T) {
	ca := newAuthority(t)
	cert, key := ca.issue(t, "broker", "127.0.0.1")
	mine := ca.client(t, "mine", time.Now().Add(-time.Hour), time.Now().Add(time.Hour), x509.ExtKeyUsageClientAuth)
	m := startMosquitto(t, fmt.Sprintf("cafile %s\ncertfile %s\nkeyfile %s\nrequire_certificate true\ncrlfile %s\nallow_anonymous true",
		ca.file, cert, key, ca.revoke(t, mine)))
	o := testOptions("mqtts://" + m.addr)
	o.TLS = mine
	for range 20 {
		expectFailure(t, o, "log in", "certificate is revoked", "mqtt.tls.cert_file")
	}
}

// So is a web server that does; mosquitto 2.0.11 crashes if it has WebSockets and such a list.
func TestRefusedCertificateOfWebSocket(t *testing.T) {
	ca := newAuthority(t)
	pair, err := tls.LoadX509KeyPair(ca.issue(t, "broker", "127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAnyClientCert,
		VerifyConnection: func(tls.ConnectionState) error { return errors.New("nobody is known here") }}
	server.StartTLS()
	t.Cleanup(server.Close)
	o := testOptions("wss" + strings.TrimPrefix(server.URL, "https"))
	o.TLS = ca.client(t, "mine", time.Now().Add(-time.Hour), time.Now().Add(time.Hour), x509.ExtKeyUsageClientAuth)
	for range 20 {
		expectFailure(t, o, "log in", "refuses our TLS handshake", "mqtt.tls.cert_file")
	}
}

// revoke writes a list of revoked certificates with this one in it.
func (a *authority) revoke(t *testing.T, c TLS) string {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	list, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: time.Now().Add(time.Hour),
		RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: pair.Leaf.SerialNumber, RevocationTime: time.Now().Add(-time.Minute)}},
	}, a.cert, a.key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(a.dir, "crl.pem")
	writePEM(t, file, "X509 CRL", list)
	return file
}
