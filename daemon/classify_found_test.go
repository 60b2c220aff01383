package main

import (
	"encoding/json"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
	"github.com/inceptiond/inceptiond/publish"
)

// zooFiles are a real model, its label file if it has one, and a picture.
func zooFiles(t *testing.T, model, labels, picture string) (args []string) {
	t.Helper()
	dir := shared.Dir(t)
	args = []string{"classify", "--engine", "cpu", "--model", filepath.Join(dir, "models/zoo", model+".tflite")}
	if labels != "" {
		args = append(args, "--labels", filepath.Join(dir, "models/zoo/labels", labels+".txt"))
	}
	return append(args, filepath.Join(dir, "golden/zoo/pictures", picture))
}

// TestClassifyFinds finds in real pictures what is there, whatever the model's task.
func TestClassifyFinds(t *testing.T) {
	const ssd, coco = "ssd_mobilenet_v1_coco", "coco_labels"
	for _, c := range []struct {
		model, labels, picture string
		flags                  []string
		kind                   task.Kind
		found                  func(r *pictureReport) bool
	}{
		{ssd, coco, "pets.jpg", nil, task.Detect, func(r *pictureReport) bool { // two dogs
			return len(r.Detections) == 2 && r.Counts["dog"] == 2 && near(r.Detections[0].Box, [4]float64{0.237, 0.114, 0.253, 0.564}) && *r.Image == publish.Size{Width: 512, Height: 430}
		}},
		{ssd, coco, "pets.jpg", []string{"--fit", "letterbox"}, task.Detect, func(r *pictureReport) bool { // where they were without
			return len(r.Detections) == 2 && near(r.Detections[0].Box, [4]float64{0.237, 0.114, 0.253, 0.564})
		}},
		{ssd, coco, "pets.jpg", []string{"--region", "0.5,0.25,0.5,0.75"}, task.Detect, func(r *pictureReport) bool { // the one that is there, where it was
			return len(r.Detections) == 1 && near(r.Detections[0].Box, [4]float64{0.67, 0.38, 0.3, 0.475})
		}},
		{ssd, coco, "pets.jpg", []string{"--only", "cat"}, task.Detect, func(r *pictureReport) bool { return r.Detections != nil && len(r.Detections) == 0 }},
		{ssd, coco, "pets.jpg", []string{"--threshold", "0", "--max-results", "4"}, task.Detect, func(r *pictureReport) bool { return len(r.Detections) == 4 }},
		{"deeplabv3_mnv2_dm05_pascal", "pascal_voc_segmentation_labels", "bird_segmentation.png", nil, task.Segment, func(r *pictureReport) bool {
			return len(r.Segments) > 0 && r.Segments[0].Label == "bird" && math.Abs(r.Segments[0].Share-0.169) < 0.001
		}},
		{"movenet_lightning", "", "squat.png", nil, task.Pose, func(r *pictureReport) bool {
			return len(r.Poses) == 1 && math.Abs(r.Poses[0].Keypoints[0][0]-0.586) < 0.01 && math.Abs(r.Poses[0].Keypoints[0][1]-0.33) < 0.01
		}},
		{"face_detection_short_range_f16", "", "face.jpg", []string{"--decoder", "blazeface", "--fit", "letterbox"}, task.Detect, func(r *pictureReport) bool {
			return len(r.Detections) == 2 && r.Counts["0"] == 2
		}},
		{"gen_facenet_w25_int8", "", "face.jpg", []string{"--task", "embed"}, task.Embed, func(r *pictureReport) bool {
			return len(r.Embedding) == 512 && math.Abs(length(r.Embedding)-1) < 0.01
		}},
	} {
		args := append(zooFiles(t, c.model, c.labels, c.picture), c.flags...)
		out, stderr, code := inceptiond(t, append(slices.Clone(args), "--json")...)
		if code != exitOK {
			t.Errorf("%s %v: ended with %d: %s", c.model, c.flags, code, stderr)
			continue
		}
		checkSchema(t, "classify", out)
		var r pictureReport
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatal(err)
		}
		if r.Task != c.kind || !c.found(&r) {
			t.Errorf("%s %v: %s", c.model, c.flags, out)
		}
	}
}

// near tells whether two boxes are the same but for a hundredth or two.
func near(a, b [4]float64) bool {
	for i := range a {
		if math.Abs(a[i]-b[i]) > 0.025 {
			return false
		}
	}
	return true
}

// TestClassifyFiles draws two dogs, and tells pycocotools of them.
func TestClassifyFiles(t *testing.T) {
	drawn, results := filepath.Join(t.TempDir(), "found.png"), filepath.Join(t.TempDir(), "results.json")
	args := zooFiles(t, "ssd_mobilenet_v1_coco", "coco_labels", "pets.jpg")
	if out, stderr, code := inceptiond(t, append(args, "--draw", drawn, "--coco", results)...); code != exitOK || !strings.Contains(out, "dog") {
		t.Fatal(code, out, stderr)
	}
	file, err := os.Open(drawn)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	img, err := png.Decode(file)
	if err != nil || img.Bounds() != image.Rect(0, 0, 512, 430) {
		t.Fatal(img.Bounds(), err)
	}
	var list []struct {
		Image    string     `json:"image_id"`
		Category int        `json:"category_id"`
		Box      [4]float64 `json:"bbox"`
		Score    float64
	}
	data, err := os.ReadFile(results)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != 10 || list[0].Image != "pets" || list[0].Category != 18 || math.Abs(list[0].Box[0]-121.56) > 2 || math.Abs(list[0].Box[3]-242.46) > 2 {
		t.Errorf("%d: %+v", len(list), list[0])
	}
}

// TestClassifyFlagsOfTasks refuses flags that are not for what the model does.
func TestClassifyFlagsOfTasks(t *testing.T) {
	detector := zooFiles(t, "ssd_mobilenet_v1_coco", "coco_labels", "pets.jpg")
	unknown := zooFiles(t, "yolo_face_128x160", "", "face.jpg")
	for _, c := range []struct {
		args  []string
		says  string
		usage bool
	}{
		{append(slices.Clone(detector), "--explain", "why.png"), "--explain is for classes", true},
		{append(slices.Clone(detector), "--only", "dgo"), `no class is called "dgo"`, true},
		{append(slices.Clone(detector), "--max-results", "0"), "--max-results 0", true},
		{append(slices.Clone(detector), "--task", "find"), `no task "find"`, true},
		{append(slices.Clone(detector), "--decoder", "ssd"), `no decoder "ssd"`, true},
		{append(slices.Clone(detector), "--anchors", "ten"), "want lists of numbers", true},
		{append(slices.Clone(detector), "--draw", "a.png", "other.jpg"), "--draw writes one picture", true},
		{append(slices.Clone(detector), "--task", "segment"), "it is no model for segment", false},
		{unknown, "say decoder: yolo", false},
	} {
		_, stderr, code := inceptiond(t, c.args...)
		if want := map[bool]int{true: exitUsage, false: exitError}[c.usage]; code != want || !strings.Contains(stderr, c.says) {
			t.Errorf("%v: ended with %d: %s (want %d, %q)", c.args[5:], code, stderr, want, c.says)
		}
	}
}

// TestCOCO holds results to what pycocotools reads.
func TestCOCO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.json")
	c := &cocoFile{path: path}
	if err := c.write(); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "[\n]\n" {
		t.Errorf("%q, %v", data, err)
	}
	f := &task.Findings{Objects: []task.Object{{Index: 17, Score: 0.5, Box: task.Box{X: 0.1, Y: 0.25, Width: 0.333333, Height: 0.5}}}, Postures: make([]task.Posture, 1)}
	c.add("val2017/000000000139.jpg", publish.Size{Width: 640, Height: 480}, f)
	if err := c.write(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := "[\n" + `{"image_id":139,"category_id":18,"bbox":[64,120,213.33,240],"score":0.5}` + ",\n"; !strings.HasPrefix(string(data), want) {
		t.Errorf("%s\nwant %s", data, want)
	}
	var list []cocoResult
	if err := json.Unmarshal(data, &list); err != nil || len(list) != 2 || len(list[1].Keypoints) != 51 {
		t.Errorf("%v, %+v", err, list)
	}
}
