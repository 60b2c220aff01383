package evaluate

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/internal/stats"
)

// How many sets of pictures are drawn from those that there are, and how many at least where that is much work.
const (
	drawn    = 100
	fewDrawn = 20
)

// resampled is a figure of a result that other sets of pictures would have otherwise.
type resampled struct {
	figure *float64 // nil: there is none
	within **Range
	of     func(weights []int32) float64 // what it is if pictures count that often
}

// resample finds the intervals of figures, one of each result, and which of two results is better. what names the figure.
func (r *Report) resample(what string, pictures, sets int, figures []resampled) {
	values := make([][]float64, len(figures))
	stats.Resample(pictures, sets, func(weights []int32) {
		for i, f := range figures {
			values[i] = append(values[i], f.of(weights))
		}
	})
	for i, f := range figures {
		if f.figure == nil {
			continue
		}
		*f.within = rangeAround(*f.figure, values[i])
		if first := figures[0].figure; i > 0 && first != nil {
			r.Comparisons[i-1].judge(what, *f.figure-*first, values[0], values[i])
		}
	}
}

// rangeAround is the 95 % interval of a figure, of what it is of other sets of pictures.
func rangeAround(figure float64, drawn []float64) *Range {
	half := stats.Normal95 * stats.Deviation(drawn)
	return &Range{max(figure-half, 0), min(figure+half, 1)}
}

// judge says which of two is better by a figure, of which apart is the second's less the first's, if that is more than chance: by what
// both are of the same other sets of pictures.
func (r *Comparison) judge(what string, apart float64, first, second []float64) {
	differences := make([]float64, len(first))
	for i := range first {
		differences[i] = second[i] - first[i]
	}
	r.P = stats.TwoSided(apart, stats.Deviation(differences))
	better, worse := r.First, r.Second
	if apart > 0 {
		better, worse = r.Second, r.First
	}
	switch {
	case apart == 0:
		r.Verdict = "Neither is better here: both have the same " + what + "."
	case r.P < chance:
		r.Better = better
		r.Verdict = fmt.Sprintf("%s is better than %s, by more than chance explains: its %s is higher by %s (p = %s).", better, worse, what, decimals(math.Abs(apart)), probability(r.P))
	default:
		r.Verdict = fmt.Sprintf("The difference may be chance: the %s of %s is higher by %s (p = %s). More pictures would tell.", what, better, decimals(math.Abs(apart)), probability(r.P))
	}
}
