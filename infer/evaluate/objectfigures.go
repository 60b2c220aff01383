package evaluate

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer/evaluate/coco"
	"github.com/inceptiond/inceptiond/internal/stats"
)

// report is [counts]'s.
func (c *objectCounts) report(r *Report) {
	for i, s := range c.subjects {
		r.Results[i].Time = s.time()
		if c.judged {
			s.result(&r.Results[i], c.pictures)
		}
	}
	if c.judged {
		r.Classes = len(c.subjects[0].wanted)
	}
	for i := range c.pairs {
		c.pairs[i].comparison(&r.Comparisons[i], c.pictures)
	}
	if c.judged && c.pictures >= fewest {
		c.resample(r)
	}
}

// result writes the figures of s to r.
func (s *objectTally) result(r *Result, pictures int) {
	f := s.tally.Figures()
	o := &Objects{
		Likeness: "IoU", Objects: s.all.pictures, AP: figure(f.AP), AP50: figure(f.AP50), AP75: figure(f.AP75), AR: figure(f.AR), Sizes: []SizeFigure{},
		Found: newShare(s.all.right, s.all.pictures), Right: newShare(s.all.right, s.all.answered), Counts: newShare(s.counted, pictures),
		ByClass: s.classFigures(&f), Wrongest: append([]Scene{}, s.wrongest.list...),
	}
	if s.bodies() {
		o.Likeness = "OKS"
	} else {
		o.AR1, o.AR10 = figure(f.Few[0]), figure(f.Few[1])
	}
	for _, a := range f.Areas {
		o.Sizes = append(o.Sizes, SizeFigure{a.Name, a.Truths, figure(a.AP), figure(a.AR)})
	}
	o.Thresholds = s.all.thresholds()
	o.Suggested = suggest(o.Thresholds)
	r.Objects, r.Notes = o, s.notes(o)
}

// classFigures are those of all classes that there are objects of, or that are found.
func (s *objectTally) classFigures(f *coco.Figures) []ObjectClass {
	list := []ObjectClass{}
	for _, i := range slices.Sorted(maps.Keys(s.byClass)) {
		c := s.byClass[i]
		if c.pictures+c.answered == 0 {
			continue
		}
		o := ObjectClass{Index: i, Label: s.label(i), Objects: c.pictures, Found: newShare(c.right, c.pictures), Right: newShare(c.right, c.answered), Suggested: suggest(c.thresholds())}
		if k, there := slices.BinarySearchFunc(f.Classes, i, func(c coco.Class, i int) int { return cmp.Compare(c.Class, i) }); there {
			o.AP, o.AP50 = figure(f.Classes[k].AP), figure(f.Classes[k].AP50)
		}
		list = append(list, o)
	}
	return list
}

// thresholds is what the answers that name a class are at each threshold.
func (c *classTally) thresholds() (list []AtThreshold) {
	for i := range steps + 1 {
		list = append(list, AtThreshold{Threshold: stepAt(i), Precision: newShare(c.rightAt[i], c.answeredAt[i]), Recall: newShare(c.rightAt[i], c.pictures)})
	}
	return list
}

// notes are what a reader of the figures should know.
func (s *objectTally) notes(o *Objects) []string {
	notes := newNotes()
	var few []string
	for _, c := range o.ByClass {
		if c.Objects > 0 && c.Objects < fewest {
			few = append(few, c.Label)
		}
	}
	if len(few) > 0 {
		notes.say("%s fewer than %d objects: what is said of each alone is a guess: %s", classesHave(len(few)), fewest, abbreviated(few, 8))
	}
	if s.Subject.Classes > len(s.wanted) {
		notes.say("what the truth has no class for counts for nothing: of the model's %d classes it has %d", s.Subject.Classes, len(s.wanted))
	}
	if o.Objects == 0 {
		notes.say("the pictures show nothing that is to be found")
	}
	return notes.list
}

// Sets of pictures that are drawn from those that there are, and how much work that may be.
const (
	drawn     = 100
	fewDrawn  = 20
	drawnWork = 300e6
)

// resample adds the intervals of average precision, and which of two is better.
func (c *objectCounts) resample(r *Report) {
	work := 1
	for _, s := range c.subjects {
		work += s.tally.Work()
	}
	sets := min(max(int(drawnWork/float64(work)), fewDrawn), drawn)
	values := make([][]float64, len(c.subjects))
	stats.Resample(c.pictures, sets, func(weights []int32) {
		for i, s := range c.subjects {
			values[i] = append(values[i], s.tally.Average(weights))
		}
	})
	for i := range values {
		if o := r.Results[i].Objects; o.AP != nil {
			o.APRange = rangeAround(*o.AP, values[i])
		}
	}
	for i := range r.Comparisons {
		first, second := r.Results[0].Objects.AP, r.Results[i+1].Objects.AP
		if first != nil && second != nil {
			r.Comparisons[i].judge("average precision", *second-*first, values[0], values[i+1])
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
		r.Verdict = better + " is better than " + worse + ", by more than chance explains: its " + what + " is higher by " + decimals(math.Abs(apart)) + " (p = " + probability(r.P) + ")."
	default:
		r.Verdict = "The difference may be chance: the " + what + " of " + better + " is higher by " + decimals(math.Abs(apart)) + " (p = " + probability(r.P) + "). More pictures would tell."
	}
}
