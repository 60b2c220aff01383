package httpcam

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/inceptiond/inceptiond/internal/regular"
)

// ErrCertificate marks a camera whose certificate is not trusted; the error says its fingerprint.
var ErrCertificate = errors.New("certificate not trusted")

// maxPEM is the most bytes of a file of certificates: all authorities of a system have a quarter of it.
const maxPEM = 1 << 20

// trust judges certificates.
type trust struct {
	pinned *[sha256.Size]byte  // the camera's own; nil: none
	roots  *x509.CertPool      // nil: the system's
	own    []*x509.Certificate // in ca_file: a camera's own is trusted whatever name it has, as a pinned one
}

// Check tells whether the options' files can be used.
func (o Options) Check() error {
	_, err := newTrust(o)
	return err
}

// newTrust reads what the options say.
func newTrust(o Options) (*trust, error) {
	t := &trust{roots: o.roots}
	if o.Fingerprint != "" {
		sum, err := ParseFingerprint(o.Fingerprint)
		if err != nil {
			return nil, err
		}
		t.pinned = &sum
	}
	if o.CAFile == "" {
		return t, nil
	}
	data, err := regular.Read(o.CAFile, maxPEM)
	if err != nil {
		return nil, fmt.Errorf("httpcam: read ca_file: %w", err)
	}
	t.roots = x509.NewCertPool()
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if cert, err := x509.ParseCertificate(block.Bytes); err == nil && block.Type == "CERTIFICATE" {
			t.roots.AddCert(cert)
			t.own = append(t.own, cert)
		}
	}
	if len(t.own) == 0 {
		return nil, fmt.Errorf("httpcam: ca_file %s: no certificate in it; want PEM", o.CAFile)
	}
	return t, nil
}

// ParseFingerprint reads the SHA-256 of a certificate: 64 hexadecimal digits, with or without colons, also with what
// `openssl x509 -fingerprint -sha256` prints before it.
func ParseFingerprint(s string) (sum [sha256.Size]byte, err error) {
	if _, digits, ok := strings.Cut(s, "="); ok {
		s = digits
	}
	digits := strings.NewReplacer(":", "", " ", "", "\t", "").Replace(s)
	if b, err := hex.DecodeString(digits); err == nil && copy(sum[:], b) == len(sum) && len(b) == len(sum) {
		return sum, nil
	}
	return sum, errors.New("httpcam: a fingerprint has 64 hexadecimal digits (SHA-256), with or without colons")
}

// fingerprint is the SHA-256 of a certificate as openssl prints it.
func fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return strings.ToUpper(strings.ReplaceAll(fmt.Sprintf("% x", sum), " ", ":"))
}

// config is the TLS configuration for connections to host. Whoever has pinned a camera's certificate has it talk to that
// camera and no other, so that old versions and key exchanges are good enough: old cameras have nothing else.
func (t *trust) config(host string) *tls.Config {
	c := &tls.Config{
		ServerName:         host,
		InsecureSkipVerify: true, // verify does it
		VerifyConnection:   func(s tls.ConnectionState) error { return t.verify(s.PeerCertificates, host) },
	}
	if t.pinned != nil {
		c.MinVersion = tls.VersionTLS10
		for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			if !strings.Contains(suite.Name, "RC4") {
				c.CipherSuites = append(c.CipherSuites, suite.ID)
			}
		}
	}
	return c
}

// verify judges the certificates that a server has sent, its own first.
func (t *trust) verify(chain []*x509.Certificate, host string) error {
	if len(chain) == 0 {
		return errors.New("the camera sends no certificate")
	}
	leaf := chain[0]
	if t.pinned != nil {
		if sha256.Sum256(leaf.Raw) == *t.pinned {
			return nil
		}
		return fmt.Errorf("the camera's certificate is not the one that is pinned: it may have a new one, or another machine answers; "+
			"if this one is right (%s), write it as fingerprint: %q: %w", subject(leaf), fingerprint(leaf), ErrCertificate)
	}
	for _, cert := range t.own {
		if cert.Equal(leaf) {
			return nil
		}
	}
	o := x509.VerifyOptions{Roots: t.roots, DNSName: host, Intermediates: x509.NewCertPool()}
	for _, cert := range chain[1:] {
		o.Intermediates.AddCert(cert)
	}
	if _, err := leaf.Verify(o); err != nil {
		return fmt.Errorf("the camera's certificate (%s) is not trusted: %v: if it is the right one, write fingerprint: %q%s: %w",
			subject(leaf), err, fingerprint(leaf), otherWay(err, leaf), ErrCertificate)
	}
	return nil
}

// otherWay is what may help instead of a fingerprint.
func otherWay(err error, cert *x509.Certificate) string {
	switch {
	case len(cert.DNSNames)+len(cert.IPAddresses) == 0:
		return ""
	case errors.As(err, new(x509.UnknownAuthorityError)):
		return ", or name a file with its authority's certificate as ca_file"
	case errors.As(err, new(x509.HostnameError)):
		return ", or use the name in it in url"
	}
	return "; see this machine's clock, too"
}

// subject says whose certificate it is, and until when.
func subject(cert *x509.Certificate) string {
	name := cert.Subject.CommonName
	if name == "" && len(cert.DNSNames) > 0 {
		name = cert.DNSNames[0]
	}
	return fmt.Sprintf("for %.80q, until %s", name, cert.NotAfter.Format("2006-01-02"))
}

// dialTLS connects to a camera by https, and shakes hands.
func (s *source) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	plain, err := s.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	conn := tls.Client(plain, s.trust.config(host))
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = plain.Close()
		return nil, explainTLS(err)
	}
	return newRepairConn(conn, &s.distrust), nil
}

// explainTLS says what to do about a handshake that did not work.
func explainTLS(err error) error {
	var record tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.Is(err, ErrCertificate):
		var verify *tls.CertificateVerificationError
		if errors.As(err, &verify) {
			err = verify.Err
		}
		return err
	case errors.As(err, &record):
		return fmt.Errorf("it does not speak TLS on this port: write http:// instead of https:// (%w)", err)
	case errors.As(err, &alert), strings.Contains(err.Error(), "remote error: tls"), strings.Contains(err.Error(), "unsupported"):
		return fmt.Errorf("%w: the camera and this program have no version of TLS or cipher in common: update the camera's firmware, "+
			"set fingerprint (older ones are used then), or use http://", err)
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("the camera does not finish the TLS handshake: is it https?")
	}
	return err
}
