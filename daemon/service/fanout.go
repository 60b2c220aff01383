package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/lines"
)

// fanOut gives every message to all publishers. It remembers the newest retained message of each key, and gives those to
// a publisher that joins later, so that nobody has to say again how things are. It is a publish.Publisher, and may be
// used from several goroutines at once.
type fanOut struct {
	log  *zap.Logger
	deaf func() // called when nobody reads standard output any more, as after `inceptiond run | head`

	results atomic.Uint64 // handed on so far
	closed  atomic.Bool
	full    atomic.Bool // standard output takes nothing, and that has been told

	mu         sync.RWMutex // held for reading while something is handed on, for writing while publishers change
	publishers []publish.Publisher

	retaining sync.Mutex        // taken after mu: retained messages reach all publishers in the same order
	retained  []publish.Message // the newest of each key, in the order in which the keys appeared
}

var _ publish.Publisher = (*fanOut)(nil)

// Publish gives m to every publisher. What a publisher makes of it is the fan-out's matter, and said in the log; the only
// error is ErrClosed.
func (f *fanOut) Publish(ctx context.Context, m publish.Message) error {
	if f.closed.Load() {
		return publish.ErrClosed
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	key := m.Key()
	if key.Retained {
		f.retaining.Lock()
		defer f.retaining.Unlock()
		f.retain(key, m)
	}
	for _, p := range f.publishers {
		f.give(ctx, p, m)
	}
	if _, ok := m.(*publish.Result); ok {
		f.results.Add(1)
	}
	return nil
}

// retain puts m in the place of the retained message with the same key. It is called with retaining held.
func (f *fanOut) retain(key publish.Key, m publish.Message) {
	i := slices.IndexFunc(f.retained, func(old publish.Message) bool { return old.Key() == key })
	if i < 0 {
		f.retained = append(f.retained, m)
		return
	}
	f.retained[i] = m
}

// forget drops what is retained about a camera: a publisher that joins later does not hear of it. Those that are there
// keep what they have.
func (f *fanOut) forget(camera string) {
	f.retaining.Lock()
	defer f.retaining.Unlock()
	f.retained = slices.DeleteFunc(f.retained, func(m publish.Message) bool { return m.Key().Camera == camera })
}

// newest are the retained messages.
func (f *fanOut) newest() []publish.Message {
	f.retaining.Lock()
	defer f.retaining.Unlock()
	return slices.Clone(f.retained)
}

// add gives the fan-out another publisher, and that what is retained.
func (f *fanOut) add(p publish.Publisher) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.join(p)
}

// join is add with mu held for writing.
func (f *fanOut) join(p publish.Publisher) {
	f.retaining.Lock()
	defer f.retaining.Unlock()
	f.publishers = append(f.publishers, p)
	for _, m := range f.retained {
		f.give(context.Background(), p, m)
	}
}

// remove gives p no more messages.
func (f *fanOut) remove(p publish.Publisher) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.publishers = slices.DeleteFunc(f.publishers, func(other publish.Publisher) bool { return other == p })
}

// replace closes old, if it is not nil, and puts what open returns, if that is not nil, in its place. The two never
// live at the same time; meanwhile whoever has something to publish waits, so that nothing is lost between them.
func (f *fanOut) replace(old publish.Publisher, open func() (publish.Publisher, error)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if old != nil {
		if err := old.Close(); err != nil {
			f.failed("publisher not closed in good order", old, err)
		}
		f.publishers = slices.DeleteFunc(f.publishers, func(p publish.Publisher) bool { return p == old })
	}
	p, err := open()
	if p != nil {
		f.join(p)
	}
	return err
}

// give gives m to p.
func (f *fanOut) give(ctx context.Context, p publish.Publisher, m publish.Message) {
	if err := p.Publish(ctx, m); err != nil {
		f.failed(strings.ReplaceAll(m.Key().Kind.Name, "-", " ")+" not published", p, err)
	}
}

func (f *fanOut) failed(what string, p publish.Publisher, err error) {
	if _, standard := p.(*lines.Writer); standard {
		f.unheard(err)
		return
	}
	f.log.Warn(what, zap.String("publisher", fmt.Sprintf("%T", p)), zap.Error(err))
}

// unheard is failed for standard output. A pipe or a terminal that is gone ends us; a full disk is told once.
func (f *fanOut) unheard(err error) {
	gone := errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.EIO)
	switch {
	case gone && f.deaf != nil:
		f.deaf()
	case !f.full.Swap(true):
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err // standard output has no name that people know
		}
		f.log.Warn("results cannot be written to standard output; they go to the broker all the same", zap.Error(err))
	}
}

// Close closes all publishers at once, as each may take a moment, and joins their errors.
func (f *fanOut) Close() error {
	if f.closed.Swap(true) {
		return nil
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	errs := make([]error, len(f.publishers))
	var closing sync.WaitGroup
	for i, p := range f.publishers {
		closing.Go(func() { errs[i] = p.Close() })
	}
	closing.Wait()
	return errors.Join(errs...)
}
