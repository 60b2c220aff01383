package service

import (
	"context"
	"slices"

	"github.com/inceptiond/inceptiond/daemon/pipeline"
)

// camera is a part: a camera with its name.
type camera struct {
	*pipeline.Camera
	name string
	view string // the camera whose view it is; empty: it is none

	lacks string // what it needs to do all that is asked of it; empty: nothing
}

// decidesLike tells whether what c decides is about the same labels as what other does.
func (c *camera) decidesLike(other *camera) bool {
	counted, more := c.Counted()
	counts, others := other.Counted()
	shared, moreShared := c.Shared()
	shares, otherShared := other.Shared()
	return slices.Equal(c.Classes(), other.Classes()) && slices.Equal(counted, counts) && more == others &&
		slices.Equal(shared, shares) && moreShared == otherShared
}

// running is a camera at work.
type running struct {
	*camera
	stop context.CancelFunc
	done chan struct{} // closed when it has ended
}

// startCameras lets all cameras work that do not yet. Views are attached before the first camera runs, so that they miss
// no picture of it.
func (s *Service) startCameras(ctx context.Context) {
	var fresh []*camera
	for _, c := range sorted(s.parts.cameras) {
		if s.running[c.name] == nil {
			c.Attach()
			fresh = append(fresh, c)
		}
	}
	for _, c := range fresh {
		s.startCamera(ctx, c)
	}
}

// startCamera lets c work until ctx ends, or it is stopped, or it has no more pictures.
func (s *Service) startCamera(ctx context.Context, c *camera) {
	ctx, stop := context.WithCancel(ctx)
	r := &running{camera: c, stop: stop, done: make(chan struct{})}
	s.running[c.name] = r
	go func() {
		defer stop()
		c.Run(ctx)
		close(r.done)
		select {
		case s.gone <- struct{}{}:
		default:
		}
	}()
}

// stopCameras stops the cameras that next does not have, and waits until they have ended.
func (s *Service) stopCameras(next *parts) {
	var stopped []*running
	for name, r := range s.running {
		if next.cameras[name] != r.camera {
			r.stop()
			stopped = append(stopped, r)
			delete(s.running, name)
		}
	}
	for _, r := range stopped {
		<-r.done
		if c := next.cameras[r.name]; c != nil {
			if !c.decidesLike(r.camera) {
				r.EndDecision("classes changed") // the new ones may lack what was decided
			}
			c.Succeed(r.Camera)
		}
		s.out.forget(r.name) // one of the same name tells everything anew
	}
}
