package picture

import (
	"sync"
	"sync/atomic"
)

// memo is a value, or an error, that is worked out at most once a frame. The zero value is not worked out.
type memo[T any] struct {
	done  atomic.Bool
	value T
	err   error
}

// once works the value out unless that is done. Of several goroutines one works, with mu locked, and the others wait;
// once it is done, nobody locks anything.
func (m *memo[T]) once(mu *sync.Mutex, work func() (T, error)) (*T, error) {
	if !m.done.Load() {
		mu.Lock()
		defer mu.Unlock()
		return m.locked(work)
	}
	return m.result()
}

// locked is once for a caller that has locked the mutex already.
func (m *memo[T]) locked(work func() (T, error)) (*T, error) {
	if !m.done.Load() {
		m.value, m.err = work()
		m.done.Store(true)
	}
	return m.result()
}

func (m *memo[T]) result() (*T, error) {
	if m.err != nil {
		return nil, m.err
	}
	return &m.value, nil
}

// set makes the value, or the error, one that is worked out. Nobody else may use m meanwhile.
func (m *memo[T]) set(value T, err error) {
	m.value, m.err = value, err
	m.done.Store(true)
}

// forget makes the value one that is not worked out, and keeps none of its memory. Nobody else may use m meanwhile.
func (m *memo[T]) forget() {
	if !m.done.Load() {
		return
	}
	var none T
	m.value, m.err = none, nil
	m.done.Store(false)
}
