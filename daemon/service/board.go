package service

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"math"
	"reflect"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/web"
)

// board tells subscribers how far that is which is taught, for each camera that has to do with it. One goroutine runs it;
// what changes may be told from others.
type board struct {
	service *Service
	log     *zap.Logger
	wake    chan struct{} // holds a token while something may have changed

	mu      sync.Mutex
	changed map[string]bool // names

	// Of the goroutine.
	told       map[string]publish.Teach // by camera
	generation uint64                   // of the plan that was looked at last
}

func newBoard(s *Service) *board {
	return &board{
		service: s, log: s.log.Named("teach"), wake: make(chan struct{}, 1), changed: map[string]bool{}, told: map[string]publish.Teach{},
	}
}

// Changed tells that a lesson is another than before; see [School].
func (s *Service) Changed(name string) { s.board.change(name) }

// change notes that something of a name has changed; with an empty name, perhaps what runs.
func (b *board) change(name string) {
	b.mu.Lock()
	b.changed[name] = true
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// run tells what changes until ctx ends.
func (b *board) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
		}
		b.mu.Lock()
		names := b.changed
		b.changed = map[string]bool{}
		b.mu.Unlock()
		b.tell(ctx, names)
	}
}

// tell says how the changed names are to the cameras that have to do with them, and all to cameras that are new.
func (b *board) tell(ctx context.Context, names map[string]bool) {
	v := b.service.inForce.Load()
	if v == nil || b.service.teacher == nil {
		return
	}
	lessons := map[string]publish.Teach{} // that were asked for
	fresh := v.generation != b.generation
	b.generation = v.generation
	for _, camera := range slices.Sorted(maps.Keys(v.plan.Cameras)) {
		name := v.plan.Cameras[camera].Taught
		if name == "" {
			delete(b.told, camera)
			continue
		}
		if !names[name] && !fresh {
			continue
		}
		m, asked := lessons[name]
		if !asked {
			m = b.ask(ctx, name)
			lessons[name] = m
		}
		if ctx.Err() != nil {
			return
		}
		m.Device, m.Camera = v.device, camera
		b.publish(m, fresh)
	}
}

// publish says m, unless it has been said. anew: a client that has come since may not have heard it.
func (b *board) publish(m publish.Teach, anew bool) {
	old, told := b.told[m.Camera]
	old.Time = m.Time
	if told && !anew && reflect.DeepEqual(old, m) {
		return
	}
	b.told[m.Camera] = m
	if err := b.service.out.Publish(context.Background(), m); err != nil && !errors.Is(err, publish.ErrClosed) {
		b.log.Warn("what is taught not published", zap.Error(err))
	}
}

// ask is how a name is, as a message; device and camera are left open.
func (b *board) ask(ctx context.Context, name string) publish.Teach {
	m := publish.Teach{Name: name, State: publish.TeachIdle, Time: time.Now()}
	is, err := b.service.teacher.Lesson(ctx, name)
	if err != nil {
		m.Reason = err.Error()
		return m
	}
	m.Inbox, m.Reason = is.Inbox, cmp.Or(is.Problem, b.service.inboxes.problem(name))
	for _, c := range is.Classes {
		m.Classes = append(m.Classes, publish.TaughtClass{Label: c.Label, Pictures: c.Pictures + c.Copies})
	}
	if v := is.Current; v != nil {
		m.Version = v.ID
		if a := v.Accuracy; a.Total > 0 {
			m.Accuracy = &publish.TaughtRight{Low: rounded(a.Low), High: rounded(a.High), Right: a.Right, Total: a.Total}
		}
	}
	switch t := is.Training; {
	case t == nil:
	case t.State == "running":
		m.State, m.Progress = publish.TeachTraining, progress(t)
	case t.State == "failed":
		m.State = publish.TeachFailed
		if len(t.Reasons) > 0 {
			m.Reason = t.Reasons[0]
		}
	}
	return m
}

// rounded is a share in thousandths, which is finer than anybody can know it.
func rounded(share float64) float64 { return math.Round(1000*share) / 1000 }

// progress is how far a training is, 0 to 1, in hundredths: each stage takes a share of the time, about.
func progress(t *web.Trained) float64 {
	before := 0.0
	for _, stage := range []struct {
		name  string
		share float64
	}{{"pictures", 0.85}, {"head", 0.04}, {"folds", 0.09}, {"model", 0.02}} {
		if stage.name != t.Stage {
			before += stage.share
			continue
		}
		if t.Total > 0 {
			before += stage.share * min(float64(t.Done)/float64(t.Total), 1)
		}
		return float64(int(100*before+0.5)) / 100
	}
	return 0
}
