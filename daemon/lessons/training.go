package lessons

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/teach"
	"github.com/inceptiond/inceptiond/infer/learn"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/publish/web"
)

// The states of a training, as the page knows them.
const (
	running   = "running"
	done      = "done"
	failed    = "failed"
	cancelled = "cancelled"
)

// training is a training of a name.
type training = job[web.Trained]

// Train begins to train a name; see [web.Training].
func (l *Lessons) Train(_ context.Context, name string, o web.TrainOptions) error {
	t, n, err := l.find(name)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range l.training {
		if one.told().State == running {
			return refused(teach.ErrTraining)
		}
	}
	if err := l.life.Err(); err != nil {
		return err
	}
	one, during := newJob(l.life, web.Trained{State: running, Started: time.Now()})
	l.training[name] = one
	l.working.Go(func() {
		defer close(one.done)
		defer one.stop()
		l.train(during, t, n, one, teach.TrainOptions{Variants: o.Variants, Flip: o.Flip, MaxDistance: l.maxDistance(name)})
		l.school.Changed(name)
	})
	return nil
}

// maxDistance is that of a model that knows the people of a name; 0: none does.
func (l *Lessons) maxDistance(name string) float64 {
	for _, o := range l.school.Plan().Models {
		if o.Knows(name) {
			return o.MaxDistance
		}
	}
	return 0
}

// train trains a name in a child process, and says how far that is.
func (l *Lessons) train(ctx context.Context, t *teach.Teacher, n *store.Name, one *training, o teach.TrainOptions) {
	made, err := t.TrainApart(ctx, n, o, func(p learn.Progress) {
		one.set(func(is *web.Trained) { is.Stage, is.Done, is.Total = p.Stage, p.Done, p.Total })
		l.school.Changed(n.Name())
	})
	refusal := new(learn.Refusal)
	one.set(func(is *web.Trained) {
		switch {
		case err == nil:
			is.State, is.Version = done, made.ID
		case ctx.Err() != nil:
			is.State = cancelled
		case errors.As(err, &refusal):
			is.State, is.Reasons = failed, refusal.Reasons
		default:
			is.State, is.Reasons = failed, []string{err.Error()}
		}
	})
	switch {
	case err == nil:
		l.log.Info("taught", zap.String("name", n.Name()), zap.String("version", made.ID), zap.String("accuracy", teach.Accuracy(&made.Report)))
	case ctx.Err() == nil:
		l.log.Warn("not taught", zap.String("name", n.Name()), zap.Error(err))
	}
}

// CancelTraining ends a training; see [web.Training].
func (l *Lessons) CancelTraining(ctx context.Context, name string) error {
	l.mu.Lock()
	one := l.training[name]
	l.mu.Unlock()
	if one == nil || one.told().State != running {
		return web.ErrNone
	}
	return one.end(ctx)
}

// Use puts a version in force; see [web.Training].
func (l *Lessons) Use(ctx context.Context, name, id string, force bool) error {
	t, n, err := l.find(name)
	if err != nil {
		return err
	}
	if _, err := t.Use(n, id, force); err != nil {
		if worse := new(teach.WorseError); errors.As(err, &worse) {
			return &web.Refused{Reasons: []string{worse.Error()}, Worse: true}
		}
		return refused(err)
	}
	return l.takeOver(ctx, name)
}

// Rollback goes back to the version before; see [web.Training].
func (l *Lessons) Rollback(ctx context.Context, name string) error {
	_, n, err := l.find(name)
	if err != nil {
		return err
	}
	if err := n.Rollback(); err != nil {
		return refused(err)
	}
	return l.takeOver(ctx, name)
}

// takeOver has the cameras of a name take over its version in use.
func (l *Lessons) takeOver(ctx context.Context, name string) error {
	err := l.school.TakeOver(ctx)
	l.school.Changed(name)
	return err
}
