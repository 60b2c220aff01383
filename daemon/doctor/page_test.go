package doctor

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/publish/web"
)

func TestPagePort(t *testing.T) {
	serve := func(status int) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/healthz" {
				w.WriteHeader(status)
			}
		}))
		t.Cleanup(s.Close)
		return s.Listener.Addr().String()
	}
	free := "127.0.0.1:" + freeport.Find(t)
	ours := serve(http.StatusNoContent)
	for listen, want := range map[string]string{
		free:             "ok: " + free + " is free for it",
		ours:             "ok: inceptiond runs and listens at " + ours,
		serve(200):       "cannot be had for the page: another program has it",
		"192.0.2.1:8224": "warning: the page cannot be there: ",
	} {
		e := examination{root: Root(t.TempDir()), plan: &plan.Plan{Web: web.Options{Listen: listen}}} // nobody can tell who has a port
		var found []Finding
		Run(t.Context(), e.pageChecks(), func(f Finding) { found = append(found, f) })
		if len(found) != 1 || found[0].Area != "page" {
			t.Fatalf("%s: %+v", listen, found)
		}
		f := found[0]
		if got := string(f.State) + ": " + f.Found; !strings.Contains(got, want) || f.State != OK && !strings.Contains(f.Fix, "web.listen") {
			t.Errorf("%s: %s -> %s; want %s", listen, got, f.Fix, want)
		}
	}
	if list := (&examination{plan: &plan.Plan{}}).pageChecks(); len(list) > 0 {
		t.Errorf("%d checks without a page", len(list))
	}
}

func TestPageCertificate(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	files := web.TLS{CertFile: filepath.Join(t.TempDir(), "page.pem"), KeyFile: filepath.Join(t.TempDir(), "page.key")}
	if f := checkPageCertificate(files, now); len(f) != 1 || f[0].State != Fault || !strings.Contains(f[0].Found, files.CertFile) {
		t.Errorf("no files: %+v", f)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(0, 1, 0)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{files.CertFile: {Type: "CERTIFICATE", Bytes: certificate}, files.KeyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		days  int
		state State
		found string
	}{
		{0, OK, "is valid until 2026-12-28"}, {17, Warning, "is valid until 2026-12-28 only"}, {31, Warning, "was valid until"}, {-40, Warning, "only from 2026-10-28"},
	} {
		f := checkPageCertificate(files, now.AddDate(0, 0, tt.days))
		if len(f) != 1 || f[0].State != tt.state || !strings.Contains(f[0].Found, tt.found) {
			t.Errorf("in %d days: %+v", tt.days, f)
		}
	}
}
