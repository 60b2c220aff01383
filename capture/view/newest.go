package view

import (
	"time"

	"github.com/inceptiond/inceptiond/capture/picture"
)

// newest is the picture that was put last, for those who ask for it: whether or not a look has taken it. Unless somebody has
// asked in the last seconds, the hub itself does not hold it, and it is gone when all looks have done with it. The hub's
// mutex guards it.
type newest struct {
	*shared           // nil: there is none any more
	held    bool      // by the hub
	until   time.Time // the hub holds the newest; zero: it does not
}

// holdFor is how long the newest picture is held after somebody has asked for it.
const holdFor = 5 * time.Second

// Newest copies the picture that was put last into dst, which is the caller's, if its number is above after. It waits for
// nobody, and the producer does not wait for it. It is false if there is none: none was put since an interruption, or all
// looks had done with it before somebody asked for the first time in a while. From then on, the hub holds the newest for some
// seconds.
func (h *Hub) Newest(dst *picture.Picture, after uint64) bool {
	p := h.holdNewest(after)
	if p == nil {
		return false
	}
	p.CopyTo(dst)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.release(p)
	return true
}

// holdNewest is the newest picture, which the caller has to release; nil if there is none above that number.
func (h *Hub) holdNewest(after uint64) *shared {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.newest.until = time.Now().Add(holdFor)
	p := h.newest.shared
	if p == nil || p.Frame().Sequence <= after {
		return nil
	}
	p.holders++
	return p
}

// renew makes p the newest picture. The caller holds h.mu, and p.
func (h *Hub) renew(p *shared) {
	h.noNewest()
	h.newest.shared = p
	if h.newest.until.IsZero() {
		return
	}
	if time.Now().After(h.newest.until) {
		h.newest.until = time.Time{}
		return
	}
	h.newest.held = true
	p.holders++
}

// noNewest takes note that there is no newest picture. The caller holds h.mu.
func (h *Hub) noNewest() {
	p, held := h.newest.shared, h.newest.held
	h.newest.shared, h.newest.held = nil, false
	if held {
		h.release(p)
	}
}
