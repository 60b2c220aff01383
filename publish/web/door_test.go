package web

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
)

// patient is how long anything may take that is waited for.
const patient = time.Minute

// eventually waits until something is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patient); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came to this: %s", what)
		}
	}
}

// openDoor is a door with a server that says hello.
func openDoor(t *testing.T) *door {
	t.Helper()
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }), ReadHeaderTimeout: headerTime}
	d := newDoor(server, 10*time.Millisecond, zap.NewNop())
	t.Cleanup(func() {
		d.close()
		server.Close()
	})
	return d
}

// says tells whether the door says hello at an address.
func says(client *http.Client, url string) bool {
	answer, err := client.Get(url)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return string(text) == "hello"
}

// fresh is a client that keeps no connections.
func fresh(config *tls.Config) *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: config}, Timeout: patient}
}

// TestTakenPort is tried again until it is free.
func TestTakenPort(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:"+freeport.Find(t))
	if err != nil {
		t.Fatal(err)
	}
	d := openDoor(t)
	d.want(place{address: other.Addr().String()})
	if s := d.state(); d.address() != "" || !strings.Contains(s.Problem, "another program has the port; set web.listen") {
		t.Errorf("a taken port: %+v", s)
	}
	other.Close()
	eventually(t, "the page is open", func() bool { return d.address() == other.Addr().String() })
	if s := d.state(); s.Problem != "" || !says(fresh(nil), "http://"+d.address()) {
		t.Errorf("an open port: %+v", s)
	}
}

// TestMove opens the new place before the old one is closed, and stays if it cannot.
func TestMove(t *testing.T) {
	d := openDoor(t)
	d.want(place{address: "127.0.0.1:0"})
	first := d.address()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	d.want(place{address: taken.Addr().String()})
	if d.address() != first || !says(fresh(nil), "http://"+first) || d.state().Problem == "" {
		t.Errorf("the page has left %s for a place that it cannot have", first)
	}
	d.want(place{address: "localhost:0"})
	second := d.address()
	if second == first || !says(fresh(nil), "http://"+second) {
		t.Errorf("the page is at %s", second)
	}
	if says(fresh(nil), "http://"+first) {
		t.Error("the old place is open")
	}
}

// TestMoveOnTheSamePort makes way for the other address with the same port, and comes back if that is none.
func TestMoveOnTheSamePort(t *testing.T) {
	d := openDoor(t)
	port := freeport.Find(t)
	d.want(place{address: "127.0.0.1:" + port})
	kept := &http.Client{Timeout: patient}
	defer kept.CloseIdleConnections()
	if !says(kept, "http://127.0.0.1:"+port) {
		t.Fatal("no page")
	}
	d.want(place{address: "0.0.0.0:" + port})
	if s := d.state(); s.Problem != "" || !says(fresh(nil), "http://127.0.0.1:"+port) || !says(kept, "http://127.0.0.1:"+port) {
		t.Errorf("0.0.0.0: %+v", s)
	}
	d.want(place{address: "192.0.2.1:" + port}) // TEST-NET-1: nobody has it
	if s := d.state(); s.Problem == "" || !says(fresh(nil), "http://127.0.0.1:"+port) {
		t.Errorf("an address that is not ours: %+v", s)
	}
	d.want(place{address: "127.0.0.1:" + port})
	if s := d.state(); s.Problem != "" || !says(fresh(nil), "http://127.0.0.1:"+port) {
		t.Errorf("back again: %+v", s)
	}
}

// writeCertificate writes one with a name, and returns the pool that trusts it.
func writeCertificate(t *testing.T, files TLS, name string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	for file, text := range map[string][]byte{files.CertFile: text, files.KeyFile: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return pool
}

// TestTLS serves the certificate that is in the files, and the one before while they hold none.
func TestTLS(t *testing.T) {
	files := TLS{filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")}
	d := openDoor(t)
	d.want(place{"127.0.0.1:0", files})
	if s := d.state(); !strings.Contains(s.Problem, "cert_file and key_file") {
		t.Errorf("without files: %+v", s)
	}
	first := writeCertificate(t, files, "first")
	eventually(t, "the page is open", func() bool { return d.address() != "" })
	if url := "https://" + d.address(); !says(fresh(&tls.Config{RootCAs: first}), url) {
		t.Error("no page with the first certificate")
	}
	if url := "http://" + d.address(); says(fresh(nil), url) {
		t.Error("the page without TLS")
	}

	c, err := newCertificate(files, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	c.every = 0
	name := func() string {
		is, err := c.current(nil)
		if err != nil {
			t.Fatal(err)
		}
		return is.Leaf.Subject.CommonName
	}
	if name() != "first" {
		t.Errorf("%s, want the first", name())
	}
	if err := os.WriteFile(files.CertFile, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	if name() != "first" {
		t.Errorf("%s, want the first, as there is no other", name())
	}
	writeCertificate(t, files, "second-name")
	if name() != "second-name" {
		t.Errorf("%s, want the second", name())
	}
}

// TestMoveToTLS on the same port, and back.
func TestMoveToTLS(t *testing.T) {
	files := TLS{filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")}
	pool := writeCertificate(t, files, "first")
	d := openDoor(t)
	d.want(place{address: "127.0.0.1:0"})
	at := d.address()
	d.want(place{at, files})
	if !says(fresh(&tls.Config{RootCAs: pool}), "https://"+at) || says(fresh(nil), "http://"+at) {
		t.Error("no TLS")
	}
	d.want(place{address: at})
	if !says(fresh(nil), "http://"+at) {
		t.Error("still TLS")
	}
}

// TestCrowd gives a new connection the place of the one that has asked nothing for the longest.
func TestCrowd(t *testing.T) {
	far, near := netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("127.0.0.1")
	fill := func(c *crowd, n int, address netip.Addr) (all []*guest) {
		for range n {
			g := &guest{crowd: c, address: address}
			if _, ok := c.seat(g); !ok {
				t.Fatal("no room for one of the first")
			}
			all = append(all, g)
		}
		return all
	}
	busy := func(all []*guest) {
		for _, g := range all {
			g.crowd.note(g, http.StateActive)
		}
	}
	t.Run("all", func(t *testing.T) {
		c := &crowd{conns: map[*guest]struct{}{}}
		all := fill(c, maxConnections, near)
		c.note(all[0], http.StateActive)
		c.note(all[0], http.StateIdle)
		if leaving, ok := c.seat(&guest{crowd: c, address: far}); !ok || leaving != all[1] {
			t.Error("the one that waits for the longest stays")
		}
		busy(all)
		for g := range c.conns {
			c.note(g, http.StateActive)
		}
		if _, ok := c.seat(&guest{crowd: c, address: far}); ok {
			t.Error("one too many")
		}
		if len(c.conns) != maxConnections {
			t.Errorf("%d connections", len(c.conns))
		}
	})
	t.Run("of an address", func(t *testing.T) {
		c := &crowd{conns: map[*guest]struct{}{}}
		other := fill(c, 1, netip.MustParseAddr("192.0.2.8"))
		all := fill(c, maxOfAddress, far)
		if leaving, ok := c.seat(&guest{crowd: c, address: far}); !ok || leaving != all[0] || leaving == other[0] {
			t.Error("the wrong one leaves")
		}
		busy(all)
		for g := range c.conns {
			c.note(g, http.StateActive)
		}
		if _, ok := c.seat(&guest{crowd: c, address: far}); ok {
			t.Error("one too many of an address")
		}
		if _, ok := c.seat(&guest{crowd: c, address: near}); !ok {
			t.Error("another address has no room")
		}
	})
}

// TestHalfOpenConnections keep nobody out.
func TestHalfOpenConnections(t *testing.T) {
	d := openDoor(t)
	d.want(place{address: "127.0.0.1:0"})
	for range 3 * maxConnections {
		c, err := net.Dial("tcp", d.address())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, "GET / HT"); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	if !says(fresh(nil), "http://"+d.address()) {
		t.Error("no answer")
	}
	if took := time.Since(began); took > headerTime {
		t.Errorf("an answer after %v", took)
	}
	d.crowd.mu.Lock()
	defer d.crowd.mu.Unlock()
	if n := len(d.crowd.conns); n > maxConnections {
		t.Errorf("%d connections", n)
	}
}
