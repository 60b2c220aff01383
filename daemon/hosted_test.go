package main

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
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/inceptiond/inceptiond/infer/catalogue"
)

// hostedServer stands in for the server of the catalogue: a proxy that leads to it wherever somebody wants to go, with a
// certificate for its name, so that programs are called just as they are called in earnest.
type hostedServer struct {
	server, proxy *httptest.Server
	env           []string // for programs: to go through the proxy, and to trust the server
	tunnels       sync.WaitGroup
}

func (h *hostedServer) close() {
	h.proxy.CloseClientConnections()
	h.server.CloseClientConnections()
	h.proxy.Close()
	h.server.Close()
	h.tunnels.Wait()
}

// tester is what *testing.T and *testscript.TestScript have in common.
type tester interface {
	Fatalf(format string, args ...any)
}

func must(t tester, err error) {
	if err != nil {
		t.Fatalf("%v", err)
	}
}

// startHosted serves the files of a folder under the catalogue's URL, and over plain HTTP for other names. The certificate
// of its authority goes there too.
func startHosted(t tester, dir string) *hostedServer {
	source, err := url.Parse(catalogue.Source)
	must(t, err)
	h := &hostedServer{}
	files := http.StripPrefix(source.Path, http.FileServer(http.Dir(dir)))
	h.server = httptest.NewUnstartedServer(files)
	certificate, ca := certify(t, source.Hostname())
	h.server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	h.server.StartTLS()
	h.proxy = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != http.MethodConnect:
			http.FileServer(http.Dir(dir)).ServeHTTP(w, r)
		case r.Host != source.Hostname()+":443":
			http.Error(w, "not here", http.StatusForbidden)
		default:
			h.tunnel(w)
		}
	}))
	path := filepath.Join(dir, "ca.pem")
	must(t, os.WriteFile(path, ca, 0o644))
	h.env = []string{
		"HTTPS_PROXY=" + h.proxy.URL, "https_proxy=" + h.proxy.URL, "http_proxy=" + h.proxy.URL, "NO_PROXY=", "no_proxy=",
		"SSL_CERT_FILE=" + path, "CURL_CA_BUNDLE=" + path,
	}
	return h
}

// tunnel connects a client with the server.
func (h *hostedServer) tunnel(w http.ResponseWriter) {
	client, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	server, err := net.Dial("tcp", h.server.Listener.Addr().String())
	if err != nil {
		client.Close()
		return
	}
	io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n")
	h.tunnels.Go(func() { io.Copy(server, buffered); server.Close() })
	h.tunnels.Go(func() { io.Copy(client, server); client.Close() })
}

// certify makes an authority, and a certificate for host.
func certify(t tester, host string) (server tls.Certificate, authority []byte) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	root, err := x509.CreateCertificate(rand.Reader, ca, ca, &key.PublicKey, key)
	must(t, err)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host}, NotAfter: ca.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, key)
	must(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root})
}

// TestHosted runs the program against a server that stands in for the hosted one: script command `hosted` starts it.
func TestHosted(t *testing.T) {
	dir := hosted(t)
	testscript.Run(t, testscript.Params{
		Files: []string{"testdata/hosted.txtar"},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"hosted": func(ts *testscript.TestScript, _ bool, _ []string) {
				h := startHosted(ts, dir)
				ts.Defer(h.close)
				for _, pair := range h.env {
					name, value, _ := strings.Cut(pair, "=")
					ts.Setenv(name, value)
				}
				ts.Setenv("PICTURE", filepath.Join(dir, "cat_720p.jpg"))
			},
			"refusal": scriptRefusal,
			"hanging": func(ts *testscript.TestScript, _ bool, _ []string) { hang(ts, dir) },
			"grown":   scriptGrown,
		},
	})
}

// scriptRefusal has the program go through a proxy that answers with a status, and has a password: refusal STATUS
func scriptRefusal(ts *testscript.TestScript, _ bool, args []string) {
	code, err := strconv.Atoi(args[0])
	ts.Check(err)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }))
	ts.Defer(proxy.Close)
	ts.Setenv("HTTPS_PROXY", strings.Replace(proxy.URL, "//", "//user:s3cret@", 1))
}

// hang starts a mirror, MIRROR, that serves the folder, and sends of the first model that it is asked for a million bytes
// and no more.
func hang(ts *testscript.TestScript, dir string) {
	over := make(chan struct{})
	var hung atomic.Bool
	mirror := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := os.ReadFile(filepath.Join(dir, r.URL.Path))
		if err != nil || !strings.HasSuffix(r.URL.Path, ".tflite") || !hung.CompareAndSwap(false, true) {
			http.FileServer(http.Dir(dir)).ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		w.Write(data[:1_000_000])
		w.(http.Flusher).Flush()
		<-over
	}))
	ts.Defer(func() {
		close(over)
		mirror.Close()
	})
	ts.Setenv("MIRROR", mirror.URL)
}

// scriptGrown waits until a file has a million bytes: grown FILE
func scriptGrown(ts *testscript.TestScript, _ bool, args []string) {
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if info, err := os.Stat(args[0]); err == nil && info.Size() >= 1_000_000 {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("%s has not grown within a minute", args[0])
		}
	}
}
