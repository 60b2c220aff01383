package lessons

import (
	"context"
	"sync"
)

// job is something that is under way, or was: told says how far it is.
type job[T any] struct {
	stop context.CancelFunc
	done chan struct{} // closed when it has ended

	mu sync.Mutex
	is T
}

// newJob is a job that has begun, and during is the time that it has.
func newJob[T any](life context.Context, is T) (j *job[T], during context.Context) {
	j = &job[T]{done: make(chan struct{}), is: is}
	during, j.stop = context.WithCancel(life)
	return j, during
}

// told is how far it is.
func (j *job[T]) told() T {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.is
}

func (j *job[T]) set(change func(*T)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	change(&j.is)
}

// end stops it, and waits until it has ended, or ctx has.
func (j *job[T]) end(ctx context.Context) error {
	j.stop()
	select {
	case <-j.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
