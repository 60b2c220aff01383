package learn

import (
	"slices"

	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/stats"
)

// ReportSchema is the version of the report's format: docs/schema/teach-report.json.
const ReportSchema = 1

// Report says what was taught, from what, and how far it is to be trusted: report.json of a version.
type Report struct {
	Schema  int           `json:"schema"`
	Name    string        `json:"name"`   // what is taught
	SHA256  string        `json:"sha256"` // of the model's file, or that of the people
	Base    ReportBase    `json:"base"`
	Program string        `json:"program"` // its version
	Options ReportOptions `json:"options"`

	Classes []ReportClass `json:"classes"`  // by output
	Skipped []Skipped     `json:"skipped"`  // files that are no pictures, or could not be read
	NotUsed []Skipped     `json:"not_used"` // pictures of a class that had more than are used

	// The cross validation. Near-copies count once; a class whose pictures are all near-copies is not in it.
	Confusion        [][]int  `json:"confusion"` // [class][what was said]
	Right            int      `json:"right"`
	Total            int      `json:"total"`
	Accuracy         Interval `json:"accuracy"`
	CalibrationError float64  `json:"calibration_error"` // expected, in 10 bins
	Temperature      float64  `json:"temperature"`
	Answers          []Answer `json:"answers"` // by picture

	Unknown  ReportUnknown `json:"unknown"`
	People   *ReportPeople `json:"people,omitempty"` // nil: these are classes
	Warnings []Warning     `json:"warnings"`
	Seconds  float64       `json:"seconds"` // that it took
}

// ReportBase is the network that was taught.
type ReportBase struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
}

// ReportOptions are those that the file depends on.
type ReportOptions struct {
	Variants int       `json:"variants"` // that were made of each picture: fewer than asked for of very many pictures
	Flip     bool      `json:"flip"`
	Lambda   float64   `json:"lambda"`
	Fit      string    `json:"fit"`
	Mean     []float32 `json:"mean,omitempty"`
	Std      []float32 `json:"std,omitempty"`
	Folds    int       `json:"folds"`
	Seed     string    `json:"seed"` // the rule
	MaxRows  int       `json:"max_rows"`
	PerClass int       `json:"max_pictures"`
}

// ReportClass is one class.
type ReportClass struct {
	Label      string   `json:"label"`
	Pictures   []string `json:"pictures"`    // SHA-256 of those that were used
	Used       int      `json:"used"`        // how many these are
	NearCopies int      `json:"near_copies"` // how many of them are near-copies of another
}

// Skipped is a picture that was not used, and why.
type Skipped struct {
	ID     string `json:"id"` // SHA-256; may be empty if it could not be read
	Name   string `json:"name,omitempty"`
	Class  string `json:"class"`
	Reason string `json:"reason"`
}

// Interval is a share of n, with what it may be in truth: Wilson's interval of 95 %.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Answer is what the cross validation said of a picture when it had not been shown it.
type Answer struct {
	Picture string  `json:"picture"` // SHA-256
	Class   string  `json:"class"`   // its own
	Said    string  `json:"said"`    // the best class; of people Nobody if all are too far
	Own     float64 `json:"own"`     // probability of its own class; of people how near it is, from 1 down to 0
	Best    float64 `json:"best"`    // and of the best one
	Counted bool    `json:"counted"` // false: a near-copy of it counts
}

// ReportUnknown says when a picture is called unknown.
type ReportUnknown struct {
	Share    float64 `json:"share"`    // of known pictures that are called so, at most
	Least    float64 `json:"least"`    // the smallest share that so few pictures allow
	Distance float64 `json:"distance"` // from which on a picture is unknown; 0 to 2
}

// Warning is something that a user should know of a version.
type Warning struct {
	Kind     string   `json:"kind"` // one of the Warn constants
	Text     string   `json:"text"` // a sentence for people
	Classes  []string `json:"classes"`
	Pictures []string `json:"pictures"` // SHA-256
}

// The kinds of warnings.
const (
	WarnTooLittle   = "too_little"    // few pictures of a class
	WarnLookSame    = "look_the_same" // two classes
	WarnWrongLabel  = "wrong_label"   // pictures that may be in the wrong class
	WarnNearCopies  = "near_copies"   // of a class
	WarnNoEstimate  = "no_estimate"   // of a class
	WarnBadBase     = "bad_base"      // the network sees too little in such pictures
	WarnSkipped     = "skipped"       // files that are no pictures, or could not be read
	WarnNotUsed     = "not_used"      // more pictures than are used
	WarnFewVariants = "few_variants"  // fewer variants than asked for
	WarnDistance    = "distance"      // of people: another max_distance would be better
)

// seedRule says how variants are drawn, for whoever wants to make the file again.
const seedRule = "splitmix64 of the first 8 bytes of the picture's sha256"

// report says what was found; the hash of the file and the seconds are left to the caller.
func (t *training) report(taught *task.Taught) Report {
	o := &t.options
	r := Report{
		Schema: ReportSchema, Name: o.Name, Program: o.Program,
		Base: ReportBase{File: o.BaseFile, SHA256: t.base.Model.SHA256},
		Options: ReportOptions{
			Variants: t.variants, Flip: o.Flip, Lambda: o.Lambda, Fit: o.Preprocess.Fit.String(), Mean: o.Preprocess.Mean,
			Std: o.Preprocess.Std, Folds: folds, Seed: seedRule, MaxRows: o.MaxRows, PerClass: o.MaxPictures,
		},
		Skipped: append([]Skipped{}, t.skipped...), NotUsed: []Skipped{}, Temperature: t.temperature,
		Unknown: ReportUnknown{Share: o.Unknown, Least: taught.Least(), Distance: taught.Limit(o.Unknown)},
	}
	for c, name := range t.classes {
		r.Classes = append(r.Classes, reportClass(name, ofClass(t.list, c), t.same[c]))
	}
	for _, p := range t.left {
		r.NotUsed = append(r.NotUsed, Skipped{p.id, p.Name, p.Class, "others differ more"})
	}
	t.reportAnswers(&r)
	r.Warnings = t.warnings(&r)
	return r
}

// reportClass says what a class was taught with, of which so many files were the same as another.
func reportClass(name string, some []*seen, same int) ReportClass {
	class := ReportClass{Label: name, Pictures: []string{}, Used: len(some), NearCopies: same}
	for _, p := range some {
		class.Pictures = append(class.Pictures, p.id)
		class.NearCopies += count(!p.first)
	}
	return class
}

// reportAnswers tells of the cross validation.
func (t *training) reportAnswers(r *Report) {
	var confidence []float64
	var right []bool
	r.Answers, r.Confusion = []Answer{}, make([][]int, len(t.classes))
	for c := range r.Confusion {
		r.Confusion[c] = make([]int, len(t.classes))
	}
	for i, p := range t.list {
		if t.logits[i] == nil {
			continue
		}
		z := scaled(t.logits[i], t.temperature)
		softmax(z)
		said := slices.Index(z, slices.Max(z))
		r.Answers = append(r.Answers, Answer{p.id, p.Class, t.classes[said], z[p.class], z[said], p.first})
		if !p.first {
			continue
		}
		r.Confusion[p.class][said]++
		r.Total++
		if said == p.class {
			r.Right++
		}
		confidence, right = append(confidence, z[said]), append(right, said == p.class)
	}
	r.Accuracy.Low, r.Accuracy.High = stats.Wilson(r.Right, r.Total)
	r.CalibrationError = stats.CalibrationError(confidence, right, 10)
}
