package main

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

// TestCompletion has bash, zsh and fish read what the package installs for them.
func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		var script, stderr bytes.Buffer
		if code := execute(t.Context(), []string{"completion", shell}, streams{nil, &script, &stderr}); code != exitOK {
			t.Errorf("%s: ended with %d: %s", shell, code, &stderr)
		}
		if !strings.Contains(script.String(), "inceptiond __complete") && !strings.Contains(script.String(), "__complete ") {
			t.Errorf("%s: no completion: %.200s", shell, &script)
		}
		if _, err := exec.LookPath(shell); err != nil {
			continue
		}
		check := exec.Command(shell, "-n", "/dev/stdin")
		check.Stdin = &script
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", shell, err, out)
		}
	}
	var words bytes.Buffer
	if code := execute(t.Context(), []string{"__complete", "mod"}, streams{nil, &words, new(bytes.Buffer)}); code != exitOK || !strings.HasPrefix(words.String(), "model\t") {
		t.Errorf("mod is completed to %q", &words)
	}
}
