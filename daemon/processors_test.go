package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// TestProcessors has older processors, as QEMU emulates them, say the same of a picture as this one: what they lack is nowhere
// in what runs there.
func TestProcessors(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the processors are for amd64")
	}
	qemu, err := exec.LookPath("qemu-x86_64")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("qemu-x86_64 is not installed (Debian: apt install qemu-user)")
		}
		t.Skip("qemu-x86_64 is not installed (Debian: apt install qemu-user)")
	}
	picture, model := filepath.Join(shared.Dir(t), "pictures", "Castle.jpg"), filepath.Join(shared.Dir(t), "models", "mobilenet_v1_0.25_128_quant.tflite")
	inceptiond := program(t)
	classify := func(command ...string) string {
		t.Helper()
		out := printed(t, append(command, inceptiond, "classify", "--json", "-m", model, picture)...)
		var said struct{ Predictions json.RawMessage }
		if err := json.Unmarshal([]byte(out), &said); err != nil || len(said.Predictions) == 0 {
			t.Fatalf("%v: %s", err, out)
		}
		return string(said.Predictions)
	}
	want := classify()
	for _, p := range []struct{ name, kernels string }{{"Conroe", "go"}, {"Westmere", "sse41"}, {"Haswell", "avx2"}} {
		if said := printed(t, qemu, "-cpu", p.name, inceptiond, "version", "--verbose"); !strings.Contains(said, "kernels "+p.kernels) {
			t.Errorf("%s has other kernels than %s: %s", p.name, p.kernels, said)
		}
		if got := classify(qemu, "-cpu", p.name); got != want {
			t.Errorf("%s says %s, want %s", p.name, got, want)
		}
	}
}

// printed is what a command prints.
func printed(t *testing.T, command ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "INCEPTIOND_KERNELS=") })
	var stderr strings.Builder // of QEMU: what else it does not emulate of a processor
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%q: %v: %s", command, err, stderr.String())
	}
	return string(out)
}
