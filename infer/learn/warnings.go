package learn

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/order"
)

// When what is a warning.
const (
	guess, usable = 5, 10 // pictures of a class below which a figure is a guess, or just usable

	sameShare    = 0.25 // of the pictures of two classes that are taken for the other
	wrongOwn     = 0.1  // probability of its own class below which a picture may be in the wrong one
	wrongOther   = 0.7  // and of another one above which
	mostWrong    = 6    // pictures that are named
	mostExamples = 6
	badAccuracy  = 0.6 // of a base that is of another trade
)

// warnings is what a user should know, the gravest first.
func (t *training) warnings(r *Report) []Warning {
	list := []Warning{}
	for _, some := range [][]Warning{t.badBase(r), t.tooLittle(), t.lookSame(r), t.sameCodes(), t.wrongLabels(r), nearCopies(t.classes, t.list, t.same), unread(t.skipped), t.unused()} {
		list = append(list, some...)
	}
	return listed(list)
}

// listed has lists in JSON, also if they are empty.
func listed(list []Warning) []Warning {
	for i := range list {
		list[i].Classes = append([]string{}, list[i].Classes...)
		list[i].Pictures = append([]string{}, list[i].Pictures...)
	}
	return list
}

// units is how many pictures each class has if near-copies count once.
func (t *training) units() []int { return unitsOf(t.classes, t.list) }

func unitsOf(classes []string, list []*seen) []int {
	n := make([]int, len(classes))
	for _, p := range list {
		if p.first {
			n[p.class]++
		}
	}
	return n
}

func (t *training) badBase(r *Report) []Warning {
	share := float64(r.Right) / float64(max(1, r.Total))
	if r.Total == 0 || share >= badAccuracy || slices.Min(t.units()) < usable {
		return nil
	}
	return []Warning{{Kind: WarnBadBase, Text: fmt.Sprintf("with %d pictures of each class or more it still tells only %s right: "+
		"the base may have been trained for one trade, such as birds, and see little in such pictures (try another base)",
		usable, percents(r.Accuracy))}}
}

func (t *training) tooLittle() (list []Warning) {
	for c, n := range t.units() {
		name := t.classes[c]
		switch {
		case n < guess:
			list = append(list, Warning{Kind: WarnTooLittle, Classes: []string{name},
				Text: fmt.Sprintf("%s has %s: what it says is a guess (%d are usable, %d are good)", name, plural(n, "picture"), guess, usable)})
		case n < usable:
			list = append(list, Warning{Kind: WarnTooLittle, Classes: []string{name},
				Text: fmt.Sprintf("%s has %s: usable, and better with %d", name, plural(n, "picture"), usable)})
		}
	}
	return list
}

// lookSame finds pairs of classes that the cross validation confused.
func (t *training) lookSame(r *Report) (list []Warning) {
	for a := range t.classes {
		for b := a + 1; b < len(t.classes); b++ {
			confused := r.Confusion[a][b] + r.Confusion[b][a]
			of := sum(r.Confusion[a]) + sum(r.Confusion[b])
			if of == 0 || float64(confused) < sameShare*float64(of) {
				continue
			}
			names := []string{t.classes[a], t.classes[b]}
			w := Warning{Kind: WarnLookSame, Classes: names,
				Text: fmt.Sprintf("%s and %s look the same to it: %d of %d pictures were taken for the other", names[0], names[1], confused, of)}
			for _, answer := range r.Answers {
				if answer.Counted && len(w.Pictures) < mostExamples && answer.Class != answer.Said &&
					slices.Contains(names, answer.Class) && slices.Contains(names, answer.Said) {
					w.Pictures = append(w.Pictures, answer.Picture)
				}
			}
			list = append(list, w)
		}
	}
	return list
}

// sameCodes finds pictures of two classes that are near-copies of each other.
func (t *training) sameCodes() (list []Warning) {
	met := make([][]int, len(t.list)) // for each picture, those before it
	parallel(len(t.list), func(i int) {
		for k, p := range t.list[:i] {
			if p.class != t.list[i].class && task.Distance(p.codes, t.list[i].codes, t.zero) < copyDistance {
				met[i] = append(met[i], k)
			}
		}
	})
	at := map[[2]int]int{} // in list, by classes
	for i, some := range met {
		for _, k := range some {
			a, b := t.list[k], t.list[i]
			if a.class > b.class {
				a, b = b, a
			}
			key := [2]int{a.class, b.class}
			if _, there := at[key]; !there {
				at[key] = len(list)
				list = append(list, Warning{Kind: WarnLookSame, Classes: []string{a.Class, b.Class},
					Text: fmt.Sprintf("%s and %s have pictures that are all but the same: one of them is in the wrong class, "+
						"or the classes cannot be told apart (%s and %s)", a.Class, b.Class, a.label(), b.label())})
			}
			if w := &list[at[key]]; len(w.Pictures)+2 <= mostExamples {
				w.Pictures = append(w.Pictures, a.id, b.id)
			}
		}
	}
	return list
}

// wrongLabels finds pictures that the cross validation is sure belong elsewhere.
func (t *training) wrongLabels(r *Report) []Warning {
	var wrong []Answer
	for _, a := range r.Answers {
		if a.Own < wrongOwn && a.Best > wrongOther {
			wrong = append(wrong, a)
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	order.Stable(wrong, func(a, b Answer) int { return cmp.Compare(a.Own, b.Own) })
	w, said := Warning{Kind: WarnWrongLabel}, []string{}
	for _, a := range wrong[:min(mostWrong, len(wrong))] {
		w.Pictures = append(w.Pictures, a.Picture)
		if !slices.Contains(w.Classes, a.Class) {
			w.Classes = append(w.Classes, a.Class)
		}
		said = append(said, fmt.Sprintf("%s of %s looks like %s", t.labelOf(a.Picture), a.Class, a.Said))
	}
	w.Text = "look at these, which may be in the wrong class (about half of such pictures are): " + strings.Join(said, "; ")
	return []Warning{w}
}

// nearCopies tells of those among the pictures, and of files of each class that are the same as another.
func nearCopies(classes []string, pictures []*seen, files []int) (list []Warning) {
	units := unitsOf(classes, pictures)
	for c, name := range classes {
		some := ofClass(pictures, c)
		same := len(some) + files[c] - units[c]
		if same == 0 {
			continue
		}
		w := Warning{Kind: WarnNearCopies, Classes: []string{name},
			Text: fmt.Sprintf("of %s of %s, %d are near-copies of others, or taken by one camera within a minute: they count once",
				plural(len(some)+files[c], "picture"), name, same)}
		for _, p := range some {
			if !p.first && len(w.Pictures) < mostExamples {
				w.Pictures = append(w.Pictures, p.id)
			}
		}
		list = append(list, w)
		if units[c] == 1 {
			list = append(list, Warning{Kind: WarnNoEstimate, Classes: []string{name},
				Text: fmt.Sprintf("all pictures of %s are of one scene or minute: how well it will be known on another day cannot be told "+
					"(add pictures of other times)", name)})
		}
	}
	return list
}

// unread tells of files that are no pictures.
func unread(skipped []Skipped) (list []Warning) {
	for _, text := range leftOut(skipped) {
		w := Warning{Kind: WarnSkipped, Text: text}
		for _, s := range skipped {
			if s.ID != "" && len(w.Pictures) < mostExamples {
				w.Pictures = append(w.Pictures, s.ID)
			}
		}
		list = append(list, w)
	}
	return list
}

// unused tells of pictures that were left out, and of variants.
func (t *training) unused() (list []Warning) {
	if n := len(t.left); n > 0 {
		list = append(list, Warning{Kind: WarnNotUsed, Text: fmt.Sprintf("%s are not used: of each class those that differ most, at most %d, and %d in all",
			plural(n, "picture"), t.options.MaxPictures, t.options.MaxRows)})
	}
	if t.variants < t.options.Variants {
		list = append(list, Warning{Kind: WarnFewVariants, Text: fmt.Sprintf("there are so many pictures that each has %s, not %d",
			plural(t.variants, "variant"), t.options.Variants)})
	}
	return list
}

// leftOut says how many files are no pictures, and which; nothing if there is none.
func leftOut(skipped []Skipped) []string {
	const most = 3 // that are named
	if len(skipped) == 0 {
		return nil
	}
	var some []string
	for i := range skipped[:min(most, len(skipped))] {
		some = append(some, nameOf(&skipped[i])+": "+skipped[i].Reason)
	}
	more := ""
	if n := len(skipped) - most; n > 0 {
		more = fmt.Sprintf("; and %d more", n)
	}
	return []string{plural(len(skipped), "file") + " left out: " + strings.Join(some, "; ") + more}
}

// label is how a picture is named for people.
func (s *seen) label() string {
	if s.Name != "" {
		return s.Name
	}
	return s.Class + "/" + s.id[:min(12, len(s.id))]
}

// labelOf is label of a picture by its ID.
func (t *training) labelOf(id string) string {
	for _, p := range t.list {
		if p.id == id {
			return p.label()
		}
	}
	return id
}

// nameOf is how a picture that was skipped is named for people.
func nameOf(s *Skipped) string {
	switch {
	case s.Name != "":
		return s.Name
	case s.ID != "":
		return s.Class + "/" + s.ID[:min(12, len(s.ID))]
	}
	return "one of " + s.Class
}

// plural is "1 class" or "2 classes".
func plural(n int, noun string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(noun, "s"):
		noun += "es"
	default:
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// percents is an interval for people.
func percents(i Interval) string { return fmt.Sprintf("%.0f to %.0f %%", 100*i.Low, 100*i.High) }

func sum(list []int) (n int) {
	for _, v := range list {
		n += v
	}
	return n
}
