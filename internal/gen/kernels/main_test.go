package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestUpToDate wants the files in the repository to be what the generator writes now.
func TestUpToDate(t *testing.T) {
	for name, text := range files {
		have, err := os.ReadFile(filepath.Join("../../../infer/cpu/kernel", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(have, text()) {
			t.Errorf("%s is not what this generator writes: run go generate ./infer/cpu/kernel", name)
		}
	}
}

// TestInverseUpToDate is the same for capture/picture/jpeg.
func TestInverseUpToDate(t *testing.T) {
	have, err := os.ReadFile(filepath.Join("../../../capture/picture/jpeg", inverseFile))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, InverseNEON()) {
		t.Errorf("%s is not what this generator writes: run go generate ./capture/picture/jpeg", inverseFile)
	}
}
