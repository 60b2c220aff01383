package tflite_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/inceptiond/inceptiond/infer/demomodel"
	"github.com/inceptiond/inceptiond/infer/tflite"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// arm64Worker is a program that runs the worker for arm64, whatever this machine is, by qemu's user mode.
func arm64Worker(t *testing.T) string {
	t.Helper()
	worker := filepath.Join(shared.Root(t), "bin", "inceptiond-tflite-arm64")
	if _, err := os.Stat(worker); err != nil {
		shared.Missing(t, "no bin/inceptiond-tflite-arm64 (build it: make tflite TFLITE_ARCH=arm64 CC=aarch64-linux-gnu-gcc TFLITE_OUT=bin/inceptiond-tflite-arm64)")
	}
	qemu, err := exec.LookPath("qemu-aarch64")
	if err != nil {
		shared.Missing(t, "no qemu-aarch64 (Debian: apt install qemu-user)")
	}
	const libraries = "/usr/aarch64-linux-gnu"
	if _, err := os.Stat(libraries + "/lib/libstdc++.so.6"); err != nil {
		shared.Missing(t, "no libraries for arm64 in "+libraries+" (Debian: apt install libc6-arm64-cross libstdc++6-arm64-cross)")
	}
	program := filepath.Join(t.TempDir(), "worker")
	script := fmt.Sprintf("#!/bin/sh\nexec '%s' -L '%s' '%s' \"$@\"\n", qemu, libraries, worker)
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return program
}

// TestArm64 has the worker for arm64 answer, and compares it with the engine inside. They are not equal to the last bit:
// TensorFlow Lite's kernels for arm64 round a product once, in their vector instructions, where its plain ones round twice.
// So the same top class is demanded, and few levels of difference: 2 were seen for the demo model, 6 for the MobileNet,
// and up to 16 for larger networks.
func TestArm64(t *testing.T) {
	program := arm64Worker(t)
	t.Run("demo", func(t *testing.T) {
		p := openArm64(t, program, demomodel.Model())
		r := rand.New(rand.NewPCG(1, 2))
		p.compare(t, 4, noise(r, p.cpu.Input().Bytes()), make([]byte, p.cpu.Input().Bytes()))
	})
	t.Run("mobilenet", func(t *testing.T) {
		dir := shared.Dir(t)
		p := openArm64(t, program, readFile(t, filepath.Join(dir, "models", "mobilenet_v1_0.25_128_quant.tflite")))
		paths, err := filepath.Glob(filepath.Join(dir, "golden", "input", "*_128.rgb"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no inputs: %v", err)
		}
		for _, path := range paths {
			p.compare(t, 8, readFile(t, path))
		}
	})
}

func openArm64(t *testing.T, program string, data []byte) pair {
	t.Helper()
	// An emulator is slow, and more so on a busy machine.
	return openPairWith(t, tflite.Options{Worker: program, Model: data, Deadline: patience})
}

// compare demands the same top class of both engines, and values that are at most so many levels apart.
func (p pair) compare(t *testing.T, levels int, inputs ...[]byte) {
	t.Helper()
	for _, in := range inputs {
		ours, theirs := p.run(t, in)
		n, maxApart := differences(ours, theirs, p.cpu.Outputs()[0].Type)
		t.Logf("%d of %d values differ, by %d levels at most", n, len(ours), maxApart)
		if maxApart > levels || !sameTop(t, p.cpu.Outputs()[0], ours, theirs) {
			t.Errorf("%d levels apart (want at most %d), or another top class", maxApart, levels)
		}
	}
}
