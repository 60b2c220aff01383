package publish

import "math"

// What the models of other tasks than a classifier's find in a frame. Boxes are x, y, width and height, from the upper left, in
// fractions of the upright frame.

// Detection is an object.
type Detection struct {
	Index int // as the model counts its classes, the background left out
	Label string
	Score float32    // 0 to 1
	Box   [4]float64 // limited to the frame

	// What a second model says of what is in the box; nil: it was not asked.
	Identity    *Identity
	Predictions []Prediction
}

// Segment is the area of one class.
type Segment struct {
	Index int // as the model counts its classes, the background left out
	Label string
	Share float64    // of the picture, 0 to 1
	Box   [4]float64 // around all of it
}

// Identity is who was recognized.
type Identity struct {
	Label    string  // empty: nobody that is known
	Score    float64 // 0 to 1; 0 without a Label
	Distance float64 // to the nearest of all who are known
	Second   float64 // to the nearest of the others; 0: there are none
}

// PoseFound is how a body stands.
type PoseFound struct {
	Score     float32        // 0 to 1
	Keypoints [17][3]float32 // x, y in fractions of the upright frame, and score, in COCO's order
}

// Size is that of a picture, in pixels.
type Size struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

type (
	detectionMessage struct {
		Index       int                 `json:"index"`
		Label       string              `json:"label"`
		Score       float32             `json:"score"`
		Box         [4]float64          `json:"box"`
		Identity    *identityMessage    `json:"identity,omitempty"`
		Predictions []predictionMessage `json:"predictions,omitzero"`
	}
	segmentMessage struct {
		Index int        `json:"index"`
		Label string     `json:"label"`
		Share float64    `json:"share"`
		Box   [4]float64 `json:"box"`
	}
	identityMessage struct {
		Label    *string `json:"label"`
		Score    float64 `json:"score"`
		Distance float64 `json:"distance"`
		Second   float64 `json:"second,omitempty"`
	}
	poseMessage struct {
		Score     float32        `json:"score"`
		Keypoints [17][3]float64 `json:"keypoints"`
	}
)

// detectionMessages are a list that is never null.
func detectionMessages(list []Detection) []detectionMessage {
	messages := make([]detectionMessage, len(list))
	for i := range list {
		d := &list[i]
		messages[i] = detectionMessage{Index: d.Index, Label: d.Label, Score: finite(d.Score), Box: FractionBox(d.Box), Identity: d.Identity.message()}
		if d.Predictions != nil {
			messages[i].Predictions = predictionMessages(d.Predictions)
		}
	}
	return messages
}

// segmentMessages are a list that is never null.
func segmentMessages(list []Segment) []segmentMessage {
	messages := make([]segmentMessage, len(list))
	for i, s := range list {
		messages[i] = segmentMessage{Index: s.Index, Label: s.Label, Share: Fraction(s.Share), Box: FractionBox(s.Box)}
	}
	return messages
}

// poseMessages are a list that is never null.
func poseMessages(list []PoseFound) []poseMessage {
	messages := make([]poseMessage, len(list))
	for i := range list {
		messages[i].Score = finite(list[i].Score)
		for k, point := range list[i].Keypoints {
			for at, v := range point {
				messages[i].Keypoints[k][at] = Fraction(float64(v))
			}
		}
	}
	return messages
}

// message is i as results have it, nil if there is none.
func (i *Identity) message() *identityMessage {
	if i == nil {
		return nil
	}
	return &identityMessage{
		Label: orNull(i.Label), Score: Fraction(i.Score), Distance: Fraction(i.Distance), Second: Fraction(i.Second),
	}
}

// FractionBox is b as messages have it: with four decimals of its corners, so that what is within the frame stays so.
func FractionBox(b [4]float64) (rounded [4]float64) {
	for at := range 2 {
		from, to := Fraction(b[at]), Fraction(b[at]+b[at+2])
		rounded[at], rounded[at+2] = from, Fraction(to-from)
	}
	return rounded
}

// finites are numbers that JSON can say: see finite.
func finites(list []float32) []float32 {
	if list == nil {
		return nil
	}
	good := make([]float32, len(list))
	for i, v := range list {
		good[i] = finite(v)
	}
	return good
}

// Fraction is x as messages have it: with four decimals, and 0 for what is no number.
func Fraction(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return math.Round(x*1e4) / 1e4
}
