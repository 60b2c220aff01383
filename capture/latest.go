package capture

import (
	"context"
	"io"
	"sync"
)

// Latest is a mailbox with one slot between a goroutine that captures and a goroutine that infers. The newest frame
// replaces the one that waits, so the camera never waits for inference, and inference never sees an old picture.
//
// Frames change hands by pointer: whoever puts or takes one gives it away and receives another. Three frames circulate
// (one being filled, one waiting or spare, one in use) and their buffers are used again, so nothing is allocated once
// all three have grown to the camera's size.
//
//	f := new(capture.Frame)                 |  var f *capture.Frame
//	for src.Read(ctx, f) == nil {           |  for {
//		f = box.Put(f)                      |  	f, err = box.Take(ctx, f)
//	}                                       |  	…
//
// Put, PutWait and Take may be called concurrently with each other; there is one producer and one consumer.
type Latest struct {
	filled  chan struct{} // holds a token after a frame was put
	emptied chan struct{} // holds a token after a frame was taken
	closed  chan struct{}

	mu      sync.Mutex
	waiting *Frame   // the slot; nil if empty
	spare   []*Frame // frames that nobody uses
	dropped uint64
	err     error // why it is closed; nil while it is open
}

// NewLatest returns an empty mailbox.
func NewLatest() *Latest {
	return &Latest{
		filled:  make(chan struct{}, 1),
		emptied: make(chan struct{}, 1),
		closed:  make(chan struct{}),
	}
}

// Put gives f away and returns a frame to fill next, with old content to overwrite. It never blocks: a frame that
// nobody has taken yet is dropped and comes back. A frame that is put after Close is dropped too.
func (l *Latest) Put(f *Frame) *Frame {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		l.dropped++
		return f
	}
	return l.fill(f)
}

// PutWait is Put for sources of which no picture may be lost: it waits until the slot is empty. It returns f itself
// with ctx.Err() if ctx ends first, or with the error given to Close.
func (l *Latest) PutWait(ctx context.Context, f *Frame) (*Frame, error) {
	for {
		if err := ctx.Err(); err != nil {
			return f, err
		}
		if next, err := l.tryPut(f); next != nil || err != nil {
			return next, err
		}
		select {
		case <-l.emptied:
		case <-l.closed:
		case <-ctx.Done():
		}
	}
}

// Take gives old back (nil if there is none, as on the first call) and waits for a frame that has not been taken yet.
// With an error the caller holds no frame: ctx.Err(), or the error given to Close once the last frame has been taken.
func (l *Latest) Take(ctx context.Context, old *Frame) (*Frame, error) {
	l.giveBack(old)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if f, err := l.next(); f != nil || err != nil {
			return f, err
		}
		select {
		case <-l.filled:
		case <-l.closed:
		case <-ctx.Done():
		}
	}
}

// Close ends the stream: Take returns the frame that waits, if any, and from then on err (io.EOF if err is nil). Either
// side may close; only the first call counts.
func (l *Latest) Close(err error) {
	if err == nil {
		err = io.EOF
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
		close(l.closed)
	}
}

// Dropped is the number of frames that were put and never taken.
func (l *Latest) Dropped() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dropped
}

func (l *Latest) giveBack(f *Frame) {
	if f == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spare = append(l.spare, f)
}

// next empties the slot. Both results are nil if there is nothing in it yet.
func (l *Latest) next() (*Frame, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.waiting; f != nil {
		l.waiting = nil
		signal(l.emptied)
		return f, nil
	}
	return nil, l.err
}

// tryPut fills the slot if it is empty. Both results are nil if it is not.
func (l *Latest) tryPut(f *Frame) (*Frame, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.err != nil:
		return f, l.err
	case l.waiting != nil:
		return nil, nil
	}
	return l.fill(f), nil
}

// fill puts f into the slot and returns the frame to fill next. The caller holds l.mu.
func (l *Latest) fill(f *Frame) *Frame {
	next := l.waiting
	if next != nil {
		l.dropped++
	} else {
		next = l.unused()
	}
	l.waiting = f
	signal(l.filled)
	return next
}

// unused returns a spare frame, or a new one as long as fewer than three circulate. The caller holds l.mu.
func (l *Latest) unused() *Frame {
	n := len(l.spare)
	if n == 0 {
		return new(Frame)
	}
	f := l.spare[n-1]
	l.spare = l.spare[:n-1]
	return f
}

// signal leaves a token for the other side if none is there.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
