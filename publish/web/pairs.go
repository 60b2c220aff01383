package web

import (
	"reflect"
	"slices"
	"time"
)

// pair is a picture and what the model made of it.
type pair struct {
	sequence      uint64
	time          time.Time // of the frame
	width, height int       // of the upright frame, pixels
	jpeg          []byte
	result        []byte // JSON; nil: the frame was not answered
	mask          []byte // JSON; nil: the model does not say which class is where
}

// same tells whether p shows the frame of another pair.
func (p *pair) same(other *pair) bool {
	return p != nil && p.sequence == other.sequence && p.time.Equal(other.time)
}

// show makes p what is shown of a camera.
func (m *memory) show(camera string, p *pair) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.cameras[camera]
	if c == nil {
		return // it has just gone
	}
	list, at := &c.pairs, &c.pairAt
	if p.result == nil {
		list, at = &c.looks, &c.lookAt
	}
	if len(*list) >= keptPictures {
		*list = slices.Delete(*list, 0, 1)
	}
	*list = append(*list, p)
	m.version++
	*at, m.shown = m.version, m.version
	m.wake()
}

// hide forgets the pictures of a camera.
func (m *memory) hide(camera string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c := m.cameras[camera]; c != nil {
		c.pairs, c.looks = nil, nil
	}
}

// newest is the picture to show of a camera, and the version of that; nil: there is none. It is the newest that was answered, as
// long as there is one, so that who looks at frames hides no result from others; with look it is the newest of all.
func (c *memories) newest(look bool) (*pair, uint64) {
	switch {
	case c == nil || len(c.pairs)+len(c.looks) == 0:
		return nil, 0
	case len(c.pairs) == 0 || look && c.lookAt > c.pairAt:
		return c.looks[len(c.looks)-1], c.lookAt
	}
	return c.pairs[len(c.pairs)-1], c.pairAt
}

// find is the pair of a frame, or else the newest, with look whether or not it was answered; nil: there is none.
func (m *memory) find(camera string, sequence uint64, look bool) *pair {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.cameras[camera]
	if c == nil {
		return nil
	}
	for _, p := range slices.Concat(c.looks, c.pairs) {
		if p.sequence == sequence {
			return p
		}
	}
	p, _ := c.newest(look)
	return p
}

// encoded is the JPEG of p's frame if one of several cameras has it already: those that see the same frames.
func (m *memory) encoded(p *pair, cameras []string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range cameras {
		if c := m.cameras[name]; c != nil {
			for _, old := range slices.Concat(c.looks, c.pairs) {
				if old.same(p) {
					return old.jpeg
				}
			}
		}
	}
	return nil
}

// now is the version of the last change.
func (m *memory) now() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.version
}

// wait returns what is closed when there is news for somebody who knows all up to version; nil: there is some now. Without
// pictures, those are no news.
func (m *memory) wait(version uint64, pictures bool) <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.told > version || pictures && m.shown > version {
		return nil
	}
	if m.changed == nil {
		m.changed = make(chan struct{})
	}
	return m.changed
}

// rosterEntry is a camera as the daemon describes it, and the version of that.
type rosterEntry struct {
	Camera
	version uint64
}

// enlist takes the cameras that there are now.
func (m *memory) enlist(cameras []Camera) {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := make([]rosterEntry, 0, len(cameras))
	for _, c := range cameras {
		e := rosterEntry{Camera: c}
		i := slices.IndexFunc(m.roster, func(old rosterEntry) bool { return old.Name == c.Name && reflect.DeepEqual(old.Camera, c) })
		if i >= 0 {
			e.version = m.roster[i].version
		} else {
			e.version = m.tell()
		}
		m.camera(c.Name)
		delete(m.gone, c.Name)
		list = append(list, e)
	}
	for _, old := range m.roster {
		if !slices.ContainsFunc(list, func(e rosterEntry) bool { return e.Name == old.Name }) {
			m.gone[old.Name] = m.tell()
		}
	}
	m.roster = list
}

// listed is the camera of a name.
func (m *memory) listed(name string) (Camera, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.roster {
		if e.Name == name {
			return e.Camera, true
		}
	}
	return Camera{}, false
}
