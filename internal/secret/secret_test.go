package secret_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/inceptiond/inceptiond/internal/secret"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRead(t *testing.T) {
	for text, want := range map[string]string{
		"pass": "pass", "pass\n": "pass", "pass\r\n": "pass", " p w \n": " p w ", "pässword": "pässword",
	} {
		if got, err := secret.Read(write(t, text)); err != nil || got != want {
			t.Errorf("%q: got %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", "\n", "pass\n\n", "pass\nword", "pass\x00word", strings.Repeat("x", secret.Max+1)} {
		path := write(t, text)
		got, err := secret.Read(path)
		if err == nil || got != "" {
			t.Errorf("%q: got %q, want an error", text, got)
		} else if shown := strings.ReplaceAll(err.Error(), "password", ""); strings.Contains(shown, "pass") {
			t.Errorf("the error shows the secret: %v", err)
		}
	}
}

func TestCheck(t *testing.T) {
	if err := secret.Check(""); err != nil {
		t.Errorf("no file: %v", err)
	}
	if err := secret.Check(write(t, "pass\n")); err != nil {
		t.Error(err)
	}
	if err := secret.Check(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want one that wraps fs.ErrNotExist", err)
	}
}

// What is no file is an error at once: the test would hang otherwise.
func TestReadRefuses(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	for path, want := range map[string]string{pipe: "pipe", t.TempDir(): "folder", os.DevNull: "device"} {
		if _, err := secret.Read(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q in it", path, err, want)
		}
	}
}
