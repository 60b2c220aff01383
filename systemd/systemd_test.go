package systemd

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestJournal(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "stream"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	stat := info.Sys().(*syscall.Stat_t)
	for value, want := range map[string]bool{
		"":                                       false,
		"nonsense":                               false,
		"1:2":                                    false,
		fmt.Sprintf("%d:%d", stat.Dev, stat.Ino): true,
	} {
		t.Setenv("JOURNAL_STREAM", value)
		if got := Journal(f); got != want {
			t.Errorf("JOURNAL_STREAM=%q: Journal = %v, want %v", value, got, want)
		}
	}
}

func TestCredential(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "mqtt-password")
	if err := os.WriteFile(path, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	if got := Credential("mqtt-password"); got != "" {
		t.Errorf("without a directory: %q", got)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	if got := Credential("mqtt-password"); got != path {
		t.Errorf("Credential = %q, want %q", got, path)
	}
	if got := Credential("other"); got != "" {
		t.Errorf("a credential that is not there: %q", got)
	}
}

func TestDirectories(t *testing.T) {
	for value, want := range map[string]string{"": "", "/var/lib/a": "/var/lib/a", "/var/lib/a:/var/lib/b": "/var/lib/a"} {
		for variable, get := range map[string]func() string{"STATE_DIRECTORY": StateDirectory, "RUNTIME_DIRECTORY": RuntimeDirectory} {
			t.Setenv(variable, value)
			if got := get(); got != want {
				t.Errorf("%s=%q: %q, want %q", variable, value, got, want)
			}
			t.Setenv(variable, "")
		}
	}
}
