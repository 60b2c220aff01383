package mqtt

import (
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// client issues a certificate for a client, valid from one time to another.
func (a *authority) client(t *testing.T, name string, from, to time.Time, usage ...x509.ExtKeyUsage) TLS {
	t.Helper()
	a.issueAs(t, name, x509.Certificate{NotBefore: from, NotAfter: to, ExtKeyUsage: usage})
	return TLS{CAFile: a.file, CertFile: filepath.Join(a.dir, name+".pem"), KeyFile: filepath.Join(a.dir, name+".key")}
}

// appendFile appends what is in a file to another one.
func appendFile(t *testing.T, to, from string) {
	t.Helper()
	var both []byte
	for _, path := range []string{to, from} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		both = append(both, text...)
	}
	if err := os.WriteFile(to, both, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCheckCertificate(t *testing.T) {
	ca := newAuthority(t)
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(0, 6, 0)
	good := ca.client(t, "good", from, to, x509.ExtKeyUsageClientAuth)
	server := ca.client(t, "server", from, to, x509.ExtKeyUsageServerAuth)
	chain := ca.client(t, "chain", from, to)
	appendFile(t, chain.CertFile, ca.file) // an authority of today
	for name, test := range map[string]struct {
		tls        TLS
		now        time.Time
		what, mend string
		works      bool
	}{
		"none":              {TLS{}, from, "", "", false},
		"unreadable":        {TLS{CertFile: "/none", KeyFile: "/none"}, from, "", "", false},
		"good":              {good, from.AddDate(0, 1, 0), "", "", false},
		"soon over":         {good, to.AddDate(0, 0, -10), "good.pem is valid until 2026-09-01 00:00 UTC", "renew", true},
		"over":              {good, to.AddDate(0, 0, 1), "it ended on 2026-09-01 00:00, and this machine's clock says 2026-09-02 00:00", "renew", false},
		"clock in the past": {good, from.AddDate(-1, 0, 0), "not valid before 2026-03-01 00:00, and this machine's clock says 2025-03-01", "timedatectl", false},
		"for servers":       {server, from.AddDate(0, 1, 0), "not for clients", "clientAuth", true},
		"its authority":     {chain, from.AddDate(0, 1, 0), `the authority "test authority" in`, "", false},
	} {
		a := CheckCertificate(test.tls, test.now)
		if a == nil {
			a = &Advice{}
		}
		if !strings.Contains(a.What, test.what) || (test.what == "") != (a.What == "") || !strings.Contains(a.Mend, test.mend) || a.Works != test.works {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// A broker that refuses a certificate of ours that is over need not say so: the log and a probe do.
func TestOwnCertificateIsOver(t *testing.T) {
	ca := newAuthority(t)
	cert, key := ca.issue(t, "broker", "127.0.0.1")
	m := startMosquitto(t, fmt.Sprintf("cafile %s\ncertfile %s\nkeyfile %s\nrequire_certificate true\nallow_anonymous true", ca.file, cert, key))
	o := testOptions("mqtts://" + m.addr)
	o.TLS = ca.client(t, "old", time.Now().AddDate(-1, 0, 0), time.Now().AddDate(0, 0, -1))
	expectFailure(t, o, "log in", "refuses our TLS handshake", "renew mqtt.tls.cert_file")
	_, logs := openClient(t, o, testPace)
	eventually(t, "both warnings", func() bool {
		return warnings(logs, "is not valid any more: it ended on") == 1 && warnings(logs, "refuses our TLS handshake") == 1
	})
}

// A locked key is told from a damaged one.
func TestLockedKey(t *testing.T) {
	ca := newAuthority(t)
	o := ca.client(t, "c", time.Now(), time.Now().AddDate(0, 1, 0))
	if err := os.WriteFile(o.KeyFile, []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	other := testOptions("mqtts://h")
	other.TLS = o
	if err := Check(other); err == nil || !strings.Contains(err.Error(), "openssl pkey -in "+o.KeyFile) {
		t.Error(err)
	}
}
