package service

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// frozenWorker puts a TensorFlow Lite worker in PATH that never answers. begun tells whether it has been started.
func frozenWorker(t *testing.T) (begun func() bool) {
	t.Helper()
	dir := t.TempDir()
	mark := filepath.Join(dir, "begun")
	worker := "#!/bin/sh\n: > '" + mark + "'\nexec sleep 60\n"
	if err := os.WriteFile(filepath.Join(dir, "inceptiond-tflite"), []byte(worker), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return func() bool {
		_, err := os.Stat(mark)
		return !errors.Is(err, fs.ErrNotExist)
	}
}

const frozenModel = "mqtt: {broker: off}\nmodels: {demo: {engine: tflite, fallback: none}}\n"

// A service that is told to end while it loads a model, here into a worker that never answers, has not failed.
func TestEndDuringStart(t *testing.T) {
	begun := frozenWorker(t)
	a := &atWork{t: t, file: filepath.Join(t.TempDir(), "inceptiond.yaml")}
	a.write(frozenModel)
	s, err := New(Options{Load: a.load, Output: OutputNone, Out: io.Discard, Err: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	defer end()
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	publishtest.Eventually(t, "the worker to begin", begun)
	end()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// The end during a reload ends it, and is no fault of the file.
func TestEndDuringReload(t *testing.T) {
	begun := frozenWorker(t)
	a := startService(t, "mqtt: {broker: off}\n")
	a.write(frozenModel)
	outcome := make(chan control.Outcome, 1)
	go func() {
		o, err := a.service.Do(t.Context(), control.Command{Kind: control.Reload})
		if err != nil {
			t.Error(err)
		}
		outcome <- o
	}()
	publishtest.Eventually(t, "the worker to begin", begun)
	if _, err := a.service.Do(t.Context(), control.Command{Kind: control.Shutdown}); err != nil {
		t.Error(err)
	}
	if o := <-outcome; !slices.Equal(o.Refused, []string{errEnded.Error()}) {
		t.Errorf("refused %q", o.Refused)
	}
	if configs := a.record.Configs(); len(configs) != 1 {
		t.Errorf("the config's status is %+v, want nothing after the first", configs)
	}
}
