package mqtt

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// tlsTrouble explains why a connection could not be encrypted.
func (c *Client) tlsTrouble(err error) (diagnosis, bool) {
	d, ok := c.certificateTrouble(err, time.Now())
	if !ok {
		d, ok = handshakeTrouble(err)
	}
	d.refused = ok
	return d, ok
}

// certificateTrouble is about what we find wrong with the broker's certificate.
func (c *Client) certificateTrouble(err error, now time.Time) (d diagnosis, ok bool) {
	var name x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &name):
		return c.otherName(name), true
	case errors.As(err, &unknown):
		d.what = "the broker's certificate is not signed by an authority we know"
		d.mend = c.authority(unknown.Cert)
	case errors.As(err, &invalid):
		return invalidCertificate(invalid, now), true
	case as[x509.SystemRootsError](err):
		d.what = "this machine has no list of authorities"
		d.mend = "apt install ca-certificates; or set mqtt.tls.ca_file to the certificate of the broker's authority"
	case as[x509.InsecureAlgorithmError](err):
		d.what = "the broker's certificate is signed in a way that is not safe any more (SHA-1 or MD5)"
		d.mend = "make it, and that of its authority, anew with SHA-256"
	default:
		return d, false
	}
	return d, true
}

// otherName is about a certificate that does not say the name by which we call the broker. Go takes no common name for
// one: RFC 6125, section 6.4.4.
func (c *Client) otherName(err x509.HostnameError) diagnosis {
	var names []string
	names = append(names, err.Certificate.DNSNames...)
	for _, ip := range err.Certificate.IPAddresses {
		names = append(names, ip.String())
	}
	kind := "DNS"
	if net.ParseIP(err.Host) != nil {
		kind = "IP"
	}
	subject := fmt.Sprintf("-addext subjectAltName=%s:%s", kind, err.Host)
	if len(names) == 0 {
		return diagnosis{what: "the broker's certificate has no subjectAltName, so it is for no name",
			mend: "make it anew with one: openssl req -x509 … " + subject + " (its common name does not count)"}
	}
	d := diagnosis{what: fmt.Sprintf("the broker's certificate is for another name: for %s, not for %s",
		strings.Join(names, ", "), err.Host)}
	key := "mqtt.tls.server_name"
	if len(c.nodes) > 1 {
		key = "its server_name" // the other addresses have names of their own
	}
	d.mend = fmt.Sprintf("use that name in mqtt.broker, or set %s: %s; or make it anew with %s", key, names[0], subject)
	if strings.Contains(names[0], "*") {
		d.mend = fmt.Sprintf("use such a name in mqtt.broker or %s; or make it anew with %s", key, subject)
	}
	return d
}

// authority says how to come to trust a certificate.
func (c *Client) authority(cert *x509.Certificate) string {
	file := c.options.TLS.CAFile
	switch {
	case cert == nil:
		return "set mqtt.tls.ca_file to the certificate of its authority"
	case bytes.Equal(cert.RawIssuer, cert.RawSubject):
		return fmt.Sprintf("it is signed by itself: set mqtt.tls.ca_file to a copy of it (%s)", subjectOf(cert))
	case file != "":
		return fmt.Sprintf("its authority is %q, and that is not in %s: set mqtt.tls.ca_file to the certificate of that one",
			cmp.Or(cert.Issuer.CommonName, cert.Issuer.String()), file)
	}
	return fmt.Sprintf("set mqtt.tls.ca_file to the certificate of its authority (%q)",
		cmp.Or(cert.Issuer.CommonName, cert.Issuer.String()))
}

func subjectOf(cert *x509.Certificate) string {
	return fmt.Sprintf("%q", cmp.Or(cert.Subject.CommonName, cert.Subject.String()))
}

// invalidCertificate is about a certificate of the broker's chain that may not be used now, or not for this.
func invalidCertificate(err x509.CertificateInvalidError, now time.Time) diagnosis {
	which := "the broker's certificate"
	if err.Cert != nil && err.Cert.IsCA {
		which = "the certificate of the broker's authority " + subjectOf(err.Cert)
	}
	d := diagnosis{what: which + " is not valid", mend: "see its dates, and this machine's clock"}
	const layout = "2006-01-02 15:04"
	clock := fmt.Sprintf("and this machine's clock says %s UTC", now.UTC().Format(layout))
	switch {
	case err.Reason == x509.Expired && err.Cert != nil && now.Before(err.Cert.NotBefore):
		d.what += fmt.Sprintf(" before %s, %s", err.Cert.NotBefore.UTC().Format(layout), clock)
		d.mend = "if the clock is wrong, set it: timedatectl set-ntp true; else wait, or make the certificate anew"
	case err.Reason == x509.Expired && err.Cert != nil:
		d.what += fmt.Sprintf(" any more: it ended on %s, %s", err.Cert.NotAfter.UTC().Format(layout), clock)
		d.mend = "renew it on the broker; if the clock is wrong, set it: timedatectl set-ntp true"
	case err.Reason == x509.IncompatibleUsage:
		d.what, d.mend = which+" is not for servers", "make it anew with extendedKeyUsage=serverAuth"
	case err.Reason == x509.NotAuthorizedToSign:
		d.what = "the broker's certificate is signed by one that is no authority's"
		d.mend = "make the authority's certificate anew with basicConstraints=CA:TRUE"
	case err.Reason != x509.Expired:
		d.what, d.mend = d.what+": "+err.Error(), "make it anew"
	}
	return d
}

// alerts are what a broker may have against our side of the handshake, by the text that crypto/tls has for its alert (RFC
// 8446, section 6.2).
var alerts = []struct {
	text string
	diagnosis
}{
	{"protocol version not supported", diagnosis{what: "the broker's TLS is older than 1.2",
		mend: "enable TLS 1.2 or 1.3 on it (mosquitto: tls_version)"}},
	{"unsupported protocol version", diagnosis{what: "the broker's TLS is older than 1.2",
		mend: "enable TLS 1.2 or 1.3 on it (mosquitto: tls_version)"}},
	{"expired certificate", diagnosis{ours: true, what: "our certificate has expired, says the broker",
		mend: "renew mqtt.tls.cert_file; see the broker's clock"}},
	{"revoked certificate", diagnosis{what: "our certificate is revoked, says the broker",
		mend: "have a new one made: mqtt.tls.cert_file"}},
	{"unknown certificate authority", diagnosis{what: "the broker does not know the authority that signed our certificate",
		mend: "have mqtt.tls.cert_file signed by the broker's authority, or tell the broker of ours (mosquitto: cafile)"}},
	{"unrecognized name", diagnosis{what: "the broker does not go by this name",
		mend: "set mqtt.tls.server_name to one in its certificate"}},
	{"failed to parse certificate", diagnosis{what: "the broker's certificate cannot be read",
		mend: "make it anew, as openssl does with its defaults"}},
}

// handshakeTrouble is about all the rest of TLS.
func handshakeTrouble(err error) (diagnosis, bool) {
	text := err.Error()
	for _, a := range alerts {
		if strings.Contains(text, "tls: ") && strings.Contains(text, a.text) {
			return a.diagnosis, true
		}
	}
	switch {
	case as[tls.RecordHeaderError](err):
		return diagnosis{what: "the port does not speak TLS", mend: "use mqtt:// instead of mqtts://, or the broker's TLS port"}, true
	case as[tls.AlertError](err), isRemoteTLSError(err):
		return handshakeRefused(), true
	}
	return diagnosis{}, false
}

func handshakeRefused() diagnosis {
	return diagnosis{
		what:    "the broker refuses our TLS handshake",
		mend:    "see mqtt.tls.cert_file and mqtt.tls.key_file: does the broker want a client certificate?",
		refused: true,
		ours:    true,
	}
}

// isRemoteTLSError recognizes an alert of the other side, which crypto/tls wraps so.
func isRemoteTLSError(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}
