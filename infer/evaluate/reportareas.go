package evaluate

import "github.com/inceptiond/inceptiond/infer/task"

// Areas are the figures of a model that gives a class for every pixel.
type Areas struct {
	Pixels     int64           `json:"pixels"`                   // of all masks that count
	MeanIoU    *float64        `json:"mean_iou,omitempty"`       // over the classes that there are, or that are said; absent without any
	Range      *Range          `json:"mean_iou_range,omitempty"` // absent for fewer than 10 pictures
	Accuracy   float64         `json:"pixel_accuracy"`           // pixels whose class is right
	ByClass    []AreaClass     `json:"by_class"`
	Confusions []AreaConfusion `json:"confusions"` // the most frequent 10
	Wrongest   []AreaScene     `json:"wrongest"`
}

// AreaClass is the figures of one class.
type AreaClass struct {
	Index     int      `json:"index"`
	Label     string   `json:"label"`
	Pixels    int64    `json:"pixels"`
	IoU       *float64 `json:"iou,omitempty"`       // of the pixels that are of the class or said to be, those that are both
	Recall    *float64 `json:"recall,omitempty"`    // of the pixels of the class, those that are said to be
	Precision *float64 `json:"precision,omitempty"` // of those that are said to be, those that are
}

// AreaConfusion is how many pixels of a class were called another one.
type AreaConfusion struct {
	Class  string `json:"class"`
	Answer string `json:"answer"` // empty: a number that is no class
	Pixels int64  `json:"pixels"`
}

// AreaScene is a picture with its areas.
type AreaScene struct {
	Picture  string  `json:"picture"`
	MeanIoU  float64 `json:"mean_iou"`
	Accuracy float64 `json:"pixel_accuracy"`

	read        func() ([]byte, error)
	rank        float64
	true, found *task.Findings // small, to be drawn
	label       func(class int) string
}

// Pixels is how the areas of two subjects compare.
type Pixels struct {
	Share  float64        `json:"share"` // of all pixels, those that both give the same class; the mean over the pictures
	Differ []PixelsDiffer `json:"differ"`
}

// PixelsDiffer is a picture, and how much of it two subjects see alike.
type PixelsDiffer struct {
	Picture string  `json:"picture"`
	Share   float64 `json:"share"`

	read          func() ([]byte, error)
	rank          float64
	first, second *task.Findings // small, to be drawn
	label         func(class int) string
}
