package model_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
)

func TestOpenFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model")
	want := bytes.Repeat([]byte("weights "), 10000)
	if err := os.WriteFile(path, want, 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := model.OpenFile(path, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // evicted bytes come back
		if err := f.Read(func(data []byte) error {
			if !bytes.Equal(data, want) {
				t.Error("other bytes")
			}
			f.Evict(data)
			f.Evict(data[5000:60000])
			f.Evict(nil)
			f.Evict(want)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

func TestOpenFileRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "large")
	if err := os.WriteFile(path, make([]byte, 100), 0o666); err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, want string }{
		{pipe, "regular file"}, {os.DevNull, "regular file"}, // at once
		{path, "at most"}, {dir, "regular file"}, {filepath.Join(dir, "none"), "no such file"},
	} {
		if _, err := model.OpenFile(c.path, 99); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v (want %s)", c.path, err, c.want)
		}
	}
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := model.OpenFile(empty, 99)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Read(func(data []byte) error { _, err := model.Parse(data, model.Limits{}); return err }); err == nil {
		t.Error("an empty file is a model")
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

// TestShortenedFile cuts a file that is being read, which would end the program.
func TestShortenedFile(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("files are mapped on Linux only")
	}
	path := filepath.Join(t.TempDir(), "model")
	if err := os.WriteFile(path, make([]byte, 1<<20), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := model.OpenFile(path, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sum := 0
	err = f.Read(func(data []byte) error {
		if err := os.Truncate(path, 10); err != nil {
			return err
		}
		for _, x := range data {
			sum += int(x)
		}
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "changed while") {
		t.Errorf("cut file: %v", err)
	}
	// Other panics are not its business.
	defer func() {
		if recover() == nil {
			t.Error("swallows panics")
		}
	}()
	_ = f.Read(func([]byte) error { panic("other") })
}
