package evaluate

import (
	"time"

	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/stats"
)

// Report is what docs/schema/evaluate.json describes.
type Report struct {
	Schema      int          `json:"schema"`
	Program     string       `json:"program"`
	Time        *time.Time   `json:"time,omitempty"`
	Source      string       `json:"source"`
	Settings    []string     `json:"settings"`
	Task        task.Kind    `json:"task"`
	Judged      bool         `json:"judged"`   // what the pictures show is known; else there is only how results agree
	Pictures    int          `json:"pictures"` // that were read
	None        int          `json:"none"`     // of them: show none of the classes
	Classes     int          `json:"classes"`  // of the others
	Skipped     []Skipped    `json:"skipped"`
	Results     []Result     `json:"results"`
	Comparisons []Comparison `json:"comparisons"` // of the first result with each of the others
}

// Skipped is a picture that could not be read.
type Skipped struct {
	Picture string `json:"picture"`
	Error   string `json:"error"`
}

// Share is a part of a number of pictures, with the 95 % interval of what it is of pictures like these.
type Share struct {
	Count int     `json:"count"`
	Of    int     `json:"of"`
	Share float64 `json:"share"` // 0 if Of is
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

func newShare(count, of int) Share {
	s := Share{Count: count, Of: of}
	s.Low, s.High = stats.Wilson(count, of)
	if of > 0 {
		s.Share = float64(count) / float64(of)
	}
	return s
}

// Result is the figures of one subject: those of its task, if the pictures are judged.
type Result struct {
	Name          string   `json:"name"`
	SHA256        string   `json:"sha256"`
	Engine        string   `json:"engine"`
	Kernels       string   `json:"kernels"`
	Threads       int      `json:"threads"`
	Classes       int      `json:"classes"`
	Threshold     float64  `json:"threshold"`
	Probabilities bool     `json:"probabilities"`
	Notes         []string `json:"notes"` // what a reader of the figures should know
	*Classified            // of classify
	Objects       *Objects `json:"objects,omitempty"` // of detect and pose
	Areas         *Areas   `json:"areas,omitempty"`   // of segment
	People        *People  `json:"people,omitempty"`  // of embed
	Time          Time     `json:"time"`
}

// Classified is the figures of a classifier. An answer is the best class, unless its score is below the threshold or the
// model says unknown; then there is none.
type Classified struct {
	Top1        Share         `json:"top1"` // the best class is right, whatever its score, of pictures with a class
	Top5        *Share        `json:"top5,omitempty"`
	Answers     Answers       `json:"answers"`
	None        *None         `json:"none,omitempty"`
	ByClass     []ClassFigure `json:"by_class"`
	Confusions  []Confusion   `json:"confusions"`
	Matrix      *Matrix       `json:"matrix,omitempty"`
	Thresholds  []AtThreshold `json:"thresholds,omitempty"`
	Suggested   *AtThreshold  `json:"suggested,omitempty"`
	Calibration *Calibration  `json:"calibration,omitempty"`
	Wrongest    []Shown       `json:"wrongest"`
}

// Answers are what becomes of all pictures when the threshold counts.
type Answers struct {
	Right  Share `json:"right"`  // the class is right; or the picture shows none, and there is no answer
	Wrong  int   `json:"wrong"`  // there is an answer, and another is right
	Silent int   `json:"silent"` // the picture shows a class, and there is no answer
}

// None is about pictures that show none of the classes.
type None struct {
	Right   Share   `json:"right"`   // no answer to them
	Unknown Share   `json:"unknown"` // those with a class that the model calls unknown; only a taught one does
	AUROC   float64 `json:"auroc"`   // of telling both apart, by the best score or what a taught model says
}

// ClassFigure is the figures of one class.
type ClassFigure struct {
	Index     int          `json:"index"`
	Label     string       `json:"label"`
	Recall    Share        `json:"recall"`              // of its pictures, those with the right answer
	Precision Share        `json:"precision"`           // of the answers that name it, the right ones
	Suggested *AtThreshold `json:"suggested,omitempty"` // for this class alone
}

// Confusion is how often a wrong answer was given. An empty name is none of the classes, or no answer.
type Confusion struct {
	Class  string `json:"class"`
	Answer string `json:"answer"`
	Count  int    `json:"count"`
	Of     int    `json:"of"` // pictures of the class
}

// Matrix counts the answers: a row for each class that there are pictures of, a column for each of these and for what was
// said of them. An empty label is none.
type Matrix struct {
	Classes []string `json:"classes"`
	Answers []string `json:"answers"` // those of Classes first
	Counts  [][]int  `json:"counts"`
}

// AtThreshold is what the answers are at a threshold.
type AtThreshold struct {
	Threshold float64 `json:"threshold"`
	Precision Share   `json:"precision"`            // of the answers, the right ones
	Recall    Share   `json:"recall"`               // of the pictures with a class, those with the right answer
	None      *Share  `json:"none_right,omitempty"` // of the pictures without one, those without an answer
}

// Calibration is how well the best score says how often the best class is right.
type Calibration struct {
	Error float64 `json:"error"` // expected calibration error
	Bins  []Bin   `json:"bins"`
}

// Bin is the pictures whose best score lies in one tenth.
type Bin struct {
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Score float64 `json:"score"` // mean
	Right Share   `json:"right"`
}

// Time is how long answers took, from the decoded or encoded picture to the scores, in milliseconds.
type Time struct {
	Mean    float64 `json:"mean_ms"`
	Median  float64 `json:"median_ms"`
	P95     float64 `json:"p95_ms"`
	Max     float64 `json:"max_ms"`
	Slowest []Shown `json:"slowest"`
}

// Shown is a picture in a list.
type Shown struct {
	Picture string  `json:"picture"`
	Class   string  `json:"class"`   // empty: none
	Answers []Guess `json:"answers"` // the best classes, and the right one
	Silent  bool    `json:"silent"`  // there is no answer
	Took    float64 `json:"took_ms"`

	read func() ([]byte, error)
	rank float64
}

// Guess is a class and its score.
type Guess struct {
	Index int     `json:"index"`
	Label string  `json:"label"`
	Score float64 `json:"score"`
	Right bool    `json:"right"`
}

// Comparison is of two results, picture by picture.
type Comparison struct {
	First      string     `json:"first"`
	Second     string     `json:"second"`
	P          float64    `json:"p"`      // that chance makes two that are equally good differ so much; 1: it is not known which is better
	Better     string     `json:"better"` // a name, if the difference is larger than chance; else empty
	Verdict    string     `json:"verdict"`
	Alike      Share      `json:"alike"` // pictures to which both give the same answer
	*ClassPair            // of classify
	Found      *Matched   `json:"found,omitempty"`     // of detect and pose
	Pixels     *Pixels    `json:"pixels,omitempty"`    // of segment
	Distances  *Distances `json:"distances,omitempty"` // of embed
}

// ClassPair is how the answers of two classifiers compare.
type ClassPair struct {
	BothRight  int          `json:"both_right"`
	FirstOnly  int          `json:"first_only"` // right
	SecondOnly int          `json:"second_only"`
	BothWrong  int          `json:"both_wrong"`
	Differing  int          `json:"differing"` // pictures with different answers
	Differ     []Difference `json:"differ"`    // of these, the ones that matter most
}

// Difference is a picture to which two subjects have different answers.
type Difference struct {
	Picture string `json:"picture"`
	Class   string `json:"class"`
	First   Guess  `json:"first"` // without a label: no answer
	Second  Guess  `json:"second"`

	read func() ([]byte, error)
	rank float64
}
