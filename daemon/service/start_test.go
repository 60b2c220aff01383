package service

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// A service that is told to end while it loads a model, here into a worker that never answers, has not failed.
func TestEndDuringStart(t *testing.T) {
	dir := t.TempDir()
	begun := filepath.Join(dir, "begun")
	worker := "#!/bin/sh\n: > '" + begun + "'\nexec sleep 60\n"
	if err := os.WriteFile(filepath.Join(dir, "inceptiond-tflite"), []byte(worker), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	a := &atWork{t: t, file: filepath.Join(dir, "inceptiond.yaml")}
	a.write("mqtt: {broker: off}\nmodels: {demo: {engine: tflite, fallback: none}}\n")
	s, err := New(Options{Load: a.load, Output: OutputNone, Out: io.Discard, Err: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	defer end()
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	publishtest.Eventually(t, "the worker to begin", func() bool {
		_, err := os.Stat(begun)
		return !errors.Is(err, fs.ErrNotExist)
	})
	end()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
