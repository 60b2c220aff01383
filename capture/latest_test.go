package capture

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestLatestNewestWins(t *testing.T) {
	l := NewLatest()
	f := new(Frame)
	for seq := uint64(1); seq <= 5; seq++ {
		f.Sequence = seq
		f = l.Put(f)
	}
	got, err := l.Take(t.Context(), nil)
	if err != nil || got.Sequence != 5 {
		t.Fatalf("Take = %+v, %v; want frame 5", got, err)
	}
	if l.Dropped() != 4 {
		t.Errorf("Dropped = %d, want 4", l.Dropped())
	}
	if f == got {
		t.Error("producer and consumer hold the same frame")
	}
}

func TestLatestCloseKeepsWaitingFrame(t *testing.T) {
	l := NewLatest()
	l.Put(&Frame{Sequence: 1})
	l.Close(ErrLost)
	l.Close(io.EOF) // comes too late to matter
	f, err := l.Take(t.Context(), nil)
	if err != nil || f.Sequence != 1 {
		t.Fatalf("Take = %v, %v; want the frame that waits", f, err)
	}
	for range 2 {
		if f, err := l.Take(t.Context(), f); f != nil || !errors.Is(err, ErrLost) {
			t.Fatalf("Take = %v, %v; want ErrLost", f, err)
		}
		f = nil
	}
	f = new(Frame)
	if next := l.Put(f); next != f {
		t.Error("Put after Close keeps the frame")
	}
	if next, err := l.PutWait(t.Context(), f); next != f || !errors.Is(err, ErrLost) {
		t.Errorf("PutWait = %p, %v; want %p, ErrLost", next, err, f)
	}
	if l.Dropped() != 1 {
		t.Errorf("Dropped = %d, want 1", l.Dropped())
	}
}

func TestLatestCloseNil(t *testing.T) {
	l := NewLatest()
	l.Close(nil)
	if _, err := l.Take(t.Context(), nil); err != io.EOF {
		t.Errorf("Take: %v, want io.EOF", err)
	}
}

// Both waits end with the context, with Close and with the other side's move, and not before.
func TestLatestWaits(t *testing.T) {
	type result struct {
		f   *Frame
		err error
	}
	take := func(ctx context.Context, l *Latest) result { f, err := l.Take(ctx, nil); return result{f, err} }
	put := func(ctx context.Context, l *Latest) result {
		f, err := l.PutWait(ctx, new(Frame))
		return result{f, err}
	}
	tests := []struct {
		name string
		full bool
		wait func(context.Context, *Latest) result
		end  func(l *Latest, cancel func())
		want error
	}{
		{"take, put", false, take, func(l *Latest, _ func()) { l.Put(new(Frame)) }, nil},
		{"take, close", false, take, func(l *Latest, _ func()) { l.Close(ErrLost) }, ErrLost},
		{"take, cancel", false, take, func(_ *Latest, cancel func()) { cancel() }, context.Canceled},
		{"put, take", true, put, func(l *Latest, _ func()) { l.Take(context.Background(), nil) }, nil},
		{"put, close", true, put, func(l *Latest, _ func()) { l.Close(ErrLost) }, ErrLost},
		{"put, cancel", true, put, func(_ *Latest, cancel func()) { cancel() }, context.Canceled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := NewLatest()
				if tt.full {
					l.Put(new(Frame))
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				done := make(chan result, 1)
				go func() { done <- tt.wait(ctx, l) }()
				synctest.Wait()
				select {
				case r := <-done:
					t.Fatalf("did not wait: %+v", r)
				default:
				}
				tt.end(l, cancel)
				if r := <-done; !errors.Is(r.err, tt.want) || (r.err == nil && r.f == nil) {
					t.Errorf("got %+v, want error %v", r, tt.want)
				}
			})
		})
	}
}

func TestLatestCancelledTakeReturnsNoFrame(t *testing.T) {
	l := NewLatest()
	l.Put(new(Frame))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if f, err := l.Take(ctx, nil); f != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("Take = %v, %v", f, err)
	}
}

func TestLatestAllocatesNothing(t *testing.T) {
	l, ctx := NewLatest(), t.Context()
	in, out := new(Frame), (*Frame)(nil)
	seen := map[*Frame]bool{}
	step := func() {
		in = l.Put(in)
		in = l.Put(in) // one drop
		out, _ = l.Take(ctx, out)
	}
	for range 5 {
		step()
		seen[in], seen[out] = true, true
	}
	if n := testing.AllocsPerRun(100, step); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
	if len(seen) > 3 {
		t.Errorf("%d frames circulate, want 3", len(seen))
	}
}

// A fast producer and a consumer that checks that nobody else writes to the frame it holds.
func TestLatestStress(t *testing.T) {
	for _, lossless := range []bool{false, true} {
		const n = 20000
		l := NewLatest()
		var wg sync.WaitGroup
		wg.Go(func() {
			f := new(Frame)
			for seq := uint64(1); seq <= n; seq++ {
				f.Sequence = seq
				f.Pix = append(f.Pix[:0], bytes.Repeat([]byte{byte(seq)}, 64)...)
				if !lossless {
					f = l.Put(f)
					continue
				}
				var err error
				if f, err = l.PutWait(t.Context(), f); err != nil {
					t.Errorf("PutWait: %v", err)
				}
			}
			l.Close(nil)
		})
		var last, taken uint64
		var f *Frame
		for {
			var err error
			if f, err = l.Take(t.Context(), f); err != nil {
				break
			}
			if f.Sequence <= last || bytes.Count(f.Pix, []byte{byte(f.Sequence)}) != 64 {
				t.Fatalf("frame %d after %d, pix %v", f.Sequence, last, f.Pix)
			}
			last = f.Sequence
			taken++
		}
		wg.Wait()
		if last != n || taken+l.Dropped() != n || lossless && taken != n {
			t.Errorf("lossless %v: took %d, dropped %d, last %d of %d", lossless, taken, l.Dropped(), last, n)
		}
	}
}

func BenchmarkLatest(b *testing.B) {
	l, ctx := NewLatest(), context.Background()
	in, out := new(Frame), (*Frame)(nil)
	b.ReportAllocs()
	for b.Loop() {
		in.Time = time.Time{}
		in = l.Put(in)
		out, _ = l.Take(ctx, out)
	}
}
