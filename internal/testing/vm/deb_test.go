package vm

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// TestDebianPackage installs the package in the guest, starts the service, upgrades, removes and purges it: deb.sh has
// the steps. Another guest has the package of before.
func TestDebianPackage(t *testing.T) {
	for _, arch := range Architectures(t) {
		if testing.Short() && arch != "amd64" {
			continue
		}
		t.Run(arch, func(t *testing.T) {
			t.Parallel()
			g := New(t, arch)
			g.deb(t, "v0.3.0", "new.deb")
			const older = "sed -i 's/^Version: .*/Version: %s-1/' DEBIAN/control"
			t.Run("life", func(t *testing.T) {
				g.repack(t, "old.deb", fmt.Sprintf(older, "0.2.0"))
				g.repack(t, "other.deb", "rm -r usr/share usr/lib/inceptiond && echo '# of another version' >>etc/inceptiond/inceptiond.yaml") // quicker to unpack
				t.Log(g.steps(t, "deb.sh"))
			})
			if arch == "arm" {
				return // the machine of arm is that of arm64
			}
			t.Run("upgrade", func(t *testing.T) {
				before := filepath.Join(shared.Root(t), "internal", "testing", "vm", "testdata", "dynamicuser")
				g.repack(t, "new.deb", "rm -r usr/share usr/lib/inceptiond && sed -i '/^Depends/d' DEBIAN/control") // quicker to unpack
				g.repack(t, "old.deb", fmt.Sprintf(older, "0.0.1")+" && rm -r usr/lib/sysusers.d usr/lib/udev && "+
					"cp "+before+"/inceptiond.service usr/lib/systemd/system/ && cp "+before+"/postinst DEBIAN/")
				upgrade(t, g)
			})
		})
	}
}

// upgrade upgrades a service that has a user for as long as it runs, with all that it keeps there, to one whose user stays,
// while the broker is away: every event comes.
func upgrade(t *testing.T, g *Guest) {
	out := g.steps(t, "upgrade.sh")
	happened := changes(out)["eye"]
	missing, err := compare(happened, events(out)["eye"])
	if err != nil || missing > 0 || len(happened) < 10 {
		t.Errorf("%d of %d changes are missing (%v)\n%s", missing, len(happened), err, out)
	}
	t.Logf("%d changes over the upgrade, and an event of each", len(happened))
}

// steps runs a script of this folder in the guest's, and returns what it printed.
func (g *Guest) steps(t testing.TB, script string) string {
	t.Helper()
	copyTo(t, g.Dir, script)
	out, status := g.Run(t, Options{Limit: 10 * time.Minute}, "sh "+script)
	if status != 0 {
		t.Fatalf("%s: status %d\n%s", script, status, out)
	}
	return out
}

// repack makes another package of new.deb, by shell commands in a folder where it is unpacked: name, which may be new.deb.
func (g *Guest) repack(t testing.TB, name, change string) {
	t.Helper()
	line := fmt.Sprintf("dpkg-deb -R %[1]s/new.deb . && { %[3]s; } && dpkg-deb -Znone --root-owner-group -b . %[1]s/%[2]s", g.Dir, name, change)
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir = t.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("vm: %s: %v\n%s", line, err, out)
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
