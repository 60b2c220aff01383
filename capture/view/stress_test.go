package view

import (
	"errors"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture/picture"
)

// TestStress: a fast camera, looks of different speed, and some that come and go. Nobody sees a picture that is written
// to, or one out of order; nothing is lost where nothing may be.
func TestStress(t *testing.T) {
	for _, lossless := range []bool{false, true} {
		const n = 2000
		h := newHub(t)
		var looks sync.WaitGroup
		for pause := range 3 {
			l := h.Attach()
			looks.Go(func() {
				taken := watch(t, l, n, time.Duration(pause)*10*time.Microsecond)
				if taken+l.Dropped() != n || lossless && taken != n {
					t.Errorf("lossless %v: took %d and dropped %d of %d", lossless, taken, l.Dropped(), n)
				}
			})
		}
		stop := make(chan struct{})
		looks.Go(func() { comeAndGo(t, h, stop) })
		looks.Go(func() { askForNewest(t, h, stop) })
		for sequence := uint64(1); sequence <= n; sequence++ {
			fill(h, sequence)
			if !lossless {
				h.Put()
			} else if err := h.PutWait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		close(stop)
		h.Close(nil)
		looks.Wait()
	}
}

// watch takes pictures up to the last, with a pause after each, and returns how many.
func watch(t *testing.T, l *Look, last uint64, pause time.Duration) (taken uint64) {
	defer l.Detach()
	var p *picture.Picture
	before := uint64(0)
	for {
		var err error
		if p, err = l.Take(t.Context(), p); err != nil {
			if err != io.EOF || before != last {
				t.Errorf("the end after picture %d of %d: %v", before, last, err)
			}
			return taken
		}
		sequence := p.Frame().Sequence
		if err := whole(p, sequence); err != nil || sequence <= before {
			t.Errorf("after picture %d: %d, %v", before, sequence, err)
		}
		before = sequence
		taken++
		if pause > 0 {
			time.Sleep(pause)
		}
	}
}

// comeAndGo attaches looks that take one picture and are detached, one after the other.
func comeAndGo(t *testing.T, h *Hub, stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		l := h.Attach()
		p, err := l.Take(t.Context(), nil)
		if err == nil {
			err = whole(p, p.Frame().Sequence)
		}
		l.Detach()
		if err != nil && err != io.EOF {
			t.Error(err)
		}
		if _, err := l.Take(t.Context(), p); !errors.Is(err, ErrDetached) {
			t.Errorf("after Detach: %v", err)
		}
	}
}

// askForNewest copies the newest picture, again and again.
func askForNewest(t *testing.T, h *Hub, stop chan struct{}) {
	var dst picture.Picture
	for after := uint64(0); ; {
		select {
		case <-stop:
			return
		default:
		}
		if !h.Newest(&dst, after) {
			continue
		}
		sequence := dst.Frame().Sequence
		if err := whole(&dst, sequence); err != nil || sequence <= after {
			t.Errorf("after picture %d: %d, %v", after, sequence, err)
		}
		after = sequence
	}
}

// simpleHub is a hub as simple as it can be said, for FuzzHub: every look has the numbers of the pictures it waits for and has.
type simpleHub struct {
	looks    []*simpleLook
	sequence uint64 // of the last picture that was put
	lost     bool
	closed   bool
	asked    bool   // for the newest picture
	newest   uint64 // that is there; 0: none is
	held     bool   // by the hub
}

type simpleLook struct {
	look     *Look
	queue    []uint64 // what Take will return: numbers of pictures, 0 for an interruption
	held     []*picture.Picture
	numbers  []uint64 // of the held ones
	dropped  uint64
	detached bool
}

// put is what a new picture does to a look.
func (l *simpleLook) put(sequence uint64) {
	l.drop()
	l.queue = append(l.queue, sequence)
}

// drop takes the picture that waits out of the queue.
func (l *simpleLook) drop() {
	for i, sequence := range l.queue {
		if sequence > 0 {
			l.dropped++
			l.queue = append(l.queue[:i:i], l.queue[i+1:]...)
			return
		}
	}
}

// interrupt is what an interruption does to a look: only the last one is told.
func (l *simpleLook) interrupt() {
	for i, sequence := range l.queue {
		if sequence == 0 {
			l.queue = append(l.queue[:i:i], l.queue[i+1:]...)
			break
		}
	}
	l.queue = append(l.queue, 0)
}

// waiting tells whether a picture waits for the look.
func (l *simpleLook) waiting() bool {
	for _, sequence := range l.queue {
		if sequence > 0 {
			return true
		}
	}
	return false
}

// FuzzHub does what its bytes say to a hub and to the simple one, and compares.
func FuzzHub(f *testing.F) {
	f.Add([]byte("aapppttuu"))
	f.Add([]byte("\x01\x00\x04\x05\xff\x00\xff\x04\x05\xff\x00\xff\x02\xff\x00\x03\xff"))
	f.Add([]byte("awtwtiptidawwtc"))
	f.Add([]byte("aaapptttbbbpppdddppcptt"))
	f.Fuzz(func(t *testing.T, ops []byte) {
		if len(ops) > 500 {
			return
		}
		h, m := newHub(t), new(simpleHub)
		for i, op := range ops {
			m.step(t, h, op)
			m.check(t, h)
			if t.Failed() {
				t.Fatalf("after step %d (%c) of %q", i, op, ops)
			}
		}
	})
}

// step does one thing. The high bits of op choose a look.
func (m *simpleHub) step(t *testing.T, h *Hub, op byte) {
	var l *simpleLook
	if len(m.looks) > 0 {
		l = m.looks[int(op>>3)%len(m.looks)]
	}
	switch op & 7 {
	case 0: // put
		m.put(h)
		put(h, m.sequence)
	case 1: // attach
		l := &simpleLook{look: h.Attach()}
		if m.lost {
			l.interrupt()
		}
		m.looks = append(m.looks, l)
	case 2: // interrupt
		h.Interrupt(errLost)
		m.lost, m.newest = true, 0
		m.each((*simpleLook).interrupt)
	case 3: // close
		h.Close(nil)
		m.closed, m.newest = true, 0
	case 4, 5: // take; 5 gives the oldest picture back with it
		if l != nil {
			l.take(t, m.closed, op&7 == 5)
		}
	case 6: // detach
		if l != nil && !l.detached {
			l.look.Detach()
			l.drop()
			l.queue, l.detached = nil, true
		}
	case 7: // put without loss, if that does not have to wait; from 128 on, ask for the newest
		if op < 128 {
			m.putWait(t, h)
		} else {
			m.ask(t, h)
		}
	}
}

// ask asks for the newest picture, which is there if the hub or a look has it.
func (m *simpleHub) ask(t *testing.T, h *Hub) {
	there := m.newest > 0 && m.held
	for _, l := range m.looks {
		there = there || m.newest > 0 && (slices.Contains(l.numbers, m.newest) || slices.Contains(l.queue, m.newest))
	}
	m.asked = true
	var dst picture.Picture
	if got := h.Newest(&dst, 0); got != there {
		t.Errorf("a newest picture: %t, want %t", got, there)
	} else if got {
		if err := whole(&dst, m.newest); err != nil {
			t.Error(err)
		}
	}
}

// each does something to every look that is attached.
func (m *simpleHub) each(do func(*simpleLook)) {
	for _, l := range m.looks {
		if !l.detached {
			do(l)
		}
	}
}

func (m *simpleHub) put(*Hub) {
	m.sequence++
	if m.closed {
		m.each(func(l *simpleLook) { l.dropped++ })
		return
	}
	m.lost, m.newest, m.held = false, m.sequence, m.asked
	m.each(func(l *simpleLook) { l.put(m.sequence) })
}

func (m *simpleHub) putWait(t *testing.T, h *Hub) {
	free := true
	m.each(func(l *simpleLook) { free = free && !l.waiting() })
	if !free || m.closed {
		return
	}
	m.put(h)
	fill(h, m.sequence)
	if err := h.PutWait(t.Context()); err != nil {
		t.Errorf("PutWait: %v", err)
	}
}

// take takes what comes next, unless Take would wait.
func (l *simpleLook) take(t *testing.T, closed, giveBack bool) {
	if len(l.queue) == 0 && !l.detached && !closed {
		return
	}
	var old *picture.Picture
	if giveBack && len(l.held) > 0 {
		old, l.held, l.numbers = l.held[0], l.held[1:], l.numbers[1:]
	}
	p, err := l.look.Take(t.Context(), old)
	if len(l.queue) == 0 {
		if want := map[bool]error{true: ErrDetached, false: io.EOF}[l.detached]; p != nil || err != want {
			t.Errorf("Take: %v, %v, want %v", p, err, want)
		}
		return
	}
	next := l.queue[0]
	l.queue = l.queue[1:]
	if next == 0 {
		if p != nil || !errors.Is(err, errLost) {
			t.Errorf("Take: %v, %v, want an interruption", p, err)
		}
		return
	}
	if err != nil {
		t.Errorf("Take: %v, want picture %d", err, next)
		return
	}
	l.held, l.numbers = append(l.held, p), append(l.numbers, next)
}

// check compares counts, and looks at every picture that somebody holds.
func (m *simpleHub) check(t *testing.T, h *Hub) {
	limit := 2 // pictures in circulation
	for _, l := range m.looks {
		if got := l.look.Dropped(); got != l.dropped {
			t.Errorf("dropped %d, want %d", got, l.dropped)
		}
		for i, p := range l.held {
			if err := whole(p, l.numbers[i]); err != nil {
				t.Error(err)
			}
		}
		limit += max(len(l.held), 1)
	}
	if got := circulating(h, m); got > limit {
		t.Errorf("%d pictures circulate, want at most %d", got, limit)
	}
}

// circulating counts the pictures that the hub and its looks have.
func circulating(h *Hub, m *simpleHub) int {
	all := map[*picture.Picture]bool{}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.spare {
		all[s.Picture] = true
	}
	if h.blank != nil {
		all[h.blank.Picture] = true
	}
	if n := h.newest; n.held {
		all[n.Picture] = true
	}
	for _, l := range m.looks {
		if l.look.waiting != nil {
			all[l.look.waiting.Picture] = true
		}
		for _, p := range l.held {
			all[p] = true
		}
	}
	return len(all)
}
