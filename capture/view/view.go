// Package view lets several looks share one camera. The device is open once, a frame is decoded once, and each look
// takes the newest picture when it is ready for one: a slow look does not hold a fast one back.
//
// A [Hub] stands between the camera and its looks. The camera fills pictures and puts them into the hub:
//
//	for {
//		if err := hub.Blank().Read(ctx, src); err != nil {
//			hub.Interrupt(err) // and open the source again
//		}
//		hub.Put()
//	}
//
// Each look takes them out:
//
//	look := hub.Attach()
//	defer look.Detach()
//	var p *picture.Picture
//	for {
//		p, err = look.Take(ctx, p)
//		…
//	}
//
// The camera's own look is one of them. A camera of the kind "view" is nothing but another look at the hub of its camera:
// it has no device, and what it sees has the numbers, the times and the orientation that the camera gave it. When the
// camera is lost, its views are lost for the same reason (see [Interruption]) and are back with its next picture.
package view

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/inceptiond/inceptiond/capture/picture"
)

// Hub hands the pictures of one camera to its looks. Each look has a slot for one picture; the newest replaces the one
// that waits there.
//
// Pictures circulate: one is being filled, one waits (the same for all looks), each look has one in hand. A picture that
// nobody has any more is filled again, so nothing is allocated once all have grown to the camera's size.
//
// There is one producer, which calls Blank, Put and PutWait. Everything else may be called by anybody at any time.
type Hub struct {
	pool    *picture.Pool
	emptied chan struct{} // holds a token after a slot was emptied or the hub was closed

	mu          sync.Mutex
	looks       []*Look
	blank       *shared // what the producer fills; nil if it has asked for none since the last Put
	spare       []*shared
	count       int // pictures in circulation: spare, blank, in slots and in the hands of looks that are attached
	newest      newest
	interrupted error // why there are no pictures now; nil after a picture
	err         error // why the hub is closed; nil while it is open
}

// shared is a picture with the number of slots and hands that have it. The hub's mutex guards both fields.
type shared struct {
	*picture.Picture
	holders int  // the hub and whoever copies the newest picture count too
	retired bool // a look that was detached has it, and may never give it back: it does not circulate any more
}

// NewHub returns a hub without looks for pictures with these options. It is an error if they say what cannot be.
func NewHub(o picture.Options) (*Hub, error) {
	pool, err := picture.NewPool(o)
	if err != nil {
		return nil, err
	}
	return &Hub{pool: pool, emptied: make(chan struct{}, 1)}, nil
}

// Blank is the picture to fill next, with old content to overwrite. It is the producer's until Put or PutWait gives it
// away, and the same one until then.
func (h *Hub) Blank() *picture.Picture {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.blank == nil {
		h.blank = h.unused()
	}
	return h.blank.Picture
}

// Put gives the picture that Blank returned to every look. It never blocks: where a picture still waits, that one is
// dropped. After Close, all are dropped.
func (h *Hub) Put() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err == nil {
		h.deliver()
		return
	}
	for _, l := range h.looks {
		l.dropped++
	}
}

// PutWait is Put for cameras of which no picture may be lost: it waits until every slot is empty, so that each look
// attached by then gets each picture, at the pace of the slowest. With an error it has given nothing away: it is
// ctx.Err() if ctx ends first, or the error given to Close.
func (h *Hub) PutWait(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if done, err := h.tryPut(); done || err != nil {
			return err
		}
		select {
		case <-h.emptied:
		case <-ctx.Done():
		}
	}
}

// Interrupt tells every look that there are no pictures for now, and why. The next picture ends it. A look that is
// attached meanwhile is told too.
func (h *Hub) Interrupt(reason error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.interrupted = reason
	h.noNewest()
	for _, l := range h.looks {
		l.interrupt(reason)
	}
}

// Close ends the stream for all looks: Take returns the picture that waits, if any, and from then on err (io.EOF if err
// is nil). Only the first call counts.
func (h *Hub) Close(err error) {
	if err == nil {
		err = io.EOF
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err != nil {
		return
	}
	h.err = err
	h.noNewest()
	signal(h.emptied)
	for _, l := range h.looks {
		signal(l.filled)
	}
}

// Attach adds a look, which sees the pictures that are put from now on. It has to be detached in the end.
func (h *Hub) Attach() *Look {
	l := &Look{hub: h, filled: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.looks = append(h.looks, l)
	if h.interrupted != nil {
		l.interrupt(h.interrupted)
	}
	return l
}

// tryPut delivers if all slots are empty.
func (h *Hub) tryPut() (done bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err != nil {
		return false, h.err
	}
	if slices.ContainsFunc(h.looks, func(l *Look) bool { return l.waiting != nil }) {
		return false, nil
	}
	h.deliver()
	return true, nil
}

// deliver puts the blank picture into all slots. The caller holds h.mu.
func (h *Hub) deliver() {
	p := h.blank
	if p == nil {
		panic("view: Put without Blank")
	}
	h.blank, h.interrupted = nil, nil
	p.holders = 1 // ours, until all slots are filled
	h.renew(p)
	for _, l := range h.looks {
		l.fill(p)
	}
	h.release(p)
}

// release is called when a slot or a hand has p no more. The caller holds h.mu.
func (h *Hub) release(p *shared) {
	if p.holders--; p.holders > 0 {
		return
	}
	if h.newest.shared == p {
		h.newest.shared = nil
	}
	p.Forget()
	if !p.retired {
		h.spare = append(h.spare, p)
		h.trim()
	}
}

// trim keeps as many pictures as are ever needed at once: one for each look, one that waits, and one that is filled. The
// caller holds h.mu.
func (h *Hub) trim() {
	for n := len(h.spare); n > 0 && h.count > len(h.looks)+2; n-- {
		h.spare[n-1] = nil // for the garbage collector
		h.spare = h.spare[:n-1]
		h.count--
	}
}

// retire takes p out of circulation, as a look that is detached has it. The caller holds h.mu.
func (h *Hub) retire(p *shared) {
	if !p.retired {
		p.retired = true
		h.count--
	}
}

// unused is a spare picture, or a new one if there is none. The caller holds h.mu.
func (h *Hub) unused() *shared {
	n := len(h.spare)
	if n == 0 {
		h.count++
		return &shared{Picture: h.pool.Picture()}
	}
	p := h.spare[n-1]
	h.spare = h.spare[:n-1]
	return p
}

// signal leaves a token for the other side if none is there.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// ErrDetached is what Take returns after Detach.
var ErrDetached = errors.New("view: detached")
