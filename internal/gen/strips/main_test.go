package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestUpToDate wants the files in the repository to be what the generator writes now.
func TestUpToDate(t *testing.T) {
	for name, text := range files {
		have, err := os.ReadFile(filepath.Join("../../../infer/preprocess", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(have, text()) {
			t.Errorf("%s is not what this generator writes: run go generate ./infer/preprocess", name)
		}
	}
}

// TestNoVEX: processors without AVX have no instruction whose name begins with V, and no vectors but X.
func TestNoVEX(t *testing.T) {
	vex := regexp.MustCompile(`(?m)^\s*V[A-Z0-9]+\s.*|^.*[^A-Z][YZ][0-9]+.*`)
	if found := vex.FindAll(text(sse41), -1); len(found) > 0 {
		t.Errorf("%d instructions that need AVX, such as %q", len(found), found[0])
	}
	if len(vex.FindAll(text(avx2), -1)) < 100 {
		t.Error("those for AVX2 were not seen either")
	}
}

// TestNoEVEX: processors with no more than AVX2 have neither vectors of 64 bytes, nor more than 16, nor masks.
func TestNoEVEX(t *testing.T) {
	evex := regexp.MustCompile(`(?m)^\s.*[ ,](Z[0-9]+|[XY](1[6-9]|[23][0-9])|K[0-7])\b.*`)
	if found := evex.FindAll(text(avx2), -1); len(found) > 0 {
		t.Errorf("%d instructions that need AVX-512, such as %q", len(found), found[0])
	}
	if len(evex.FindAll(text(avx512), -1)) < 100 {
		t.Error("those for AVX-512 were not seen either")
	}
}
