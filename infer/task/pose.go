package task

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer"
)

// What MoveNet says of a person: three numbers for each keypoint, and of several people each one's box and score.
const (
	ofKeypoints = 3 * Keypoints
	ofPerson    = ofKeypoints + 5
)

// pose reads the output of a MoveNet.
type pose struct {
	lister
	people []*numbers // the one output
	each   int        // numbers for a person
}

func newPose(outputs []infer.TensorSpec, l lister, r *Reading) (*pose, error) {
	if i := r.Outputs[0]; i >= 0 && i < len(outputs) {
		if each := posture(outputs[i]); each > 0 {
			return &pose{lister: l, people: []*numbers{newNumbers(outputs, i)}, each: each}, nil
		}
	}
	return nil, fmt.Errorf("the model has no keypoints of people (want an output [1 1 %d 3] or [1 people %d])",
		Keypoints, ofPerson)
}

// posture is how many numbers an output has for a person; 0: it is about none.
func posture(s infer.TensorSpec) int {
	n := len(s.Shape)
	switch {
	case s.Type != infer.Float32 && s.Scale == 0:
	case n >= 2 && s.Shape[n-1] == 3 && s.Shape[n-2] == Keypoints && s.Elements() == ofKeypoints:
		return ofKeypoints
	case n == 3 && s.Shape[0] == 1 && s.Shape[2] == ofPerson && s.Shape[1] <= maxResults:
		return ofPerson
	}
	return 0
}

// Kind and Reads are [Task]'s.
func (*pose) Kind() Kind     { return Pose }
func (p *pose) Reads() []int { return outputsOf(p.people) }

// Decode is [Task]'s.
func (p *pose) Decode(dst *Findings, outs [][]byte) error {
	dst.begin()
	if err := readAll(p.people, outs); err != nil {
		return err
	}
	for rest := p.people[0].values; len(rest) >= p.each; rest = rest[p.each:] {
		dst.Postures = p.posture(dst.Postures, rest[:p.each])
	}
	return nil
}

// posture adds a person to list, behind those with the same score or a higher one. The score is what the model gives of the person,
// or else the mean of the keypoints'.
func (p *pose) posture(list []Posture, values []float32) []Posture {
	var found Posture
	for i := range found.Keypoints {
		found.Keypoints[i] = p.keypoint(values[3*i : 3*i+3])
		found.Score += found.Keypoints[i].Score / Keypoints
	}
	if len(values) == ofPerson {
		found.Score = values[ofPerson-1]
	}
	if !p.enough(found.Score) || len(list) == p.most && found.Score <= list[len(list)-1].Score {
		return list
	}
	score := found.Score
	found.Score = min(score, 1)
	return insert(list, p.most, found, func(other *Posture) bool { return other.Score < score })
}

// keypoint is a point that the model gives as y, x and score.
func (p *pose) keypoint(v []float32) Keypoint {
	y, x, score := v[0], v[1], v[2]
	if !finite(y) || !finite(x) || !(score > 0) {
		return Keypoint{}
	}
	at := p.frame.Upright(Box{X: float64(x), Y: float64(y)})
	return Keypoint{float32(min(max(at.X, 0), 1)), float32(min(max(at.Y, 0), 1)), min(score, 1)}
}
