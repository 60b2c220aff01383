package regular_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/inceptiond/inceptiond/internal/regular"
)

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("twelve bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := path + ".link"
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, link} {
		if data, err := regular.Read(p, 12); err != nil || string(data) != "twelve bytes" {
			t.Errorf("%s: %q, %v", p, data, err)
		}
	}
	if _, err := regular.Read(path, 11); err == nil || !strings.Contains(err.Error(), "more than 11 bytes") {
		t.Errorf("too long: %v", err)
	}
}

// What is no file is an error at once: the test would hang otherwise.
func TestReadRefuses(t *testing.T) {
	dir := t.TempDir()
	pipe, socket := filepath.Join(dir, "pipe"), filepath.Join(dir, "socket")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(pipe, link); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		dir: "is a folder (want a file)", pipe: "is a pipe", link: "is a pipe", socket: "is a socket", os.DevNull: "is a device",
	} {
		if _, err := regular.Read(path, 1); err == nil || !strings.Contains(err.Error(), path+" "+want) {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
	if _, err := regular.Open(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}
