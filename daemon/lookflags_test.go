package main

import (
	"context"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/demo"
)

// drawnPicture writes a drawn scene as a PNG and returns its path.
func drawnPicture(t *testing.T, path string, seed uint64) string {
	t.Helper()
	src, err := demo.Open(context.Background(), demo.Options{Seed: seed, Interval: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var f capture.Frame
	if err := src.Read(context.Background(), &f); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := png.Encode(file, rgbImage(&f)); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestClassifyAsCamera: the settings of a camera of the config are those that the flags say, and flags win over them.
func TestClassifyAsCamera(t *testing.T) {
	dir := t.TempDir()
	shot := drawnPicture(t, filepath.Join(dir, "shot.png"), 3)
	config := filepath.Join(dir, "inceptiond.yaml")
	text := `mqtt: {broker: off}
models:
  shapes: {file: "builtin:demo", labels: "builtin:demo", threads: 1}
cameras:
  yard: {source: demo, model: shapes, rotate: 180, flip: horizontal, region: {x: 0, y: 0, width: 0.6, height: 1}, fit: crop, top_k: 4, threshold: 0.01}
  gate: {source: view, view: {of: yard}, model: shapes, fit: letterbox, top_k: 12, threshold: 0}
`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	answers := map[string]string{}
	for _, c := range []struct{ of, flags string }{
		{"yard", "--top 4 --threshold 0.01 --rotate 180 --flip horizontal --region 0,0,0.6,1 --fit crop"},
		{"gate", "--top 12 --rotate 180 --flip horizontal --fit letterbox"},
		{"yard --fit stretch --rotate 0 --top 12 --threshold 0", "--top 12 --flip horizontal --region 0,0,0.6,1"},
		{"gate -m builtin:demo -e cpu --labels builtin:demo", "--top 12 --rotate 180 --flip horizontal --fit letterbox"},
	} {
		want := answerOf(classifyReports(t, append(strings.Fields(c.flags), shot)...)[0].Predictions)
		got := answerOf(classifyReports(t, append(strings.Fields("-c "+config+" --camera "+c.of), shot)...)[0].Predictions)
		if got != want || got == "" {
			t.Errorf("--camera %s: %s, want %s", c.of, got, want)
		}
		answers[got] = c.of
	}
	if len(answers) != 3 {
		t.Errorf("the settings make no difference: %v", answers)
	}
	for flags, says := range map[string]string{
		"":                           "has 2 cameras: gate, yard",
		"--camera door":              `--camera "door": ` + config + " has 2 cameras: gate, yard",
		"--camera gate --mean 1":     "belong together",
		"--camera gate --threads 99": "want 0 to 64",
	} {
		_, stderr, code := inceptiond(t, append(strings.Fields(fmt.Sprintf("classify -c %s %s", config, flags)), shot)...)
		if code != exitUsage || !strings.Contains(stderr, says) {
			t.Errorf("%q: %d, %s (want %q)", flags, code, stderr, says)
		}
	}
	if _, stderr, code := inceptiond(t, "classify", "-c", shot, shot); code == exitOK {
		t.Errorf("a picture is a config: %s", stderr)
	}
}
