package lessons

import (
	"context"
	"time"

	"github.com/inceptiond/inceptiond/daemon/service"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/publish/web"
)

// taking is taking pictures of a camera.
type taking = job[web.Taking]

// errTaking refuses to take from two cameras at once.
var errTaking = &web.Refused{Reasons: []string{"pictures of a camera are being taken already: wait until they are there, or stop that"}}

// Take takes pictures of a camera; see [web.Samples].
func (l *Lessons) Take(ctx context.Context, name string, o web.Take, to web.Place) (web.Added, error) {
	_, n, err := l.find(name)
	if err != nil {
		return web.Added{}, err
	}
	t, during, err := l.beginTaking(name, o, to)
	if err != nil {
		return web.Added{}, err
	}
	added, after, err := l.takeOne(ctx, n, t, o.Camera, to, 0)
	if err != nil || o.Count <= 1 {
		taken(t, err)
		return added, err
	}
	l.working.Go(func() {
		err := l.takeMore(during, n, t, o, to, after)
		if during.Err() != nil {
			err = nil // somebody has stopped it
		}
		taken(t, err)
		l.school.Changed(name)
	})
	return added, nil
}

// beginTaking begins to take, if nobody does.
func (l *Lessons) beginTaking(name string, o web.Take, to web.Place) (*taking, context.Context, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range l.taking {
		if one.told().Running {
			return nil, nil, errTaking
		}
	}
	t, during := newJob(l.life, web.Taking{Camera: o.Camera, Place: to, Count: o.Count, Running: true})
	l.taking[name] = t
	return t, during, nil
}

// taken says that all is taken, or why not.
func taken(t *taking, err error) {
	t.stop()
	t.set(func(is *web.Taking) {
		is.Running = false
		if err != nil {
			is.Problem = err.Error()
		}
	})
	close(t.done)
}

// takeMore takes all but the first.
func (l *Lessons) takeMore(ctx context.Context, n *store.Name, t *taking, o web.Take, to web.Place, after uint64) error {
	next := time.Now()
	for range o.Count - 1 {
		next = next.Add(o.Every)
		if err := backoff.Sleep(ctx, time.Until(next)); err != nil {
			return err
		}
		var err error
		if _, after, err = l.takeOne(ctx, n, t, o.Camera, to, after); err != nil {
			return err
		}
	}
	return nil
}

// oneTime is how long a camera may take to show something.
const oneTime = 30 * time.Second

// takeOne takes the picture that a camera shows after the frame of a number.
func (l *Lessons) takeOne(ctx context.Context, n *store.Name, t *taking, camera string, to web.Place, after uint64) (web.Added, uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, oneTime)
	defer cancel()
	of := n.Name()
	if to.Shelf == web.ShelfNormal { // of all that the camera looks at
		of = ""
	}
	c, err := l.cutNext(ctx, camera, of, after)
	if err != nil {
		return web.Added{}, after, err
	}
	added, err := l.add(n, to, c.JPEG, store.Note{Camera: camera, Time: c.Time})
	if err == nil {
		t.set(func(is *web.Taking) { is.Done++ })
	}
	return added, c.Sequence, err
}

// frame is one of a camera's: numbers begin anew when a camera is set up anew.
type frame struct {
	sequence uint64
	time     time.Time
}

// cutNext cuts a picture for a name of a frame that was not taken before, even if it is still the newest when the next is asked for.
func (l *Lessons) cutNext(ctx context.Context, camera, name string, after uint64) (service.Cutting, error) {
	l.mu.Lock()
	last := l.last[camera]
	l.mu.Unlock()
	c, err := l.school.Cut(ctx, camera, name, after)
	if err == nil && last == (frame{c.Sequence, c.Time}) {
		c, err = l.school.Cut(ctx, camera, name, c.Sequence)
	}
	if err != nil {
		return c, err
	}
	l.mu.Lock()
	l.last[camera] = frame{c.Sequence, c.Time}
	l.mu.Unlock()
	return c, nil
}

// StopTaking ends taking pictures; see [web.Samples].
func (l *Lessons) StopTaking(ctx context.Context, name string) error {
	l.mu.Lock()
	t := l.taking[name]
	l.mu.Unlock()
	if t == nil || !t.told().Running {
		return web.ErrNone
	}
	return t.end(ctx)
}

// stop ends whatever is under way for a name.
func (l *Lessons) stop(name string) {
	l.mu.Lock()
	t, one := l.taking[name], l.training[name]
	l.mu.Unlock()
	if t != nil {
		t.stop()
		<-t.done
	}
	if one != nil {
		one.stop()
		<-one.done
	}
}
