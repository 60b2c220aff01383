package main

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/publish"
)

// detectionReport, segmentReport, poseReport and identityReport are what a model found, as docs/messages.md spells it. Boxes are x, y, width and height from
// the upper left, in fractions of the upright picture.
type (
	detectionReport struct {
		Index int        `json:"index"`
		Label string     `json:"label"`
		Score float64    `json:"score"`
		Box   [4]float64 `json:"box"`

		Identity    *identityReport   `json:"identity,omitempty"`   // these: of a second model that was asked
		Predictions []classPrediction `json:"predictions,omitzero"` //
	}
	segmentReport struct {
		Index int        `json:"index"`
		Label string     `json:"label"`
		Share float64    `json:"share"`
		Box   [4]float64 `json:"box"`
	}
	poseReport struct {
		Score     float64                    `json:"score"`
		Keypoints [task.Keypoints][3]float64 `json:"keypoints"` // x, y, score
	}
	identityReport struct {
		Label    *string `json:"label"` // nil: nobody that is known
		Score    float64 `json:"score"`
		Distance float64 `json:"distance"`
		Second   float64 `json:"second,omitempty"`
	}
)

// found tells in r what a model of another kind than a classifier has found. Lists that it gives are never nil.
func (r *pictureReport) found(k task.Kind, a *pipeline.Answer, labels infer.Labels) {
	f := a.Findings
	switch k {
	case task.Detect:
		r.Detections, r.Counts = []detectionReport{}, map[string]int{}
		for i := range a.Found.Detections {
			r.Detections = append(r.Detections, newDetectionReport(&a.Found.Detections[i]))
		}
		for _, c := range a.Found.Counts {
			r.Counts[c.Label] = c.N
		}
	case task.Segment:
		r.Segments = []segmentReport{}
		for _, a := range f.Areas {
			r.Segments = append(r.Segments, segmentReport{a.Index, labelOf(labels, a.Index), publish.Fraction(a.Share), boxOf(a.Box)})
		}
	case task.Pose:
		r.Poses = []poseReport{}
		for i := range f.Postures {
			r.Poses = append(r.Poses, newPoseReport(&f.Postures[i]))
		}
	case task.Embed:
		r.Embedding = make([]float64, len(f.Embedding))
		for i, v := range f.Embedding {
			r.Embedding[i] = finite(v)
		}
	}
}

// recognized tells in r who it is, in the place of the embedding unless that is asked for.
func (r *pictureReport) recognized(f *pipeline.Found) {
	r.Identity = newIdentityReport(f.Identity)
	if r.Identity != nil && f.Embedding == nil {
		r.Embedding = nil
	}
}

// newIdentityReport is i as reports have it; nil: nobody was asked.
func newIdentityReport(i *publish.Identity) *identityReport {
	if i == nil {
		return nil
	}
	r := &identityReport{Score: publish.Fraction(i.Score), Distance: publish.Fraction(i.Distance), Second: publish.Fraction(i.Second)}
	if i.Label != "" {
		r.Label = new(i.Label)
	}
	return r
}

func newDetectionReport(d *publish.Detection) detectionReport {
	r := detectionReport{
		Index: d.Index, Label: d.Label, Score: publish.Fraction(float64(d.Score)), Box: publish.FractionBox(d.Box), Identity: newIdentityReport(d.Identity),
	}
	if d.Predictions != nil {
		r.Predictions = classPredictions(d.Predictions)
	}
	return r
}

func newPoseReport(p *task.Posture) (r poseReport) {
	r.Score = publish.Fraction(float64(p.Score))
	for i, k := range p.Keypoints {
		r.Keypoints[i] = [3]float64{publish.Fraction(float64(k.X)), publish.Fraction(float64(k.Y)), publish.Fraction(float64(k.Score))}
	}
	return r
}

// labelOf is the label of a class; empty: it has none.
func labelOf(labels infer.Labels, class int) string {
	if class >= len(labels) {
		return ""
	}
	return labels[class]
}

// boxOf is b as messages have it.
func boxOf(b task.Box) [4]float64 {
	return publish.FractionBox([4]float64{b.X, b.Y, b.Width, b.Height})
}

// foundRows are what people read of what was found.
func (r *pictureReport) foundRows() (rows []string) {
	place := func(b [4]float64) string { return fmt.Sprintf("at %.3f %.3f, size %.3f %.3f", b[0], b[1], b[2], b[3]) }
	wide := 0
	for _, d := range r.Detections {
		wide = max(wide, len(named(d.Index, d.Label)))
	}
	for _, s := range r.Segments {
		wide = max(wide, len(named(s.Index, s.Label)))
	}
	for i := range r.Detections {
		d := &r.Detections[i]
		rows = append(rows, fmt.Sprintf("%s  %-*s  %s", percent(d.Score), wide, named(d.Index, d.Label), place(d.Box)))
		rows = append(rows, d.secondRows(r.rawSecond)...)
	}
	for _, s := range r.Segments {
		rows = append(rows, fmt.Sprintf("%s  %-*s  %s", percent(s.Share), wide, named(s.Index, s.Label), place(s.Box)))
	}
	for _, p := range r.Poses {
		rows = append(rows, percent(p.Score)+"  a person")
		for i, name := range task.KeypointNames() {
			k := p.Keypoints[i]
			rows = append(rows, fmt.Sprintf("%s    %-14s  at %.3f %.3f", percent(k[2]), name, k[0], k[1]))
		}
	}
	if i := r.Identity; i != nil {
		rows = append(rows, i.String())
	}
	if n := len(r.Embedding); n > 0 {
		rows = append(rows, fmt.Sprintf("%d features of length %.4g: %.3g …", n, length(r.Embedding), r.Embedding[:min(n, 4)]))
	}
	return rows
}

// String is "66.0%  anna, distance 0.29; next 0.45", or "nobody who is known, distance 0.51".
func (i *identityReport) String() string {
	if i.Label == nil {
		return i.who()
	}
	return percent(i.Score) + "  " + i.who()
}

// who is String without the score.
func (i *identityReport) who() string {
	s := "nobody who is known"
	if i.Label != nil {
		s = *i.Label
	}
	s += fmt.Sprintf(", distance %.2f", i.Distance)
	if i.Second > 0 {
		s += fmt.Sprintf("; next %.2f", i.Second)
	}
	return s
}

// secondRows are what people read of what a second model says of an object.
func (d *detectionReport) secondRows(raw bool) (rows []string) {
	switch {
	case d.Identity != nil && d.Identity.Label != nil:
		return []string{percent(d.Identity.Score) + "    " + d.Identity.who()}
	case d.Identity != nil:
		return []string{blank + "    " + d.Identity.who()}
	case d.Predictions != nil && len(d.Predictions) == 0:
		return []string{blank + "    nothing above the threshold"}
	}
	for _, p := range d.Predictions {
		rows = append(rows, scored(p.Score, raw)+"    "+named(p.Index, p.Label))
	}
	return rows
}

// length is the Euclidean one.
func length(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	return math.Sqrt(sum)
}
