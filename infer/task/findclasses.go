package task

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer"
)

// classify fits a model that gives a score for each class, and finds out what becomes of them.
func (f *finder) classify(byWish bool) error {
	scores := f.outputs[0]
	raw := f.want.Scores == Raw
	switch err := checkScores(f.outputs); {
	case !raw && (f.last == "ARG_MAX" || f.last == "ARG_MIN"):
		return fmt.Errorf("the model ends in %s: it gives the number of a class and no scores", f.last)
	case err != nil:
		return err
	case !raw && !isList(scores):
		return fmt.Errorf("%v is no list of scores: a classifier's has one number for each class", scores)
	}
	if !raw && !byWish && !f.alone() {
		return fmt.Errorf("%d outputs, and they are not all lists of scores: say task: classify if the first is", len(f.outputs))
	}
	f.reading.Outputs[0], f.reading.Classes = 0, scores.Elements()
	f.scores()
	return nil
}

// alone tells whether the first output has the scores of a classifier whatever other outputs there are: they are lists, too, or the labels
// belong to it, or they are those of a taught model, which gives a map of each class and an embedding besides.
func (f *finder) alone() bool {
	n, others := f.outputs[0].Elements(), f.outputs[1:]
	labels := f.want.Labels
	taught := len(others) == 2 && len(others[0].Shape) == 4 && others[0].Shape[3] == n && isList(others[1])
	return taught || labels > 0 && (labels == n || labels+1 == n && f.want.Background) ||
		!slices.ContainsFunc(others, func(s infer.TensorSpec) bool { return !isList(s) })
}

// scores finds out what becomes of the numbers of the first output.
func (f *finder) scores() {
	r := &f.reading
	switch r.Scores = f.want.Scores; {
	case r.Scores != Auto && r.Scores != "":
	case r.Probabilities:
		r.Scores, r.Why = Raw, "the model gives probabilities: "+f.last
	case f.outputs[0].Elements() == 1:
		r.Scores, r.Why = Sigmoid, fmt.Sprintf("the model has one output and ends in %s, not in LOGISTIC", f.last)
	default:
		r.Scores, r.Why = Softmax, fmt.Sprintf("the model ends in %s, not in SOFTMAX or LOGISTIC", f.last)
	}
}
