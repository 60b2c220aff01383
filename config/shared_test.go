package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// Files as people write them: see the README of the shared cases.
func TestSharedCases(t *testing.T) {
	dir := filepath.Join(shared.Dir(t), "cases", "config")
	for name, want := range map[string]string{ // part of the error; empty: there is none
		"leading-zero.yaml":       "",
		"secret-tag.yaml":         "password_file",
		"tab-before-comment.yaml": "",
		"variable.yaml":           "variables such as ${MQTT_HOST} are not expanded",
		"yaml-directive.yaml":     "",
	} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		c, err := Parse(name, data)
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: got %v, want %q in it", name, err, want)
		case name == "leading-zero.yaml" && c.Cameras["a"].TopK != 12:
			t.Errorf("%s: top_k is %d, want 12", name, c.Cameras["a"].TopK)
		}
	}
}
