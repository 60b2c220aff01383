package evaluate

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/text"
)

// peopleCounts are the counts of models that give embeddings. It keeps the embedding of each picture.
type peopleCounts struct {
	subjects []*peopleTally
	names    []string // of the people, in the order of their first pictures
	faces    []face
	judged   bool
	shown    int
}

// face is a picture.
type face struct {
	FacePicture
	person int // none: nobody who is known
}

// peopleTally is what one subject says of the pictures.
type peopleTally struct {
	Subject
	timing
	embeddings [][]float32
}

func newPeopleCounts(subjects []Subject, o Options) *peopleCounts {
	c := &peopleCounts{judged: !o.Unjudged, shown: o.Shown}
	for i := range subjects {
		c.subjects = append(c.subjects, &peopleTally{Subject: subjects[i], timing: newTiming(o)})
	}
	return c
}

// check is [counts]'s: any name may be that of a person.
func (c *peopleCounts) check(...string) error { return nil }

// name is [counts]'s.
func (c *peopleCounts) name(class string) string { return class }

// add is [counts]'s.
func (c *peopleCounts) add(p *Picture, answers []Answer) error {
	for i := range answers {
		if len(answers[i].Found.Embedding) == 0 {
			return fmt.Errorf("evaluate: no embedding of %s (%s)", p.Name, c.subjects[i].Name)
		}
	}
	f := face{FacePicture{p.Name, p.Class, p.Read}, none}
	if p.Class != "" {
		if f.person = slices.Index(c.names, p.Class); f.person < 0 {
			f.person = len(c.names)
			c.names = append(c.names, p.Class)
		}
	}
	c.faces = append(c.faces, f)
	for i, s := range c.subjects {
		s.timing.add(Shown{Picture: p.Name, Class: p.Class, Answers: []Guess{}, Took: text.Milliseconds(answers[i].Took)})
		s.embeddings = append(s.embeddings, slices.Clone(answers[i].Found.Embedding))
	}
	return nil
}

// maxFaces is the most pictures that are compared with each other: of 4000 there are 8 million pairs.
const maxFaces = 4000

// compared are the pictures that are compared: all, or some that are evenly spread.
func (c *peopleCounts) compared() []int {
	n := min(len(c.faces), maxFaces)
	list := make([]int, n)
	for i := range list {
		list[i] = i * len(c.faces) / n
	}
	return list
}

// report is [counts]'s.
func (c *peopleCounts) report(r *Report) {
	some := c.compared()
	for i, s := range c.subjects {
		r.Results[i].Time = s.time()
		if c.judged {
			p := newPairing(c, s, some)
			r.Results[i].People = p.figures()
			r.Results[i].Notes = p.notes(r.Results[i].People)
		}
	}
	for i := range r.Comparisons {
		c.compare(&r.Comparisons[i], c.subjects[0], c.subjects[i+1], some)
	}
}

// pairing is the pictures of people, each with each other, as one subject sees them.
type pairing struct {
	counts          *peopleCounts
	subject         *peopleTally
	some            []int
	same, different []float64 // distances, sorted
	folds           [folds]fold
	bins            [bins]DistanceBin
	closest         top[FacePair]
	farthest        top[FacePair]
}

// The parts into which distances from 0 to 2 are divided: for a chart, and for the best threshold.
const (
	bins     = 40
	levels   = 1000
	binWidth = 2. / bins
)

func newPairing(c *peopleCounts, s *peopleTally, some []int) *pairing {
	p := &pairing{counts: c, subject: s, some: some, closest: top[FacePair]{most: c.shown}, farthest: top[FacePair]{most: c.shown}}
	for i := range p.bins {
		p.bins[i].Low = float64(i) * binWidth
	}
	for i, a := range some {
		for _, b := range some[:i] {
			if c.faces[a].person != none || c.faces[b].person != none { // else they may be the same or not
				p.add(b, a, task.Apart(s.embeddings[a], s.embeddings[b]))
			}
		}
	}
	slices.Sort(p.same)
	slices.Sort(p.different)
	return p
}

// add takes a pair.
func (p *pairing) add(a, b int, distance float64) {
	first, second := &p.counts.faces[a], &p.counts.faces[b]
	pair := FacePair{First: first.FacePicture, Second: second.FacePicture, Distance: distance}
	bin := &p.bins[min(int(distance/binWidth), bins-1)]
	level := min(int(distance/2*levels), levels-1)
	f := &p.folds[max(first.person, second.person)%folds]
	if first.person == second.person {
		p.same = append(p.same, distance)
		bin.Same++
		f.same[level]++
		pair.rank = distance
		if distance > p.subject.MaxDistance {
			p.farthest.add(pair)
		}
		return
	}
	p.different = append(p.different, distance)
	bin.Different++
	f.different[level]++
	pair.rank = -distance
	if distance <= p.subject.MaxDistance {
		p.closest.add(pair)
	}
}

// figures are those of the pairs.
func (p *pairing) figures() *People {
	c := p.counts
	f := &People{
		People: len(c.names), Same: len(p.same), Different: len(p.different), Left: len(c.faces) - len(p.some), MaxDistance: p.subject.MaxDistance,
		Bins: p.bins[:], Closest: append([]FacePair{}, p.closest.list...), Farthest: append([]FacePair{}, p.farthest.list...), ByPerson: []PersonFigure{},
		AUROC: p.auroc(),
	}
	accepted, rejected := p.at(p.subject.MaxDistance)
	f.FalseAccept, f.FalseReject = newShare(accepted, len(p.different)), newShare(rejected, len(p.same))
	for i := range bins + 1 {
		f.ByDistance = append(f.ByDistance, p.atDistance(float64(i)*binWidth))
	}
	if len(p.same) > 0 && len(p.different) > 0 {
		f.EqualError, f.Suggested, f.Verification = p.equalError(), p.suggested(), p.verify()
	}
	p.recognize(f)
	return f
}

// notes are what a reader of the figures should know.
func (p *pairing) notes(f *People) []string {
	notes := newNotes()
	if f.People < fewest {
		notes.say("%s: what is said of pairs holds for them, and may not for others", plural(f.People, "person", "people"))
	}
	if f.Same == 0 {
		notes.say("nobody has two pictures: nothing is known of false rejects")
	}
	if f.Different == 0 {
		notes.say("there is one person only: nothing is known of false accepts")
	}
	if f.Left > 0 {
		notes.say("%s were left out: %d are compared with each other, evenly spread", text.Plural(f.Left, "picture"), maxFaces)
	}
	return notes.list
}

// compare says how the embeddings of two subjects agree.
func (c *peopleCounts) compare(r *Comparison, first, second *peopleTally, some []int) {
	d := &Distances{}
	var mean, most float64
	alike := 0
	for i, a := range first.embeddings {
		b := second.embeddings[i]
		if len(a) == len(b) {
			apart := task.Apart(a, b)
			mean += apart / float64(len(first.embeddings))
			most = max(most, apart)
		}
		if slices.Equal(a, b) {
			alike++
		}
	}
	same, all := 0, 0
	for i, a := range some {
		for _, b := range some[:i] {
			all++
			if (task.Apart(first.embeddings[a], first.embeddings[b]) <= first.MaxDistance) == (task.Apart(second.embeddings[a], second.embeddings[b]) <= second.MaxDistance) {
				same++
			}
		}
	}
	r.Distances, r.Alike, r.P = d, newShare(alike, len(c.faces)), 1
	d.Pairs = newShare(same, all)
	r.Verdict = fmt.Sprintf("Both say the same of %d of %s: that they show one person, or two.", same, text.Plural(all, "pair"))
	if first.SHA256 == second.SHA256 {
		d.Mean, d.Max = &mean, &most
		r.Verdict += fmt.Sprintf(" Their answers to a picture are %.2g apart on average, and %.2g at most.", mean, most)
	}
}
