package engines

import (
	"os"
	"path/filepath"
	"testing"
)

// A name that holds in any folder names the same file.
func TestAnywhere(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	gate := Options{}
	gate.SetTaught("/var/lib/inceptiond/teach/gate/current")
	if got := gate.Anywhere(); got != "taught:gate" {
		t.Errorf("a taught model: %s", got)
	}
	for file, want := range map[string]string{Demo: Demo, "pull:x": "pull:x", "/a/b.tflite": "/a/b.tflite", "a/b.tflite": filepath.Join(here, "a/b.tflite")} {
		if got := (Options{File: file}).Anywhere(); got != want {
			t.Errorf("%s: %s, want %s", file, got, want)
		}
	}
}
