package mqtt

import (
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"
)

// Advice says what is the matter with something that options name.
type Advice struct {
	What  string
	Mend  string // what to do about it
	Works bool   // it works all the same, or may
}

// certificateSoon is how long before its end a certificate is told of.
const certificateSoon = 14 * 24 * time.Hour

// CheckCertificate looks at the certificate by which a broker is to know us, with those of its authorities that are in the
// same file. It returns nil if that is good at the time now, if there is none, or if the files cannot be read: see Check.
func CheckCertificate(t TLS, now time.Time) *Advice {
	if t.CertFile == "" {
		return nil
	}
	pair, err := keyPair(t.CertFile, t.KeyFile)
	if err != nil {
		return nil
	}
	for i, der := range pair.Certificate {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return nil
		}
		which := "our certificate " + t.CertFile
		if i > 0 {
			which = fmt.Sprintf("the authority %s in %s", subjectOf(cert), t.CertFile)
		}
		if a := adviseDates(which, cert, now); a != nil {
			return a
		}
	}
	if usage := pair.Leaf.ExtKeyUsage; len(usage) > 0 && !slices.Contains(usage, x509.ExtKeyUsageClientAuth) && !slices.Contains(usage, x509.ExtKeyUsageAny) {
		return &Advice{What: "our certificate " + t.CertFile + " is not for clients, which most brokers mind", Works: true,
			Mend: "have mqtt.tls.cert_file made anew with extendedKeyUsage=clientAuth"}
	}
	return nil
}

// adviseDates is about when a certificate is valid.
func adviseDates(which string, cert *x509.Certificate, now time.Time) *Advice {
	const layout = "2006-01-02 15:04"
	from, to, clock := cert.NotBefore.UTC().Format(layout), cert.NotAfter.UTC().Format(layout), now.UTC().Format(layout)
	switch {
	case now.Before(cert.NotBefore):
		return &Advice{What: fmt.Sprintf("%s is not valid before %s, and this machine's clock says %s UTC", which, from, clock),
			Mend: "if the clock is wrong, set it: timedatectl set-ntp true; else wait, or have mqtt.tls.cert_file made anew"}
	case now.After(cert.NotAfter):
		return &Advice{What: fmt.Sprintf("%s is not valid any more: it ended on %s, and this machine's clock says %s UTC", which, to, clock),
			Mend: "renew mqtt.tls.cert_file; if the clock is wrong, set it: timedatectl set-ntp true"}
	case cert.NotAfter.Sub(now) < certificateSoon:
		return &Advice{What: fmt.Sprintf("%s is valid until %s UTC", which, to), Mend: "renew mqtt.tls.cert_file", Works: true}
	}
	return nil
}

// adviseOnCertificate warns of our own certificate, once a day for each trouble.
func (c *Client) adviseOnCertificate() {
	a := CheckCertificate(c.options.TLS, time.Now())
	if a == nil || a.Mend == c.advised.mend && time.Since(c.advised.when) < 24*time.Hour {
		return
	}
	c.advised.mend, c.advised.when = a.Mend, time.Now()
	c.logger().Warn(a.What, zap.String("mend", a.Mend))
}
