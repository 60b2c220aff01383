package service

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/web"
)

// zoo is a config with models that are no classifiers, and cameras that show them a picture of each kind again and again.
func zoo(t *testing.T) string {
	dir := shared.Dir(t)
	models, pictures := filepath.Join(dir, "models", "zoo"), filepath.Join(dir, "golden", "zoo", "pictures")
	camera := func(model, picture, more string) string {
		return fmt.Sprintf("{source: files, files: {paths: [%q], loop: true, interval: 100ms}, model: %s%s}", filepath.Join(pictures, picture), model, more)
	}
	return fmt.Sprintf(`
mqtt: {broker: off}
models:
  coco: {file: %q, labels: %q, threads: 2}
  land: {file: %q, labels: %q, threads: 2}
  body: {file: %q, threads: 2}
cameras:
  pets: %s
  bird: %s
  gym: %s
`, filepath.Join(models, "ssd_mobilenet_v1_coco.tflite"), filepath.Join(models, "labels", "coco_labels.txt"),
		filepath.Join(models, "deeplabv3_mnv2_dm05_pascal.tflite"), filepath.Join(models, "labels", "pascal_voc_segmentation_labels.txt"),
		filepath.Join(models, "movenet_lightning.tflite"),
		camera("coco", "pets.jpg", ", fit: letterbox"), camera("land", "bird_segmentation.png", ", objects: {segment_map: true}"), camera("body", "squat.png", ""))
}

// TestPreviewOfOtherTasks tries models that are no classifiers: what they find is listed, where it is in the picture and in what the
// model gets, and there is a sentence in place of a picture of why.
func TestPreviewOfOtherTasks(t *testing.T) {
	s := startService(t, zoo(t))
	try := func(camera string, change func(*web.View)) web.Preview {
		t.Helper()
		p, v := s.pairOf(camera), s.viewOf(camera)
		if change != nil {
			change(&v)
		}
		s.eager()
		got, err := s.service.Preview(t.Context(), camera, &p.Picture, v)
		if err != nil {
			t.Fatal(err)
		}
		if got.Why != nil || !strings.Contains(got.Reason, "no further picture of why") {
			t.Errorf("%s: %d bytes of why, because %q", camera, len(got.Why), got.Reason)
		}
		return got
	}
	pets := try("pets", nil)
	if d := pets.Found.Detections; pets.Found.Task != publish.TaskDetect || len(d) != 2 || d[0].Label != "dog" || pets.Shows[1] >= 0 && pets.Shows[0] >= 0 {
		t.Errorf("%+v in %v", d, pets.Shows)
	}
	best := pets.Found.Detections[0]
	part := try("pets", func(v *web.View) {
		v.Region = web.Region{X: 0.05, Y: 0.05, Width: 0.9, Height: 0.9}
		v.Objects = &web.Objects{Threshold: 0.5, MaxResults: 1, Only: []string{"dog", "cat"}}
	})
	if d := part.Found.Detections; len(d) != 1 || d[0].Label != "dog" || apart(d[0].Box, best.Box) > 0.1 && apart(d[0].Box, pets.Found.Detections[1].Box) > 0.1 {
		t.Errorf("of a part: %+v, of all %+v", d, best)
	}
	if got := try("pets", func(v *web.View) { v.Objects = &web.Objects{Threshold: 0.99, MaxResults: 1} }); len(got.Found.Detections) != 0 {
		t.Errorf("above 0.99: %+v", got.Found.Detections)
	}
	bird := try("bird", nil)
	if g := bird.Found.Segments; len(g) == 0 || g[0].Label != "bird" || bird.Found.Mask == nil || bird.Found.Mask.Width != 513 || bird.Shows != [4]float64{0, 0, 1, 1} {
		t.Errorf("%+v, mask %t, in %v", g, bird.Found.Mask != nil, bird.Shows)
	}
	if gym := try("gym", nil); len(gym.Found.Poses) != 1 || gym.Found.Mask != nil {
		t.Errorf("%+v", gym.Found)
	}
	// another model is tried whose task has no objects: what is set for the present one is no mistake yet
	if as := try("bird", func(v *web.View) { v.Model = "coco" }); as.Found.Task != publish.TaskDetect {
		t.Errorf("as a detector: %+v", as.Found)
	}
	for camera, want := range map[string]string{"pets": publish.TaskDetect, "bird": publish.TaskSegment, "gym": publish.TaskPose} {
		for _, c := range s.service.Cameras() {
			if c.Name == camera && c.Task != want {
				t.Errorf("%s: the task is %q", camera, c.Task)
			}
		}
	}
}

// TestPreviewOfSecondModel has a second model, that no camera uses yet, tried on what a detector finds; wrong ones are refused.
func TestPreviewOfSecondModel(t *testing.T) {
	dir := shared.Dir(t)
	what := fmt.Sprintf("models:\n  what: {file: %q, labels: %q, threads: 2}", filepath.Join(dir, "models", "mobilenet_v2_1.0_224_quant.tflite"), filepath.Join(dir, "models", "imagenet_1001_labels.txt"))
	s := startService(t, strings.Replace(zoo(t), "models:", what, 1))
	p, v := s.pairOf("pets"), s.viewOf("pets")
	try := func(then *web.Then) (web.Preview, error) {
		s.eager()
		v.Then = then
		return s.service.Preview(t.Context(), "pets", &p.Picture, v)
	}
	with, err := try(&web.Then{Labels: []string{"dog"}, Model: "what", MaxCrops: 1})
	if err != nil {
		t.Fatal(err)
	}
	if d := with.Found.Detections; len(d) != 2 || len(d[0].Predictions) == 0 || d[0].Predictions[0].Label == "" || len(d[1].Predictions) != 0 {
		t.Errorf("one crop: %+v", d)
	}
	if both, err := try(&web.Then{Model: "what", MaxCrops: 3}); err != nil || len(both.Found.Detections[1].Predictions) == 0 {
		t.Errorf("two crops: %+v, %v", both.Found.Detections, err)
	}
	if none, err := try(&web.Then{}); err != nil || len(none.Found.Detections[0].Predictions) != 0 {
		t.Errorf("without: %+v, %v", none.Found.Detections, err)
	}
	for want, then := range map[string]web.Then{
		"there is none": {Model: "nothing", MaxCrops: 3}, "finds the objects already": {Model: "coco", MaxCrops: 3}, "body": {Model: "body", MaxCrops: 3},
		"horse-radish": {Model: "what", MaxCrops: 3, Labels: []string{"horse-radish"}},
	} {
		if _, err := try(&then); err == nil || !strings.Contains(err.Error(), want) && !strings.Contains(toldBy(err), want) {
			t.Errorf("%+v: %v", then, err)
		}
	}
	v.Model = "what"
	if _, err := try(&web.Then{Model: "coco", MaxCrops: 3}); err != nil {
		t.Errorf("for a classifier, which finds no objects: %v", err)
	}
}

// toldBy are the problems of a view.
func toldBy(err error) string {
	bad := new(web.ConfigError)
	errors.As(err, &bad)
	return fmt.Sprint(bad.Problems)
}

// apart is how far the corners of two boxes are apart, at most.
func apart(a, b [4]float64) float64 {
	return max(math.Abs(a[0]-b[0]), math.Abs(a[1]-b[1]), math.Abs(a[0]+a[2]-b[0]-b[2]), math.Abs(a[1]+a[3]-b[1]-b[3]))
}

// TestTryOtherTasks tries a still picture with a detector.
func TestTryOtherTasks(t *testing.T) {
	s := startService(t, zoo(t))
	data, err := os.ReadFile(filepath.Join(shared.Dir(t), "golden", "zoo", "pictures", "pets.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	s.eager()
	got, err := s.service.TryModel(t.Context(), "coco", data)
	if err != nil || len(got.Found.Detections) != 2 || got.Found.Counts[0] != (publish.Count{Label: "dog", N: 2}) || got.Classes != nil {
		t.Errorf("%+v, %v", got.Found, err)
	}
}
