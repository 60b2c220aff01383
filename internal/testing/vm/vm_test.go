package vm

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// wanted tells whether a test of package tests runs on an architecture: 32-bit programs do the main job once and talk to the
// kernel about pins, and the quick forms leave to amd64 what has little to do with the processor, which is most of the
// service, the broker and the disk.
func wanted(arch, name string) bool {
	switch {
	case arch == "arm":
		return name == "TestCameraToBroker" || name == "TestGPIODriver"
	case arch == "arm64" && testing.Short():
		return slices.Contains([]string{"TestCameraToBroker", "TestVividFormats", "TestUvcam", "TestVividFaults", "TestService"}, name)
	}
	return true
}

// TestGuest runs the tests of package tests in the guest, each in a machine of its own.
func TestGuest(t *testing.T) {
	names := guestTests(t)
	for _, arch := range Architectures(t) {
		t.Run(arch, func(t *testing.T) {
			t.Parallel() // one builds its image while the other tests
			g := furnished(t, arch)
			for _, name := range names {
				if wanted(arch, name) {
					t.Run(name, func(t *testing.T) { runGuestTest(t, g, name) })
				}
			}
			if arch == "amd64" || !*update {
				checkFaults(t, g)
			}
		})
	}
}

// guestTests lists the tests of package tests.
func guestTests(t *testing.T) []string {
	t.Helper()
	sources, err := filepath.Glob("tests/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range sources {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			name, ok := strings.CutSuffix(strings.TrimSpace(line), "(t *testing.T) {")
			if name, test := strings.CutPrefix(name, "func Test"); ok && test {
				names = append(names, "Test"+name)
			}
		}
	}
	if len(names) == 0 {
		t.Fatal("no tests in tests/")
	}
	return names
}

// furnished is a guest with everything the tests need in its folder.
func furnished(t *testing.T, arch string) *Guest {
	t.Helper()
	g := New(t, arch)
	g.GoBuild(t, "inceptiond", "./daemon")
	g.GoBuild(t, "uvcam", "./internal/testing/vm/uvcam")
	g.GoTest(t, "guest.test", "./internal/testing/vm/tests")
	for _, kind := range []string{"service", "sysusers", "udev"} {
		copyTo(t, g.Dir, filepath.Join(shared.Root(t), "systemd", "inceptiond."+kind))
	}
	copyWorker(t, g)
	models := filepath.Join(shared.Dir(t), "models")
	for _, name := range []string{"googlenet_224_uint8.tflite", "imagenet_1000_labels.txt", "imagenet_1001_labels.txt", "mobilenet_v1_0.25_128_quant.tflite"} {
		copyTo(t, g.Dir, filepath.Join(models, name))
	}
	return g
}

func copyTo(t testing.TB, to, file string) {
	t.Helper()
	if out, err := exec.Command("cp", file, to).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// copyWorker gives the guest the worker of TensorFlow Lite and its library, where `make tflite` has built them.
func copyWorker(t *testing.T, g *Guest) {
	t.Helper()
	root := shared.Root(t)
	worker := map[string]string{"amd64": "inceptiond-tflite", "arm64": "inceptiond-tflite-arm64"}[g.GOARCH]
	library := filepath.Join(root, "build", "tflite", g.GOARCH, "lib", "libtensorflowlite_c.so")
	if _, err := os.Stat(library); worker == "" || err != nil {
		return
	}
	if _, err := os.Stat(filepath.Join(root, "bin", worker)); err != nil {
		return
	}
	copyTo(t, filepath.Join(g.Dir, "inceptiond-tflite"), filepath.Join(root, "bin", worker))
	copyTo(t, g.Dir, library)
}

func runGuestTest(t *testing.T, g *Guest, name string) {
	t.Helper()
	flags, limit := "-test.v -test.timeout 0", 2*time.Hour
	if testing.Short() {
		flags, limit = "-test.v -test.short", 10*time.Minute
	}
	out, status := g.Run(t, Options{Limit: limit}, "./guest.test "+flags+" -test.run '^"+name+"$'")
	switch {
	case status != 0:
		t.Errorf("status %d\n%s", status, out)
	case strings.Contains(out, "--- SKIP: "+name):
		t.Skip(out)
	default:
		t.Log(out)
	}
}
