//go:build !race

// The race detector has memory of its own.

package engines

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/internal/memory"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// footprint is what a network costs in memory, in bytes.
type footprint struct {
	file        int64
	activations int64 // all tensors that are computed, each with memory of its own
	engine      int64 // tensors, which share memory, weights as the kernels want them, and working memory
	peak        int64 // of the process that loads and runs it
}

// TestFootprints bounds the memory of each network, loaded and run in a process of its own: 1.5 times its file, its activations, and 32 MB,
// most of which a Go program has anyway.
func TestFootprints(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(shared.Dir(t), "models", "zoo", "*.tflite"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d networks: %v", len(paths), err)
	}
	t.Log("| network | file | activations | engine | peak | limit |")
	for _, path := range paths {
		f := weigh(t, path)
		limit := f.file*3/2 + f.activations + 32<<20
		mb := func(n int64) string { return fmt.Sprintf("%.1f", float64(n)/1e6) }
		t.Logf("| %s | %s | %s | %s | %s | %s |", strings.TrimSuffix(filepath.Base(path), ".tflite"), mb(f.file), mb(f.activations), mb(f.engine), mb(f.peak), mb(limit))
		if f.peak == 0 || f.peak > limit {
			t.Errorf("%s: %s MB at its peak (the limit is %s)", path, mb(f.peak), mb(limit))
		}
	}
}

// weigh has a process load and run the network at path.
func weigh(t *testing.T, path string) (f footprint) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestFootprintHere$", "-test.v")
	cmd.Env = append(os.Environ(), "WEIGH_NETWORK="+path)
	out, err := cmd.CombinedOutput()
	_, told, _ := strings.Cut(string(out), "weighed ")
	if n, _ := fmt.Sscan(told, &f.file, &f.activations, &f.engine, &f.peak); n != 4 || err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return f
}

// TestFootprintHere is that process.
func TestFootprintHere(t *testing.T) {
	path := os.Getenv("WEIGH_NETWORK")
	if path == "" {
		t.Skip("TestFootprints runs it")
	}
	var f footprint
	err := Read(path, 0, func(file File) error {
		f.file, f.activations = int64(len(file.Data)), file.Parsed.Stats().Activations
		e, err := openCPU(Options{Threads: 1}, file)
		if err != nil {
			return err
		}
		defer e.Close()
		f.engine = e.Memory()
		in, outs := make([]byte, e.Input().Bytes()), infer.Buffers(e.Outputs())
		for range 3 {
			if _, err := e.Run(context.Background(), in, outs); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	f.peak = memory.Peak(os.Getpid())
	fmt.Println("weighed", f.file, f.activations, f.engine, f.peak)
}
