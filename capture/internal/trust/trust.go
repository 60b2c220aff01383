// Package trust judges the certificates of network cameras: many have one that they have made themselves.
package trust

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/internal/regular"
)

// maxPEM is the most bytes of a file of certificates: all authorities of a system have a quarter of it.
const maxPEM = 1 << 20

// Options say whose certificates are trusted; the zero value: those of the system's authorities.
type Options struct {
	CAFile      string         // PEM, instead of the system's authorities; also the camera's own certificate
	Fingerprint string         // SHA-256 of the camera's certificate, which is then trusted, and no other: see ParseFingerprint
	Roots       *x509.CertPool // of tests; nil: the system's authorities
}

// Trust judges certificates. It may be used concurrently.
type Trust struct {
	pinned *[sha256.Size]byte  // the camera's own; nil: none
	roots  *x509.CertPool      // nil: the system's
	own    []*x509.Certificate // in ca_file: a camera's own is trusted whatever name it has, as a pinned one
}

// New reads what the options say.
func New(o Options) (*Trust, error) {
	t := &Trust{roots: o.Roots}
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
		return nil, fmt.Errorf("read ca_file: %w", err)
	}
	t.roots = x509.NewCertPool()
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if cert, err := x509.ParseCertificate(block.Bytes); err == nil && block.Type == "CERTIFICATE" {
			t.roots.AddCert(cert)
			t.own = append(t.own, cert)
		}
	}
	if len(t.own) == 0 {
		return nil, fmt.Errorf("ca_file %s: no certificate in it; want PEM", o.CAFile)
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
	return sum, errors.New("a fingerprint has 64 hexadecimal digits (SHA-256), with or without colons")
}

// Fingerprint is the SHA-256 of a certificate as openssl prints it.
func Fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return strings.ToUpper(strings.ReplaceAll(fmt.Sprintf("% x", sum), " ", ":"))
}

// Config is the TLS configuration for connections to host. Whoever has pinned a camera's certificate has it talk to that
// camera and no other, so that old versions and key exchanges are good enough: old cameras have nothing else.
func (t *Trust) Config(host string) *tls.Config {
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
func (t *Trust) verify(chain []*x509.Certificate, host string) error {
	if len(chain) == 0 {
		return errors.New("the camera sends no certificate")
	}
	leaf := chain[0]
	if t.pinned != nil {
		if sha256.Sum256(leaf.Raw) == *t.pinned {
			return nil
		}
		return fmt.Errorf("the camera's certificate is not the one that is pinned: it may have a new one, or another machine answers; "+
			"if this one is right (%s), write it as fingerprint: %q: %w", subject(leaf), Fingerprint(leaf), capture.ErrCertificate)
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
			subject(leaf), err, Fingerprint(leaf), otherWay(err, leaf), capture.ErrCertificate)
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

// Explain says what to do about a handshake that did not work, where plain ("http", "rtsp") is the scheme without TLS. What it
// says of a certificate is a capture.ErrCertificate.
func Explain(err error, plain string) error {
	var record tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.Is(err, capture.ErrCertificate):
		var verify *tls.CertificateVerificationError
		if errors.As(err, &verify) {
			err = verify.Err
		}
		return err
	case errors.As(err, &record):
		return fmt.Errorf("it does not speak TLS on this port: write %s:// instead of %[1]ss:// (%w)", plain, err)
	case errors.As(err, &alert), strings.Contains(err.Error(), "remote error: tls"), strings.Contains(err.Error(), "unsupported"):
		return fmt.Errorf("%w: the camera and this program have no version of TLS or cipher in common: update the camera's firmware, "+
			"set fingerprint (older ones are used then), or use %s://", err, plain)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("the camera does not finish the TLS handshake: is it %ss?", plain)
	}
	return err
}
