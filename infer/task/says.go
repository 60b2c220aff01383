package task

import "fmt"

// Says is what output i gives, for people; empty: it is not read.
func (r *Reading) Says(i int) string {
	switch {
	case r.Kind == Detect && r.Decoder != "":
		return "objects, by decoder " + r.Decoder
	case r.Kind == Detect:
		return r.saysPart(i)
	case i != max(0, r.Outputs[0]):
		return ""
	}
	switch r.Kind {
	case Classify:
		return "a score for each class"
	case Segment:
		if r.Background {
			return "a class for each pixel, 0 for the background"
		}
		return "a class for each pixel"
	case Pose:
		return fmt.Sprintf("%d keypoints of a body", Keypoints)
	case Embed:
		return "features"
	}
	return ""
}

// saysPart is Says for what model.DetectionOperator gives.
func (r *Reading) saysPart(i int) string {
	parts := [boxParts]string{
		ofBoxes: "boxes: top, left, bottom and right", ofClasses: "the class of each box", ofScores: "the score of each box", ofCount: "how many boxes there are",
	}
	for place, output := range r.Outputs {
		if output == i {
			return parts[place]
		}
	}
	return ""
}
