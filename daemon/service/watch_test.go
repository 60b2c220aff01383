package service

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
	"github.com/inceptiond/inceptiond/publish/web"
)

// viewer watches a camera of a service.
type viewer struct {
	stop func()

	mu      sync.Mutex
	seen    picture.Picture
	numbers []uint64
}

// watch watches a camera until the test ends, if not before.
func (a *atWork) watch(camera string) *viewer {
	a.t.Helper()
	v := new(viewer)
	stop, err := a.service.Watch(camera, func(p *picture.Picture, r *publish.Result) {
		v.mu.Lock()
		defer v.mu.Unlock()
		p.CopyTo(&v.seen)
		v.numbers = append(v.numbers, r.Sequence)
		if r.Camera != camera || p.Frame().Sequence != r.Sequence {
			a.t.Errorf("watching %s: picture %d, result %d of %s", camera, p.Frame().Sequence, r.Sequence, r.Camera)
		}
	})
	if err != nil {
		a.t.Fatal(err)
	}
	v.stop = stop
	a.t.Cleanup(stop)
	return v
}

// sees are the numbers of what was seen so far.
func (v *viewer) sees() []uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.numbers)
}

// seesMore waits until the viewer has seen another answer.
func (v *viewer) seesMore(t *testing.T) {
	t.Helper()
	n := len(v.sees())
	publishtest.Eventually(t, "another answer", func() bool { return len(v.sees()) > n })
}

// A camera is watched on when a reload makes it anew, also after there was none of its name for a while.
func TestWatchOverReloads(t *testing.T) {
	s := startService(t, twoCameras)
	a, b := s.watch("a"), s.watch("b")
	a.seesMore(t)
	b.seesMore(t)
	other := strings.Replace(twoCameras, "b: {", "b: {top_k: 1, ", 1)
	s.reload(other)
	a.seesMore(t)
	b.seesMore(t)
	s.reload("mqtt: {broker: off}\ncameras:\n  a: {demo: {width: 32, height: 32, interval: 5ms}}\n")
	gone := len(b.sees())
	a.seesMore(t)
	if n := len(b.sees()); n != gone {
		t.Errorf("%d answers of a camera that is gone", n-gone)
	}
	if _, err := s.service.Watch("b", nil); !errors.Is(err, web.ErrNone) || err.Error() != `camera b: there is none of that name` {
		t.Errorf("watching none: %v", err)
	}
	if _, err := s.service.Look("b", new(picture.Picture)); !errors.Is(err, web.ErrNone) {
		t.Errorf("looking at none: %v", err)
	}
	s.reload(twoCameras)
	b.seesMore(t)
	b.stop()
	stopped := len(b.sees())
	s.reload(other)
	s.goesOn("b")
	if n := len(b.sees()); n != stopped {
		t.Errorf("%d answers after the end", n-stopped)
	}
	if !slices.IsSorted(a.sees()) {
		t.Error("the camera that stayed was seen out of order")
	}
}

// Watching begins and ends while the config changes.
func TestWatchDuringReloads(t *testing.T) {
	s := startService(t, twoCameras)
	var viewers sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		viewers.Go(func() {
			var dst picture.Picture
			for {
				select {
				case <-done:
					return
				default:
				}
				stop, err := s.service.Watch("b", func(p *picture.Picture, _ *publish.Result) {})
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := s.service.Look("b", &dst); err != nil {
					t.Error(err)
				}
				stop()
			}
		})
	}
	for range 5 {
		s.reload(strings.Replace(twoCameras, "b: {", "b: {top_k: 1, ", 1))
		s.reload(twoCameras)
	}
	close(done)
	viewers.Wait()
	if n := len(s.service.watches.list); n != 0 {
		t.Errorf("%d watch on", n)
	}
}

// Look has frames of a camera that no model gets, and of a view those of its camera.
func TestLook(t *testing.T) {
	s := startService(t, `
mqtt: {broker: off}
cameras:
  drive: {demo: {width: 64, height: 48, interval: 5ms}, max_rate: 0.001, rotate: 90, mask: [[0, 0, 1, 0, 1, 0.5, 0, 0.5]]}
  door: {source: view, view: {of: drive}, max_rate: 0.001}
`)
	for _, name := range []string{"drive", "door"} {
		var dst picture.Picture
		for after := uint64(0); after < 20; {
			publishtest.Eventually(t, "a frame", func() bool {
				ok, err := s.service.Look(name, &dst)
				return ok && err == nil && dst.Frame().Sequence > after
			})
			after = dst.Frame().Sequence
		}
		planes, err := dst.Planes(1)
		if w, h, _ := dst.Size(); err != nil || w != 48 || h != 64 {
			t.Fatalf("%dx%d, %v", w, h, err)
		}
		if left := planes.Plane[0].Row(5, 0, 32, 3); slices.Max(left) != 0 { // above, when it is upright
			t.Errorf("under the mask is %v", left)
		}
	}
}

// Cameras says what is in force.
func TestCameras(t *testing.T) {
	s := startService(t, `
mqtt: {broker: off}
cameras:
  drive: {demo: {width: 64, height: 48, interval: 1s}, rotate: 90, flip: both, mask: [[0, 0, 1, 0, 1, 0.5]], fit: crop}
  door: {source: view, view: {of: drive}, region: {x: 0.5, width: 0.5}}
`)
	mask := [][]float64{{0, 0, 1, 0, 1, 0.5}}
	want := []web.Camera{
		{Name: "door", Of: "drive", Kind: "view", Source: "a view of drive", Model: "demo", Task: "classify",
			View: web.View{Model: "demo", Region: web.Region{X: 0.5, Width: 0.5, Height: 1}, Fit: "stretch", Rotate: 90, Flip: "both", Mask: mask}},
		{Name: "drive", Kind: "demo", Source: "drawn scenes 64x48, every 1s", Model: "demo", Task: "classify",
			View: web.View{Model: "demo", Region: web.Region{Width: 1, Height: 1}, Fit: "crop", Rotate: 90, Flip: "both", Mask: mask}},
	}
	got := s.service.Cameras()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant\n%+v", got, want)
	}
	if none := new(Service).Cameras(); none == nil || len(none) != 0 {
		t.Errorf("before the first config: %v", none)
	}
}
