package web

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/publish"
)

// feed is the pictures of one camera, as long as somebody looks at them. The camera's goroutine copies frames into its two
// buffers (see); all else is the studio's.
type feed struct {
	name string
	of   string // the camera whose view it is; else name

	asked  atomic.Int64 // when somebody wanted pictures last: nanoseconds of time.Time
	looked atomic.Int64 // when somebody wanted every frame last, whether or not it is answered

	due     atomic.Int64   // from when on the next frame is copied
	taken   *atomic.Uint64 // the frame that the camera's own feed has copied last, for those of its views
	pause   func() time.Duration
	wake    func()
	buffers [2]buffer
	shown   atomic.Pointer[buffer] // the one whose frame is shown; nil: none is. Who makes it another has locked that

	// Of the studio's goroutine.
	stop    func()    // of the watch; nil: there is none
	watched time.Time // since when it is
	look    time.Time // when the last Look was
	last    time.Time // when the last frame that is shown was copied
	heard   time.Time // when the last one of those that was answered was copied
}

// buffer is room for a frame and what it was found to show. Who reads or fills it has its lock.
type buffer struct {
	mu      sync.Mutex
	picture *picture.Picture // nil: no memory is kept
	result  answered
	mask    mask
	has     bool      // there is a result
	at      time.Time // when the frame was copied
	fresh   bool      // it waits to be encoded
}

// see copies a frame, if one is due and a buffer is free. It waits for nobody.
func (f *feed) see(p *picture.Picture, r *publish.Result) {
	now := time.Now()
	if now.UnixNano() < f.from(r.Sequence) {
		return
	}
	b := f.free()
	if b == nil {
		return
	}
	defer b.mu.Unlock()
	p.CopyTo(b.room())
	b.result.set(r)
	b.mask.set(r.Mask)
	b.has, b.fresh, b.at = true, true, now
	if f.of == f.name {
		f.taken.Store(r.Sequence)
	}
	f.due.Store(now.Add(f.pause()).UnixNano())
	f.wake()
}

// from is the time from when on a frame is copied. A view waits a while for one that its camera has copied too: then one JPEG
// serves both.
func (f *feed) from(sequence uint64) int64 {
	due := f.due.Load()
	if f.of != f.name && f.taken.Load() != sequence {
		due += int64(f.pause())
	}
	return due
}

// free locks the buffer that is not shown; nil: somebody is at it.
func (f *feed) free() *buffer {
	for i := range f.buffers {
		b := &f.buffers[i]
		if !b.mu.TryLock() {
			continue
		}
		if f.shown.Load() != b {
			return b
		}
		b.mu.Unlock()
	}
	return nil
}

func (b *buffer) room() *picture.Picture {
	if b.picture == nil {
		b.picture = new(picture.Picture)
	}
	return b.picture
}

// waiting locks the buffer whose frame waits to be encoded; nil: none does.
func (f *feed) waiting() *buffer {
	for i := range f.buffers {
		b := &f.buffers[i]
		b.mu.Lock()
		if b.fresh {
			return b
		}
		b.mu.Unlock()
	}
	return nil
}

// show makes b, which is locked, what is shown.
func (f *feed) show(b *buffer) {
	f.shown.Store(b)
	f.last = b.at
	if b.has {
		f.heard = b.at
	}
}

// copy is a copy of the frame that is shown, or of one that has come since; nil: there is none.
func (f *feed) copy() *picture.Picture {
	b := f.shown.Load()
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.picture == nil { // forgotten just now
		return nil
	}
	return b.picture.Copy()
}

// forget gives the memory of the buffers back.
func (f *feed) forget() {
	f.shown.Store(nil)
	for i := range f.buffers {
		b := &f.buffers[i]
		b.mu.Lock()
		if b.picture != nil {
			b.picture.Forget()
		}
		b.picture, b.result, b.mask, b.fresh = nil, answered{}, mask{}, false
		b.mu.Unlock()
	}
}

// since is how long ago a moment of one of the atomics was.
func since(moment *atomic.Int64, now time.Time) time.Duration {
	return time.Duration(now.UnixNano() - moment.Load())
}
