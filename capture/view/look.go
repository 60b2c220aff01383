package view

import (
	"context"
	"slices"
	"time"

	"github.com/inceptiond/inceptiond/capture/picture"
)

// Look takes pictures out of a hub. Take and Rest are called by one goroutine at a time, everything else by anybody.
type Look struct {
	hub    *Hub
	filled chan struct{} // holds a token after something happened that Take may wait for

	// The hub's mutex guards what follows.
	waiting     *shared   // the slot; nil if empty
	since       time.Time // when it was filled, though with another picture
	held        []*shared // taken and not given back
	interrupted error     // an interruption that Take has not told yet
	before      bool      // it came before the picture that waits
	dropped     uint64
	detached    bool
}

// Interruption is the error of Take when there are no pictures for now: the camera is lost, and may come back. Reason is
// what the camera's side gave to [Hub.Interrupt].
type Interruption struct{ Reason error }

// Error is the text of the reason.
func (i *Interruption) Error() string { return i.Reason.Error() }

// Unwrap returns the reason.
func (i *Interruption) Unwrap() error { return i.Reason }

// Take gives old back, which this look took before (nil if there is none, as on the first call), and waits for a picture
// that it has not taken yet. Others may have the same picture: it is for reading, and good until it is given back.
//
// With an error it returns no picture, but old is given back all the same. An [*Interruption] is told once, after the
// picture that came before it and before the one that comes after; call Take again for that one. All other errors come
// again at each call: ctx.Err(), ErrDetached, or the error given to the hub's Close once the last picture was taken.
func (l *Look) Take(ctx context.Context, old *picture.Picture) (*picture.Picture, error) {
	l.giveBack(old)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if p, err := l.next(); p != nil || err != nil {
			return p, err
		}
		select {
		case <-l.filled:
		case <-ctx.Done():
		}
	}
}

// Rest waits for d, while pictures may come. It ends early when they are interrupted: the error is then an
// [*Interruption], which Take tells all the same when its turn comes. Else it is ctx.Err() if ctx ends first, or nil.
func (l *Look) Rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		if reason := l.Interrupted(); reason != nil {
			return &Interruption{reason}
		}
		select {
		case <-l.filled:
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Interrupted is the reason of an interruption that Take has not told yet; nil if there is none. Right after Take it means
// that the picture came from before the interruption.
func (l *Look) Interrupted() error {
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	return l.interrupted
}

// Waiting is since when there has been a picture for Take, be it another by now; the zero time if there is none.
func (l *Look) Waiting() time.Time {
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	if l.waiting == nil {
		return time.Time{}
	}
	return l.since
}

// Dropped is the number of pictures that were put since Attach and that this look never took.
func (l *Look) Dropped() uint64 {
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	return l.dropped
}

// Detach takes the look away from its hub, which no longer waits for it. A Take under way ends with ErrDetached. A picture
// that was taken stays good until it is given back, by one more Take, or given up. Later calls do nothing.
func (l *Look) Detach() {
	h := l.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if l.detached {
		return
	}
	l.detached, l.interrupted = true, nil
	h.looks = slices.DeleteFunc(h.looks, func(other *Look) bool { return other == l })
	l.drop()
	for _, p := range l.held {
		h.retire(p)
	}
	h.trim()
	signal(l.filled)
	signal(h.emptied)
}

// giveBack ends this look's hold of p.
func (l *Look) giveBack(p *picture.Picture) {
	if p == nil {
		return
	}
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	i := slices.IndexFunc(l.held, func(s *shared) bool { return s.Picture == p })
	if i < 0 {
		panic("view: a picture was given back that this look does not have")
	}
	s := l.held[i]
	l.held = slices.Delete(l.held, i, i+1)
	l.hub.release(s)
}

// next is what Take returns; both are nil if it has to wait.
func (l *Look) next() (*picture.Picture, error) {
	h := l.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if reason := l.interrupted; reason != nil && (l.before || l.waiting == nil) {
		l.interrupted = nil
		return nil, &Interruption{reason}
	}
	if p := l.waiting; p != nil {
		l.waiting = nil
		l.held = append(l.held, p)
		signal(h.emptied)
		return p.Picture, nil
	}
	if l.detached {
		return nil, ErrDetached
	}
	return nil, h.err
}

// fill puts p into the slot. The caller holds the hub's mutex.
func (l *Look) fill(p *shared) {
	if l.waiting == nil {
		l.since = time.Now()
	}
	l.drop()
	l.waiting = p
	p.holders++
	l.before = l.interrupted != nil
	signal(l.filled)
}

// drop empties the slot. The caller holds the hub's mutex.
func (l *Look) drop() {
	if l.waiting != nil {
		l.dropped++
		l.hub.release(l.waiting)
		l.waiting = nil
	}
}

// interrupt makes Take tell the reason. The caller holds the hub's mutex.
func (l *Look) interrupt(reason error) {
	l.interrupted, l.before = reason, l.waiting == nil
	signal(l.filled)
}
