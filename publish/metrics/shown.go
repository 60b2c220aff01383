package metrics

import (
	"cmp"
	"sync"

	"github.com/inceptiond/inceptiond/publish"
)

// shown is what cameras are said to show, label by label: how many things, which shares, who it is. It is for concurrent use.
type shown struct {
	mu      sync.Mutex
	cameras map[string]*cameraShows
}

// cameraShows is what is known of one camera.
type cameraShows struct {
	last   publish.Decision
	people []string // who may be recognized
}

// listed notes which cameras there are, and forgets the others.
func (s *shown) listed(i publish.Inventory) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := map[string]*cameraShows{}
	for _, l := range i.Cameras {
		next[l.Name] = cmp.Or(s.cameras[l.Name], new(cameraShows))
		next[l.Name].people = nil
		if !l.Classifies() && l.Tells() {
			next[l.Name].people = l.Classes
		}
	}
	s.cameras = next
}

// decided notes what a camera shows from now on. One that is not listed shows nothing.
func (s *shown) decided(d publish.Decision) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.cameras[d.Camera]; c != nil {
		c.last = d
	}
}

// tell tells of each camera as many labels as Home Assistant is told of: a scrape must not grow with whatever comes by.
func (s *shown) tell(to *figures) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for camera, c := range s.cameras {
		for _, count := range c.last.Counts[:most(len(c.last.Counts))] {
			to.value(objectsMetric(), float64(count.N), camera, count.Label)
		}
		for _, share := range c.last.Shares[:most(len(c.last.Shares))] {
			to.value(shareMetric(), share.Share, camera, share.Label)
		}
		for _, name := range c.people[:most(len(c.people))] {
			to.value(identityMetric(), truth(c.last.Label == name), camera, name)
		}
	}
}

// most is how many of n labels are told.
func most(n int) int { return min(n, publish.MaxListed) }
