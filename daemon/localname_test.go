package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// TestLocalName runs the shared script: a broker that only Avahi knows, and the program without the C library's resolver.
func TestLocalName(t *testing.T) {
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("network namespaces need Linux, and root")
	}
	script := filepath.Join(shared.Dir(t), "cases", "net", "local-name.sh")
	for program, debian := range map[string]string{"avahi-daemon": "avahi-daemon", "mosquitto": "mosquitto", "mosquitto_pub": "mosquitto-clients",
		"ip": "iproute2", "unshare": "util-linux"} {
		needProgram(t, program, debian)
	}
	if nss, _ := filepath.Glob("/lib/*/libnss_mdns4_minimal.so.2"); len(nss) == 0 {
		shared.Missing(t, "no libnss-mdns (apt install libnss-mdns)")
	}
	cmd := exec.Command("bash", script, program(t))
	cmd.Env = append(os.Environ(), "GODEBUG=netdns=go") // as in the program that is built without cgo
	out, err := cmd.CombinedOutput()
	if err != nil && strings.Contains(string(out), "unshare: ") {
		t.Skipf("no namespaces here: %s", out)
	}
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// program is a copy of this test program that is called inceptiond, and behaves so.
func program(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("inceptiond")
	if err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	path = filepath.Join(t.TempDir(), "inceptiond")
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}
