package view

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
)

var errLost = fmt.Errorf("fake: unplugged: %w", capture.ErrLost)

func newHub(t testing.TB) *Hub {
	t.Helper()
	h, err := NewHub(picture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// fill makes the blank picture the one with the given number, which all of its bytes show.
func fill(h *Hub, sequence uint64) {
	p := h.Blank()
	p.Forget()
	f := p.Frame()
	f.Format = capture.Packed(capture.GREY, 8, 8)
	f.Sequence = sequence
	f.Pix = append(f.Pix[:0], bytes.Repeat([]byte{byte(sequence)}, 64)...)
}

func put(h *Hub, sequence uint64) {
	fill(h, sequence)
	h.Put()
}

// whole tells whether p is the picture with the given number and nobody has written to it.
func whole(p *picture.Picture, sequence uint64) error {
	planes, err := p.Planes(1)
	if err != nil {
		return err
	}
	if f := p.Frame(); f.Sequence != sequence || bytes.Count(planes.Plane[0].Pix, []byte{byte(sequence)}) != 64 {
		return fmt.Errorf("picture %d (want %d) with bytes %v", f.Sequence, sequence, planes.Plane[0].Pix)
	}
	return nil
}

// take takes a picture, which must be there and have the given number.
func take(t *testing.T, l *Look, old *picture.Picture, sequence uint64) *picture.Picture {
	t.Helper()
	p, err := l.Take(t.Context(), old)
	if err != nil {
		t.Fatalf("Take: %v, want picture %d", err, sequence)
	}
	if err := whole(p, sequence); err != nil {
		t.Fatal(err)
	}
	return p
}

// takeError takes an error, which must be there.
func takeError(t *testing.T, l *Look, old *picture.Picture, want error) {
	t.Helper()
	if p, err := l.Take(t.Context(), old); p != nil || !errors.Is(err, want) {
		t.Fatalf("Take: %v, %v, want %v", p, err, want)
	}
}

func TestNewestWins(t *testing.T) {
	h := newHub(t)
	fast, slow := h.Attach(), h.Attach()
	var p *picture.Picture
	for sequence := uint64(1); sequence <= 5; sequence++ {
		put(h, sequence)
		p = take(t, fast, p, sequence)
	}
	if q := take(t, slow, nil, 5); q != p {
		t.Error("two looks have copies of one picture")
	}
	if fast.Dropped() != 0 || slow.Dropped() != 4 {
		t.Errorf("dropped %d and %d, want 0 and 4", fast.Dropped(), slow.Dropped())
	}
	if h.Blank() == p {
		t.Error("the camera fills a picture that is looked at")
	}
}

func TestOptions(t *testing.T) {
	if h, err := NewHub(picture.Options{Rotate: 1}); err == nil {
		t.Errorf("%+v, no error", h)
	}
	h, err := NewHub(picture.Options{Rotate: 90})
	if err != nil {
		t.Fatal(err)
	}
	l := h.Attach()
	f := h.Blank().Frame()
	*f = capture.Frame{Format: capture.Packed(capture.GREY, 6, 4), Pix: make([]byte, 24)}
	h.Put()
	p, err := l.Take(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if width, height, err := p.Size(); width != 4 || height != 6 || err != nil {
		t.Errorf("upright: %dx%d, %v", width, height, err)
	}
}

func TestCloseKeepsWaitingPicture(t *testing.T) {
	h := newHub(t)
	l := h.Attach()
	put(h, 1)
	h.Close(errLost)
	h.Close(io.EOF) // comes too late to matter
	p := take(t, l, nil, 1)
	takeError(t, l, p, errLost)
	takeError(t, l, nil, errLost)
	takeError(t, h.Attach(), nil, errLost)
	put(h, 2)
	if err := h.PutWait(t.Context()); !errors.Is(err, errLost) {
		t.Errorf("PutWait: %v", err)
	}
	takeError(t, l, nil, errLost)
	if l.Dropped() != 1 {
		t.Errorf("dropped %d, want 1", l.Dropped())
	}
	h = newHub(t)
	h.Close(nil)
	takeError(t, h.Attach(), nil, io.EOF)
}

// TestInterrupt: a look learns of it once, in its place between the pictures.
func TestInterrupt(t *testing.T) {
	h := newHub(t)
	l := h.Attach()
	put(h, 1)
	h.Interrupt(errors.New("fake: unplugged"))
	h.Interrupt(errLost) // the newest reason counts
	late := h.Attach()
	p := take(t, l, nil, 1)
	_, err := l.Take(t.Context(), p)
	var i *Interruption
	if !errors.As(err, &i) || i.Reason != errLost || !errors.Is(err, capture.ErrLost) || err.Error() != errLost.Error() {
		t.Fatalf("Take: %v, want an interruption", err)
	}
	put(h, 2)
	p = take(t, l, nil, 2)
	takeError(t, late, nil, errLost)
	take(t, late, nil, 2)

	h.Interrupt(errLost)
	put(h, 3) // back before anybody looked
	takeError(t, l, p, errLost)
	take(t, l, nil, 3)

	later := h.Attach() // nothing is wrong any more
	put(h, 4)
	take(t, later, nil, 4)
}

// TestDetach: a look that goes lets its picture go, and holds nobody back.
func TestDetach(t *testing.T) {
	h := newHub(t)
	stays, goes := h.Attach(), h.Attach()
	put(h, 1)
	p, q := take(t, stays, nil, 1), take(t, goes, nil, 1)
	put(h, 2)
	h.Interrupt(errLost)
	goes.Detach()
	goes.Detach()
	if err := whole(q, 1); err != nil {
		t.Errorf("after Detach: %v", err)
	}
	takeError(t, goes, q, ErrDetached)
	takeError(t, goes, nil, ErrDetached)
	if goes.Dropped() != 1 {
		t.Errorf("dropped %d, want 1", goes.Dropped())
	}
	p = take(t, stays, p, 2)
	takeError(t, stays, p, errLost)
	put(h, 3)
	take(t, stays, nil, 3)
	if goes.Dropped() != 1 {
		t.Errorf("dropped %d after it went", goes.Dropped())
	}
}

// TestNoLooks: a camera that nobody looks at fills one picture again and again.
func TestNoLooks(t *testing.T) {
	h := newHub(t)
	p := h.Blank()
	put(h, 1)
	fill(h, 2)
	if err := h.PutWait(t.Context()); err != nil {
		t.Error(err)
	}
	if h.Blank() != p {
		t.Error("another picture")
	}
}

// TestSeveralInHand: a look may have more than one, and they come back in any order.
func TestSeveralInHand(t *testing.T) {
	h := newHub(t)
	l := h.Attach()
	put(h, 1)
	a := take(t, l, nil, 1)
	put(h, 2)
	b := take(t, l, nil, 2)
	put(h, 3)
	c := take(t, l, a, 3)
	if err := errors.Join(whole(b, 2), whole(c, 3)); err != nil {
		t.Error(err)
	}
	if h.Blank() != a {
		t.Error("what was given back is not filled next")
	}
	defer func() {
		if recover() == nil {
			t.Error("a picture given back twice: no panic")
		}
	}()
	l.Take(t.Context(), a)
}

func TestPutWithoutBlankPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	newHub(t).Put()
}

// TestWaits: both waits end with the context, with Close and with the other side's move, and not before.
func TestWaits(t *testing.T) {
	wait := map[string]func(context.Context, *Hub, *Look) error{
		"take": func(ctx context.Context, _ *Hub, l *Look) error { _, err := l.Take(ctx, nil); return err },
		"put":  func(ctx context.Context, h *Hub, _ *Look) error { return h.PutWait(ctx) },
	}
	tests := []struct {
		wait string
		name string
		end  func(h *Hub, l *Look, cancel func())
		want error
	}{
		{"take", "put", func(h *Hub, _ *Look, _ func()) { put(h, 2) }, nil},
		{"take", "close", func(h *Hub, _ *Look, _ func()) { h.Close(errLost) }, errLost},
		{"take", "interrupt", func(h *Hub, _ *Look, _ func()) { h.Interrupt(errLost) }, errLost},
		{"take", "detach", func(_ *Hub, l *Look, _ func()) { l.Detach() }, ErrDetached},
		{"take", "cancel", func(_ *Hub, _ *Look, cancel func()) { cancel() }, context.Canceled},
		{"put", "take", func(_ *Hub, l *Look, _ func()) { l.Take(context.Background(), nil) }, nil},
		{"put", "detach", func(_ *Hub, l *Look, _ func()) { l.Detach() }, nil},
		{"put", "close", func(h *Hub, _ *Look, _ func()) { h.Close(errLost) }, errLost},
		{"put", "cancel", func(_ *Hub, _ *Look, cancel func()) { cancel() }, context.Canceled},
	}
	for _, tt := range tests {
		t.Run(tt.wait+", "+tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHub(t)
				l := h.Attach()
				if tt.wait == "put" {
					put(h, 1)
					fill(h, 2)
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				done := make(chan error, 1)
				go func() { done <- wait[tt.wait](ctx, h, l) }()
				synctest.Wait()
				select {
				case err := <-done:
					t.Fatalf("did not wait: %v", err)
				default:
				}
				tt.end(h, l, cancel)
				if err := <-done; !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
			})
		})
	}
}

// TestEndedContext: Take returns no picture, though one waits, and PutWait gives none away.
func TestEndedContext(t *testing.T) {
	h := newHub(t)
	l := h.Attach()
	put(h, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if p, err := l.Take(ctx, nil); p != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("Take: %v, %v", p, err)
	}
	fill(h, 2)
	if err := h.PutWait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("PutWait: %v", err)
	}
	take(t, l, nil, 1)
	if err := h.PutWait(t.Context()); err != nil {
		t.Error(err)
	}
	take(t, l, nil, 2)
}

// TestAllocatesNothing: a frame costs no memory, and no more pictures circulate than looks and two.
func TestAllocatesNothing(t *testing.T) {
	for _, looks := range []int{1, 3} {
		h := newHub(t)
		all := make([]*Look, looks)
		have := make([]*picture.Picture, looks)
		for i := range all {
			all[i] = h.Attach()
		}
		seen := map[*picture.Picture]bool{}
		ctx := t.Context()
		round := 0
		step := func() {
			for range 2 { // one is dropped by all
				h.Blank().Frame()
				h.Put()
			}
			for i, l := range all {
				if round%(i+1) == 0 { // some look less often
					have[i], _ = l.Take(ctx, have[i])
				}
			}
			round++
		}
		for range 20 {
			seen[h.Blank()] = true
			step()
		}
		if n := testing.AllocsPerRun(100, step); n != 0 {
			t.Errorf("%d looks: %v allocations a frame", looks, n)
		}
		if len(seen) > looks+2 {
			t.Errorf("%d looks: %d pictures circulate", looks, len(seen))
		}
	}
}

func BenchmarkHub(b *testing.B) {
	for _, looks := range []int{1, 4} {
		b.Run(fmt.Sprint(looks), func(b *testing.B) {
			h, ctx := newHub(b), context.Background()
			all := make([]*Look, looks)
			have := make([]*picture.Picture, looks)
			for i := range all {
				all[i] = h.Attach()
			}
			b.ReportAllocs()
			for b.Loop() {
				h.Blank()
				h.Put()
				for i, l := range all {
					have[i], _ = l.Take(ctx, have[i])
				}
			}
		})
	}
}
