package evaluate

import (
	"cmp"
	"fmt"

	"github.com/inceptiond/inceptiond/internal/order"
	"github.com/inceptiond/inceptiond/internal/text"
)

// valued is a figure from 0 to 1, if there is one.
func valued(v *float64) string {
	if v == nil {
		return "-"
	}
	return decimals(*v)
}

// ranged is a figure with its interval, if it has one.
func ranged(v *float64, r *Range) string {
	if v == nil || r == nil {
		return valued(v)
	}
	return fmt.Sprintf("%s (%s to %s)", decimals(*v), decimals(r.Low), decimals(r.High))
}

// objects writes the figures of what finds objects or postures.
func (p *printer) objects(r *Result) {
	o := r.Objects
	p.row("  average precision (AP)\t%s\tmean over %s 0.50 to 0.95", ranged(o.AP, o.APRange), o.Likeness)
	p.row("  AP at %s 0.50, 0.75\t%s, %s", o.Likeness, valued(o.AP50), valued(o.AP75))
	if o.AR1 != nil {
		p.row("  average recall (AR)\t%s\twith 1 find: %s, with 10: %s", valued(o.AR), valued(o.AR1), valued(o.AR10))
	} else {
		p.row("  average recall (AR)\t%s", valued(o.AR))
	}
	for _, s := range o.Sizes {
		if s.Objects > 0 {
			p.row("  %s\tAP %s, AR %s\t%s", s.Size, valued(s.AP), valued(s.AR), text.Plural(s.Objects, "object"))
		}
	}
	p.row("  found\t%s\t%s, from threshold %.2f on", percent(o.Found), counted(o.Found), r.Threshold)
	p.row("  right when said\t%s\t%s", percent(o.Right), counted(o.Right))
	p.row("  counts right\t%s\t%s", percent(o.Counts), ofPictures(o.Counts))
	p.time(r)
	p.objectClasses(o.ByClass)
	p.thresholds(o.Thresholds, o.Suggested)
	p.scenes("wrong pictures", []string{isMissed, isFalse}, o.Wrongest)
}

// ofPictures is "3 of 4 pictures".
func ofPictures(s Share) string {
	return fmt.Sprintf("%d of %s", s.Count, text.Plural(s.Of, "picture"))
}

// objectClasses writes a row for each class that there is any of; the worst ones if they are many.
func (p *printer) objectClasses(all []ObjectClass) {
	list := shownObjects(all)
	if len(list) > textClasses {
		order.Stable(list, func(a, b *ObjectClass) int { return cmp.Compare(*a.AP, *b.AP) })
	}
	p.head("  class\tAP\tat 0.50\tfound\t\tright when said")
	for _, c := range list[:min(len(list), textClasses)] {
		p.row("  %s\t%s\t%s\t%s\t%s\t%s\t%s", c.Label, valued(c.AP), valued(c.AP50), percent(c.Found), counted(c.Found), percent(c.Right), counted(c.Right))
	}
	p.more(len(list), textClasses)
}

// shownObjects are the classes that there is any of.
func shownObjects(all []ObjectClass) (list []*ObjectClass) {
	for i := range all {
		if all[i].AP != nil {
			list = append(list, &all[i])
		}
	}
	return list
}

// scenes lists pictures, and how many objects in them are so.
func (p *printer) scenes(title string, states []string, list []Scene) {
	if len(list) == 0 {
		return
	}
	p.head("  %s\t%s\t%s", title, states[0], states[1])
	for i := range list[:min(len(list), textPictures)] {
		p.row("  %s\t%d\t%d", text.Printable(list[i].Picture), list[i].count(states[0]), list[i].count(states[1]))
	}
	p.more(len(list), textPictures)
}

// matched writes how what two subjects find compares.
func (p *printer) matched(c *Comparison) {
	p.row("  both find\t%d\talike by %s, scores apart by %s at most", c.Found.Both, decimals(c.Found.Likeness), decimals(c.Found.Score))
	p.row("  only %s\t%d", c.First, c.Found.FirstOnly)
	p.row("  only %s\t%d", c.Second, c.Found.SecondOnly)
	p.row("  pictures alike\t%s", counted(c.Alike))
	p.line("  %s", c.Verdict)
	p.scenes("pictures that differ", []string{isFirst, isSecond}, c.Found.Differ)
}

// areas writes the figures of a model that gives a class for every pixel.
func (p *printer) areas(r *Result) {
	a := r.Areas
	p.row("  mean IoU\t%s", ranged(a.MeanIoU, a.Range))
	p.row("  pixels right\t%.1f %%\tof %d", 100*a.Accuracy, a.Pixels)
	p.time(r)
	p.head("  class\tIoU\tfound\tright when said\tpixels")
	for _, c := range a.ByClass {
		p.row("  %s\t%s\t%s\t%s\t%d", c.Label, valued(c.IoU), valued(c.Recall), valued(c.Precision), c.Pixels)
	}
	if len(a.Confusions) > 0 {
		p.head("  most frequent confusions\ttaken for\tpixels")
		for _, c := range a.Confusions {
			p.row("  %s\t%s\t%d", c.Class, cmp.Or(c.Answer, mute), c.Pixels)
		}
	}
	if len(a.Wrongest) > 0 {
		p.head("  wrongest pictures\tmean IoU\tpixels right")
		for _, s := range a.Wrongest[:min(len(a.Wrongest), textPictures)] {
			p.row("  %s\t%s\t%.1f %%", text.Printable(s.Picture), decimals(s.MeanIoU), 100*s.Accuracy)
		}
		p.more(len(a.Wrongest), textPictures)
	}
}

// pixels writes how the areas of two subjects compare.
func (p *printer) pixels(c *Comparison) {
	p.row("  pixels alike\t%.2f %%", 100*c.Pixels.Share)
	p.row("  pictures alike\t%s", counted(c.Alike))
	p.line("  %s", c.Verdict)
	if len(c.Pixels.Differ) == 0 {
		return
	}
	p.head("  pictures that differ\tpixels alike")
	for _, d := range c.Pixels.Differ[:min(len(c.Pixels.Differ), textPictures)] {
		p.row("  %s\t%.2f %%", text.Printable(d.Picture), 100*d.Share)
	}
	p.more(len(c.Pixels.Differ), textPictures)
}

// people writes the figures of a model that gives embeddings.
func (p *printer) people(r *Result) {
	f := r.People
	p.row("  false accepts\t%s\t%s pairs of two people, up to a distance of %.2f", percent(f.FalseAccept), counted(f.FalseAccept), f.MaxDistance)
	p.row("  false rejects\t%s\t%s pairs of one person", percent(f.FalseReject), counted(f.FalseReject))
	if e := f.EqualError; e != nil {
		p.row("  equal error rate\t%.2f %%\tat a distance of %.3f", 50*(e.FalseAccept+e.FalseReject), e.Distance)
	}
	if v := f.Verification; v != nil {
		p.row("  verification\t%.1f ± %.1f %%\tof pairs told right, as LFW measures it (%s)", 100*v.Accuracy, 100*v.Deviation, plural(v.Folds, "fold", "folds"))
	}
	if g := f.Recognition; g.Right.Of > 0 {
		p.row("  recognized\t%s\t%s, %d taken for another, %d for nobody", percent(g.Right), counted(g.Right), g.Wrong, g.Nobody)
	}
	if g := f.Recognition; g.Unknown.Of > 0 {
		p.row("  nobody, and said so\t%s\t%s", percent(g.Unknown), counted(g.Unknown))
	}
	p.time(r)
	p.line("  %s", distanceAdvice(f))
	p.distances(f)
	p.head("  person\trecognized\tpictures\ttaken for")
	for _, v := range f.ByPerson[:min(len(f.ByPerson), textClasses)] {
		p.row("  %s\t%s\t%d\t%s", text.Printable(v.Name), percent(v.Right), v.Pictures, text.Printable(v.TakenFor))
	}
	p.more(len(f.ByPerson), textClasses)
	p.facePairs("two people, taken for one", f.Closest)
	p.facePairs("one person, taken for two", f.Farthest)
}

// distances writes a row for each distance at which something changes.
func (p *printer) distances(f *People) {
	p.head("  distance\tfalse accepts\tfalse rejects")
	var before AtDistance
	for i, a := range f.ByDistance {
		if i == 0 || a.FalseAccept != before.FalseAccept || a.FalseReject != before.FalseReject {
			p.row("  %.2f\t%.2f %%\t%.2f %%", a.Distance, 100*a.FalseAccept, 100*a.FalseReject)
		}
		before = a
	}
}

// distanceAdvice says which distance to take.
func distanceAdvice(f *People) string {
	s := f.Suggested
	switch {
	case f.Different < leastPairs:
		return "There are too few pairs of two people to say which distance to take."
	case s == nil:
		return "No distance lets so few as 1 % of false ones in."
	}
	return fmt.Sprintf("max_distance: %.2f lets at most 1 %% of false ones in, and %.1f %% of the right ones are not known then.", s.Distance, 100*s.FalseReject)
}

// facePairs lists pairs of pictures.
func (p *printer) facePairs(title string, list []FacePair) {
	if len(list) == 0 {
		return
	}
	p.head("  %s\t\tdistance", title)
	for _, v := range list[:min(len(list), textPictures)] {
		p.row("  %s\t%s\t%.3f", text.Printable(v.First.Picture), text.Printable(v.Second.Picture), v.Distance)
	}
	p.more(len(list), textPictures)
}
