package webtest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/inceptiond/inceptiond/internal/stats"
	"github.com/inceptiond/inceptiond/publish/web"
)

// ListSamples implements web.Samples.
func (s *school) ListSamples(_ context.Context, name string, q web.SampleQuery) (list []web.Sample, total int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.find(name)
	if err != nil {
		return nil, 0, err
	}
	for _, p := range slices.Backward(l.samples) {
		if p.Shelf == q.Shelf && (q.Class == "" || p.Class == q.Class) && (q.Order != web.SamplesWrong || p.Suspicious) {
			list = append(list, p.Sample)
		}
	}
	switch q.Order {
	case web.SamplesUnsure:
		slices.SortStableFunc(list, func(a, b web.Sample) int { return cmp.Compare(a.Score, b.Score) })
	case web.SamplesWrong:
		slices.SortStableFunc(list, func(a, b web.Sample) int { return cmp.Compare(b.Score, a.Score) })
	}
	total = len(list)
	list = list[min(q.Offset, total):]
	return list[:min(q.Limit, len(list))], total, nil
}

// MoveSamples implements web.Samples.
func (s *school) MoveSamples(_ context.Context, name string, ids []string, to web.Place) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.change(name)
	if err != nil {
		return err
	}
	var moved []*sample
	for _, id := range ids {
		p, err := l.picture(id)
		if err != nil {
			return err
		}
		moved = append(moved, p)
	}
	for _, p := range moved {
		p.Place = to
		p.judge()
	}
	return nil
}

// DeleteSamples implements web.Samples.
func (s *school) DeleteSamples(_ context.Context, name string, ids []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.change(name)
	if err == nil {
		l.samples = slices.DeleteFunc(l.samples, func(p *sample) bool { return slices.Contains(ids, p.ID) })
	}
	return err
}

// Take implements web.Samples. With each Step there is one picture more.
func (s *school) Take(_ context.Context, name string, t web.Take, to web.Place) (web.Added, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.change(name)
	switch {
	case err != nil:
		return web.Added{}, err
	case t.Camera != Drive && t.Camera != Barn:
		return web.Added{}, &web.Refused{Reasons: []string{"camera " + t.Camera + " shows nothing now: wait until it is online, or take another"}}
	case l.taking != nil && l.taking.Running:
		return web.Added{}, &web.Refused{Reasons: []string{"pictures of " + l.taking.Camera + " are being taken: wait, or stop that"}}
	}
	l.taking = &taking{Taking: web.Taking{Camera: t.Camera, Place: to, Count: t.Count, Running: true}}
	return web.Added{ID: s.takeOne(l).ID, Fresh: true}, nil
}

func (s *school) takeOne(l *lesson) *sample {
	of := cmp.Or(l.taking.Class, []string{"open", "shut"}[s.drawn%2])
	l.taking.Done++
	l.taking.Running = l.taking.Done < l.taking.Count
	return s.draw(l, of, 500+s.drawn, l.taking.Place)
}

// StopTaking implements web.Samples.
func (s *school) StopTaking(_ context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.find(name)
	if err == nil && l.taking != nil {
		l.taking.Running = false
	}
	return err
}

// step goes on with what is under way.
func (s *school) step() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lessons {
		if l.taking != nil && l.taking.Running {
			s.takeOne(l)
		}
		if t := l.Training; t != nil && t.State == "running" {
			t.Done++
			if t.Stage = "pictures"; t.Done > trainSteps*3/4 {
				t.Stage = "folds"
			}
			if t.Done >= t.Total && l.Name != TaughtGarage { // that one takes for ever
				s.finish(l)
			}
			t.Done %= t.Total
		}
	}
}

// finish ends a training.
func (s *school) finish(l *lesson) {
	l.Newest = s.version(l)
	l.kept[l.Newest.ID] = l.Newest
	l.Training.State, l.Training.Version = "done", l.Newest.ID
}

// Train implements web.Training.
func (s *school) Train(_ context.Context, name string, _ web.TrainOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.change(name)
	if err != nil {
		return err
	}
	if l.Training != nil && l.Training.State == "running" {
		return &web.Refused{Reasons: []string{"it is being trained: wait, or cancel that"}}
	}
	var reasons []string
	taught := 0
	for _, c := range l.now().Classes {
		if c.Pictures > 0 {
			taught++
		}
		if c.Pictures > 0 && c.Pictures < 3 {
			reasons = append(reasons, "the class "+c.Label+" has too few pictures: take 3 or more, better 10")
		}
	}
	if taught < 2 {
		reasons = append([]string{"there has to be something to tell apart: pictures of 2 classes or more"}, reasons...)
	}
	if reasons != nil {
		return &web.Refused{Reasons: reasons}
	}
	l.Training = &web.Trained{State: "running", Stage: "pictures", Total: trainSteps, Started: time.Now()}
	return nil
}

// CancelTraining implements web.Training.
func (s *school) CancelTraining(_ context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.find(name)
	switch {
	case err != nil:
		return err
	case l.Training == nil || l.Training.State != "running":
		return web.ErrNone
	}
	l.Training.State = "cancelled"
	return nil
}

// version is what the pictures of a lesson make: a label that is wrong is an answer that is wrong.
func (s *school) version(l *lesson) *web.Version {
	v := &web.Version{ID: l.samples[len(l.samples)-1].ID[:12], Time: day(14).Add(time.Duration(s.drawn) * time.Second)}
	wrong := map[[2]string][]string{}
	for _, p := range l.samples {
		if p.Shelf != web.ShelfPictures {
			continue
		}
		v.Pictures++
		if !slices.Contains(v.Classes, p.Class) {
			v.Classes = append(v.Classes, p.Class)
		}
		if p.Suspicious {
			wrong[[2]string{p.Class, p.Answer}] = append(wrong[[2]string{p.Class, p.Answer}], p.ID)
		}
	}
	slices.Sort(v.Classes)
	mistakes := 0
	for pair, ids := range wrong {
		mistakes += len(ids)
		v.Mistakes = append(v.Mistakes, web.Mistake{Class: pair[0], Answer: pair[1], Count: len(ids), Pictures: ids[:min(4, len(ids))]})
	}
	v.Accuracy = accuracy(v.Pictures-mistakes, v.Pictures)
	if v.Pictures < 20 {
		v.Warnings = append(v.Warnings, web.TeachWarning{Kind: "few", Text: "a guess: with under 10 pictures of each class, a few that are different change much", Classes: v.Classes})
	}
	if now := l.Current; now != nil && float64(v.Accuracy.Right)/float64(v.Accuracy.Total) < now.Accuracy.Low {
		v.Worse = "of the pictures of both it answers fewer right than the one in use, by more than chance"
	}
	return v
}

func accuracy(right, total int) web.Accuracy {
	low, high := stats.Wilson(right, total)
	return web.Accuracy{Right: right, Total: total, Low: low, High: high}
}

// Use implements web.Training.
func (s *school) Use(_ context.Context, name, id string, force bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.change(name)
	if err != nil {
		return err
	}
	if id == "" && l.Newest != nil {
		id = l.Newest.ID
	}
	v := l.kept[id]
	switch {
	case v == nil:
		return web.ErrNone
	case v.Worse != "" && !force:
		return &web.Refused{Reasons: []string{v.Worse}, Worse: true}
	}
	if v == l.Newest {
		l.Newest = nil
	}
	l.Previous, l.Current = l.Current, v
	return nil
}

// Rollback implements web.Training.
func (s *school) Rollback(_ context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.change(name)
	switch {
	case err != nil:
		return err
	case l.Previous == nil:
		return &web.Refused{Reasons: []string{"there is no version from before"}}
	}
	l.Current, l.Previous = l.Previous, l.Current
	return nil
}

// Test implements web.Training.
func (s *school) Test(_ context.Context, name string) (web.Tested, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.find(name)
	if err != nil {
		return web.Tested{}, err
	}
	if l.Current == nil {
		return web.Tested{}, &web.Refused{Reasons: []string{"no version is in use: train, and use one"}}
	}
	made := web.Tested{Version: l.Current.ID}
	at := map[string]int{}
	for _, c := range l.now().Classes {
		at[c.Label] = len(made.Classes)
		made.Classes = append(made.Classes, web.TestedClass{Label: c.Label, Precision: 1})
	}
	made.Confusion = make([][]int, len(at))
	for i := range made.Confusion {
		made.Confusion[i] = make([]int, len(at))
	}
	for _, p := range l.samples {
		if p.Shelf != web.ShelfHeld {
			continue
		}
		of, is := at[p.Class], at[p.scene.of]
		if made.Accuracy.Total++; p.Score < 0.55 && len(at) > 1 { // it is not that sure
			is = (of + 1) % len(at)
			p := p.Sample
			p.Answer = made.Classes[is].Label
			made.Wrong = append(made.Wrong, p)
		} else {
			made.Accuracy.Right++
		}
		made.Confusion[of][is]++
	}
	if made.Accuracy.Total == 0 {
		return web.Tested{}, &web.Refused{Reasons: []string{"no picture is held out: choose some, and hold them out"}}
	}
	made.Accuracy = accuracy(made.Accuracy.Right, made.Accuracy.Total)
	for i := range made.Classes {
		rate(&made.Classes[i], made.Confusion, i)
	}
	return made, nil
}

// rate counts how class i was answered.
func rate(c *web.TestedClass, confusion [][]int, i int) {
	answers := 0
	for j := range confusion {
		c.Pictures += confusion[i][j]
		answers += confusion[j][i]
	}
	c.Precision, c.Recall = float64(confusion[i][i])/float64(max(answers, 1)), float64(confusion[i][i])/float64(max(c.Pictures, 1))
}
