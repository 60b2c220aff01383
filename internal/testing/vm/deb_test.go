package vm

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// TestDebianPackage installs the package in the guest, starts the service, upgrades, removes and purges it: deb.sh has
// the steps.
func TestDebianPackage(t *testing.T) {
	for _, arch := range Architectures(t) {
		if testing.Short() && arch != "amd64" {
			continue
		}
		t.Run(arch, func(t *testing.T) {
			t.Parallel()
			g := New(t, arch)
			g.deb(t, "v0.0.1", "old.deb")
			g.deb(t, "v0.0.2", "new.deb")
			steps, err := os.ReadFile("deb.sh")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(g.Dir, "deb.sh"), steps, 0o644); err != nil {
				t.Fatal(err)
			}
			out, status := g.Run(t, Options{Limit: 10 * time.Minute}, "sh deb.sh")
			if status != 0 {
				t.Fatalf("status %d\n%s", status, out)
			}
			t.Log(out)
		})
	}
}

// deb builds the Debian package of a version for the guest into Dir, without the architecture in its name.
func (g *Guest) deb(t testing.TB, version, name string) {
	t.Helper()
	arch := g.GOARCH
	if arch == "arm" {
		arch = "armhf"
	}
	cmd := exec.Command(filepath.Join(shared.Root(t), ".ci", "deb"), arch, t.TempDir())
	cmd.Env = append(os.Environ(), "VERSION="+version)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("vm: .ci/deb %s: %v", arch, err)
	}
	if err := os.Rename(strings.TrimSpace(string(out)), filepath.Join(g.Dir, name)); err != nil {
		t.Fatal(err)
	}
}
