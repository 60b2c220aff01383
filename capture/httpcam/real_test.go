package httpcam

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/internal/trust"
	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// TestLighttpd logs in at a server that is not ours, in many cameras: lighttpd, by Basic, and Digest with MD5 and SHA-256,
// over http and https.
func TestLighttpd(t *testing.T) {
	server, err := exec.LookPath("lighttpd")
	if err != nil {
		if server, err = exec.LookPath("/usr/sbin/lighttpd"); err != nil {
			shared.Missing(t, "no lighttpd (apt install lighttpd)")
		}
	}
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	p := texture(t)
	file("snap.jpg", string(p))
	plain := file("plain", "ann:s3cret\n")
	digests := file("digests", fmt.Sprintf("ann:the cam:%x\nann:the cam:%x\n", md5.Sum([]byte("ann:the cam:s3cret")), sha256.Sum256([]byte("ann:the cam:s3cret"))))
	own := identity(t, x509.Certificate{}, nil)
	key, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	both := file("own.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))+
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Certificate[0]})))

	for name, tt := range map[string]struct{ scheme, method, algorithm, backend string }{
		"Basic":           {"http", "basic", "MD5", "plain"},
		"MD5":             {"http", "digest", "MD5", "plain"},
		"SHA-256":         {"http", "digest", "SHA-256", "htdigest"},
		"SHA-256 and TLS": {"https", "digest", "SHA-256", "htdigest"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			port := freeport.Find(t)
			config := fmt.Sprintf("server.document-root = %q\nserver.port = %s\nserver.bind = \"127.0.0.1\"\n"+
				"server.modules = (\"mod_auth\", \"mod_authn_file\", \"mod_openssl\")\nmimetype.assign = (\".jpg\" => \"image/jpeg\")\n"+
				"auth.backend = %q\nauth.backend.plain.userfile = %q\nauth.backend.htdigest.userfile = %q\n"+
				"auth.require = (\"/\" => (\"method\" => %q, \"realm\" => \"the cam\", \"algorithm\" => %q, \"require\" => \"valid-user\"))\n",
				dir, port, tt.backend, plain, digests, tt.method, tt.algorithm)
			if tt.scheme == "https" {
				config += fmt.Sprintf("ssl.engine = \"enable\"\nssl.pemfile = %q\n", both)
			}
			path := filepath.Join(t.TempDir(), "lighttpd.conf")
			if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
				t.Fatal(err)
			}
			child := exec.Command(server, "-D", "-f", path)
			child.Stderr = os.Stderr
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = child.Process.Kill(); _ = child.Wait() })
			await(t, port)
			o := Options{URL: tt.scheme + "://127.0.0.1:" + port + "/snap.jpg", Username: "ann", Password: "s3cret"}
			if tt.scheme == "https" {
				o.Fingerprint = trust.Fingerprint(own.Leaf)
			}
			readGood(t, o, 10, p)
			o.Password = "wrong"
			if _, err := Open(t.Context(), o); !errors.Is(err, capture.ErrLogin) {
				t.Errorf("a wrong password: %v", err)
			}
		})
	}
}

// await waits until somebody listens.
func await(t *testing.T, port string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}
