package evaluate

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/stats"
	"github.com/inceptiond/inceptiond/internal/text"
)

// steps are the thresholds that are tried: 0, 0.05, …, 1.
const steps = 20

func stepAt(i int) float64 { return float64(i) / steps }

// bestOf is the classes that a list of answers has, and that top-5 counts.
const bestOf = 5

// tally is the counts of one classifier.
type tally struct {
	Subject
	classes *classes
	taught  bool // the model says what is unknown

	top1, top5           int
	right, wrong, silent int // as Answers
	noneRight, unknown   int // as None
	counts               map[[2]int]int
	byClass              map[int]*classTally
	all                  classTally     // for the figures by threshold
	noneAt               [steps + 1]int // pictures without a class and without an answer
	score                []float64      // best, of pictures with a class
	hit                  []bool         // and whether that class is right
	sure                 [2][]float64   // that it is any class: of pictures without one, with one
	timing
	wrongest top[Shown]
	best     []task.Class // of the latest picture
}

// classTally counts a class's pictures and the answers that name it.
type classTally struct {
	pictures, answered, right int
	answeredAt, rightAt       [steps + 1]int
}

// verdict is what one subject's answer came to.
type verdict struct {
	answer Guess // best class; without a label: no answer
	right  bool
	rank   float64 // how wrong it is
}

// classCounts are the counts of classifiers.
type classCounts struct {
	subjects []*tally
	pairs    []pair // of the first subject with each of the others
	judged   bool
}

func newClassCounts(subjects []Subject, o Options) *classCounts {
	c := &classCounts{judged: !o.Unjudged}
	for i := range subjects {
		s := &tally{Subject: subjects[i], counts: map[[2]int]int{}, byClass: map[int]*classTally{}, timing: newTiming(o)}
		s.classes = newClasses(&s.Subject)
		s.wrongest.most = o.Shown
		c.subjects = append(c.subjects, s)
	}
	for range max(len(subjects)-1, 0) {
		c.pairs = append(c.pairs, pair{differ: top[Difference]{most: o.Shown}})
	}
	return c
}

// check is [counts]'s.
func (c *classCounts) check(classes ...string) error {
	var errs []error
	for _, s := range c.subjects {
		for _, name := range classes {
			if _, err := s.classes.find(name); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// name is [counts]'s.
func (c *classCounts) name(class string) string { return c.subjects[0].label(class) }

// add is [counts]'s.
func (c *classCounts) add(p *Picture, answers []Answer) error {
	if err := c.check(p.Class); err != nil {
		return err
	}
	for i, s := range c.subjects {
		if n := len(answers[i].Scores); n != s.Classes {
			return fmt.Errorf("evaluate: %d scores of %d classes (%s)", n, s.Classes, s.Name)
		}
	}
	verdicts := make([]verdict, len(answers))
	for i, s := range c.subjects {
		class, _ := s.classes.find(p.Class) // checked
		verdicts[i] = s.add(*p, class, answers[i])
	}
	for i := range c.pairs {
		c.pairs[i].add(*p, c.name(p.Class), verdicts[0], verdicts[i+1])
	}
	return nil
}

// report is [counts]'s.
func (c *classCounts) report(r *Report) {
	for i, s := range c.subjects {
		r.Results[i].Time = s.time()
		if c.judged {
			s.result(&r.Results[i])
		}
	}
	for i := range c.pairs {
		c.pairs[i].comparison(&r.Comparisons[i], r.Pictures, c.judged)
	}
}

// label is a class as s calls it.
func (s *tally) label(class string) string {
	i, _ := s.classes.find(class) // it was found before
	return s.classes.label(i)
}

// add counts one answer to a picture of a class.
func (s *tally) add(p Picture, class int, a Answer) verdict {
	s.rank(a.Scores)
	best, score32 := none, float32(math.Inf(-1))
	if len(s.best) > 0 {
		best, score32 = s.best[0].Index, s.best[0].Score
	}
	score := float64(score32)
	hit := class != none && best == class
	if class != none {
		s.score, s.hit = append(s.score, score), append(s.hit, hit)
		s.count(hit, &s.top1)
		s.count(slices.ContainsFunc(s.best, func(c task.Class) bool { return c.Index == class }), &s.top5)
		s.count(a.Unknown, &s.unknown)
	}
	s.addSure(class, score, a)
	s.addThresholds(class, best, score32, a.Unknown)

	answer := best
	if a.Unknown || s.Threshold > 0 && score32 < float32(s.Threshold) { // as a camera compares them
		answer = none
	}
	s.counts[[2]int{class, answer}]++
	s.class(class).pictures++
	right := answer == class
	s.class(answer).answered++
	s.count(right, &s.class(answer).right)
	s.count(right, &s.right)
	s.count(right && class == none, &s.noneRight)
	s.count(!right && answer != none, &s.wrong)
	s.count(!right && answer == none, &s.silent)
	return s.show(p, class, answer, right, a)
}

// count adds 1 to n if it is so.
func (*tally) count(so bool, n *int) {
	if so {
		*n++
	}
}

// class is the counts of a class.
func (s *tally) class(i int) *classTally {
	c := s.byClass[i]
	if c == nil {
		c = new(classTally)
		s.byClass[i] = c
	}
	return c
}

// rank finds the best classes, each of them once.
func (s *tally) rank(scores []float32) {
	s.best = task.TopK(s.best[:0], &task.Findings{Classes: scores}, bestOf, float32(math.Inf(-1)))
	for i := range s.best {
		s.best[i].Index = s.classes.first[s.best[i].Index]
	}
}

// addSure notes how sure a subject is that a picture shows any class.
func (s *tally) addSure(class int, score float64, a Answer) {
	if s.taught = s.taught || a.Taught; a.Taught {
		score = a.Familiar
	}
	known := 0
	if class != none {
		known = 1
	}
	s.sure[known] = append(s.sure[known], score)
}

// addThresholds counts what the answer is at each threshold.
func (s *tally) addThresholds(class, best int, score float32, unknown bool) {
	for i := range steps + 1 {
		answered := best != none && !unknown && (i == 0 || score >= float32(stepAt(i)))
		switch {
		case answered:
			s.all.answeredAt[i]++
			s.class(best).answeredAt[i]++
			if best == class {
				s.all.rightAt[i]++
				s.class(best).rightAt[i]++
			}
		case class == none:
			s.noneAt[i]++
		}
	}
}

// show notes a picture for the lists, and returns what the answer came to.
func (s *tally) show(p Picture, class, answer int, right bool, a Answer) verdict {
	v := verdict{right: right, rank: math.Inf(-1)}
	list := make([]Guess, 0, bestOf+1)
	seen := false
	for _, c := range s.best {
		list = append(list, Guess{c.Index, s.classes.label(c.Index), finite(float64(c.Score)), c.Index == class})
		seen = seen || c.Index == class
	}
	if len(list) > 0 {
		v.rank = list[0].Score
	}
	if class != none {
		score := finite(float64(s.scoreOf(class, a.Scores)))
		v.rank -= score
		if !seen {
			list = append(list, Guess{class, s.classes.label(class), score, true})
		}
	}
	if answer == none {
		v.rank, v.answer.Right = -1, right // what is not said does less harm
	} else {
		v.answer = list[0]
	}
	shown := Shown{
		Picture: p.Name, Class: s.classes.label(class), Answers: list, Silent: answer == none, Took: text.Milliseconds(a.Took), read: p.Read, rank: v.rank,
	}
	if !right {
		s.wrongest.add(shown)
	}
	s.timing.add(shown)
	return v
}

// scoreOf is the best score of the outputs that are one class.
func (s *tally) scoreOf(class int, scores []float32) float32 {
	best := float32(math.Inf(-1))
	for i, first := range s.classes.first {
		if first == class && scores[i] > best {
			best = scores[i]
		}
	}
	return best
}

// finite is a score as JSON can say it.
func finite(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return min(max(v, -math.MaxFloat32), math.MaxFloat32)
}

// calibration is how well the scores say how often they are right; nil if they are no probabilities.
func (s *tally) calibration() *Calibration {
	if !s.Probabilities || len(s.score) == 0 {
		return nil
	}
	const bins = 10
	c := &Calibration{Error: stats.CalibrationError(s.score, s.hit, bins)}
	for _, b := range stats.Calibration(s.score, s.hit, bins) {
		c.Bins = append(c.Bins, Bin{Low: b.Low, High: b.High, Score: b.Confidence, Right: newShare(b.Right, b.Count)})
	}
	return c
}
