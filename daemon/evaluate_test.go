package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/evaluate"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// evaluated runs `inceptiond evaluate --json`, holds what it prints to its schema, and returns it.
func evaluated(t *testing.T, args ...string) evaluate.Report {
	t.Helper()
	out, stderr, code := inceptiond(t, append([]string{"evaluate", "--json"}, args...)...)
	if code != exitOK {
		t.Fatalf("evaluate %v ended with %d: %s", args, code, stderr)
	}
	checkSchema(t, "evaluate", out)
	var r evaluate.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestEvaluateAgreesWithClassify: the photographs, in folders with the number that a float network gives them, are right as
// often as classify says the same; and by name alike.
func TestEvaluateAgreesWithClassify(t *testing.T) {
	dir := shared.Dir(t)
	model := []string{"-m", filepath.Join(dir, "models", "googlenet_224_uint8.tflite"), "-l", filepath.Join(dir, "models", "imagenet_1000_labels.txt")}
	numbers, names := t.TempDir(), t.TempDir()
	references := readReference(t, dir)
	var paths []string
	for _, ref := range references {
		path := filepath.Join(dir, "pictures", ref.picture)
		paths = append(paths, path)
		for _, folder := range []string{filepath.Join(numbers, fmt.Sprint(ref.index)), filepath.Join(names, strings.ReplaceAll(ref.label, "/", "_"))} {
			if err := errors.Join(os.MkdirAll(folder, 0o700), os.Symlink(path, filepath.Join(folder, ref.picture))); err != nil {
				t.Fatal(err)
			}
		}
	}
	right, all := 0, len(references)
	for i, answer := range classifyReports(t, append(model, paths...)...) {
		if answer.Predictions[0].Index == references[i].index {
			right++
		}
	}
	for _, folder := range []string{numbers, names} {
		r := evaluated(t, append(model, folder)...)
		f := r.Results[0]
		if f.Top1.Count != right || f.Top1.Of != all || right < all-2 || f.Top5.Count < right || len(r.Skipped) > 0 || f.Classes != 1000 || len(f.Wrongest) != all-right {
			t.Errorf("%d of %d are right, %+v", right, all, f)
		}
	}
}

// TestEvaluateTakesTheCamerasSettings: figures are those of a camera of the config, threshold and mask included.
func TestEvaluateTakesTheCamerasSettings(t *testing.T) {
	dir := t.TempDir()
	set := filepath.Join(dir, "set", "red circle")
	if err := os.MkdirAll(set, 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		drawnPicture(t, filepath.Join(set, fmt.Sprintf("%d.png", i)), uint64(i))
	}
	config := filepath.Join(dir, "inceptiond.yaml")
	text := `mqtt: {broker: off}
models: {shapes: {file: "builtin:demo", labels: "builtin:demo"}}
cameras:
  yard: {source: demo, model: shapes, threshold: 0.3}
  dark: {source: demo, model: shapes, threshold: 0.3, fit: crop, mask: [[0, 0, 1, 0, 1, 1, 0, 1]]}
`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	yard := evaluated(t, "-c", config, "--camera", "yard", filepath.Join(dir, "set"))
	dark := evaluated(t, "-c", config, "--camera", "dark", filepath.Join(dir, "set"))
	if got := dark.Results[0]; got.Threshold != 0.3 || len(got.Confusions)+got.Answers.Right.Count > 1 {
		t.Errorf("black pictures have different answers: %+v", got)
	}
	if yard.Results[0].Threshold != 0.3 || slices.Equal(yard.Settings, dark.Settings) || !slices.Equal(dark.Settings, []string{"fit crop", "mask", "threshold 0.3"}) {
		t.Errorf("settings %q and %q", yard.Settings, dark.Settings)
	}
	if r := evaluated(t, "-c", config, "--camera", "dark", "--threshold", "1", filepath.Join(dir, "set")); r.Results[0].Answers.Silent != 4 {
		t.Errorf("at threshold 1 there are answers: %+v", r.Results[0].Answers)
	}
}

func TestListClasses(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	for _, name := range []string{"cat/b.JPG", "cat/a.png", "cat/night/c.bmp", "cat/notes.txt", "cat/.thumb.jpg", "cat/@eaDir/a.png", ".trash/d.jpg", "@eaDir/e.jpg", "empty/readme", "loose.jpg", "none/f.jpeg"} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(name), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.WriteFile(filepath.Join(elsewhere, "g.jpg"), nil, 0o600), os.Symlink(elsewhere, filepath.Join(dir, "dog")), os.Symlink("nowhere", filepath.Join(dir, "gone"))); err != nil {
		t.Fatal(err)
	}
	found, err := listClasses(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range found.list {
		names = append(names, p.Class+":"+p.Name)
	}
	if got, want := strings.Join(names, " "), "cat:cat/a.png cat:cat/b.JPG cat:cat/night/c.bmp dog:dog/g.jpg none:none/f.jpeg"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if data, err := found.list[1].Read(); err != nil || string(data) != "cat/b.JPG" {
		t.Errorf("%q, %v", data, err)
	}
	found.nameNone([]string{"none"})
	if got := found.list[4].Class; got != "" || !slices.Equal(found.classes, []string{"cat", "dog"}) {
		t.Errorf("none is class %q of %v", got, found.classes)
	}
}

func TestSubjectNames(t *testing.T) {
	o := func(file, engine string) engines.Options { return engines.Options{File: file, Engine: engine} }
	for _, c := range []struct {
		models []engines.Options
		want   string
	}{
		{[]engines.Options{o("/a/x.tflite", "cpu")}, "x.tflite"},
		{[]engines.Options{o("/a/x.tflite", "cpu"), o("/a/y.tflite", "cpu")}, "x.tflite|y.tflite"},
		{[]engines.Options{o("/a/x.tflite", "cpu"), o("/b/x.tflite", "cpu")}, "/a/x.tflite|/b/x.tflite"},
		{[]engines.Options{o("x.tflite", "cpu"), o("x.tflite", "tflite")}, "x.tflite, cpu|x.tflite, tflite"},
		{[]engines.Options{o("x.tflite", "cpu"), o("x.tflite", "cpu")}, ""},
		{slices.Repeat([]engines.Options{o("x", "cpu")}, 9), ""},
	} {
		names, err := subjectNames(c.models)
		if got := strings.Join(names, "|"); got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%v: %q, %v", c.models, got, err)
		}
	}
}

// TestReportFile: a report replaces the one before, and a failure leaves that alone.
func TestReportFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.html")
	for _, text := range []string{"a long report", "", "short"} {
		f, err := openReport(path)
		if err == nil && text != "" {
			err = f.write(func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
		}
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		want := text
		if text == "" {
			want = "a long report"
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
	if f, err := openReport("/dev/null"); err != nil || f.write(func(w io.Writer) error { _, err := io.WriteString(w, "x"); return err }) != nil || f.Close() != nil {
		t.Errorf("/dev/null: %v", err)
	}
}

func TestCount(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out)
	p.count(1, 100)
	if out.Len() > 0 {
		t.Errorf("without a terminal it shows %q", &out)
	}
	p.terminal = true
	p.first = time.Now().Add(-10 * time.Second)
	p.count(50, 100)
	p.count(51, 100) // too soon
	if got := out.String(); got != "\r[##########----------] 50 of 100 pictures, 10s left\x1b[K" {
		t.Errorf("%q", got)
	}
}
