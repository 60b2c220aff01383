package lessons

import (
	"cmp"
	"context"
	"slices"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/picture/still"
	"github.com/inceptiond/inceptiond/daemon/teach"
	"github.com/inceptiond/inceptiond/infer/learn"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/internal/order"
	"github.com/inceptiond/inceptiond/publish/web"
)

// ListSamples are pictures of a name; see [web.Samples].
func (l *Lessons) ListSamples(_ context.Context, name string, q web.SampleQuery) (list []web.Sample, total int, err error) {
	_, n, err := l.find(name)
	if err != nil {
		return nil, 0, err
	}
	pictures, _, err := n.List(store.Shelf(q.Shelf))
	if err != nil {
		return nil, 0, refused(err)
	}
	groups, answers := teach.Groups(pictures), answersOf(n)
	for _, p := range pictures {
		if q.Class == "" || p.Class == q.Class {
			list = append(list, sampleOf(p, groups, answers))
		}
	}
	list = ordered(list, q.Order)
	total = len(list)
	from := min(q.Offset, total)
	return list[from:min(from+q.Limit, total)], total, nil
}

// answered is what the cross validation of a version said of a picture.
type answered struct {
	learn.Answer
	suspicious bool
}

// answersOf are those of the newest version, by picture.
func answersOf(n *store.Name) map[string]answered {
	answers := map[string]answered{}
	v, there, err := teach.Newest(n)
	if !there || err != nil {
		return answers
	}
	r, err := teach.ReadReport(v)
	if err != nil {
		return answers
	}
	for _, a := range r.Answers {
		answers[a.Picture] = answered{Answer: a}
	}
	for _, w := range r.Warnings {
		if w.Kind != learn.WarnWrongLabel {
			continue
		}
		for _, id := range w.Pictures {
			if a, there := answers[id]; there {
				a.suspicious = true
				answers[id] = a
			}
		}
	}
	return answers
}

// sampleOf is what the page shows of a picture: of one that was taught what a model said that was not taught with it, of others
// what was said when it was collected.
func sampleOf(p store.Picture, groups map[string]string, answers map[string]answered) web.Sample {
	s := web.Sample{
		ID: p.ID, Place: web.Place{Shelf: web.Shelf(p.Shelf), Class: p.Class}, Answer: p.Note.Label, Score: p.Note.Score,
		Camera: p.Note.Camera, Time: p.Note.Time, Group: cmp.Or(groups[p.ID], p.ID),
	}
	if a, there := answers[p.ID]; there && p.Shelf == store.Pictures && a.Class == p.Class {
		s.Answer, s.Score, s.Suspicious = a.Said, a.Best, a.suspicious
	}
	if s.Time.IsZero() {
		s.Time = p.Added
	}
	return s
}

// ordered puts pictures into an order, or takes those that belong to it.
func ordered(list []web.Sample, by web.SampleOrder) []web.Sample {
	newest := func(a, b web.Sample) int { return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(a.ID, b.ID)) }
	order.Sort(list, newest)
	switch by {
	case web.SamplesUnsure:
		order.Stable(list, func(a, b web.Sample) int { return cmp.Compare(a.Score, b.Score) })
	case web.SamplesWrong:
		list = slices.DeleteFunc(list, func(s web.Sample) bool { return !s.Suspicious })
		order.Stable(list, func(a, b web.Sample) int { return cmp.Compare(b.Score, a.Score) })
	}
	return list
}

// ReadSample is a picture; see [web.Samples].
func (l *Lessons) ReadSample(_ context.Context, name, id string) ([]byte, error) {
	_, n, err := l.find(name)
	if err != nil {
		return nil, err
	}
	p, err := n.Find(id)
	if err != nil {
		return nil, refused(err)
	}
	data, err := n.Read(p)
	return data, refused(err)
}

// MoveSamples labels pictures; see [web.Samples].
func (l *Lessons) MoveSamples(ctx context.Context, name string, ids []string, to web.Place) error {
	_, n, err := l.find(name)
	if err != nil {
		return err
	}
	for _, id := range ids { // all are there, or none is moved
		if _, err := n.Find(id); err != nil {
			return refused(err)
		}
	}
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := n.Move(id, store.Shelf(to.Shelf), to.Class); err != nil {
			return refused(err)
		}
	}
	l.school.Changed(name)
	return nil
}

// DeleteSamples deletes pictures; see [web.Samples].
func (l *Lessons) DeleteSamples(_ context.Context, name string, ids []string) error {
	_, n, err := l.find(name)
	if err != nil {
		return err
	}
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		_, err := n.Find(id)
		return err != nil
	})
	if len(ids) == 0 {
		return nil
	}
	if err := n.Delete(ids...); err != nil {
		return refused(err)
	}
	l.school.Changed(name)
	return nil
}

// AddSample takes a picture that somebody brings; see [web.Samples].
func (l *Lessons) AddSample(_ context.Context, name string, p web.Given, to web.Place) (web.Added, error) {
	t, n, err := l.find(name)
	if err != nil {
		return web.Added{}, err
	}
	data, err := l.cut(t, n, p)
	if err != nil {
		return web.Added{}, refused(err)
	}
	return l.add(n, to, data, store.Note{Camera: p.Camera, Time: p.Time})
}

// AddObject takes what is in a box of a camera's picture; see [web.Samples].
func (l *Lessons) AddObject(_ context.Context, name, camera string, p *picture.Picture, box [4]float64, to web.Place) (web.Added, error) {
	t, n, err := l.find(name)
	if err != nil {
		return web.Added{}, err
	}
	data, err := t.CutObject(n, p, picture.Region{X: box[0], Y: box[1], Width: box[2], Height: box[3]})
	if err != nil {
		return web.Added{}, refused(err)
	}
	return l.add(n, to, data, store.Note{Camera: camera, Time: p.Frame().Time})
}

// cut makes a picture of the store of one that somebody brings.
func (l *Lessons) cut(t *teach.Teacher, n *store.Name, p web.Given) ([]byte, error) {
	if p.Camera != "" {
		return l.school.CutStill(p.Camera, n.Name(), p.Picture)
	}
	cutter, err := t.Cutter(n)
	if err != nil {
		return nil, err
	}
	var f capture.Frame
	if err := still.DecodeBytes(p.Picture, &f); err != nil {
		return nil, err
	}
	return cutter.Encode(picture.Of(&f))
}

// add puts a picture of the store where it belongs.
func (l *Lessons) add(n *store.Name, to web.Place, data []byte, note store.Note) (web.Added, error) {
	id, fresh, err := n.Add(store.Shelf(to.Shelf), to.Class, data, note)
	if err != nil {
		return web.Added{}, refused(err)
	}
	if fresh {
		l.written.Add(int64(len(data)))
		l.school.Changed(n.Name())
	}
	return web.Added{ID: id, Fresh: fresh}, nil
}
