package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// inceptiond runs inceptiond and returns what it printed, and its exit code.
func inceptiond(t *testing.T, args ...string) (out, stderr string, code int) {
	t.Helper()
	var stdout, errors bytes.Buffer
	code = execute(t.Context(), args, streams{nil, &stdout, &errors})
	return stdout.String(), errors.String(), code
}

// classifyReports runs `inceptiond classify --json`, holds each line to its schema, and returns them.
func classifyReports(t *testing.T, args ...string) []pictureReport {
	t.Helper()
	out, stderr, code := inceptiond(t, append([]string{"classify", "--json"}, args...)...)
	if code != exitOK {
		t.Fatalf("classify %v ended with %d: %s", args, code, stderr)
	}
	var list []pictureReport
	for line := range strings.Lines(out) {
		checkSchema(t, "classify", line)
		var r pictureReport
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

// answerOf is a report in short: "0 red 0.9961; 2 blue 0.0039".
func answerOf(list []classPrediction) string {
	var all []string
	for _, p := range list {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%d %s", p.Index, p.Label))+fmt.Sprintf(" %.4f", p.Score))
	}
	return strings.Join(all, "; ")
}

// coloursOf are the pictures of one colour each that the cases have.
func coloursOf(dir string) (models string, pictures []string) {
	models = filepath.Join(dir, "cases", "models")
	for _, name := range []string{"red", "green", "grey"} {
		pictures = append(pictures, filepath.Join(models, name+".png"))
	}
	return models, pictures
}

// TestCasesOfModels holds `classify` and a camera alike to the right answers of the cases.
func TestCasesOfModels(t *testing.T) {
	models, pictures := coloursOf(shared.Dir(t))
	own := filepath.Join(t.TempDir(), "own.txt")
	if err := os.WriteFile(own, []byte("rot\ngrün\nblau\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, model, flags, config string
		want                       [3]string
	}{
		{"labels inside", "labels-inside", "", "", [3]string{
			"0 red 0.9961; 2 blue 0.0039; 1 green 0.0000", "1 green 0.9922; 2 blue 0.0078; 0 red 0.0039", "0 red 0.3320; 1 green 0.3320; 2 blue 0.3320",
		}},
		{"other labels win", "labels-inside", "--labels " + own, "labels: " + own, [3]string{
			"0 rot 0.9961; 2 blau 0.0039; 1 grün 0.0000", "1 grün 0.9922; 2 blau 0.0078; 0 rot 0.0039", "0 rot 0.3320; 1 grün 0.3320; 2 blau 0.3320",
		}},
		{"logits", "logits-negative", "", "", [3]string{
			"0 0.9154; 1 0.0434; 2 0.0412", "1 0.8841; 2 0.0594; 0 0.0565", "0 0.4018; 1 0.3289; 2 0.2693",
		}},
		{"logits, softmax by wish", "logits-negative", "--scores softmax", "scores: softmax", [3]string{
			"0 0.9154; 1 0.0434; 2 0.0412", "1 0.8841; 2 0.0594; 0 0.0565", "0 0.4018; 1 0.3289; 2 0.2693",
		}},
		{"logits, sigmoid", "logits-negative", "--scores sigmoid", "scores: sigmoid", [3]string{
			"0 0.5000; 1 0.0452; 2 0.0431", "1 0.4378; 2 0.0497; 0 0.0474", "0 0.2405; 1 0.2059; 2 0.1751",
		}},
		{"logits, raw", "logits-negative", "--scores raw", "scores: raw", [3]string{
			"0 0.0000; 1 -3.0500; 2 -3.1000", "1 -0.2500; 2 -2.9500; 0 -3.0000", "0 -1.1500; 1 -1.3500; 2 -1.5500",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			model := filepath.Join(models, c.model+".tflite")
			for i, r := range classifyReports(t, append(append([]string{"--model", model}, strings.Fields(c.flags)...), pictures...)...) {
				if got := answerOf(r.Predictions); got != c.want[i] {
					t.Errorf("classify %s: %s, want %s", r.Picture, got, c.want[i])
				}
			}
			threshold := "threshold: 0"
			if c.config == "scores: raw" {
				threshold = "" // is the default then
			}
			for i, r := range runPictures(t, fmt.Sprintf("file: %s\n    %s", model, c.config), threshold, pictures) {
				if got := answerOf(r.Predictions); got != c.want[i] {
					t.Errorf("a camera, %s: %s, want %s", r.Picture, got, c.want[i])
				}
			}
		})
	}
	// A threshold means a probability.
	for i, r := range classifyReports(t, append([]string{"--model", filepath.Join(models, "logits-negative.tflite"), "--threshold", "0.3"}, pictures...)...) {
		if want := []string{"0 0.9154", "1 0.8841", "0 0.4018; 1 0.3289"}[i]; answerOf(r.Predictions) != want {
			t.Errorf("above the threshold %s: %s, want %s", r.Picture, answerOf(r.Predictions), want)
		}
	}
}

// runPictures runs the daemon on pictures, with a model's section and more keys of the camera, and returns the results.
func runPictures(t *testing.T, model, camera string, pictures []string) []pictureReport {
	t.Helper()
	config := filepath.Join(t.TempDir(), "inceptiond.yaml")
	text := fmt.Sprintf("mqtt: {broker: off}\nmodels:\n  m:\n    %s\ncameras:\n  c:\n    source: files\n    files: {paths: [%s], interval: 0s}\n    model: m\n    %s\n",
		model, strings.Join(pictures, ", "), camera)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, stderr, code := inceptiond(t, "run", "--config", config, "--output", "json")
	if code != exitOK {
		t.Fatalf("run ended with %d: %s\n%s", code, stderr, text)
	}
	var list []pictureReport
	for line := range strings.Lines(out) {
		var r pictureReport
		if err := json.Unmarshal([]byte(line), &r); err == nil && strings.Contains(line, `"predictions"`) {
			list = append(list, r)
		}
	}
	if len(list) != len(pictures) {
		t.Fatalf("%d results of %d pictures: %s", len(list), len(pictures), out)
	}
	return list
}

// modelInfo runs `inceptiond model info --json` and holds it to its schema.
func modelInfo(t *testing.T, file string) (r modelReport, code int) {
	t.Helper()
	out, stderr, code := inceptiond(t, "model", "info", "--json", file)
	if out == "" {
		t.Fatalf("%s: %s", file, stderr)
	}
	checkSchema(t, "model-info", out)
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	return r, code
}

// TestModelInfo tells what the shared models are, and which of them can be run, as classify and config check find.
func TestModelInfo(t *testing.T) {
	dir := shared.Dir(t)
	for file, c := range map[string]struct {
		labels       int
		rang, scores string
		says         string // of the engine cpu; empty: it can run it
	}{
		"models/googlenet_224_uint8.tflite":                  {0, "quantization", "raw", ""},
		"models/mobilenet_v2_1.0_224_quant.tflite":           {1001, "quantization", "raw", ""},
		"models/mobilenet_v1_0.25_128_quant_edgetpu.tflite":  {1001, "quantization", "raw", "edgetpu-custom-op"},
		"models/model_invoking_error.tflite":                 {0, "quantization", "sigmoid", "fake-op-double"},
		"models/zoo/resnet8_cifar10.tflite":                  {0, "quantization", "raw", ""},
		"models/zoo/face_recognition_resnet_int8.tflite":     {0, "quantization", "softmax", ""},
		"models/zoo/posenet_mobilenet_v1_075_353_481.tflite": {0, "", "", "is no list of scores"},
		"models/zoo/blazeface_front_128.tflite":              {0, "", "", "is no list of scores"},
		"models/zoo/movenet_lightning.tflite":                {0, "quantization", "", ""},
		"models/zoo/gen_unet_mobilenet_v2_w25_int8.tflite":   {0, "", "", "no list of scores"},
		"models/zoo/gen_facenet_w25_int8.tflite":             {0, "", "", "features"},
		"models/zoo/ssd_mobilenet_v1_coco.tflite":            {90, "quantization", "", ""},
		"models/zoo/ssd_mobilenet_v2_fpnlite.tflite":         {0, "quantization", "", ""},
		"models/ops/misc/L2_NORMALIZATION.tflite":            {0, "", "", "features"},
		"models/ops/misc/LOGISTIC.tflite":                    {0, "quantization", "raw", "is not one image"},
		"models/ops/misc/SPACE_TO_DEPTH.2.tflite":            {0, "", "", "no list of scores"},
		"cases/models/labels-inside.tflite":                  {3, "quantization", "raw", ""},
		"cases/models/logits-negative.tflite":                {0, "quantization", "softmax", ""},
	} {
		r, code := modelInfo(t, filepath.Join(dir, file))
		cpu := r.Engines[0]
		if len(r.Labels) != c.labels || r.Range.From != c.rang || r.Scores.Become != c.scores || cpu.CanRun != (c.says == "") || !strings.Contains(cpu.Problem, c.says) {
			t.Errorf("%s: %d labels, range %q, scores %q, %+v", file, len(r.Labels), r.Range.From, r.Scores.Become, cpu)
		}
		anyEngine := false
		for _, e := range r.Engines {
			anyEngine = anyEngine || e.CanRun
		}
		if want := map[bool]int{true: exitOK, false: exitError}[anyEngine]; code != want {
			t.Errorf("%s: ended with %d, want %d", file, code, want)
		}
		_, _, code = inceptiond(t, "classify", "--engine", "cpu", "--model", filepath.Join(dir, file), filepath.Join(dir, "cases", "models", "red.png"))
		if (code == exitOK) != cpu.CanRun {
			t.Errorf("%s: model info says %v, but classify ends with %d", file, cpu.CanRun, code)
		}
	}
}

// TestModelInfoText looks at what people read.
func TestModelInfoText(t *testing.T) {
	dir := shared.Dir(t)
	for file, want := range map[string][]string{
		"cases/models/labels-inside.tflite":        {"labels  ", "3 from labels.txt inside the model: red, green, blue", "the model gives probabilities: SOFTMAX"},
		"cases/models/logits-negative.tflite":      {"none inside", "its numbers become probabilities by a softmax"},
		"models/mobilenet_v2_1.0_224_quant.tflite": {"1001 from imagenet_labels.txt inside the model: background, tench", "normalization: (pixel - [127.5]) / [127.5]"},
	} {
		out, _, _ := inceptiond(t, "model", "info", filepath.Join(dir, file))
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("%s: no %q in\n%s", file, w, out)
			}
		}
	}
}

// TestConfigCheckTellsScores looks for the notes about models, one of them unused.
func TestConfigCheckTellsScores(t *testing.T) {
	models, _ := coloursOf(shared.Dir(t))
	file := filepath.Join(t.TempDir(), "inceptiond.yaml")
	text := fmt.Sprintf("models:\n  a: {file: %[1]s/logits-negative.tflite}\n  b: {file: %[1]s/labels-inside.tflite}\n  c: {file: %[1]s/labels-inside.tflite, scores: softmax}\ncameras: {x: {model: a}}\n", models)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, stderr, code := inceptiond(t, "config", "check", file)
	for _, want := range []string{
		"model a: the model ends in FULLY_CONNECTED", "model b: 3 labels from labels.txt inside the model",
		"model c: scores: softmax is asked for, but the model gives probabilities already",
	} {
		if code != exitOK || !strings.Contains(out, want) {
			t.Errorf("ended with %d, no %q in\n%s%s", code, want, out, stderr)
		}
	}
}

// TestClassifyIsTheCamera gives classify what the picture section of a camera can do: the answers are the same.
func TestClassifyIsTheCamera(t *testing.T) {
	dir := shared.Dir(t)
	pictures := []string{filepath.Join(dir, "pictures", "parrot.jpg"), filepath.Join(dir, "pictures", "cat.bmp"), filepath.Join(dir, "pictures", "Castle.jpg")}
	model := filepath.Join(dir, "models", "mobilenet_v1_0.25_128_quant.tflite")
	plain := ""
	for i, c := range []struct{ flags, camera, model string }{
		{"", "", ""},
		{"--rotate 90", "rotate: 90", ""},
		{"--flip vertical", "flip: vertical", ""},
		{"--rotate 270 --flip both", "rotate: 270\n    flip: both", ""},
		{"--region 0.25,0.5,0.5,0.4", "region: {x: 0.25, y: 0.5, width: 0.5, height: 0.4}", ""},
		{"--region 0,0,1,0.5 --rotate 90 --fit crop", "region: {height: 0.5}\n    rotate: 90\n    fit: crop", ""},
		{"--fit letterbox --fast-decode", "fit: letterbox\n    fast_decode: true", ""},
		{"--mean 90,100,110 --std 127.5", "", "mean: [90, 100, 110]\n    std: [127.5]"},
		{"--threshold 0.2 --top 2 --scores raw", "threshold: 0.2\n    top_k: 2", "scores: raw"},
	} {
		all := ""
		reports := classifyReports(t, append(append([]string{"--model", model}, strings.Fields(c.flags)...), pictures...)...)
		camera := c.camera
		if !strings.Contains(camera, "threshold") {
			camera += "\n    threshold: 0"
		}
		for k, r := range runPictures(t, "file: "+model+"\n    "+c.model, camera, pictures) {
			if got, want := answerOf(reports[k].Predictions), answerOf(r.Predictions); got != want {
				t.Errorf("%s: %s, but a camera with %q says %s", c.flags, got, c.camera, want)
			}
			all += answerOf(r.Predictions)
		}
		if i == 0 {
			plain = all
		} else if all == plain {
			t.Errorf("%s changes nothing", c.flags)
		}
	}
}

func TestClassifyFlagsThatCannotBe(t *testing.T) {
	for flags, says := range map[string]string{
		"--rotate 45":          "45",
		"--flip sideways":      "sideways",
		"--region 0,0,1":       "x,y,width,height",
		"--region 0.5,0,0.6,1": "0.6",
		"--region 0,0,0,0":     "inside the picture",
		"--region a,b,c,d":     "region",
		"--mean 127.5":         "belong together",
		"--std 127.5":          "belong together",
		"--mean x --std 1":     "mean",
		"--scores loud":        "loud",
		"--fit oval":           "oval",
		"--threshold 2":        "threshold",
		"--fast-decode=maybe":  "fast-decode",
	} {
		_, stderr, code := inceptiond(t, append(append([]string{"classify"}, strings.Fields(flags)...), "x.png")...)
		if code != exitUsage || !strings.Contains(stderr, says) {
			t.Errorf("%s: ended with %d: %s", flags, code, stderr)
		}
	}
	for _, flags := range []string{"--mean 1,2 --std 1", "--mean 1 --std 0", "--mean NaN --std 1"} {
		_, stderr, code := inceptiond(t, append(append([]string{"classify"}, strings.Fields(flags)...), "x.png")...)
		if code == exitOK || !strings.Contains(stderr, "mean") {
			t.Errorf("%s: ended with %d: %s", flags, code, stderr)
		}
	}
}
