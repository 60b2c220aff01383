//go:build linux

package main

import (
	"bufio"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// teachLoad has TestCameraWhileTraining run: `make teach-load`.
var teachLoad = flag.Duration("teach-load", 0, "let TestCameraWhileTraining look so long at a camera, in turns with a training and without")

// TestCameraWhileTraining counts the answers of a camera that takes all that the processors give, in turns while a model is
// taught and while none is: it loses at most a tenth of them.
func TestCameraWhileTraining(t *testing.T) {
	if *teachLoad == 0 {
		t.Skip("takes as long as -teach-load says (make teach-load)")
	}
	dir := shared.Dir(t)
	net := filepath.Join(dir, "models", "googlenet_224_uint8.tflite")
	config := "models: {net: {file: " + net + "}}\n" +
		"cameras: {eye: {model: net, source: files, files: {paths: [" + filepath.Join(dir, "pictures") + "], loop: true, interval: 1ms}}}\n" +
		"mqtt: {broker: \"off\"}\nweb: {listen: \"\"}\nteach: {folder: " + t.TempDir() + "}\n"
	file := filepath.Join(t.TempDir(), "inceptiond.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "inceptiond") // as which it finds the daemon
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	command := func(ctx context.Context, args ...string) *exec.Cmd {
		return exec.CommandContext(ctx, program, append(args, "-c", file)...)
	}
	for _, args := range [][]string{{"teach", "new", "load"}, {"teach", "add", "load", filepath.Join(dir, "teach", "clothes", "train")}} {
		if out, err := command(t.Context(), args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	answers := countAnswers(t, command(t.Context(), "run", "--output", "json"))
	const turns = 5
	each := *teachLoad / (2 * turns)
	var ratios []float64
	for range turns {
		alone := rate(answers, each)
		ctx, cancel := context.WithCancel(t.Context())
		training := command(ctx, "teach", "train", "load", "-k", "32")
		training.Cancel = func() error { return training.Process.Signal(os.Interrupt) }
		if err := training.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second) // it has begun
		beside := rate(answers, each)
		cancel()
		if training.Wait() == nil {
			t.Error("the training has ended before it was told to: it is no load for so long")
		}
		t.Logf("%.1f answers a second, %.1f while a model is taught", alone, beside)
		ratios = append(ratios, beside/alone)
	}
	slices.Sort(ratios)
	if median := ratios[turns/2]; median < 0.9 {
		t.Errorf("the camera keeps %.0f %% of its rate, want 90", 100*median)
	} else {
		t.Logf("the camera keeps %.0f %% of its rate (median of %d turns)", 100*median, turns)
	}
}

// countAnswers runs a daemon until the test ends, and counts the answers that it prints from the first one on.
func countAnswers(t *testing.T, cmd *exec.Cmd) *atomic.Int64 {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	n := new(atomic.Int64)
	first, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if strings.Contains(lines.Text(), `"predictions"`) && n.Add(1) == 1 {
				close(first)
			}
		}
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
		cmd.Wait()
	})
	select {
	case <-first:
	case <-ended:
		t.Fatal("the daemon has ended")
	case <-time.After(time.Minute):
		t.Fatal("no answer")
	}
	return n
}

// rate is how many answers come in a second.
func rate(answers *atomic.Int64, during time.Duration) float64 {
	before, begin := answers.Load(), time.Now()
	time.Sleep(during)
	return float64(answers.Load()-before) / time.Since(begin).Seconds()
}
