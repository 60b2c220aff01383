package localname

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// TestMain is also the program that looks a name up inside the namespace: the test runs itself again.
func TestMain(m *testing.M) {
	host := os.Getenv("LOCALNAME_LOOKUP")
	if host == "" {
		flag.Parse()
		goleakMain(m)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	addrs, way, err := Lookup(ctx, host)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(addrs, way)
}

//go:embed testdata/namespace.sh
var namespace string

// TestNetwork asks a real Avahi on the other side of a cable: two namespaces, in which nothing else answers.
func TestNetwork(t *testing.T) {
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("network namespaces need Linux, and root")
	}
	for program, debian := range map[string]string{"avahi-daemon": "avahi-daemon", "ip": "iproute2", "unshare": "util-linux", "nsenter": "util-linux"} {
		if _, err := exec.LookPath(program); err != nil {
			shared.Missing(t, fmt.Sprintf("no %s (apt install %s)", program, debian))
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		four, six string // yes or no
		host      string
		want      []string // all of them are in the answer
	}{
		"IPv4":    {"yes", "no", "broker.local", []string{"[10.77.1.2", "multicast DNS"}},
		"IPv6":    {"no", "yes", "Broker.LOCAL.", []string{"[fe80::2%near]", "multicast DNS"}},
		"unknown": {"yes", "yes", "nobody.local", []string{"lookup nobody.local: no machine answers to this name (asked multicast DNS, DNS)"}},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command("unshare", "--net", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc",
				"bash", "-c", namespace, "namespace", self, c.four, c.six)
			cmd.Env = append(os.Environ(), "LOCALNAME_LOOKUP="+c.host)
			begin := time.Now()
			out, err := cmd.CombinedOutput()
			if err != nil && strings.Contains(string(out), "unshare: ") {
				t.Skipf("no namespaces here: %s", out)
			}
			for _, want := range c.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("after %v: no %q in %s (%v)", time.Since(begin), want, out, err)
				}
			}
		})
	}
}
