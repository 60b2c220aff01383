package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// dogsConfig writes a config of a camera that shows two dogs again and again: an SSD finds them, and GoogLeNet knows their breeds unless
// then is empty.
func dogsConfig(t *testing.T, file, then string) {
	t.Helper()
	dir := shared.Dir(t)
	text := fmt.Sprintf(`
device: test
mqtt: {broker: off}
web: {listen: ""}
models:
  coco: {file: %[1]s/models/zoo/ssd_mobilenet_v1_coco.tflite, labels: %[1]s/models/zoo/labels/coco_labels.txt, engine: cpu}
  breeds: {file: %[1]s/models/googlenet_224_uint8.tflite, labels: %[1]s/models/imagenet_1000_labels.txt, engine: cpu}
cameras:
  garden:
    source: files
    files: {paths: [%[1]s/golden/zoo/pictures/pets.jpg], loop: true, interval: 50ms}
    model: coco
    objects: {threshold: 0.3}
    %[2]s
`, dir, then)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// boston is what GoogLeNet calls the dog on the right, and ssdDogs what the SSD finds in the picture.
const (
	boston  = "Boston bull, Boston terrier"
	ssdDogs = 3 // one of them twice
)

// dogs is what a test looks at of an answer.
type dogs struct {
	Task       string
	Sequence   uint64
	Detections []struct {
		Label       string
		Box         [4]float64
		Predictions []struct {
			Label string
			Score float64
		}
	}
	Counts map[string]int
	Stages map[string]float64
}

// breedsFound checks that the two best dogs were looked at, and the right one is known.
func (d *dogs) breedsFound() error {
	if len(d.Detections) != ssdDogs || d.Counts["dog"] != ssdDogs || d.Counts[boston] != 1 || !(d.Stages["then_ms"] > 0) {
		return fmt.Errorf("%+v", d)
	}
	for i, o := range d.Detections {
		asked := i < 2
		if o.Label != "dog" || (o.Predictions != nil) != asked || asked && len(o.Predictions) == 0 {
			return fmt.Errorf("detection %d: %+v", i, o)
		}
	}
	if best := d.Detections[1].Predictions[0]; best.Label != boston || best.Score < 0.9 || !near(d.Detections[1].Box, [4]float64{0.67, 0.38, 0.3, 0.475}) {
		return fmt.Errorf("the second dog: %+v", d.Detections[1])
	}
	return nil
}

// TestRunThen runs the program with two models one after the other, and takes the second one away by a reload.
func TestRunThen(t *testing.T) {
	file := filepath.Join(t.TempDir(), "inceptiond.yaml")
	dogsConfig(t, file, "then: {labels: [dog], model: breeds, max_crops: 2}")
	cmd := exec.CommandContext(t.Context(), program(t), "run", "-c", file, "--output", "json")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines, results, reloaded := bufio.NewScanner(out), 0, false
	lines.Buffer(nil, 1<<20)
	deadline := time.AfterFunc(2*time.Minute, func() { cmd.Process.Kill() })
	defer deadline.Stop()
	interrupt := sync.OnceFunc(func() { cmd.Process.Signal(os.Interrupt) }) // at a second one it would drop everything
	for lines.Scan() {
		line := lines.Text()
		var d dogs
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if strings.Contains(line, `"wanted"`) {
			checkSchema(t, "engine-status", line)
			if then := strings.Contains(line, `"then":{"model":{"name":"breeds"`); then == reloaded {
				t.Errorf("engines, reloaded %v: %s", reloaded, line)
			}
		}
		if d.Task != "detect" {
			continue
		}
		checkSchema(t, "result", line)
		results++
		switch _, then := d.Stages["then_ms"]; {
		case then:
			if err := d.breedsFound(); err != nil {
				t.Errorf("%v in %s", err, line)
			}
			if s := d.Stages; s["total_ms"] < s["preprocess_ms"]+s["inference_ms"]+s["then_ms"] {
				t.Errorf("stages %v", s)
			}
			if results == 3 {
				dogsConfig(t, file, "")
				reloaded = true
				cmd.Process.Signal(syscall.SIGHUP)
			}
		case !reloaded:
			t.Errorf("without a second model: %s", line)
			fallthrough
		default:
			if len(d.Counts) != 1 {
				t.Errorf("after the reload: %s", line)
			}
			interrupt()
		}
	}
	if err := cmd.Wait(); err != nil || results < 4 {
		t.Errorf("%d results, then %v: %s", results, err, stderr.String())
	}
}

// TestClassifyThen classifies as that camera would.
func TestClassifyThen(t *testing.T) {
	dir := shared.Dir(t)
	file, picture := filepath.Join(t.TempDir(), "inceptiond.yaml"), filepath.Join(dir, "golden/zoo/pictures/pets.jpg")
	dogsConfig(t, file, "then: {labels: [dog], model: breeds, max_crops: 2}")
	run := func(flags ...string) string {
		t.Helper()
		out, stderr, code := inceptiond(t, slices.Concat([]string{"classify", "-c", file, picture}, flags)...)
		if code != exitOK {
			t.Fatalf("%v: ended with %d: %s", flags, code, stderr)
		}
		return out
	}
	answer := func(flags ...string) (d dogs) {
		t.Helper()
		out := run(append(flags, "--json")...)
		checkSchema(t, "classify", out)
		if err := json.Unmarshal([]byte(out), &d); err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := answer()
	if err := d.breedsFound(); err != nil {
		t.Error(err)
	}
	if d := answer("--threshold", "0.7"); len(d.Detections) != 2 || len(d.Detections[0].Predictions) != 0 || len(d.Detections[1].Predictions) != 1 {
		t.Errorf("with a threshold: %+v", d)
	}
	for _, flags := range [][]string{ // the second model is not for these
		{"--only", "person"},
		{"-m", filepath.Join(dir, "models/zoo/ssd_mobilenet_v1_coco.tflite"), "-l", filepath.Join(dir, "models/zoo/labels/coco_labels.txt")},
	} {
		if d := answer(flags...); d.Stages["then_ms"] != 0 || d.Counts[boston] != 0 {
			t.Errorf("%v: %+v", flags, d)
		}
	}
	if out := run(); !strings.Contains(out, " %    "+boston+"\n") {
		t.Errorf("the table:\n%s", out)
	}
	if out := run("--threshold", "0.7"); !strings.Contains(out, "        nothing above the threshold\n") {
		t.Errorf("the table:\n%s", out)
	}
	if out := run("--max-results", "1", "--draw", filepath.Join(t.TempDir(), "one.png")); strings.Count(out, "  dog  ") != 1 {
		t.Errorf("one dog:\n%s", out)
	}
	with, without := filepath.Join(t.TempDir(), "with.png"), filepath.Join(t.TempDir(), "without.png")
	run("--draw", with)
	dogsConfig(t, file, "")
	run("--draw", without)
	a, err := os.ReadFile(with)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(without); err != nil || bytes.Equal(a, b) {
		t.Errorf("nothing of the second model is drawn, %v", err)
	}
}
