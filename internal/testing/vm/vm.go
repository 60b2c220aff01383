// Package vm runs commands in a guest: a small Debian machine in QEMU with real V4L2 devices, systemd and a broker. It is
// the host's side of the test bed that README.md describes; the tests in package tests are the guest's side.
package vm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// Guest is a machine that boots anew for every command, always from the same disk.
type Guest struct {
	GOARCH string // of the programs that run in it: amd64, arm64, or arm for 32-bit programs in the arm64 machine
	Dir    string // a folder of the host that the guest sees as /mnt, where its commands run
	bed    string // the folder of build-image and run
}

// Options of one command.
type Options struct {
	Limit  time.Duration // of the whole run; 0: five minutes
	Disk   string        // file that keeps the guest's disk from run to run, made if missing; "": a fresh disk
	Output io.Writer     // gets what the command prints while it runs; nil: only the caller, afterwards
}

// Statuses of Run besides the command's own.
const (
	StatusLate  = 124 // the limit was reached
	StatusEnded = 125 // the guest ended before the command did, as after a power cut, or the test bed failed
)

// New provides a guest for programs of goarch, with an empty folder of its own. The first call on a machine builds the
// guest's image, which takes minutes and root. Where that is not possible the test is skipped, or fails if CI=true.
func New(t testing.TB, goarch string) *Guest {
	t.Helper()
	g := &Guest{GOARCH: goarch, Dir: t.TempDir(), bed: filepath.Join(shared.Root(t), "internal", "testing", "vm")}
	if missing := g.missing(); missing != "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("vm: %s, and CI must not skip", missing)
		}
		t.Skipf("vm: %s", missing)
	}
	build := exec.Command(filepath.Join(g.bed, "build-image"), g.machine())
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("vm: build the image: %v\n%s", err, out)
	}
	return g
}

// machine is the guest's architecture as Debian calls it.
func (g *Guest) machine() string {
	if g.GOARCH == "arm" {
		return "arm64"
	}
	return g.GOARCH
}

// missing says what this host lacks to build or boot the guest, or "".
func (g *Guest) missing() string {
	if _, err := exec.LookPath("apt-get"); err == nil && os.Geteuid() == 0 {
		return "" // build-image and run install what they need
	}
	programs := []string{"qemu-img", "zstd", map[string]string{"amd64": "qemu-system-x86_64", "arm64": "qemu-system-aarch64"}[g.machine()]}
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			return fmt.Sprintf("no %s, and no apt-get or no root to install it", name)
		}
	}
	return ""
}

// GoBuild compiles a program of this module for the guest into Dir.
func (g *Guest) GoBuild(t testing.TB, name, pkg string) { g.golang(t, "build", name, pkg) }

// GoTest compiles the tests of a package for the guest into Dir.
func (g *Guest) GoTest(t testing.TB, name, pkg string) { g.golang(t, "test", name, pkg, "-c") }

func (g *Guest) golang(t testing.TB, verb, name, pkg string, flags ...string) {
	t.Helper()
	args := append([]string{verb, "-trimpath", "-o", filepath.Join(g.Dir, name)}, flags...)
	cmd := exec.Command("go", append(args, pkg)...)
	cmd.Dir = shared.Root(t)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+g.GOARCH, "GOARM=6")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("vm: go %s %s: %v\n%s", verb, pkg, err, out)
	}
}

// Run boots the guest and runs a shell line in it as root. It returns what the line printed and its exit status.
func (g *Guest) Run(t testing.TB, o Options, line string) (output string, status int) {
	t.Helper()
	if o.Limit == 0 {
		o.Limit = 5 * time.Minute
	}
	args := []string{g.machine(), "-s", g.Dir, "-t", fmt.Sprint(int(o.Limit.Seconds()))}
	if o.Disk != "" {
		args = append(args, "-d", o.Disk)
	}
	cmd := exec.Command(filepath.Join(g.bed, "run"), append(args, "--", line)...)
	var out bytes.Buffer
	cmd.Stdout = &out
	if o.Output != nil {
		cmd.Stdout = io.MultiWriter(&out, o.Output)
	}
	cmd.Stderr = cmd.Stdout
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("vm: run: %v", err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// Architectures are those named in $VM_ARCH, separated by spaces. Without it the test is skipped.
func Architectures(t testing.TB) []string {
	t.Helper()
	list := strings.Fields(os.Getenv("VM_ARCH"))
	if len(list) == 0 {
		t.Skip("vm: boots a machine; run it with make vm-test")
	}
	return list
}
