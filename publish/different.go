package publish

import "encoding/json"

// LabelDifferent is the label of a scene that looks different from normal.
const LabelDifferent = "different"

// Different is how one frame differs from a camera's normal pictures.
type Different struct {
	Score float64    // of the place that differs most; 1 and more votes for different
	Box   [4]float64 // around that place: x, y, width, height in fractions of the upright frame
}

// message is d as results have it, nil if there is none.
func (d *Different) message() *differentMessage {
	if d == nil {
		return nil
	}
	m := &differentMessage{Score: Fraction(d.Score)}
	for i, v := range d.Box {
		m.Box[i] = Fraction(v)
	}
	return m
}

// Look is whether a scene is said to look different.
type Look uint8

// The looks of a scene.
const (
	LookUnknown   Look = iota // the camera has no normal pictures to compare with: no place in JSON
	LookUndecided             // nothing has been decided yet; null
	LookNormal                // false
	LookDifferent             // true
)

// raw is l in JSON; nil: it is left out.
func (l Look) raw() json.RawMessage {
	return [...]json.RawMessage{LookUndecided: json.RawMessage("null"), LookNormal: json.RawMessage("false"), LookDifferent: json.RawMessage("true")}[l]
}

type differentMessage struct {
	Score float64    `json:"score"`
	Box   [4]float64 `json:"box"`
}
