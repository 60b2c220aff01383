package main

import (
	"fmt"
	"io"

	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/text"
)

// taskReport is what the model is for.
type taskReport struct {
	Kind       string         `json:"kind"` // empty: nobody knows
	Reason     string         `json:"reason,omitempty"`
	Decoder    string         `json:"decoder,omitempty"`
	Classes    int            `json:"classes,omitempty"`    // 0: nobody knows
	Background bool           `json:"background,omitempty"` // class 0 is one, and is not listed
	Needs      string         `json:"needs,omitempty"`      // what else it takes, for people
	Detection  *detectionInfo `json:"post_processing,omitempty"`
}

// detectionInfo is how a detector chooses among its boxes.
type detectionInfo struct {
	MaxDetections  int     `json:"max_detections"`
	MaxClasses     int     `json:"max_classes_per_detection"`
	ScoreThreshold float32 `json:"score_threshold"`
	IoUThreshold   float32 `json:"iou_threshold"`
	Regular        bool    `json:"regular_nms"` // class by class
}

// describeTask says what the model is for, and what each of its outputs gives.
func (r *modelReport) describeTask(f engines.File, reading *task.Reading) {
	r.Task = taskReport{Kind: string(reading.Kind), Decoder: reading.Decoder, Classes: reading.Classes, Background: reading.Background}
	for i := range r.Outputs {
		r.Outputs[i].Gives = reading.Says(i)
	}
	if reading.Kind == task.Embed {
		r.Task.Needs = "people to recognize: `inceptiond teach new NAME --base MODEL --people`, pictures, `teach train`, and people: NAME of the model (" + text.Doc("people.md") + ")"
	}
	if reading.Kind != task.Detect || reading.Decoder != "" {
		return
	}
	for i := range f.Parsed.Operators {
		if d, err := f.Parsed.Operators[i].Detection(); err == nil {
			r.Task.Detection = &detectionInfo{d.MaxDetections, d.MaxClasses, d.ScoreThreshold, d.Overlap, d.Regular}
		}
	}
}

// printTask writes what the model is for.
func (r *modelReport) printTask(table io.Writer) {
	t := &r.Task
	if t.Kind == "" {
		fmt.Fprintf(table, "task\tnone: %s\n", t.Reason)
		return
	}
	about := t.Kind
	if t.Classes > 0 {
		about += fmt.Sprintf(", %d classes", t.Classes)
	}
	if t.Decoder != "" {
		about += ", decoder " + t.Decoder
	}
	fmt.Fprintf(table, "task\t%s\n", about)
	if t.Needs != "" {
		fmt.Fprintf(table, "needs\t%s\n", t.Needs)
	}
	if d := t.Detection; d != nil {
		way := "of all classes at once"
		if d.Regular {
			way = "class by class"
		}
		fmt.Fprintf(table, "post-processing\tat most %d boxes, scores from %.3g on, suppressed %s where they overlap by more than %.3g\n",
			d.MaxDetections*d.MaxClasses, d.ScoreThreshold, way, d.IoUThreshold)
	}
}
