package rtsp

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/internal/trust"
	"github.com/inceptiond/inceptiond/internal/testing/rtspserver"
)

// TestTLS: a camera's certificate is looked at.
func TestTLS(t *testing.T) {
	t.Parallel()
	web := httptest.NewTLSServer(nil) // for its certificate, which is for 127.0.0.1 and example.com
	defer web.Close()
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	server := rtspserver.Start(t, "127.0.0.1:0", rtspserver.Camera{
		Clip: rtspserver.Film{}.Clip(t), TLS: &tls.Config{Certificates: web.TLS.Certificates},
		Login: rtspserver.Digest, User: "admin", Password: "secret",
	})
	o := Options{URL: server.URL(), Username: "admin", Password: "secret", Timeout: patience}
	named := strings.Replace(server.URL(), "127.0.0.1", "localhost", 1)
	file := filepath.Join(t.TempDir(), "camera.crt")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		change func(*Options)
		wants  string // of the error; empty: none
	}{
		{func(o *Options) {}, "write fingerprint: \"" + trust.Fingerprint(web.Certificate())},
		{func(o *Options) { o.roots = roots }, ""},
		{func(o *Options) { o.roots, o.URL = roots, named }, "use the name in it in url"},
		{func(o *Options) { o.CAFile, o.URL = file, named }, ""},
		{func(o *Options) { o.Fingerprint, o.URL = trust.Fingerprint(web.Certificate()), named }, ""},
		{func(o *Options) { o.Fingerprint = strings.Repeat("00", 32) }, "not the one that is pinned"},
		{func(o *Options) { o.CAFile = file + "x" }, "rtsp: read ca_file: "},
	} {
		o := o
		tt.change(&o)
		s, err := Open(t.Context(), o)
		switch {
		case err == nil:
			err = s.Close()
			if tt.wants != "" || err != nil {
				t.Errorf("%v, want %q", err, tt.wants)
			}
		case tt.wants == "" || !strings.Contains(err.Error(), tt.wants):
			t.Errorf("%v, want %q", err, tt.wants)
		case o.CAFile == "" && (!errors.Is(err, capture.ErrCertificate) || !errors.Is(err, capture.ErrLost)):
			t.Errorf("%v is no ErrCertificate", err)
		}
	}

	o.roots = roots
	var f capture.Frame
	s := open(t, o)
	if err := s.Read(t.Context(), &f); err != nil {
		t.Fatal(err)
	}
	noSecret(t, s.ffmpeg.Pid(), "secret")
	server.Close()
	if err := lost(t, s); !strings.Contains(err.Error(), "rtsps://") {
		t.Error(err)
	}
}
