package task

import (
	"errors"
	"fmt"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
)

// The outputs of model.DetectionOperator, by their places in the operator and in Reading.Outputs.
const (
	ofBoxes   = iota // top, left, bottom and right of each, in fractions of the input
	ofClasses        // of each, a background left out
	ofScores         // of each
	ofCount          // how many there are; what follows them means nothing
	boxParts
)

// newDetector makes the task of a model that finds objects.
func newDetector(outputs []infer.TensorSpec, l lister, r *Reading) (Task, error) {
	switch r.Decoder {
	case "":
		return newDetect(outputs, l, r)
	case BlazeFace:
		return newBlazeFace(outputs, l, r)
	case YOLO:
		return newYOLO(outputs, l, r)
	}
	return nil, fmt.Errorf("there is no decoder %q (want one of %q)", r.Decoder, Decoders())
}

// detect reads what model.DetectionOperator gives.
type detect struct {
	lister
	parts   []*numbers // by place; the count may be missing
	classes int        // that there are; 0: nobody knows
}

func newDetect(outputs []infer.TensorSpec, l lister, r *Reading) (*detect, error) {
	d := &detect{lister: l, classes: r.Classes}
	for place, i := range r.Outputs {
		if place == ofCount && i < 0 {
			break
		}
		if i < 0 || i >= len(outputs) {
			return nil, fmt.Errorf("output %d of %s is output %d of %d", place, model.DetectionOperator, i, len(outputs))
		}
		d.parts = append(d.parts, newNumbers(outputs, i))
	}
	n := len(d.parts[ofScores].values)
	wrong := len(d.parts[ofBoxes].values) != 4*n || len(d.parts[ofClasses].values) != n || n == 0
	if len(d.parts) == boxParts {
		wrong = wrong || len(d.parts[ofCount].values) != 1
	}
	if wrong {
		return nil, errors.New("they do not fit each other (want n boxes, classes and scores, and how many count)")
	}
	return d, nil
}

// Kind and Reads are [Task]'s.
func (*detect) Kind() Kind     { return Detect }
func (d *detect) Reads() []int { return outputsOf(d.parts) }

// Decode is [Task]'s.
func (d *detect) Decode(dst *Findings, outs [][]byte) error {
	dst.begin()
	if err := readAll(d.parts, outs); err != nil {
		return err
	}
	boxes, classes, scores := d.parts[ofBoxes].values, d.parts[ofClasses].values, d.parts[ofScores].values
	for i := range d.count() {
		b := boxes[4*i : 4*i+4]
		if class, ok := d.class(classes[i]); ok {
			dst.Objects = d.object(dst.Objects, class, scores[i], corners{left: b[1], top: b[0], right: b[3], bottom: b[2]})
		}
	}
	return nil
}

// count is how many boxes there are, at most all that there is room for.
func (d *detect) count() int {
	n := len(d.parts[ofScores].values)
	if len(d.parts) < boxParts {
		return n
	}
	told := d.parts[ofCount].values[0]
	switch {
	case told >= float32(n):
		return n
	case told > 0:
		return int(told)
	}
	return 0 // NaN, too
}

// class is the number of a class that the model gives; ok: there is such a class.
func (d *detect) class(told float32) (class int, ok bool) {
	most := float32(maxClasses)
	if d.classes > 0 {
		most = float32(d.classes)
	}
	if !(told >= 0 && told < most) {
		return 0, false
	}
	return int(told), true
}
