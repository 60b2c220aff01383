package evaluate

import (
	"cmp"
	"maps"
	"slices"

	"github.com/inceptiond/inceptiond/infer/evaluate/coco"
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

// resample adds the intervals of average precision, and which of two is better.
func (c *objectCounts) resample(r *Report) {
	work := 1
	figures := make([]resampled, len(c.subjects))
	for i, s := range c.subjects {
		work += s.tally.Work()
		figures[i] = resampled{r.Results[i].Objects.AP, &r.Results[i].Objects.APRange, s.tally.Average}
	}
	const much = 300e6
	r.resample("average precision", c.pictures, min(max(int(much/float64(work)), fewDrawn), drawn), figures)
}
