package mqtt

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"
)

// Addresses of one broker hear each other, those of two do not; one that is away is neither.
func TestApart(t *testing.T) {
	a := startMosquitto(t, "allow_anonymous true")
	joined := startMosquitto(t, fmt.Sprintf("allow_anonymous true\nconnection a\naddress %s\ntopic # both 1\nrestart_timeout 1", a.addr))
	alone := startMosquitto(t, "allow_anonymous true")
	at := func(m *mosquitto) Address { return Address{URL: mqttURL(m)} }
	away := Address{URL: "mqtt://127.0.0.1:1"}
	for name, test := range map[string]struct{ list, apart []Address }{
		"joined":       {[]Address{at(a), at(joined)}, nil},
		"alone":        {[]Address{at(a), at(alone)}, []Address{at(alone)}},
		"one alone":    {[]Address{at(a), at(joined), at(alone)}, []Address{at(alone)}},
		"one is away":  {[]Address{away, at(a), at(joined)}, nil},
		"all are away": {[]Address{away}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			urls := make([]string, len(test.list))
			for i, address := range test.list {
				urls[i] = address.URL
			}
			o := testOptions("")
			o.Brokers = test.list
			if len(urls) > 1 {
				o = addressed(t, urls...)
			}
			eventually(t, fmt.Sprintf("apart are %v", test.apart), func() bool { // the bridge may not stand yet
				from, apart, err := runApart(t.Context(), o, testPace)
				if err != nil || from == away {
					t.Errorf("from %v: %v", from, err)
				}
				return slices.Equal(apart, test.apart)
			})
		})
	}
}

// Of a name with several addresses those that are no good are told, and the others do.
func TestProbeOfANameWithSeveralAddresses(t *testing.T) {
	for text, want := range map[string][]string{
		"10.0.0.1 10.0.0.2 ::1":     {"10.0.0.1", "10.0.0.2"},
		"127.0.0.1 ::1":             nil,
		"10.0.0.1 10.0.0.2 ::1 ::2": {"10.0.0.1", "10.0.0.2", "::1", "::2"},
		"":                          nil,
	} {
		if got := crowded(strings.Fields(text)); !slices.Equal(got, want) {
			t.Errorf("of %s: %v", text, got)
		}
	}
}

// Machines that share a name: one takes no connection, one has a certificate of another name, and one is good.
func TestProbeOfEachAddress(t *testing.T) {
	ca := newAuthority(t)
	good := ca.issueAs(t, "good", x509.Certificate{DNSNames: []string{"broker.example"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	other := ca.issueAs(t, "other", x509.Certificate{DNSNames: []string{"other.example"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	port := "0"
	for ip, pair := range map[string]tls.Certificate{"127.0.0.2": other, "127.0.0.3": good} {
		l, err := tls.Listen("tcp", net.JoinHostPort(ip, port), &tls.Config{Certificates: []tls.Certificate{pair}})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		_, port, _ = net.SplitHostPort(l.Addr().String())
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				conn.(*tls.Conn).Handshake()
				conn.Close()
			}
		}()
	}
	o := testOptions("mqtts://broker.example:" + port)
	o.TLS.CAFile = ca.file
	o, nodes, err := o.checked()
	if err != nil {
		t.Fatal(err)
	}
	p := &probe{Client: newClient(o, nodes, testPace, zap.NewNop()), hosts: []string{"127.0.0.1", "127.0.0.2", "127.0.0.3"}}
	p.ctx = t.Context()
	if found, err := p.dial(t.Context()); err != nil || found != "127.0.0.2, 127.0.0.3 accept connections" {
		t.Errorf("%s, %v", found, err)
	}
	if found, err := p.encrypt(t.Context()); err != nil || !strings.Contains(found, "the certificate is good") {
		t.Errorf("%s, %v", found, err)
	}
	if p.node().prefer != "127.0.0.3" || p.report.Expires.IsZero() {
		t.Errorf("the next steps are at %s", p.node().prefer)
	}
	var told []string
	for _, a := range p.report.Advice {
		told = append(told, a.What)
	}
	want := []string{"127.0.0.1, an address of broker.example, is no good: nothing listens there",
		"127.0.0.2, an address of broker.example, is no good: the broker's certificate is for another name: for other.example, not for broker.example"}
	if !slices.Equal(told, want) {
		t.Errorf("%q", told)
	}
	p.hosts = []string{"127.0.0.1", "127.0.0.2"}
	if _, err := p.encrypt(t.Context()); err == nil {
		t.Error("no error where none is good")
	}
}
