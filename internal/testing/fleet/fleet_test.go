// Package fleet follows docs/fleet.md: three machines, which are containers with systemd, run what stands there.
package fleet

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer/demomodel"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// packages are what the machines of docs/fleet.md have from Debian.
var packages = []string{
	"systemd-sysv", "dbus", "libnss-systemd", "sudo", "curl", "jq", "cloud-init", "openssl", "gnupg", "gpg-agent", "apt-utils", "nginx-light", "mosquitto",
	"mosquitto-clients", "prometheus", "prometheus-node-exporter", "unattended-upgrades", "libstdc++6", "iproute2", "procps", "netbase",
}

// inside says that this process has its own processes and mounts, which end with it.
const inside = "INCEPTIOND_TEST_FLEET"

// TestFleet follows docs/fleet.md word for word: two devices, of which nothing is known but their user-data, come to the broker and to
// Prometheus, are updated, and get another model and the old one again.
func TestFleet(t *testing.T) {
	switch {
	case os.Getenv("FLEET") == "":
		t.Skip("fleet: boots three machines; run it with make fleet-test")
	case os.Getenv(inside) == "":
		apart(t)
		return
	}
	// Not on the disk whose root is below the layer: an overlay must not hold itself.
	dir := t.TempDir()
	run(t, "", "mount", "-t", "tmpfs", "-o", "size=4g", "tmpfs", dir)
	t.Cleanup(func() { run(t, "", "umount", "--lazy", dir) })
	debs, packed := t.TempDir(), make(chan error, 1)
	go func() { packed <- pack(shared.Root(t), debs) }()
	layer(t, dir, packages...)
	if err := <-packed; err != nil {
		t.Fatal(err)
	}
	f := &follower{
		hub:  newMachine(t, dir, "hub"),
		cams: []*machine{newMachine(t, dir, "cam-1"), newMachine(t, dir, "cam-2")},
	}
	network(t, f.hub, f.cams...)
	f.furnish(t, debs)
	f.hub.start()
	f.await(t, f.hub)
	go f.hub.ssh(t.Context(), map[string]*machine{"cam-1": f.cams[0], "cam-2": f.cams[1]})
	for _, b := range blocks(t, filepath.Join(shared.Root(t), "docs", "fleet.md")) {
		f.follow(t, b)
	}
	if f.followed < 15 {
		t.Errorf(complaint+"docs/fleet.md has %d blocks", f.followed)
	}
}

// apart runs the test in namespaces of its own.
func apart(t *testing.T) {
	if os.Geteuid() != 0 {
		shared.Missing(t, "it needs root")
	}
	for _, program := range []string{"unshare", "nsenter", "ip", "apt-get", "dpkg-deb"} {
		if _, err := exec.LookPath(program); err != nil {
			shared.Missing(t, "there is no "+program)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", self, "-test.run", "^TestFleet$", "-test.v", "-test.timeout", "20m")
	cmd.Env = append(os.Environ(), inside+"=yes")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\nin short:\n%s", err, out, complaints(out))
	}
	t.Logf("%s", out)
}

// complaints are those of a test's output, without all that went well: they stand in the end, where they are seen.
func complaints(out []byte) string {
	var short strings.Builder
	wrong := false
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "_test.go:") { // what is said begins
			wrong = strings.Contains(line, complaint)
		}
		if wrong {
			short.WriteString(line)
		}
	}
	return short.String()
}

// complaint marks what is wrong.
const complaint = "WRONG: "

// follower follows the page.
type follower struct {
	hub      *machine
	cams     []*machine
	booted   bool
	followed int
}

// models are the files that a reader has. The second model is the same network, and another file.
var models = map[string][]byte{
	"birds-1.tflite": demomodel.Model(), "birds-2.tflite": append(bytes.Clone(demomodel.Model()), 0), "birds.txt": demomodel.Labels(),
}

func hash(name string) string { return fmt.Sprintf("%x", sha256.Sum256(models[name])) }

// furnish gives the hub what the page begins with: the files of the page, the packages in a folder, models.
func (f *follower) furnish(t *testing.T, debs string) {
	t.Helper()
	root := shared.Root(t)
	home := filepath.Join(f.hub.root, "root")
	for _, folder := range []string{"examples", "update"} {
		if err := os.MkdirAll(filepath.Join(home, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	run(t, "", "cp", "-r", filepath.Join(root, "docs", "examples", "fleet"), filepath.Join(home, "examples"))
	for name, data := range models {
		write(t, filepath.Join(home, name), data, 0o644)
	}
	write(t, filepath.Join(f.hub.root, "etc", "hostname"), []byte("hub\n"), 0o644)
	write(t, filepath.Join(f.hub.root, "usr", "local", "bin", "ssh"), []byte(sshProgram), 0o755)
	for _, service := range []string{"nginx", "mosquitto", "prometheus"} { // as their packages have them
		run(t, "", "ln", "-sf", "/lib/systemd/system/"+service+".service", filepath.Join(mkdir(t, f.hub.root, "etc/systemd/system/multi-user.target.wants"), service+".service"))
	}
	run(t, "", "mv", filepath.Join(debs, oldDeb), home)
	run(t, "", "mv", filepath.Join(debs, newDeb), filepath.Join(home, "update"))
}

// The packages of two versions, of whatever architecture.
const (
	oldDeb = "inceptiond_0.4.0-1.deb"
	newDeb = "inceptiond_0.4.1-1.deb"
)

// pack puts a package into a folder, and a later one, which has another file of the configuration: nobody is there to be asked about it.
func pack(root, folder string) error {
	cmd := exec.Command("bash", "-euc", `
		VERSION=v0.4.0 .ci/deb "$(dpkg --print-architecture)" "$1"
		cd "$1"
		mv inceptiond_*.deb "$2"
		dpkg-deb -R "$2" new
		sed -i "s/^Version: .*/Version: 0.4.1-1/" new/DEBIAN/control
		echo "# of another version" >>new/etc/inceptiond/inceptiond.yaml
		dpkg-deb -Zgzip -z1 --root-owner-group -b new "$3"`, "pack", folder, oldDeb, newDeb)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("pack: %w\n%s", err, out)
	}
	return nil
}

// follow does what a block says, and looks whether it has come about.
func (f *follower) follow(t *testing.T, b block) {
	t.Helper()
	f.followed++
	if b.where == "device" {
		f.bootDevices(t)
		var said [2]string
		var errs [2]error
		var all sync.WaitGroup
		for i, cam := range f.cams {
			all.Go(func() { said[i], errs[i] = cam.try("", b.text) })
		}
		all.Wait()
		for i, cam := range f.cams {
			if errs[i] != nil {
				log, _ := cam.try("", "set +e; cloud-init status --long; tail -n 50 /var/log/cloud-init-output.log; journalctl --no-pager | tail -n 50")
				t.Fatalf(complaint+"%s: %v:\n%s\n%s\n%s", cam.name, errs[i], b.text, said[i], log)
			}
			t.Logf("%s:\n%s\n%s", cam.name, b.text, said[i])
			f.look(t, cam, b, said[i])
		}
		return
	}
	if strings.Contains(b.text, "promtool query instant") {
		eventually(t, "both devices in Prometheus", func() bool {
			out, _ := f.hub.try("", "promtool query instant http://localhost:9090 'sum by (device) (inceptiond_camera_up)'")
			return strings.Contains(out, `{device="cam-1"} => 1`) && strings.Contains(out, `{device="cam-2"} => 1`)
		})
	}
	f.look(t, f.hub, b, f.hub.do(t, b.text))
}

// look judges what a block has said, and done, on a machine.
func (f *follower) look(t *testing.T, m *machine, b block, said string) {
	t.Helper()
	first, second := hash("birds-1.tflite"), hash("birds-2.tflite")
	switch {
	case strings.Contains(b.text, "remove-retained"):
		f.gone(t)
	case strings.Contains(b.text, "repository www/apt"):
		sums := "cd ~/fleet/www/apt && sha256sum InRelease Release Packages Packages.gz"
		before := f.hub.do(t, sums)
		f.hub.do(t, "cd ~/fleet && sh repository www/apt")
		if again := f.hub.do(t, sums); again != before {
			t.Errorf(complaint+"the repository was made anew, and is another:\n%s%s", before, again)
		}
	case strings.Contains(b.text, "cloud-init status"):
		wants(t, said, "status: done")
	case strings.Contains(b.text, "mosquitto_sub") && b.about == "model":
		comesToSay(t, m, b, said, "cam-1\tapplied\t"+second, "cam-2\tapplied\t"+first)
		f.mistake(t)
	case strings.Contains(b.text, "mosquitto_sub"):
		comesToSay(t, m, b, said, "cam-1\tapplied\t"+first, "cam-2\tapplied\t"+first)
		f.misbehave(t)
	case b.where == "device" && b.about == "update":
		if !comesToSay(t, m, b, said, "0.4.1-1") {
			why, _ := m.try("", "apt-cache policy inceptiond; unattended-upgrade --debug --dry-run 2>&1 | tail -n 30")
			t.Error(complaint + why)
		}
	case b.where == "device" && b.about == "back":
		wants(t, said, "sha256:"+first)
	}
}

// comesToSay does a block again, as a reader would who looks a moment later, until it says all of it: what devices say comes to the broker
// on its own way. It tells whether it does.
func comesToSay(t *testing.T, m *machine, b block, said string, want ...string) bool {
	t.Helper()
	lacks := func(w string) bool { return !strings.Contains(said, w) }
	for end := time.Now().Add(time.Minute); slices.ContainsFunc(want, lacks) && time.Now().Before(end); {
		said = m.do(t, b.text)
	}
	wants(t, said, want...)
	return !slices.ContainsFunc(want, lacks)
}

// mistake has a device take a model by a hash that no file has: it goes on with the one that it has.
func (f *follower) mistake(t *testing.T) {
	t.Helper()
	const config = "sha256sum /etc/inceptiond/inceptiond.yaml; ls /etc/inceptiond /var/lib/inceptiond/models; systemctl is-active inceptiond"
	before := f.cams[1].do(t, config)
	none := strings.Repeat("0a", 32)
	out, err := f.hub.try("", "cd ~/fleet; ssh root@cam-2 sh -s - birds-2.tflite "+hash("birds-1.tflite")+" "+none+" <set-model")
	if err == nil {
		t.Errorf(complaint+"a model that nobody has was taken: %s", out)
	}
	wants(t, out, "its SHA-256 is "+hash("birds-2.tflite")+", and "+none+" is right")
	if after := f.cams[1].do(t, strings.Replace(config, "models;", "models --ignore='*.part*';", 1)); after != before {
		t.Errorf(complaint+"a model that nobody has has left something:\n%s%s", before, after)
	}
}

// gone looks whether the second device has left nothing, and comes no more, while the first one does.
func (f *follower) gone(t *testing.T) {
	t.Helper()
	const watch = `cd ~/fleet
mosquitto_sub -h hub.example -p 8883 --cafile ca/ca.pem --cert ca/watcher.pem --key ca/watcher.key -t 'inceptiond/+/status' -F %t -W 2 2>/dev/null || true`
	eventually(t, "the first device alone", func() bool {
		out, err := f.hub.try("", watch)
		return err == nil && out == "inceptiond/cam-1/status\n"
	})
	wants(t, f.cams[1].do(t, "journalctl -u inceptiond -o cat | tail -n 20"), "revoked")
}

// misbehave has a device say something in the name of another one: nobody hears it.
func (f *follower) misbehave(t *testing.T) {
	t.Helper()
	f.hub.do(t, `cd ~/fleet
at="-h hub.example -p 8883 --cafile ca/ca.pem"
mosquitto_sub $at --cert ca/watcher.pem --key ca/watcher.key -t 'inceptiond/+/trial' -v -W 60 >~/heard 2>/dev/null &
until [ -s ~/heard ]; do
	for name in cam-2 cam-1; do
		mosquitto_pub $at --cert certs/cam-1.pem --key certs/cam-1.key -q 1 -t inceptiond/$name/trial -m hello
	done
	sleep 0.1
done
kill %1
! mosquitto_pub $at -t inceptiond/cam-1/trial -m hello 2>/dev/null`)
	heard := strings.Fields(f.hub.do(t, "sort -u ~/heard"))
	if !slices.Equal(heard, []string{"inceptiond/cam-1/trial", "hello"}) {
		t.Errorf(complaint+"a device that says something in another's name: %q was heard", heard)
	}
}

// bootDevices boots the devices, once, with the files that have been made for them.
func (f *follower) bootDevices(t *testing.T) {
	t.Helper()
	if f.booted {
		return
	}
	f.booted = true
	for _, cam := range f.cams {
		seed := mkdir(t, cam.root, "var/lib/cloud/seed/nocloud")
		for _, name := range []string{"user-data", "meta-data"} {
			data, err := os.ReadFile(fmt.Sprintf("/proc/%d/root/root/fleet/seed/%s/%s", f.hub.pid, cam.name, name))
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(seed, name), data, 0o600)
		}
		cam.start()
	}
	for _, cam := range f.cams {
		f.await(t, cam)
	}
}

// await waits until a machine's service manager runs.
func (f *follower) await(t *testing.T, m *machine) {
	t.Helper()
	said := ""
	defer func() {
		if t.Failed() {
			t.Logf("%s: %s\n%s", m.name, said, m.output)
		}
	}()
	eventually(t, m.name+" to boot", func() (booted bool) {
		var err error
		said, err = m.try("", "test -S /run/systemd/private && systemctl is-active basic.target")
		return err == nil
	})
}

func mkdir(t *testing.T, root, path string) string {
	t.Helper()
	dir := filepath.Join(root, path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t *testing.T, path string, data []byte, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, mode); err != nil {
		t.Fatal(err)
	}
}

// wants tells what of it is not in what was said.
func wants(t *testing.T, said string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(said, w) {
			t.Errorf(complaint+"it said %q, want %q", said, w)
		}
	}
}
