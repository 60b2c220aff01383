//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/capture/picture/picturetest"
	"github.com/inceptiond/inceptiond/internal/memory"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// TestClassifyCases: pictures that people reported are what the demo model says that they are.
func TestClassifyCases(t *testing.T) {
	dir := filepath.Join(shared.Dir(t), "cases", "jpeg")
	paths, err := filepath.Glob(filepath.Join(dir, "*.jpg"))
	if err != nil || len(paths) < 7 {
		t.Fatalf("%d pictures, %v", len(paths), err)
	}
	var out, stderr bytes.Buffer
	if code := execute(context.Background(), append([]string{"classify", "--json"}, paths...), streams{nil, &out, &stderr}); code != 0 {
		t.Fatalf("classify ended with %d: %s%s", code, stderr.String(), out.String())
	}
	dec := json.NewDecoder(&out)
	for _, path := range paths {
		var got pictureReport
		if err := dec.Decode(&got); err != nil {
			t.Fatal(err)
		}
		want := 0.9922
		switch name := filepath.Base(path); {
		case strings.HasPrefix(name, "progressive"), strings.HasPrefix(name, "arithmetic"):
			want = 0.8633
		case strings.HasPrefix(name, "chroma-2x4"):
			want = 0.9961
		}
		top := got.Predictions[0]
		// A level of difference in a pixel may be a step or two of the output.
		if top.Label != "green cross" || math.Abs(top.Score-want) > 0.02 {
			t.Errorf("%s: %+v, want green cross with %g", path, top, want)
		}
	}
}

// TestPictureMemory: a few kilobytes that say that they are an enormous picture do not fill the machine, even where one
// follows the other.
func TestPictureMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("pictures of 25 and 108 megapixels")
	}
	var flat, baseline bytes.Buffer
	if err := png.Encode(&flat, image.NewGray(image.Rect(0, 0, 5000, 5000))); err != nil {
		t.Fatal(err)
	}
	if err := jpeg.Encode(&baseline, image.NewGray(image.Rect(0, 0, 12000, 9000)), nil); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"flat.png": flat.Bytes(), "baseline.jpg": baseline.Bytes(), "progressive.jpg": picturetest.Sized(5000, 5000),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var paths []string
			for i := range 6 {
				path := filepath.Join(dir, fmt.Sprint(i, name))
				if err := os.WriteFile(path, data, 0o600); err != nil {
					t.Fatal(err)
				}
				paths = append(paths, path)
			}
			file := filepath.Join(dir, "inceptiond.yaml")
			text := fmt.Sprintf("mqtt: {broker: 'off'}\nmodels: {demo: {file: 'builtin:demo'}}\n"+
				"cameras: {shelf: {source: files, model: demo, files: {paths: [%s], interval: 50ms}}}\n", strings.Join(paths, ", "))
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), self)
			cmd.Args = []string{"inceptiond", "run", "--output", "json", "--config", file}
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			results, peak := peakMemory(t, cmd)
			if results != len(paths) {
				t.Fatalf("%d results: %s", results, stderr.String())
			}
			const most = 160 << 20 // the budget is 256 MiB at most, of which a picture takes a quarter
			t.Logf("%d bytes: peak %d MiB", len(data), peak>>20)
			if peak > most || peak < 8<<20 {
				t.Errorf("peak %d MiB, want %d at most", peak>>20, most>>20)
			}
		})
	}
}

// peakMemory runs cmd to its end and returns how many results it wrote, and the most memory that it had by the last of them.
func peakMemory(t *testing.T, cmd *exec.Cmd) (results, peak int) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if bytes.Contains(lines.Bytes(), []byte(`"predictions"`)) {
			results++
		}
		peak = max(peak, int(memory.Peak(cmd.Process.Pid))) // one that has ended has none
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	return results, peak
}
