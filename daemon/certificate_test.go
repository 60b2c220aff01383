package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/daemon/doctor"
)

// ownCertificate writes a certificate that ends at a time, and its key.
func ownCertificate(t *testing.T, end time.Time) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: end.AddDate(-1, 0, 0), NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("own.pem", "CERTIFICATE", der), write("own.key", "PRIVATE KEY", keyDER)
}

// TestOwnCertificate has `config check` and the doctor look at a certificate that is over, or soon will be.
func TestOwnCertificate(t *testing.T) {
	for _, test := range []struct {
		end   time.Time
		code  int
		state doctor.State
		says  string
	}{
		{time.Now().AddDate(0, 0, -1), exitError, doctor.Fault, "is not valid any more"},
		{time.Now().AddDate(0, 0, 5), exitOK, doctor.Warning, "is valid until"},
		{time.Now().AddDate(1, 0, 0), exitOK, "missing", ""},
	} {
		cert, key := ownCertificate(t, test.end)
		text := fmt.Sprintf("mqtt: {broker: 'mqtts://127.0.0.1:1', tls: {cert_file: %s, key_file: %s}}\n", cert, key)
		file := filepath.Join(t.TempDir(), "inceptiond.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, stderr, code := inceptiond(t, "config", "check", file)
		if code != test.code || !strings.Contains(out+stderr, test.says) {
			t.Errorf("config check ended with %d: %s%s", code, out, stderr)
		}
		r, _ := runDoctor(t, text)
		r.expect(t, "our certificate", test.state, test.says, "")
	}
}
