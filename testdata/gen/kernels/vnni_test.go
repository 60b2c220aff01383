package main

import (
	"bytes"
	"os"
	"testing"
)

// TestUpToDate wants the file in the repository to be what the generator writes now.
func TestUpToDate(t *testing.T) {
	have, err := os.ReadFile("../../../infer/cpu/kernel/vnni_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, VNNI()) {
		t.Error("vnni_amd64.s is not what this generator writes: run go generate ./infer/cpu/kernel")
	}
}
