package evaluate

import (
	"github.com/inceptiond/inceptiond/infer/evaluate/coco"
	"github.com/inceptiond/inceptiond/infer/task"
)

// Objects are the figures of what finds objects or postures. Average precision and recall are pycocotools'; the shares are of what a
// camera with the threshold would have said, where a likeness of 0.5 is enough.
type Objects struct {
	Likeness   string        `json:"likeness"` // what is compared with the thresholds: "IoU" of boxes, "OKS" of postures
	Objects    int           `json:"objects"`  // that are to be found
	AP         *float64      `json:"ap,omitempty"`
	APRange    *Range        `json:"ap_range,omitempty"` // absent for fewer than 10 pictures
	AP50       *float64      `json:"ap50,omitempty"`
	AP75       *float64      `json:"ap75,omitempty"`
	AR1        *float64      `json:"ar1,omitempty"` // with one find a picture and class
	AR10       *float64      `json:"ar10,omitempty"`
	AR         *float64      `json:"ar,omitempty"` // with 100; of postures with 20
	Sizes      []SizeFigure  `json:"sizes"`
	Found      Share         `json:"found"`  // of the objects, those that are found
	Right      Share         `json:"right"`  // of what is said to be there, what is
	Counts     Share         `json:"counts"` // pictures of whose every class as many are found as there are
	ByClass    []ObjectClass `json:"by_class"`
	Thresholds []AtThreshold `json:"thresholds"`
	Suggested  *AtThreshold  `json:"suggested,omitempty"`
	Wrongest   []Scene       `json:"wrongest"`
}

// Range is a 95 % interval of a figure: of pictures that are drawn from those here, with replacement.
type Range struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// SizeFigure is the figures of objects of a size: COCO's small, medium and large ones.
type SizeFigure struct {
	Size    string   `json:"size"`
	Objects int      `json:"objects"`
	AP      *float64 `json:"ap,omitempty"` // absent if there are none
	AR      *float64 `json:"ar,omitempty"`
}

// ObjectClass is the figures of one class.
type ObjectClass struct {
	Index     int          `json:"index"`
	Label     string       `json:"label"`
	Objects   int          `json:"objects"`
	AP        *float64     `json:"ap,omitempty"`
	AP50      *float64     `json:"ap50,omitempty"`
	Found     Share        `json:"found"`
	Right     Share        `json:"right"`
	Suggested *AtThreshold `json:"suggested,omitempty"`
}

// What becomes of an object.
const (
	isFound  = "found"
	isMissed = "missed" // it is there, and nobody has found it
	isFalse  = "false"  // it is said to be there, and is not
	isCrowd  = "crowd"  // it need not be found, or is found in what need not be

	isBoth   = "both" // of two subjects
	isFirst  = "first"
	isSecond = "second"
)

// Scene is a picture and what was found in it.
type Scene struct {
	Picture string        `json:"picture"`
	Objects []SceneObject `json:"objects"` // false and missed ones first; at most 100

	read func() ([]byte, error)
	rank float64
}

// count is how many of the objects are so.
func (s *Scene) count(state string) (n int) {
	for i := range s.Objects {
		if s.Objects[i].State == state {
			n++
		}
	}
	return n
}

// SceneObject is an object in a scene.
type SceneObject struct {
	State string     `json:"state"`
	Label string     `json:"label"`
	Box   [4]float64 `json:"box"`             // x, y, width and height, in fractions of the upright picture
	Score float64    `json:"score,omitempty"` // of what is said to be there

	body *task.Posture
}

// Matched is how what two subjects find compares.
type Matched struct {
	Both       int     `json:"both"` // find it, with the same label
	FirstOnly  int     `json:"first_only"`
	SecondOnly int     `json:"second_only"`
	Likeness   float64 `json:"likeness"`    // of what both find, on average
	Score      float64 `json:"score_apart"` // greatest difference of two scores of it
	Differ     []Scene `json:"differ"`      // pictures of which something is found by one alone
}

// figure is v for a report; nil of coco.None.
func figure(v float64) *float64 {
	if v == coco.None {
		return nil
	}
	return &v
}
