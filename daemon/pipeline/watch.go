package pipeline

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/publish"
)

// watchers are those who see what a camera answers.
type watchers struct {
	list atomic.Pointer[[]*watcher] // nobody changes it, there are new ones; nil: nobody watches

	changing sync.Mutex // the list

	looking sync.Mutex // guards what follows
	looked  uint64     // the number of the frame that Look last gave away
}

// watcher is one of them.
type watcher struct {
	mu sync.Mutex // held while see is called
	f  func(*picture.Picture, *publish.Result)
}

// Watch has f called after each answer, with the picture, decoded, upright and masked, and the result as it was published, with
// its Mask if there is one. All are for reading, and good until f returns. f is called in the goroutine that answers frames: it must not block, and
// must not call stop. When stop returns f is not called any more. A view is watched like any camera. Nobody who watches costs
// nothing.
func (c *Camera) Watch(f func(p *picture.Picture, r *publish.Result)) (stop func()) {
	w := &watcher{f: f}
	c.watchers.change(func(list []*watcher) []*watcher { return append(list, w) })
	return func() {
		c.watchers.change(func(list []*watcher) []*watcher {
			return slices.DeleteFunc(list, func(other *watcher) bool { return other == w })
		})
		w.mu.Lock() // waits for a call under way
		defer w.mu.Unlock()
		w.f = nil
	}
}

// change makes another list of a copy of the one there is.
func (w *watchers) change(with func([]*watcher) []*watcher) {
	w.changing.Lock()
	defer w.changing.Unlock()
	var list []*watcher
	if before := w.list.Load(); before != nil {
		list = slices.Clone(*before)
	}
	if list = with(list); len(list) == 0 {
		w.list.Store(nil)
		return
	}
	w.list.Store(&list)
}

// tell shows an answer to all who watch.
func (w *watchers) tell(p *picture.Picture, r *publish.Result) {
	list := w.list.Load()
	if list == nil {
		return
	}
	for _, one := range *list {
		one.see(p, r)
	}
}

func (w *watcher) see(p *picture.Picture, r *publish.Result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.f != nil {
		w.f(p, r)
	}
}

// Look copies the newest frame into dst, which is the caller's, masked as everywhere: also one that no model gets, as the gate
// is closed, or waits for it. It is false if there is none that is newer than the one of the last Look: the camera is lost or
// closed, or nobody has looked in the last seconds, so that no frame was kept. It may be called at any time, from any
// goroutine; the camera does not wait for it.
func (c *Camera) Look(dst *picture.Picture) bool {
	if c.closed() != nil {
		return false
	}
	c.watchers.looking.Lock()
	defer c.watchers.looking.Unlock()
	if !c.hub.Newest(dst, c.watchers.looked) {
		return false
	}
	c.watchers.looked = dst.Frame().Sequence
	return true
}

// Newest is Look for somebody who remembers what he has seen: it copies the newest frame if its number is above after.
func (c *Camera) Newest(dst *picture.Picture, after uint64) bool {
	return c.closed() == nil && c.hub.Newest(dst, after)
}

// Away says why the camera has no frames now; nil: it has, or will soon. It may be called at any time, from any goroutine.
func (c *Camera) Away() error {
	switch is := c.Status(); is.State {
	case publish.CameraConnecting, publish.CameraOnline:
		return nil
	default:
		return fmt.Errorf("the camera is %s: %s", is.State, cmp.Or(is.Reason, "there are no more frames"))
	}
}

// Cutter makes of the camera's pictures those that a model like its own is taught with. whole is for pictures that are no more
// than the camera's region.
func (c *Camera) Cutter(whole bool) (*picture.Encoder, error) { return c.look.cutter(whole) }
