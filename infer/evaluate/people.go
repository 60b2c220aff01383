package evaluate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/order"
	"github.com/inceptiond/inceptiond/internal/stats"
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

// folds is how many parts people are divided into for verification.
const folds = 10

// fold is how often pairs of its people have each distance.
type fold struct{ same, different [levels]int32 }

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

// at counts the false accepts and rejects if a distance is the most.
func (p *pairing) at(distance float64) (accepted, rejected int) {
	within := func(list []float64) int {
		return sort.Search(len(list), func(i int) bool { return list[i] > distance })
	}
	return within(p.different), len(p.same) - within(p.same)
}

func (p *pairing) atDistance(distance float64) AtDistance {
	accepted, rejected := p.at(distance)
	return AtDistance{distance, share(accepted, len(p.different)), share(rejected, len(p.same))}
}

// share is a part of a number; 0 of none.
func share(n, of int) float64 { return float64(n) / float64(max(of, 1)) }

// equalError is where false accepts and false rejects are as frequent, or as nearly so as they get.
func (p *pairing) equalError() *AtDistance {
	crossing := math.Inf(1) // the farther, the more is accepted and the less rejected: the least distance at which more is
	for _, list := range [][]float64{p.same, p.different} {
		at := sort.Search(len(list), func(i int) bool {
			a := p.atDistance(list[i])
			return a.FalseAccept >= a.FalseReject
		})
		if at < len(list) {
			crossing = min(crossing, list[at])
		}
	}
	above, below := p.atDistance(crossing), p.atDistance(math.Nextafter(crossing, -1))
	if above.FalseAccept-above.FalseReject <= below.FalseReject-below.FalseAccept {
		return &above
	}
	return &below
}

// leastPairs is how many pairs of two people say something of 1 % of them.
const leastPairs = 100

// suggested is the greatest distance with few false accepts, in hundredths; nil: there are too few pairs to say so.
func (p *pairing) suggested() *AtDistance {
	const few = 0.01
	if len(p.different) < leastPairs {
		return nil
	}
	for hundredth := 200; hundredth > 0; hundredth-- {
		if a := p.atDistance(float64(hundredth) / 100); a.FalseAccept <= few {
			return &a
		}
	}
	return nil
}

// auroc is how often a pair of one person is nearer than one of two.
func (p *pairing) auroc() float64 {
	if len(p.same) == 0 || len(p.different) == 0 {
		return 0.5
	}
	sum := 0.0
	for _, d := range p.same {
		below := sort.Search(len(p.different), func(i int) bool { return p.different[i] >= d })
		upTo := sort.Search(len(p.different), func(i int) bool { return p.different[i] > d })
		sum += float64(len(p.different)-upTo) + float64(upTo-below)/2
	}
	return sum / float64(len(p.same)) / float64(len(p.different))
}

// verify is the accuracy on pairs, each fold with the best threshold of the others; nil: there are too few people.
func (p *pairing) verify() *Verification {
	var list []float64
	for i := range p.folds {
		others := new(fold)
		for k := range p.folds {
			if k != i {
				others.add(&p.folds[k])
			}
		}
		_, threshold := others.best()
		if right, ok := p.folds[i].accuracy(threshold); ok && threshold >= 0 {
			list = append(list, right)
		}
	}
	if len(list) < 2 {
		return nil
	}
	v := &Verification{Folds: len(list), Deviation: stats.Deviation(list) / math.Sqrt(float64(len(list)))}
	for _, a := range list {
		v.Accuracy += a / float64(len(list))
	}
	return v
}

func (f *fold) add(other *fold) {
	for i := range levels {
		f.same[i] += other.same[i]
		f.different[i] += other.different[i]
	}
}

// accuracy is the share of the pairs that are told right if those up to a level are said to be the same; ok: there are both kinds.
func (f *fold) accuracy(threshold int) (right float64, ok bool) {
	var same, different, near, far int
	for i := range levels {
		same += int(f.same[i])
		different += int(f.different[i])
		if i <= threshold {
			near += int(f.same[i])
		} else {
			far += int(f.different[i])
		}
	}
	return (share(near, same) + share(far, different)) / 2, same > 0 && different > 0
}

// best is the level with the highest accuracy, the middle of several; -1: there are not both kinds.
func (f *fold) best() (accuracy float64, level int) {
	first, last := -1, -1
	for i := range levels {
		switch a, ok := f.accuracy(i); {
		case !ok:
			return 0, -1
		case a > accuracy:
			accuracy, first, last = a, i, i
		case a == accuracy && last == i-1:
			last = i
		}
	}
	return accuracy, (first + last) / 2
}

// recognize counts what a camera would say of each picture if the others were those that it was shown.
func (p *pairing) recognize(f *People) {
	c := p.counts
	members := make([][]int, len(c.names))
	for _, i := range p.some {
		if person := c.faces[i].person; person != none {
			members[person] = append(members[person], i)
		}
	}
	r := &f.Recognition
	right, known, nobody, strangers := 0, 0, 0, 0
	figures := make([]struct {
		right int
		taken map[int]int
	}, len(c.names))
	means := p.means(members)
	for _, i := range p.some {
		person := c.faces[i].person
		said := p.nearest(i, person, members, means)
		switch {
		case person == none || len(members[person]) < 2: // nobody who is known
			if strangers++; said == none {
				nobody++
			}
			continue
		case said == person:
			right++
			figures[person].right++
		case said == none:
			r.Nobody++
		default:
			r.Wrong++
			if figures[person].taken == nil {
				figures[person].taken = map[int]int{}
			}
			figures[person].taken[said]++
		}
		known++
	}
	r.Right, r.Unknown = newShare(right, known), newShare(nobody, strangers)
	for person, name := range c.names {
		n := len(members[person])
		v := PersonFigure{Name: name, Pictures: n}
		if n > 1 {
			v.Right = newShare(figures[person].right, n)
		}
		most := 0
		for other, n := range figures[person].taken {
			if n > most || n == most && c.names[other] < v.TakenFor {
				most, v.TakenFor = n, c.names[other]
			}
		}
		f.ByPerson = append(f.ByPerson, v)
	}
	order.Sort(f.ByPerson, func(a, b PersonFigure) int {
		return cmp.Or(cmp.Compare(a.Right.Share, b.Right.Share), cmp.Compare(a.Name, b.Name))
	})
}

// means are those of all people.
func (p *pairing) means(members [][]int) [][]float32 {
	means := make([][]float32, len(members))
	for person, list := range members {
		means[person] = p.mean(list, none)
	}
	return means
}

// mean is that of the pictures in a list but one; nil: there is none.
func (p *pairing) mean(list []int, but int) []float32 {
	var embeddings [][]float32
	for _, i := range list {
		if i != but {
			embeddings = append(embeddings, p.subject.embeddings[i])
		}
	}
	mean, ok := task.Mean(embeddings...)
	if !ok {
		return nil
	}
	return mean
}

// nearest is who is nearest to a picture, which is left out of its person's own; none: nobody is near enough.
func (p *pairing) nearest(picture, person int, members [][]int, means [][]float32) int {
	best, nearest := p.subject.MaxDistance, none
	for other, mean := range means {
		if other == person {
			mean = p.mean(members[person], picture)
		}
		if mean == nil {
			continue
		}
		if d := task.Apart(p.subject.embeddings[picture], mean); d <= best {
			best, nearest = d, other
		}
	}
	return nearest
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
