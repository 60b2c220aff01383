package model

import (
	"fmt"
	"math"
)

// DetectionOperator is the name of the custom operator that makes a list of objects of what an SSD network says of its
// anchors.
const DetectionOperator = "TFLite_Detection_PostProcess"

// DetectionPostProcess is the options of a DetectionOperator. Inputs: a row for each anchor of y, x, height and width, coded
// relative to it, and perhaps more; a score for each anchor and class, that of the background before the others if there is
// one more than Classes; the anchors' y, x, height and width. Outputs: boxes [1 Rows 4] of ymin, xmin, ymax and xmax, classes
// [1 Rows], scores [1 Rows], and the number of objects.
type DetectionPostProcess struct {
	MaxDetections int // objects
	MaxClasses    int // of each object, if not Regular
	Classes       int // without background

	Regular  bool // suppress class by class, not all classes at once
	PerClass int  // objects of each class, if Regular

	ScoreThreshold float32 // lower scores are no objects
	Overlap        float32 // the most intersection over union of two objects

	ScaleY, ScaleX, ScaleH, ScaleW float32 // of the code
}

// Rows is how many rows the outputs have.
func (d *DetectionPostProcess) Rows() int { return d.MaxDetections * d.MaxClasses }

// detectionNames are the names of numbers in a DetectionOperator's flexbuffer, in the order in which detection reads them.
// Real files have others, which mean nothing to TensorFlow Lite.
var detectionNames = []string{
	"max_detections", "max_classes_per_detection", "num_classes", "use_regular_nms", "detections_per_class",
	"nms_score_threshold", "nms_iou_threshold", "y_scale", "x_scale", "h_scale", "w_scale",
}

// Detection reads the options of a DetectionOperator. The error says what is wrong with them, or that o is another operator.
func (o *Operator) Detection() (DetectionPostProcess, error) {
	data, _ := o.Options.([]byte)
	if o.Op != OpCustom || o.Custom != DetectionOperator {
		return DetectionPostProcess{}, fmt.Errorf("%s is not %s", o.Name(), DetectionOperator)
	}
	values, err := flexNumbers(data, detectionNames...)
	if err != nil {
		return DetectionPostProcess{}, fmt.Errorf("its options: %w", err)
	}
	d := DetectionPostProcess{PerClass: 100, ScoreThreshold: float32(values[5]), Overlap: float32(values[6]),
		ScaleY: float32(values[7]), ScaleX: float32(values[8]), ScaleH: float32(values[9]), ScaleW: float32(values[10])}
	counts := []*int{&d.MaxDetections, &d.MaxClasses, &d.Classes, nil, &d.PerClass}
	for i, to := range counts {
		switch v := values[i]; {
		case to == nil:
			d.Regular = !math.IsNaN(v) && math.Trunc(v) != 0
		case to == &d.PerClass && math.IsNaN(v):
		case math.IsNaN(v):
			return d, fmt.Errorf("its options: %s is missing", detectionNames[i])
		case !(v >= 1 && v <= maxDetections):
			return d, fmt.Errorf("its options: %s is %v (want 1 to %d)", detectionNames[i], v, int(maxDetections))
		default:
			*to = int(v)
		}
	}
	return d, d.check()
}

// maxDetections bounds counts and maxRows the rows of them, so that products do not overflow. Real ones are below 1000.
const (
	maxDetections = 1 << 16
	maxRows       = 1 << 20
)

// check looks at the number of rows, and at the numbers that are not counts. A threshold that is absent is 0, as in TensorFlow Lite.
func (d *DetectionPostProcess) check() error {
	if d.MaxDetections > maxRows/d.MaxClasses {
		return fmt.Errorf("its options: %d detections of %d classes each (the most is %d rows)", d.MaxDetections, d.MaxClasses, maxRows)
	}
	if d.ScoreThreshold != d.ScoreThreshold { // absent
		d.ScoreThreshold = 0
	}
	if !(d.Overlap > 0 && d.Overlap <= 1) {
		return fmt.Errorf("its options: nms_iou_threshold is %v (want more than 0, and 1 at most)", d.Overlap)
	}
	for i, s := range []float32{d.ScaleY, d.ScaleX, d.ScaleH, d.ScaleW} {
		if s == 0 || !finite(s) {
			return fmt.Errorf("its options: %s is %v (want a number other than 0)", detectionNames[7+i], s)
		}
	}
	return nil
}
