package metrics

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// names are the files in a folder.
func names(t *testing.T, folder string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// The file is whole whenever somebody reads it, for everybody to read, and has nothing that node_exporter has itself.
func TestTextFile(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	defer syscall.Umask(syscall.Umask(0o077)) // as in the unit
	folder := t.TempDir()
	path := filepath.Join(folder, "inceptiond.prom")
	m := New(gate{}, "1.2.3")
	f := m.WriteFile(path, time.Millisecond, zap.NewNop())
	read := func() string {
		data, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		return string(data)
	}
	publishtest.Eventually(t, "a file", func() bool { return read() != "" })
	for range 200 {
		if got := read(); !strings.HasPrefix(got, "# HELP inceptiond_build_info ") || !strings.HasSuffix(got, "inceptiond_undervoltage 0\n") {
			t.Fatalf("it is not whole: %q", got)
		}
	}
	if got := read(); strings.Contains(got, "\ngo_") || strings.Contains(got, "\nprocess_") {
		t.Errorf("node_exporter has that itself:\n%s", got)
	}
	is, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if is.Mode().Perm() != 0o644 {
		t.Errorf("mode %v", is.Mode())
	}
	feed(t, m)
	publishtest.Eventually(t, "a newer one", func() bool {
		return strings.Contains(read(), `inceptiond_results_total{camera="drive",engine="cpu"} 1`)
	})
	f.Close(false)
	if got := names(t, folder); !slices.Equal(got, []string{"inceptiond.prom"}) {
		t.Errorf("%q", got)
	}
	m.WriteFile(path, time.Hour, zap.NewNop()).Close(true)
	if got := names(t, folder); len(got) > 0 {
		t.Errorf("%q stays", got)
	}
}

// A file that cannot be written is told once, and once more when it can be; all goes on meanwhile.
func TestUnwritableTextFile(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "missing")
	core, logs := observer.New(zapcore.InfoLevel)
	f := &TextFile{path: filepath.Join(folder, "inceptiond.prom"), ours: New(gate{}, "1.2.3").ours, log: zap.New(core)}
	told := func(want ...string) {
		t.Helper()
		var got []string
		for _, e := range logs.TakeAll() {
			text := e.Message
			if err, ok := e.ContextMap()["error"]; ok {
				text += ": " + err.(string)
			}
			got = append(got, text)
		}
		if !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
	}
	for range 3 {
		f.write()
	}
	told("metrics are not written, but tried again: no such file or directory")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	f.write()
	f.write()
	told("metrics are written again")
	if err := os.Remove(f.path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(f.path, 0o700); err != nil { // in the place of the file
		t.Fatal(err)
	}
	f.write()
	f.write()
	told("metrics are not written, but tried again: file exists")
	if got := names(t, folder); !slices.Equal(got, []string{"inceptiond.prom"}) {
		t.Errorf("%q", got)
	}
}

// A file that was never ours is left alone.
func TestTextFileOfOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "inceptiond.prom")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	New(gate{}, "1.2.3").WriteFile(path, time.Hour, zap.NewNop()).Close(true)
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}
