package web

import (
	"context"
	"net/http"

	"github.com/inceptiond/inceptiond/capture/picture"
)

// leastAlike is how much a box has to have in common with one that somebody chose some frames ago, as a share of both together.
const leastAlike = 0.3

// serveTeachObject takes what is in a box of a camera's picture: in the one that is shown now, the box that is most like the one that
// somebody chose some frames ago.
func (s *Server) serveTeachObject(t Teacher, name, camera string, chosen [4]float64, to Place, w http.ResponseWriter, r *http.Request) error {
	s.refresh()
	c, ok := s.memory.listed(camera)
	if !ok {
		return refuse(http.StatusNotFound, "there is no camera of that name")
	}
	return answerAdded(w, r, func(ctx context.Context) (Added, error) {
		s.studio.ask([]Camera{c}, false)
		p, box := s.studio.feed(c).object(chosen)
		if p == nil && s.awaitPair(ctx, c) != nil {
			p, box = s.studio.feed(c).object(chosen)
		}
		if p == nil {
			return Added{}, refuse(http.StatusConflict, "it is not there any more: choose it again")
		}
		return t.AddObject(ctx, name, c.Name, p, box, to)
	})
}

// object is a copy of the frame that is shown, or of one that has come since, and the box in it that is most like a chosen one; nil: there is
// none.
func (f *feed) object(chosen [4]float64) (p *picture.Picture, box [4]float64) {
	b := f.shown.Load()
	if b == nil {
		return nil, box
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.picture == nil || !b.has {
		return nil, box
	}
	best := 0.0
	for _, d := range b.result.Detections {
		if a := alike(d.Box, chosen); a > best {
			best, box = a, d.Box
		}
	}
	if best < leastAlike {
		return nil, box
	}
	return b.picture.Copy(), box
}

// alike is how much two boxes have in common: of the area of both together, the share that both have.
func alike(a, b [4]float64) float64 {
	width := min(a[0]+a[2], b[0]+b[2]) - max(a[0], b[0])
	height := min(a[1]+a[3], b[1]+b[3]) - max(a[1], b[1])
	if !(width > 0 && height > 0) {
		return 0
	}
	both := width * height
	return both / (a[2]*a[3] + b[2]*b[3] - both)
}
