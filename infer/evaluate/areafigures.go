package evaluate

import (
	"cmp"

	"github.com/inceptiond/inceptiond/internal/order"
	"github.com/inceptiond/inceptiond/internal/text"
)

// report is [counts]'s.
func (c *areaCounts) report(r *Report) {
	for i, s := range c.subjects {
		r.Results[i].Time = s.time()
		if c.judged {
			s.result(&r.Results[i])
		}
	}
	if c.judged {
		for _, k := range r.Results[0].Areas.ByClass {
			if k.Pixels > 0 {
				r.Classes++
			}
		}
	}
	for i := range c.pairs {
		c.pairs[i].comparison(&r.Comparisons[i], c.pictures)
	}
	if c.judged && c.pictures >= fewest {
		c.resample(r)
	}
}

// resample adds the intervals of mean IoU, and which of two is better.
func (c *areaCounts) resample(r *Report) {
	figures := make([]resampled, len(c.subjects))
	for i, s := range c.subjects {
		figures[i] = resampled{r.Results[i].Areas.MeanIoU, &r.Results[i].Areas.Range, s.meanOf}
	}
	r.resample("mean IoU", c.pictures, drawn, figures)
}

// meanOf is the mean IoU if pictures count as often as weights says.
func (s *areaTally) meanOf(weights []int32) float64 {
	var both, union [classCount]int64
	for i, n := range weights {
		for _, v := range s.pictures[i] {
			both[v.class] += int64(n) * v.both
			union[v.class] += int64(n) * v.union
		}
	}
	var all overlaps
	for class := range union {
		if union[class] > 0 {
			all = append(all, overlap{uint8(class), both[class], union[class]})
		}
	}
	iou, _ := all.mean()
	return iou
}

// result writes the figures of s to r.
func (s *areaTally) result(r *Result) {
	a := &Areas{Accuracy: s.counts.accuracy(), ByClass: []AreaClass{}, Confusions: s.confusions(), Wrongest: append([]AreaScene{}, s.wrongest.list...)}
	list := s.counts.overlaps()
	if iou, ok := list.mean(); ok {
		a.MeanIoU = &iou
	}
	var there, said [classCount]int64
	for k, n := range s.counts {
		there[k[0]] += n
		said[k[1]] += n
		a.Pixels += n
	}
	notes, absent := newNotes(), []string{}
	for _, v := range list {
		k := AreaClass{Index: int(v.class), Label: s.label(int(v.class)), Pixels: there[v.class], IoU: ratio(v.both, v.union), Recall: ratio(v.both, there[v.class]), Precision: ratio(v.both, said[v.class])}
		a.ByClass = append(a.ByClass, k)
		if k.Pixels == 0 {
			absent = append(absent, k.Label)
		}
	}
	if len(absent) > 0 {
		notes.say("classes that no mask has, and that are said of some pixels, have an IoU of 0 each in the mean: %s", abbreviated(absent, 8))
	}
	if n := len(s.pictures); n < fewest {
		notes.say("%s is few: the figures are guesses", text.Plural(n, "picture"))
	}
	r.Areas, r.Notes = a, notes.list
}

// ratio is a share; nil of none.
func ratio(n, of int64) *float64 {
	if of == 0 {
		return nil
	}
	v := float64(n) / float64(of)
	return &v
}

// confusions are the most frequent ones.
func (s *areaTally) confusions() []AreaConfusion {
	const most = 10
	list := []AreaConfusion{}
	for k, n := range s.counts {
		if k[0] != k[1] && n > 0 {
			list = append(list, AreaConfusion{s.label(int(k[0])), s.label(int(k[1])), n})
		}
	}
	order.Sort(list, func(a, b AreaConfusion) int {
		return cmp.Or(cmp.Compare(b.Pixels, a.Pixels), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Answer, b.Answer))
	})
	return list[:min(len(list), most)]
}
