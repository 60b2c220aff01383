package web

import (
	"cmp"
	"context"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/internal/order"
)

const (
	watchTime  = 3 * time.Second        // that a camera is watched after somebody has asked for its picture
	bufferTime = 10 * time.Second       // that its memory is kept after that
	lookPause  = 500 * time.Millisecond // from one Look to the next
	silentTime = time.Second            // that an answer may take until the picture is had by a Look
	tickTime   = 250 * time.Millisecond // from one step to the next while somebody looks
	encodeRest = 5                      // the next encode starts no sooner than so many times the last one's duration after its start
)

// What pictures for people are.
const (
	pictureWidth   = 640 // pixels, at most
	pictureQuality = 80
)

// studio makes the JPEGs that are looked at: of one frame one, however many look, and of one camera at a time. Its goroutine
// also begins and ends watching cameras. Nobody looks: it sleeps.
type studio struct {
	daemon Watcher
	memory *memory
	log    *zap.Logger
	pause  func() time.Duration                   // from one picture of a camera to the next
	encode func(*picture.Picture) ([]byte, error) // a JPEG
	woken  chan struct{}                          // holds one

	mu    sync.Mutex // guards the maps
	feeds map[string]*feed
	taken map[string]*atomic.Uint64 // by camera, for it and its views; one is kept for each name there was

	// Of run.
	rest    time.Time // until then nothing is encoded
	painter painter
}

func newStudio(d Watcher, m *memory, pause func() time.Duration, log *zap.Logger) (*studio, error) {
	e, err := picture.NewEncoder(picture.EncoderOptions{MaxWidth: pictureWidth, Quality: pictureQuality})
	if err != nil {
		return nil, err
	}
	return &studio{daemon: d, memory: m, log: log, pause: pause, encode: e.Encode, woken: make(chan struct{}, 1), feeds: map[string]*feed{}, taken: map[string]*atomic.Uint64{}}, nil
}

// ask notes that somebody wants to see cameras, and with look every frame of them that there is time for.
func (s *studio) ask(cameras []Camera, look bool) {
	now := time.Now()
	for _, c := range cameras {
		f := s.feed(c)
		f.asked.Store(now.UnixNano())
		if look {
			f.looked.Store(now.UnixNano())
		}
	}
	s.wake()
}

// feed is that of a camera; it is made if there is none.
func (s *studio) feed(c Camera) *feed {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.feeds[c.Name]
	if f == nil {
		f = &feed{name: c.Name, of: cmp.Or(c.Of, c.Name), pause: s.pause, wake: s.wake}
		if s.taken[f.of] == nil {
			s.taken[f.of] = new(atomic.Uint64)
		}
		f.taken = s.taken[f.of]
		s.feeds[c.Name] = f
	}
	return f
}

// list are all feeds, cameras before their views.
func (s *studio) list() []*feed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return order.Sorted(maps.Values(s.feeds), func(a, b *feed) int {
		if view := a.of != a.name; view != (b.of != b.name) {
			if view {
				return 1
			}
			return -1
		}
		return a.last.Compare(b.last)
	})
}

func (s *studio) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// run works until ctx ends, and watches nothing any more then.
func (s *studio) run(ctx context.Context) {
	defer func() {
		for _, f := range s.list() {
			s.unwatch(f)
		}
	}()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.woken:
		case <-timer.C:
		}
		if next := s.step(time.Now()); next > 0 {
			timer.Reset(next)
		} else {
			timer.Stop()
		}
	}
}

// step does what is to do now, and says when to come again; 0: not before somebody asks.
func (s *studio) step(now time.Time) (next time.Duration) {
	for _, f := range s.list() {
		if s.tend(f, now) {
			next = tickTime
		}
	}
	if rest := s.rest.Sub(now); rest > 0 {
		return min(next, rest)
	}
	for _, f := range s.list() {
		if b := f.waiting(); b != nil {
			s.make(f, b)
			b.mu.Unlock()
			return max(time.Until(s.rest), time.Millisecond)
		}
	}
	return next
}

// tend begins or ends watching a camera, and looks at it if it is slow. It is false for one that needs nothing any more.
func (s *studio) tend(f *feed, now time.Time) bool {
	switch idle := since(&f.asked, now); {
	case idle > watchTime+bufferTime:
		s.drop(f)
		return false
	case idle > watchTime:
		s.unwatch(f)
		return true
	}
	if f.stop == nil {
		stop, err := s.daemon.Watch(f.name, f.see)
		if err != nil {
			s.log.Debug("a camera cannot be watched", zap.String("camera", f.name), zap.Error(err))
			s.drop(f)
			return false
		}
		f.stop, f.watched = stop, now
	}
	if s.slow(f, now) {
		s.look(f, now)
	}
	return true
}

// slow tells whether a frame is wanted that the model has not answered: no answers come, and somebody wants every frame, or
// there is none yet.
func (s *studio) slow(f *feed, now time.Time) bool {
	if now.Sub(f.look) < lookPause {
		return false
	}
	wanted := since(&f.looked, now) <= watchTime
	silent := now.Sub(f.watched) > silentTime && now.Sub(f.heard) > silentTime
	if f.last.IsZero() {
		return wanted || silent
	}
	return wanted && silent
}

// look copies the frame that waits.
func (s *studio) look(f *feed, now time.Time) {
	f.look = now
	b := f.free()
	if b == nil {
		return
	}
	defer b.mu.Unlock()
	if b.fresh {
		return
	}
	seen, err := s.daemon.Look(f.name, b.room())
	if err != nil || !seen {
		return
	}
	b.has, b.fresh, b.at = false, true, now
}

// make makes what is shown of the frame in b, which is locked.
func (s *studio) make(f *feed, b *buffer) {
	b.fresh = false
	frame := b.picture.Frame()
	p := &pair{sequence: frame.Sequence, time: frame.Time}
	var err error
	if p.width, p.height, err = b.picture.Size(); err != nil {
		return // a damaged frame, which the camera counts
	}
	began := time.Now()
	if p.jpeg = s.memory.encoded(p, s.family(f)); p.jpeg == nil {
		p.jpeg, err = s.encode(b.picture)
	}
	if b.has && err == nil {
		p.result, p.mask = b.result.AppendJSON(nil), s.painter.paint(&b.mask, b.result.Segments)
	}
	s.rest = began.Add(encodeRest * time.Since(began))
	b.picture.Forget() // what was decoded; the frame stays
	if err != nil {
		s.log.Debug("no picture made", zap.String("camera", f.name), zap.Uint64("sequence", p.sequence), zap.Error(err))
		return
	}
	f.show(b)
	s.memory.show(f.name, p)
}

// family are the cameras that see the frames of f's.
func (s *studio) family(f *feed) (names []string) {
	for _, other := range s.list() {
		if other.of == f.of {
			names = append(names, other.name)
		}
	}
	return names
}

// unwatch ends watching a camera, whose pictures stay.
func (s *studio) unwatch(f *feed) {
	if f.stop != nil {
		f.stop()
		f.stop = nil
	}
}

// drop forgets the pictures of a camera. Who asks again has it begin anew.
func (s *studio) drop(f *feed) {
	s.unwatch(f)
	s.mu.Lock()
	delete(s.feeds, f.name)
	last := len(s.feeds) == 0
	s.mu.Unlock()
	if last {
		s.painter = painter{}
	}
	f.forget()
	s.memory.hide(f.name)
}
