package main

import (
	"encoding/json"
	"fmt"

	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/text"
	"github.com/inceptiond/inceptiond/publish"
)

// pictureReport is what `classify --json` prints for a picture.
type pictureReport struct {
	Picture     string             `json:"picture"`
	Error       string             `json:"error,omitempty"`
	Task        task.Kind          `json:"task,omitempty"`
	Image       *publish.Size      `json:"image,omitempty"` // the upright picture
	Predictions []classPrediction  `json:"predictions"`
	Detections  []detectionReport  `json:"detections,omitzero"` // these: of a model that finds them
	Counts      map[string]int     `json:"counts,omitzero"`     // of detections, by label
	Segments    []segmentReport    `json:"segments,omitzero"`
	Poses       []poseReport       `json:"poses,omitzero"`
	Identity    *identityReport    `json:"identity,omitempty"`
	Embedding   []float64          `json:"embedding,omitzero"`
	Unknown     *bool              `json:"unknown,omitempty"`  // these three: of a model that was taught here
	Familiar    *float64           `json:"familiar,omitempty"` // 0 to 1
	Nearest     *nearestReport     `json:"nearest,omitempty"`
	Stages      map[string]float64 `json:"stages,omitempty"`
	Explanation *explanation       `json:"explanation,omitempty"`
	Schema      int                `json:"schema"`

	raw       bool // scores are no probabilities
	rawSecond bool // nor are those of a second model
}

// answer takes the classes of an answer, and where the time went.
func (r *pictureReport) answer(a *pipeline.Answer) {
	r.Stages = map[string]float64{"preprocess_ms": text.Milliseconds(a.Preprocess), "inference_ms": text.Milliseconds(a.Inference)}
	r.Predictions = classPredictions(a.Predictions)
	if a.Then.Took > 0 {
		r.Stages["then_ms"] = text.Milliseconds(a.Then.Took)
	}
	if f := a.Familiarity; f != nil {
		familiar, unknown := f.Familiar, a.Findings.Unknown
		r.Familiar, r.Unknown, r.Nearest = &familiar, &unknown, &nearestReport{f.NearestID, f.NearestClass}
	}
}

// classPredictions are a list that is never nil.
func classPredictions(list []publish.Prediction) []classPrediction {
	predictions := make([]classPrediction, 0, len(list))
	for _, p := range list {
		predictions = append(predictions, classPrediction{p.Index, p.Label, finite(p.Score)})
	}
	return predictions
}

// nearestReport is the taught picture that one is most like, as docs/messages.md spells it.
type nearestReport struct {
	ID    string `json:"id"`
	Class string `json:"class"`
}

// name is "shoes/3f2a9c01": enough to find it.
func (n *nearestReport) name() string { return n.Class + "/" + n.ID[:min(8, len(n.ID))] }

// classPrediction is a prediction as the messages of docs/messages.md spell it.
type classPrediction struct {
	Index int     `json:"index"`
	Label string  `json:"label"`
	Score float64 `json:"score"`
}

// print writes a report as a line of JSON or as rows for people, with the picture's name, padded to width, on the
// first.
func (r pictureReport) print(std streams, asJSON bool, width int) error {
	if asJSON {
		return json.NewEncoder(std.out).Encode(r)
	}
	if r.Error != "" {
		_, err := fmt.Fprintf(std.err, "%s: %s\n", text.Printable(r.Picture), text.Printable(r.Error))
		return err
	}
	name, timing := text.Printable(r.Picture), fmt.Sprintf("  (%.1f ms)", r.Stages["preprocess_ms"]+r.Stages["inference_ms"]+r.Stages["then_ms"])
	for _, row := range r.rows() {
		if _, err := fmt.Fprintf(std.out, "%-*s  %s%s\n", width, name, row, timing); err != nil {
			return err
		}
		name, timing = "", ""
	}
	if r.Unknown != nil && *r.Unknown {
		_, err := fmt.Fprintf(std.out, "%-*s  unknown: it is like nothing that was taught (familiar %.1f %%, nearest %s)\n", width, "", 100**r.Familiar, r.Nearest.name())
		if err != nil {
			return err
		}
	}
	if x := r.Explanation; x != nil {
		_, err := fmt.Fprintf(std.out, "%-*s  %s (%s)\n", width, "", x.Text, x.File)
		return err
	}
	return nil
}

// rows are what people read of the answer: at least one.
func (r *pictureReport) rows() (rows []string) {
	for _, p := range r.Predictions {
		rows = append(rows, scored(p.Score, r.raw)+"  "+named(p.Index, p.Label))
	}
	rows = append(rows, r.foundRows()...)
	if len(rows) == 0 {
		return []string{"nothing above the threshold"}
	}
	return rows
}

// scored is a score, as wide as any other.
func scored(score float64, raw bool) string {
	if raw {
		return fmt.Sprintf("%7.4g", score)
	}
	return percent(score)
}

// percent is a share, as wide as any other, and as blank.
func percent(share float64) string { return fmt.Sprintf("%5.1f %%", 100*share) }

const blank = "       "

// named is a class for people.
func named(class int, label string) string {
	if label == "" {
		return fmt.Sprintf("class %d", class)
	}
	return label
}
