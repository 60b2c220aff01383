package mqtt

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
)

// mosquitto is the real broker, on a loopback port.
type mosquitto struct {
	addr    string
	config  string
	process *exec.Cmd
}

// startMosquitto starts mosquitto with these extra lines of configuration for its one listener.
func startMosquitto(t *testing.T, lines string) *mosquitto {
	t.Helper()
	needMosquitto(t)
	port := freeport.Find(t)
	m := &mosquitto{addr: "127.0.0.1:" + port, config: filepath.Join(t.TempDir(), "mosquitto.conf")}
	text := fmt.Sprintf("listener %s 127.0.0.1\npersistence false\n%s\n", port, lines)
	if os.Getuid() == 0 {
		text = "user root\n" + text // else it could not read the test's files
	}
	if err := os.WriteFile(m.config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	m.start(t)
	t.Cleanup(m.kill)
	return m
}

// needMosquitto skips the test where mosquitto is not installed. CI has it.
func needMosquitto(t *testing.T) {
	t.Helper()
	_, err := exec.LookPath("mosquitto")
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatal("mosquitto is not installed; CI must have it (apt install mosquitto)")
	default:
		t.Skip("mosquitto is not installed (apt install mosquitto)")
	}
}

func (m *mosquitto) start(t *testing.T) {
	t.Helper()
	m.process = exec.Command("mosquitto", "-c", m.config)
	if err := m.process.Start(); err != nil {
		t.Fatal(err)
	}
	m.await(t)
}

// await waits until the broker takes connections.
func (m *mosquitto) await(t *testing.T) {
	t.Helper()
	eventually(t, "mosquitto listens", func() bool {
		conn, err := net.Dial("tcp", m.addr)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

func (m *mosquitto) kill() {
	m.process.Process.Kill()
	m.process.Wait()
}

// passwords writes a password file for users and their passwords, in turn.
func passwords(t *testing.T, pairs ...string) string {
	t.Helper()
	needMosquitto(t)
	file := filepath.Join(t.TempDir(), "passwd")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(pairs); i += 2 {
		if out, err := exec.Command("mosquitto_passwd", "-b", file, pairs[i], pairs[i+1]).CombinedOutput(); err != nil {
			t.Fatalf("mosquitto_passwd: %v: %s", err, out)
		}
	}
	return file
}

// authority signs certificates for one test.
type authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string // PEM
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{dir: t.TempDir()}
	a.cert = &x509.Certificate{
		Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	a.cert, a.key = a.sign(t, a.cert, "ca")
	a.file = filepath.Join(a.dir, "ca.pem")
	return a
}

// issue writes name.pem and name.key for a server (of host) or a client.
func (a *authority) issue(t *testing.T, name, host string) (certFile, keyFile string) {
	t.Helper()
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: name},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:    []string{host},
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses, template.DNSNames = []net.IP{ip}, nil
	}
	a.sign(t, template, name)
	return filepath.Join(a.dir, name+".pem"), filepath.Join(a.dir, name+".key")
}

// sign makes and writes a certificate; the first one signs itself.
func (a *authority) sign(t *testing.T, template *x509.Certificate, name string) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	if template.NotAfter.IsZero() {
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	}
	signer := a.key
	if signer == nil {
		signer = key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, filepath.Join(a.dir, name+".pem"), "CERTIFICATE", der)
	writePEM(t, filepath.Join(a.dir, name+".key"), "PRIVATE KEY", keyDER)
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

func writePEM(t *testing.T, file, kind string, der []byte) {
	t.Helper()
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestPasswordIsCheckedAndReadAgain(t *testing.T) {
	m := startMosquitto(t, "password_file "+passwords(t, "gate", "right"))
	answers := make(chan string, 1)
	answers <- "wrong"
	o := testOptions("mqtt://" + m.addr)
	o.Username = "gate"
	o.Password = func() (string, error) {
		select {
		case password := <-answers:
			answers <- password
			return password, nil
		default:
			return "", os.ErrNotExist // the file is just being replaced
		}
	}
	c, logs := openClient(t, o, testPace)
	send(t, c, result("cam", "waited"))
	const refusal = "refuses our login"
	eventually(t, "several refusals", func() bool { return logs.FilterMessageSnippet(refusal).Len() >= 3 })
	if n := warnings(logs, refusal); n != 1 {
		t.Errorf("%d warnings of refusal, want 1", n)
	}
	w := watch(t, "tcp://"+m.addr, nil, "gate", "right")
	<-answers
	answers <- "right"
	w.expect(t, "inceptiond/gate/cam/result", "waited")
	for _, e := range logs.All() {
		if text := fmt.Sprint(e.Message, e.ContextMap()); containsAny(text, "wrong", "right") {
			t.Errorf("the log holds a password: %s", text)
		}
	}
}

func TestTLSWithClientCertificate(t *testing.T) {
	ca := newAuthority(t)
	cert, key := ca.issue(t, "broker", "127.0.0.1")
	m := startMosquitto(t, fmt.Sprintf("cafile %s\ncertfile %s\nkeyfile %s\nrequire_certificate true\nallow_anonymous true",
		ca.file, cert, key))
	clientCert, clientKey := ca.issue(t, "client", "client")

	good := TLS{CAFile: ca.file, CertFile: clientCert, KeyFile: clientKey}
	o := testOptions("mqtts://" + m.addr)
	o.TLS = good
	c, _ := openClient(t, o, testPace)
	config, err := good.config(c.node().url)
	if err != nil {
		t.Fatal(err)
	}
	w := watch(t, "ssl://"+m.addr, config, "", "")
	send(t, c, result("cam", "secret thing"))
	w.expect(t, "inceptiond/gate/cam/result", "secret thing")

	for name, test := range map[string]struct {
		tls  TLS
		says string
	}{
		"no client certificate": {TLS{CAFile: ca.file}, "refuses our TLS handshake"},
		"unknown authority":     {TLS{CertFile: clientCert, KeyFile: clientKey}, "not signed by an authority we know"},
		"other name": {TLS{CAFile: ca.file, CertFile: clientCert, KeyFile: clientKey, ServerName: "other.example"},
			"for another name"},
	} {
		t.Run(name, func(t *testing.T) {
			o := testOptions("mqtts://" + m.addr)
			o.Device, o.TLS = "other", test.tls
			c, logs := openClient(t, o, testPace)
			eventually(t, test.says, func() bool { return warnings(logs, test.says) > 0 })
			if c.Stats().Connected {
				t.Error("connected")
			}
		})
	}
}

func TestCertificatesAreCheckedAtOpen(t *testing.T) {
	ca := newAuthority(t)
	cert, key := ca.issue(t, "client", "client")
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		url string
		tls TLS
		ok  bool
	}{
		"all":            {"mqtts://h", TLS{CAFile: ca.file, CertFile: cert, KeyFile: key}, true},
		"none":           {"mqtts://h", TLS{}, true},
		"no key":         {"mqtts://h", TLS{CertFile: cert}, false},
		"no certificate": {"mqtts://h", TLS{KeyFile: key}, false},
		"swapped":        {"mqtts://h", TLS{CertFile: key, KeyFile: cert}, false},
		"empty ca":       {"wss://h", TLS{CAFile: empty}, false},
		"missing ca":     {"mqtts://h", TLS{CAFile: empty + "x"}, false},
		"not encrypted":  {"mqtt://h", TLS{CAFile: ca.file}, false},
	} {
		u, err := parseBroker(test.url)
		if err != nil {
			t.Fatal(err)
		}
		config, err := test.tls.config(u)
		if (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
		if test.ok && (config.ServerName != "h" || config.MinVersion != tls.VersionTLS12) {
			t.Errorf("%s: %+v", name, config)
		}
	}
}
