package httpcam

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/internal/trust"
)

// identity makes a certificate and its key, signed by parent, or by itself if parent is nil.
func identity(t *testing.T, template x509.Certificate, parent *tls.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(time.Hour)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.BasicConstraintsValid = true
	by, signer := &template, any(key)
	if parent != nil {
		by, signer = parent.Leaf, parent.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, by, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// serveTLS runs a camera with a certificate.
func serveTLS(t *testing.T, cert tls.Certificate, c *tls.Config) string {
	t.Helper()
	s := httptest.NewUnstartedServer(picture(jpegOf(t, 16, 8)))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells of the refused handshakes
	if c == nil {
		c = &tls.Config{}
	}
	c.Certificates = []tls.Certificate{cert}
	s.TLS = c
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

func pemFile(t *testing.T, certs ...tls.Certificate) string {
	t.Helper()
	data := []byte("what openssl prints before it\n")
	for _, c := range certs {
		data = append(data, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})...)
	}
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCertificates(t *testing.T) {
	localhost := []net.IP{net.IPv4(127, 0, 0, 1)}
	name := pkix.Name{CommonName: "IPCAM"}
	own := identity(t, x509.Certificate{Subject: name}, nil) // neither name nor address in it
	old := identity(t, x509.Certificate{Subject: name, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1e9, 0), IPAddresses: localhost}, nil)
	ca := identity(t, x509.Certificate{Subject: pkix.Name{CommonName: "CA"}, IsCA: true, KeyUsage: x509.KeyUsageCertSign}, nil)
	good := identity(t, x509.Certificate{Subject: name, IPAddresses: localhost}, &ca)
	late := identity(t, x509.Certificate{Subject: name, IPAddresses: localhost, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1e9, 0)}, &ca)
	named := identity(t, x509.Certificate{Subject: name, DNSNames: []string{"other.example"}}, &ca)
	hexOf := func(c tls.Certificate) string {
		sum := sha256.Sum256(c.Certificate[0])
		return hex.EncodeToString(sum[:])
	}
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		cert tls.Certificate
		o    Options
		text string // of the error; empty: none
	}{
		{"nobody known", own, Options{}, trust.Fingerprint(own.Leaf)},
		{"its own, pinned", own, Options{Fingerprint: hexOf(own)}, ""},
		{"as openssl prints it", own, Options{Fingerprint: "sha256 Fingerprint=" + trust.Fingerprint(own.Leaf)}, ""},
		{"pinned, out of date", old, Options{Fingerprint: trust.Fingerprint(old.Leaf)}, ""},
		{"another one", good, Options{Fingerprint: hexOf(own)}, "not the one that is pinned"},
		{"another one, and which", good, Options{Fingerprint: hexOf(own)}, trust.Fingerprint(good.Leaf)},
		{"its own in a file", own, Options{CAFile: pemFile(t, ca, own)}, ""},
		{"authority", good, Options{CAFile: pemFile(t, ca)}, ""},
		{"another authority", good, Options{CAFile: pemFile(t, own)}, "fingerprint: \""},
		{"another name", named, Options{CAFile: pemFile(t, ca)}, "use the name in it"},
		{"another name, pinned", named, Options{Fingerprint: hexOf(named)}, ""},
		{"out of date", old, Options{CAFile: pemFile(t, ca)}, "fingerprint: \""},
		{"out of date, of an authority", late, Options{CAFile: pemFile(t, ca)}, "see this machine's clock"},
		{"no certificate in the file", own, Options{CAFile: empty}, "no certificate in it"},
		{"no file", own, Options{CAFile: empty + "x"}, "no such file"},
		{"a folder", own, Options{CAFile: filepath.Dir(empty)}, "ca_file"},
		{"no fingerprint", own, Options{Fingerprint: "abc"}, "64 hexadecimal digits"},
	}
	for _, tt := range tests {
		o := tt.o
		o.URL = serveTLS(t, tt.cert, nil)
		src, err := Open(t.Context(), o)
		switch {
		case err == nil:
			src.Close()
			if tt.text != "" {
				t.Errorf("%s: no error, want %q", tt.name, tt.text)
			}
		case tt.text == "" || !strings.Contains(err.Error(), tt.text):
			t.Errorf("%s: %v, want %q", tt.name, err, tt.text)
		case strings.Contains(err.Error(), "certificate (") && (!errors.Is(err, capture.ErrCertificate) || !errors.Is(err, capture.ErrLost)):
			t.Errorf("%s: %v is no ErrCertificate", tt.name, err)
		}
		if err := o.Check(); err != nil && !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: Check: %v", tt.name, err)
		}
	}
}

// Stills over https keep their connection; what a camera sends oddly is mended there, too.
func TestTLSKeeps(t *testing.T) {
	own := identity(t, x509.Certificate{}, nil)
	handshakes := 0
	o := Options{Interval: time.Millisecond, Fingerprint: trust.Fingerprint(own.Leaf),
		URL: serveTLS(t, own, &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { handshakes++; return nil, nil }})}
	readGood(t, o, 5, jpegOf(t, 16, 8))
	if handshakes != 1 {
		t.Errorf("%d handshakes", handshakes)
	}
}

func TestOldTLS(t *testing.T) {
	own := identity(t, x509.Certificate{}, nil)
	o := Options{URL: serveTLS(t, own, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10})}
	if _, err := Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), "no version of TLS") {
		t.Errorf("TLS 1.0: %v", err)
	}
	o.Fingerprint = trust.Fingerprint(own.Leaf)
	readGood(t, o, 2, jpegOf(t, 16, 8))
}

// The wrong one of http and https is named.
func TestSchemes(t *testing.T) {
	own := identity(t, x509.Certificate{}, nil)
	secure := serveTLS(t, own, nil)
	alert := raw(t, func(c net.Conn, request func() string) {
		request()
		_, _ = io.WriteString(c, "\x15\x03\x01\x00\x02\x02\x0a")
	})
	rtsp := raw(t, func(c net.Conn, request func() string) {
		request()
		_, _ = io.WriteString(c, "RTSP/1.0 400 Bad Request\r\n\r\n")
	})
	plain := serve(t, picture(jpegOf(t, 16, 8))).URL
	for _, tt := range []struct{ url, text string }{
		{strings.Replace(secure, "https", "http", 1), "does it want https://?"},
		{alert, "write https://"},
		{strings.Replace(plain, "http", "https", 1), "write http://"},
		{rtsp, "use source: rtsp"},
	} {
		if _, err := Open(t.Context(), Options{URL: tt.url}); err == nil || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: %v, want %q", tt.url, err, tt.text)
		}
	}
}

// A camera behind a proxy for https is reached through its tunnel, and its certificate judged there.
func TestProxy(t *testing.T) {
	own := identity(t, x509.Certificate{}, nil)
	camera := serveTLS(t, own, nil)
	tunnels := 0
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		tunnels++
		to, err := net.Dial("tcp", strings.TrimPrefix(camera, "https://"))
		if err != nil {
			t.Error(err)
			return
		}
		from, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(from, "HTTP/1.1 200 Connection established\r\nrubbish\r\n\r\n")
		go func() { _, _ = io.Copy(to, from); to.Close() }()
		_, _ = io.Copy(from, to)
		from.Close()
	}))
	t.Cleanup(proxy.Close)
	s, err := newSource(Options{URL: "https://camera.example/", Fingerprint: trust.Fingerprint(own.Leaf)}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	transport := s.login.next.(*http.Transport)
	transport.Proxy = func(r *http.Request) (*url.URL, error) { return url.Parse(proxy.URL) }
	if err := s.ask(); err != nil {
		t.Fatal(err)
	}
	if err := s.next(); err != nil || tunnels != 1 {
		t.Errorf("%v, %d tunnels", err, tunnels)
	}
	s.cancel()
	s.closeAnswer()
	transport.CloseIdleConnections()
}
