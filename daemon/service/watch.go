package service

import (
	"fmt"
	"sync"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/web"
)

var _ web.Watcher = (*Service)(nil)

// watches are those who watch cameras, by the cameras' names: a camera that is made anew is watched on. It may be used from
// several goroutines at once.
type watches struct {
	mu      sync.Mutex
	cameras map[string]*camera // that there are now
	list    map[*watcher]bool
}

// watcher is one of them.
type watcher struct {
	name string
	f    func(*picture.Picture, *publish.Result)
	of   *camera // that it watches; nil: there is none of that name now
	stop func()  // nil if of is
}

func newWatches() *watches { return &watches{list: map[*watcher]bool{}} }

// take has the cameras that there are now watched, in place of those before.
func (w *watches) take(cameras map[string]*camera) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cameras = cameras
	for one := range w.list {
		if c := cameras[one.name]; c != one.of {
			one.end()
			one.begin(c)
		}
	}
}

func (w *watcher) begin(c *camera) {
	if c != nil {
		w.of, w.stop = c, c.Watch(w.f)
	}
}

func (w *watcher) end() {
	if w.of != nil {
		w.stop()
		w.of, w.stop = nil, nil
	}
}

// camera is the one of a name. The error is web.ErrNone.
func (w *watches) camera(name string) (*camera, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.find(name)
}

// find is camera for a caller that holds w.mu.
func (w *watches) find(name string) (*camera, error) {
	c := w.cameras[name]
	if c == nil {
		return nil, fmt.Errorf("camera %s: %w", control.Shown(name), web.ErrNone)
	}
	return c, nil
}

// Watch shows the answers of a camera; see [web.Watcher].
func (s *Service) Watch(camera string, f func(*picture.Picture, *publish.Result)) (stop func(), err error) {
	w := s.watches
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.find(camera)
	if err != nil {
		return nil, err
	}
	one := &watcher{name: camera, f: f}
	one.begin(c)
	w.list[one] = true
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		one.end()
		delete(w.list, one)
	}, nil
}

// Look copies the newest frame of a camera; see [web.Watcher].
func (s *Service) Look(camera string, dst *picture.Picture) (bool, error) {
	c, err := s.watches.camera(camera)
	if err != nil {
		return false, err
	}
	return c.Look(dst), nil
}

// Cameras are all cameras, in the order of their names; see [web.Watcher].
func (s *Service) Cameras() []web.Camera {
	list := []web.Camera{}
	v := s.inForce.Load()
	if v == nil {
		return list
	}
	tasks := map[string]string{}
	for _, m := range v.models {
		tasks[m.Name] = taskOf(m.Meaning)
	}
	for _, c := range v.cameras {
		planned := v.plan.Cameras[c.name]
		list = append(list, web.Camera{
			Name: c.name, Of: c.view, Kind: planned.Kind, Source: planned.String(), Model: planned.Model, Task: tasks[planned.Model],
			View: viewOf(v.plan, &planned),
		})
	}
	return list
}

// viewOf is what a camera of p shows to its model.
func viewOf(p *plan.Plan, c *plan.Camera) web.View {
	upright := pictureOptions(p, c)
	v := web.View{
		Model: c.Model, Region: web.Region(c.Preprocess.Region), Fit: c.Preprocess.Fit.String(),
		Rotate: upright.Rotate, Flip: upright.Flip.String(), Mask: upright.Mask,
	}
	if v.Region == (web.Region{}) {
		v.Region = web.Region{Width: 1, Height: 1}
	}
	if v.Mask == nil {
		v.Mask = [][]float64{}
	}
	return v
}

// pictureOptions are a camera's, or those of the camera whose view it is.
func pictureOptions(p *plan.Plan, c *plan.Camera) picture.Options {
	if c.View != "" {
		return p.Cameras[c.View].Picture
	}
	return c.Picture
}
