package model_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

func goodDetection() model.DetectionPostProcess {
	return model.DetectionPostProcess{
		MaxDetections: 10, MaxClasses: 2, Classes: 90, Regular: true, PerClass: 30, ScoreThreshold: 1e-8, Overlap: 0.6,
		ScaleY: 10, ScaleX: 10, ScaleH: 5, ScaleW: -5,
	}
}

func detectionOperator(options any) *model.Operator {
	return &model.Operator{Op: model.OpCustom, Custom: model.DetectionOperator, Options: options}
}

func TestDetection(t *testing.T) {
	want := goodDetection()
	got, err := detectionOperator(write.Detection(want)).Detection()
	if err != nil || got != want || got.Rows() != 20 {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

// TestDetectionReal reads the options of a real file, which TensorFlow's own converter wrote.
func TestDetectionReal(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(shared.Dir(t), "models", "zoo", "ssd_mobilenet_v1_coco.tflite"))
	if err != nil {
		t.Fatal(err)
	}
	m := parse(t, data)
	got, err := m.Operators[len(m.Operators)-1].Detection()
	want := model.DetectionPostProcess{MaxDetections: 10, MaxClasses: 1, Classes: 90, PerClass: 100, ScoreThreshold: 1e-8,
		Overlap: 0.6, ScaleY: 10, ScaleX: 10, ScaleH: 5, ScaleW: 5}
	if err != nil || got != want {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

func TestDetectionRejects(t *testing.T) {
	for says, change := range map[string]func(d *model.DetectionPostProcess){
		"max_detections is 0 (want 1 to 65536)":  func(d *model.DetectionPostProcess) { d.MaxDetections = 0 },
		"max_classes_per_detection is -1":        func(d *model.DetectionPostProcess) { d.MaxClasses = -1 },
		"num_classes is 1e+06":                   func(d *model.DetectionPostProcess) { d.Classes = 1e6 },
		"of 30000 classes each (the most":        func(d *model.DetectionPostProcess) { d.MaxDetections, d.MaxClasses = 20000, 30000 },
		"detections_per_class is 0":              func(d *model.DetectionPostProcess) { d.PerClass = 0 },
		"nms_iou_threshold is 0 (want more than": func(d *model.DetectionPostProcess) { d.Overlap = 0 },
		"h_scale is 0 (want a number":            func(d *model.DetectionPostProcess) { d.ScaleH = 0 },
	} {
		d := goodDetection()
		change(&d)
		if _, err := detectionOperator(write.Detection(d)).Detection(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v (want %q)", err, says)
		}
	}
	for says, o := range map[string]*model.Operator{
		"a flexbuffer of 0 bytes":         detectionOperator(nil),
		"kind 1 at the root (want a map":  detectionOperator([]byte{7, 1 << 2, 1}),
		"max_detections is missing":       detectionOperator([]byte{0, 1, 0, 0, 9 << 2, 1}),
		"ADD is not TFLite_Detection_Pos": {Op: model.OpAdd},
	} {
		if _, err := o.Detection(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v (want %q)", err, says)
		}
	}
}

// FuzzDetection reads options that may be anything: what is read can be written and read again.
func FuzzDetection(f *testing.F) {
	good := write.Detection(goodDetection())
	f.Add(good)
	f.Add(good[8:])
	f.Add([]byte{0, 1, 0, 0, 9 << 2, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := detectionOperator(data).Detection()
		if err != nil {
			return
		}
		if again, err := detectionOperator(write.Detection(d)).Detection(); err != nil || again != d {
			t.Errorf("read %+v, then %+v, %v", d, again, err)
		}
	})
}
