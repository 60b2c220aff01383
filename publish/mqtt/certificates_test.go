package mqtt

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// issueAs writes name.pem and name.key from a template, valid from one time to another, both as seen from now.
func (a *authority) issueAs(t *testing.T, name string, template x509.Certificate) tls.Certificate {
	t.Helper()
	template.Subject = pkix.Name{CommonName: name}
	a.sign(t, &template, name)
	pair, err := tls.LoadX509KeyPair(filepath.Join(a.dir, name+".pem"), filepath.Join(a.dir, name+".key"))
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// TestCertificates has a broker for each certificate that no client can trust.
func TestCertificates(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	loopback, server := []net.IP{net.IPv4(127, 0, 0, 1)}, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for name, test := range map[string]struct {
		template   x509.Certificate
		ca         string
		what, mend string
	}{
		"no subjectAltName": {x509.Certificate{ExtKeyUsage: server}, ca.file, "no subjectAltName", "-addext subjectAltName=IP:127.0.0.1"},
		"another name": {x509.Certificate{ExtKeyUsage: server, DNSNames: []string{"broker.example"}}, ca.file,
			"for another name: for broker.example, not for 127.0.0.1", "mqtt.tls.server_name: broker.example"},
		"another address": {x509.Certificate{ExtKeyUsage: server, IPAddresses: []net.IP{net.IPv4(192, 0, 2, 1)}}, ca.file,
			"for 192.0.2.1, not for 127.0.0.1", "subjectAltName=IP:127.0.0.1"},
		"any of a domain": {x509.Certificate{ExtKeyUsage: server, DNSNames: []string{"*.example"}}, ca.file,
			"for *.example", "use such a name"},
		"for clients": {x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, IPAddresses: loopback}, ca.file,
			"not for servers", "serverAuth"},
		"other authority": {x509.Certificate{ExtKeyUsage: server, IPAddresses: loopback}, other.file,
			"not signed by an authority we know", "mqtt.tls.ca_file"},
		"authority unknown": {x509.Certificate{ExtKeyUsage: server, IPAddresses: loopback}, "",
			"not signed by an authority we know", "mqtt.tls.ca_file"},
	} {
		t.Run(name, func(t *testing.T) {
			config := &tls.Config{Certificates: []tls.Certificate{ca.issueAs(t, "broker", test.template)}}
			o := testOptions(strings.Replace(rude(t, func(conn net.Conn) { tls.Server(conn, config).Handshake() }), "mqtt:", "mqtts:", 1))
			o.TLS.CAFile = test.ca
			expectFailure(t, o, "encrypt", test.what, test.mend)
			_, logs := openClient(t, o, testPace)
			eventually(t, "a warning", func() bool { return warnings(logs, test.what) > 0 })
		})
	}
}

// A clock that is wrong looks like a certificate that is.
func TestCertificateDates(t *testing.T) {
	now := time.Date(2026, 3, 14, 15, 9, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		from, to   time.Time
		ca         bool
		what, mend string
	}{
		"over": {now.AddDate(-1, 0, 0), now.AddDate(0, 0, -1), false, "it ended on 2026-03-13 15:09, and this machine's clock says 2026-03-14 15:09", "renew it on the broker"},
		"clock in the past": {now.AddDate(1, 0, 0), now.AddDate(2, 0, 0), false,
			"not valid before 2027-03-14 15:09, and this machine's clock says 2026-03-14 15:09", "timedatectl set-ntp true"},
		"authority over": {now.AddDate(-1, 0, 0), now.AddDate(0, 0, -1), true, `the broker's authority "home"`, "renew"},
	} {
		cert := &x509.Certificate{NotBefore: test.from, NotAfter: test.to, IsCA: test.ca, Subject: pkix.Name{CommonName: "home"}}
		d := invalidCertificate(x509.CertificateInvalidError{Cert: cert, Reason: x509.Expired}, now)
		if !strings.Contains(d.what, test.what) || !strings.Contains(d.mend, test.mend) {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// What a broker has against our handshake is said with what helps.
func TestAlerts(t *testing.T) {
	for text, want := range map[string]string{
		"tls: protocol version not supported":                     "older than 1.2",
		"tls: server selected unsupported protocol version 301":   "older than 1.2",
		"tls: expired certificate":                                "our certificate has expired",
		"tls: unknown certificate authority":                      "does not know the authority",
		"tls: bad certificate":                                    "refuses our TLS handshake",
		"tls: failed to parse certificate from server: x509: bad": "cannot be read",
	} {
		d, ok := handshakeTrouble(&net.OpError{Op: "remote error", Err: errors.New(text)})
		if !ok || !strings.Contains(d.what, want) || d.mend == "" {
			t.Errorf("%s: %+v", text, d)
		}
	}
}
