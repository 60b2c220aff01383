package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/internal/gen/inception"
)

// floatModel writes a small Inception in float32, with labels and metadata, and some pictures; it returns both paths.
func floatModel(t *testing.T) (file, pictures string) {
	t.Helper()
	n, err := inception.New(1, inception.Options{Size: 96, Width: 0.125})
	if err != nil {
		t.Fatal(err)
	}
	m, err := n.Float32()
	if err != nil {
		t.Fatal(err)
	}
	about, err := (&write.Metadata{Name: "small", Mean: []float32{127.5}, Std: []float32{127.5}, Files: []write.AssociatedFile{{Name: "names.txt", Type: write.AxisLabels}}}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	data, err := write.ModelWithMetadata(m, about)
	if err != nil {
		t.Fatal(err)
	}
	var labels strings.Builder
	for i := range inception.Classes {
		fmt.Fprintf(&labels, "class number %d\n", i)
	}
	if data, err = write.Append(data, write.File{Name: "names.txt", Data: []byte(labels.String())}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file, pictures = filepath.Join(dir, "float.tflite"), filepath.Join(dir, "pictures")
	for i := range 12 {
		writePNG(t, filepath.Join(pictures, fmt.Sprint(i%2), fmt.Sprintf("%d.png", i)), uint64(i))
	}
	if err := os.WriteFile(file, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return file, pictures
}

// writePNG draws a picture of coloured bars.
func writePNG(t *testing.T, path string, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	img := image.NewRGBA(image.Rect(0, 0, 120, 100))
	for range 20 {
		c := color.RGBA{uint8(r.Uint32()), uint8(r.Uint32()), uint8(r.Uint32()), 255}
		x, y := r.IntN(100), r.IntN(80)
		for dy := range 20 {
			for dx := range 30 {
				img.Set(x+dx, y+dy, c)
			}
		}
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, buf.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestModelQuantize makes a model of 8 bits and has it answer.
func TestModelQuantize(t *testing.T) {
	file, pictures := floatModel(t)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(pictures, "broken.png"), []byte("no picture"), 0o666); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(filepath.Dir(file), "int8.tflite")
	stdout, stderr, code := inceptiond(t, "model", "quantize", file, "--pictures", pictures, "-o", out)
	if code != exitOK {
		t.Fatalf("it ended with %d: %s", code, stderr)
	}
	for _, want := range []string{"operators .* in 8 bits", "tested with .* that it had not seen", "best class the same: ", "worst layers", "The model of 8 bits: "} {
		if !regexp.MustCompile(want).MatchString(stdout) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	for _, want := range []string{"note: .*127.5.* of its metadata", "broken.png is left out", "warning: ranges were measured with 9 pictures"} {
		if !regexp.MustCompile(want).MatchString(stderr) {
			t.Errorf("no %q in\n%s", want, stderr)
		}
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	about, err := model.ReadMetadata(data)
	if err != nil || about.Name != "small" || about.LabelFile != "names.txt" || len(data) > len(before)/2 {
		t.Errorf("%d bytes with %q, %q: %v", len(data), about.Name, about.LabelFile, err)
	}
	answer, stderr, code := inceptiond(t, "classify", "-m", out, filepath.Join(pictures, "0", "0.png"))
	if code != exitOK || !strings.Contains(answer, "class number ") || stderr != "" {
		t.Errorf("classify ended with %d: %s%s", code, answer, stderr)
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(after, before) {
		t.Errorf("the float model has changed: %v", err)
	}
	leftBehind(t, filepath.Dir(file), "float.tflite", "int8.tflite", "pictures")
}

// TestModelQuantizeSpares never writes to the float model, by whatever name, and leaves no half file.
func TestModelQuantizeSpares(t *testing.T) {
	file, pictures := floatModel(t)
	dir := filepath.Dir(file)
	link := filepath.Join(dir, "link.tflite")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{file, link, filepath.Join(dir, "pictures", "..", "float.tflite")} {
		if _, stderr, code := inceptiond(t, "model", "quantize", file, "--pictures", pictures, "-o", out); code != exitUsage || !strings.Contains(stderr, "not overwritten") {
			t.Errorf("-o %s ended with %d: %s", out, code, stderr)
		}
	}
	old := filepath.Join(dir, "old.tflite")
	if err := os.WriteFile(old, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stop := writerFunc(func(p []byte) (int, error) { // at the first word about the work
		cancel()
		return len(p), nil
	})
	if code := execute(ctx, []string{"model", "quantize", file, "--pictures", pictures, "-o", old}, streams{nil, stop, stop}); code != exitError {
		t.Errorf("interrupted, it ended with %d", code)
	}
	if data, err := os.ReadFile(old); err != nil || string(data) != "old" {
		t.Errorf("what was there is %q: %v", data, err)
	}
	leftBehind(t, dir, "float.tflite", "link.tflite", "old.tflite", "pictures")
}

// writerFunc is a writer.
type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// leftBehind wants these files in a folder, and no others.
func leftBehind(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if fmt.Sprint(names) != fmt.Sprint(want) {
		t.Errorf("the folder has %v (want %v)", names, want)
	}
}
