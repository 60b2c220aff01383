// Package snapshots keeps the pictures of cameras on the disk, within limits:
//
//	drive/2026-03-14/152653.589-dog-1042.jpg
//
// below the folder of the camera drive: the day and the time of the frame (UTC, as in messages), what was decided, and the
// frame's sequence. While the clock is not set, the day is unsynced-<boot>, with the kernel's name of the boot.
//
// The oldest pictures go when there are too many, or too many bytes, or they are too old. Only files whose names are of
// this form are ever deleted, and folders of days that are empty then; links are never followed. A picture is written
// beside its place and renamed, so that it is whole or not there, but it is not synced: a power cut may cost the last few.
//
// Whoever wants to look at the pictures reads the folders (Newest, Read), and asks no keeper.
package snapshots

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish"
)

// Options say where pictures are kept.
type Options struct {
	Cameras map[string]Limits // by name; of others nothing is kept
	Boot    string            // names the machine's boot

	// Now is the time on the machine's clocks. It is called by one goroutine.
	Now func() Moment
}

// Limits say where the pictures of a camera are kept, and how many.
type Limits struct {
	Folder   string        // holds a folder with the camera's name; made if it is missing
	MaxFiles int           // pictures; 0: no limit, as for all that follow
	MaxBytes int64         // of all pictures together
	MaxAge   time.Duration // older ones go
	Budget   int64         // bytes that are written in a day (UTC)
}

// Moment is a time on the machine's clocks.
type Moment struct {
	Time      time.Time
	SinceBoot time.Duration
	Synced    bool // Time can be trusted
}

const (
	maxWaiting = 16                     // pictures that wait for a slow disk; the newest count
	closeTime  = 700 * time.Millisecond // for those that wait at the end
)

// Keeper writes pictures in a goroutine of its own, which Publish never waits for. It is a publish.Publisher.
type Keeper struct {
	options Options
	log     *zap.Logger
	written atomic.Int64

	filled chan struct{} // holds a token when there may be something to do
	quit   chan struct{} // closed by Close
	done   chan struct{} // closed when the goroutine has ended

	mu      sync.Mutex
	closed  bool
	waiting []*publish.Snapshot // oldest first
	dropped int                 // that had to go from there, and that was not told yet
}

var _ publish.Publisher = (*Keeper)(nil)

// Open starts a keeper and returns at once. Trouble with a folder is no error: it is said in the log, and the folder tried
// again each minute.
func Open(o Options, log *zap.Logger) *Keeper {
	k := &Keeper{options: o, log: log, filled: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{})}
	go k.run()
	return k
}

// Publish takes pictures that are for the disk, and ignores the rest. The error is publish.ErrClosed.
func (k *Keeper) Publish(_ context.Context, m publish.Message) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return publish.ErrClosed
	}
	s, ok := m.(*publish.Snapshot)
	if !ok || !s.Disk {
		return nil
	}
	if _, kept := k.options.Cameras[s.Camera]; !kept {
		return nil
	}
	k.waiting = append(k.waiting, s)
	if len(k.waiting) > maxWaiting {
		k.waiting[0] = nil // for the garbage collector
		k.waiting = k.waiting[1:]
		k.dropped++
	}
	k.signal()
	return nil
}

// Close writes what waits, if that does not take long. More calls do nothing.
func (k *Keeper) Close() error {
	k.mu.Lock()
	if !k.closed {
		k.closed = true
		close(k.quit)
	}
	k.mu.Unlock()
	select {
	case <-k.done:
	case <-time.After(closeTime):
	}
	return nil
}

// Written is how many bytes were written.
func (k *Keeper) Written() int64 { return k.written.Load() }

func (k *Keeper) signal() {
	select {
	case k.filled <- struct{}{}:
	default:
	}
}

// run writes pictures as they come, and looks for old ones now and then.
func (k *Keeper) run() {
	defer close(k.done)
	albums := map[string]*album{}
	for name, limits := range k.options.Cameras {
		albums[name] = newAlbum(name, limits, k.options.Boot, k.log.With(zap.String("camera", name)))
		albums[name].tidy(k.options.Now())
	}
	due := time.NewTicker(k.options.tidying())
	defer due.Stop()
	for {
		select {
		case <-k.filled:
			k.writeAll(albums)
		case <-due.C:
			for _, a := range albums {
				a.tidy(k.options.Now())
			}
		case <-k.quit:
			k.writeAll(albums)
			return
		}
	}
}

// writeAll writes all pictures that wait.
func (k *Keeper) writeAll(albums map[string]*album) {
	for s := k.next(); s != nil; s = k.next() {
		k.written.Add(albums[s.Camera].add(s, k.options.Now()))
	}
}

// tidying is how often old pictures are looked for: the shortest age is kept to within a tenth.
func (o *Options) tidying() time.Duration {
	every := time.Hour
	for _, l := range o.Cameras {
		if l.MaxAge > 0 {
			every = min(every, max(l.MaxAge/10, time.Second))
		}
	}
	return every
}

// next takes the oldest picture that waits; nil: there is none.
func (k *Keeper) next() *publish.Snapshot {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.dropped > 0 {
		k.log.Warn("the disk is too slow for all pictures", zap.Int("dropped", k.dropped))
		k.dropped = 0
	}
	if len(k.waiting) == 0 {
		return nil
	}
	s := k.waiting[0]
	k.waiting[0] = nil
	k.waiting = k.waiting[1:]
	return s
}
