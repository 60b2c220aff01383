package service

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/explain"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/internal/memory"
	"github.com/inceptiond/inceptiond/publish/web"
)

var _ web.Workbench = (*Service)(nil)

// workbench tries models out for people: one picture at a time, and one a second for all of them, whatever they ask for. It may
// be used from several goroutines at once.
type workbench struct {
	log  *zap.Logger
	rest func(run time.Duration) time.Duration // of models, after a run

	turn     chan struct{} // holds a token while somebody is at it, who owns the rest
	parts    *parts
	life     context.Context // until parts are exchanged
	exchange context.CancelFunc
	next     time.Time // when the next picture may be answered
	trial    *pipeline.Trial
	options  pipeline.LookOptions // of trial
	spare    *model               // that no camera uses, and somebody tries; nil: there is none
	idle     *time.Timer          // lets spare go

	activation   *explain.Activation // of activationOf
	activationOf *model

	last tried
}

// tried is the last view that was answered.
type tried struct {
	camera   string
	view     web.View
	sequence uint64
	time     time.Time
	preview  web.Preview
}

const (
	tryEvery  = time.Second
	keepSpare = 30 * time.Second // after it was used last
)

// errExchanged is about what is tried while a reload takes the models away.
var errExchanged = errors.New("the config has just changed: try again")

func newWorkbench(log *zap.Logger, rest func(time.Duration) time.Duration) *workbench {
	b := &workbench{log: log, rest: rest, turn: make(chan struct{}, 1), parts: noParts()}
	b.life, b.exchange = context.WithCancel(context.Background())
	return b
}

// take has the models of p tried, and waits until nobody uses those before. It is called by one goroutine.
func (b *workbench) take(p *parts) {
	b.exchange()
	b.turn <- struct{}{}
	defer b.leave()
	b.dropSpare()
	b.trial, b.last, b.parts = nil, tried{}, p
	b.activation, b.activationOf = nil, nil
	b.life, b.exchange = context.WithCancel(context.Background())
}

// enter waits for the turn, which leave gives back. What is done meanwhile is done in the context that it returns: it ends
// with ctx, or when parts are to be exchanged.
func (b *workbench) enter(ctx context.Context) (during context.Context, leave func(), err error) {
	select {
	case b.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, fmt.Errorf("others are trying pictures: %w", ctx.Err())
	}
	during, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(b.life, func() { cancel(errExchanged) })
	return during, func() {
		stop()
		cancel(nil)
		b.leave()
	}, nil
}

func (b *workbench) leave() { <-b.turn }

// What follows is for whoever has the turn.

// answer answers p, when it is time for another picture.
func (b *workbench) answer(ctx context.Context, p *picture.Picture, o pipeline.LookOptions) (web.Preview, error) {
	if err := b.prepare(o); err != nil {
		return web.Preview{}, err
	}
	if err := backoff.Sleep(ctx, time.Until(b.next)); err != nil {
		return web.Preview{}, late(ctx, err)
	}
	b.next = time.Now().Add(tryEvery)
	a, err := b.trial.Answer(ctx, p)
	if err != nil {
		return web.Preview{}, late(ctx, err)
	}
	v := web.Preview{Found: b.trial.Found(&a, p), Shows: b.trial.Shows(), Inference: a.Inference}
	v.Classes, v.Reason = v.Found.Predictions, whyNot(v.Found.Task)
	best := task.TopK(nil, a.Findings, 1, float32(math.Inf(-1)))
	if v.Input, v.Width, v.Height, err = b.trial.Pixels(p); err == nil && len(best) > 0 && v.Reason == "" {
		v.Why, v.Reason = b.why(ctx, &v, o.Model, best[0].Index)
	}
	if m := b.loaded(o.Model); m != nil && a.Findings.Taught {
		v.Taught, v.Familiar, v.Unknown, v.Nearest = true, a.Findings.Familiar, a.Findings.Unknown, b.nearest(m, a.Findings.Nearest)
	}
	return v, err
}

// nearest is a picture that m was taught with.
func (b *workbench) nearest(m *model, i int) web.Nearest {
	p := m.Taught.Picture(i)
	near := web.Nearest{ID: p.ID, Class: m.Taught.Labels()[p.Class]}
	if n, err := lessons(b.parts.plan).Name(m.TaughtAs()); err == nil {
		if _, err := n.Find(p.ID); err == nil {
			near.Name = n.Name()
		}
	}
	return near
}

// lessons is where a plan has what is taught.
func lessons(p *plan.Plan) *store.Store {
	return store.Open(p.Teach.Folder, store.Limits{MaxPictures: p.Teach.MaxPictures, MaxBytes: p.Teach.MaxBytes})
}

// prepare makes a trial with these options, unless there is one.
func (b *workbench) prepare(o pipeline.LookOptions) (err error) {
	is := b.options
	if b.trial != nil && is.Model == o.Model && is.TopK == o.TopK && is.Threshold == o.Threshold && reflect.DeepEqual(is.Preprocess, o.Preprocess) &&
		reflect.DeepEqual(is.Objects, o.Objects) && sameThen(is.Then, o.Then) {
		return nil
	}
	b.options = o
	if m := b.loaded(o.Model); m != nil {
		o.Inner = m.inner()
	}
	b.trial, err = pipeline.NewTrial(o)
	return err
}

// sameThen tells whether the second look is the same.
func sameThen(a, b *pipeline.ThenOptions) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Model == b.Model && a.MaxCrops == b.MaxCrops && slices.Equal(a.Labels, b.Labels)
}

// model is the one of a name: one that cameras use, or one that is loaded for a while. The error is web.ErrNone, or why it
// cannot be loaded.
func (b *workbench) model(ctx context.Context, name string) (*pipeline.Model, error) {
	if m := b.parts.models[name]; m != nil {
		return m.shared, nil
	}
	o, planned := b.parts.plan.Idle[name]
	if !planned {
		return nil, fmt.Errorf("model %s: %w", control.Shown(name), web.ErrNone)
	}
	if b.spare != nil && (b.spare.Name != name || !b.spare.Current(o)) {
		b.dropSpare()
	}
	if b.spare == nil {
		if err := affordable(o.FileSize(), memory.Available()); err != nil {
			return nil, fmt.Errorf("model %s: %w", name, err)
		}
		m, err := engines.Load(ctx, name, o, b.log)
		if err != nil {
			return nil, err
		}
		b.spare = asPart(m, b.rest)
		b.idle = time.AfterFunc(keepSpare, b.tidy)
	}
	b.idle.Reset(keepSpare)
	return b.spare.shared, nil
}

// affordable says why a model with a file of that size cannot be loaded beside those that cameras use. An engine needs little
// more than the file, but reading that takes as much again. Nobody knows what is available if that is 0.
func affordable(size, available int64) error {
	const room = 32 << 20 // for what comes up meanwhile
	if need := 2*size + room; available > 0 && need > available {
		return fmt.Errorf("memory is short: it needs about %d MiB, and %d MiB are free (use it in a camera to see whether it fits)", need>>20, available>>20)
	}
	return nil
}

// tidy lets a model go that nobody has tried for a while.
func (b *workbench) tidy() {
	b.turn <- struct{}{}
	defer b.leave()
	b.dropSpare()
}

func (b *workbench) dropSpare() {
	if b.spare == nil {
		return
	}
	b.idle.Stop()
	if then := b.options.Then; b.options.Model == b.spare.shared || then != nil && then.Model == b.spare.shared {
		b.trial = nil
	}
	if err := b.spare.Close(); err != nil {
		b.log.Warn("not closed in good order", zap.String("model", b.spare.Name), zap.Error(err))
	}
	b.spare, b.idle = nil, nil
}
