package pump

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/capturetest"
)

// source closes a pump whose fill never blocks.
type source struct{ *Pump }

func (s source) Close() error { s.Stop(); s.Join(); return nil }

func fill(f *capture.Frame) error {
	f.Pix = append(f.Pix[:0], 1, 2, 3, 4)
	f.Format = capture.Packed(capture.GREY, 2, 2)
	return nil
}

func TestSuite(t *testing.T) {
	capturetest.Source(t, func(*testing.T) capture.Source { return source{Start("test", 5*time.Second, fill)} })
}

func TestWait(t *testing.T) {
	bad := 2
	p := source{Start("test", 5*time.Second, func(f *capture.Frame) error {
		if bad--; bad >= 0 {
			return capture.ErrBadFrame
		}
		return fill(f)
	})}
	defer p.Close()
	if err := p.Wait(t.Context()); err != nil || p.Format().Width != 2 {
		t.Fatalf("Wait: %v, %v", err, p.Format())
	}
	for want := uint64(3); want < 9; want++ {
		var f capture.Frame
		if err := p.Read(t.Context(), &f); err != nil || f.Sequence != want {
			t.Fatalf("Read: frame %d, %v; want %d", f.Sequence, err, want)
		}
	}
}

func TestEnd(t *testing.T) {
	n := 0
	p := source{Start("test", 5*time.Second, func(f *capture.Frame) error {
		switch n++; n {
		case 1:
			return fill(f)
		case 2:
			return capture.ErrBadFrame
		}
		return io.EOF
	})}
	defer p.Close()
	for i, want := range []error{nil, capture.ErrBadFrame, io.EOF, io.EOF} {
		if err := p.Read(t.Context(), new(capture.Frame)); !errors.Is(err, want) {
			t.Errorf("read %d: %v, want %v", i, err, want)
		}
	}
	p.Stop()
	if err := p.Read(t.Context(), new(capture.Frame)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Read after Stop: %v", err)
	}
}

// Bad frames do not feed the watchdog, and neither does giving up for a while.
func TestWatchdog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := source{Start("test", 3*time.Second, func(*capture.Frame) error {
			time.Sleep(400 * time.Millisecond)
			return capture.ErrBadFrame
		})}
		defer p.Close()
		begin := time.Now()
		for {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			err := p.Read(ctx, new(capture.Frame))
			cancel()
			if errors.Is(err, capture.ErrLost) {
				break
			}
			if !errors.Is(err, capture.ErrBadFrame) {
				t.Fatal(err)
			}
		}
		if d := time.Since(begin); d != 3*time.Second {
			t.Errorf("lost after %v, want 3 s", d)
		}
	})
}

// The error of the watchdog names what came instead of good frames, but nothing from before the last good one.
func TestWatchdogTellsWhy(t *testing.T) {
	damaged := fmt.Errorf("test: no end marker: %w", capture.ErrBadFrame)
	for _, tt := range []struct {
		name  string
		fills []error // then silence
		want  string
	}{
		{"silence", nil, "test: no frame for 3s: camera lost"},
		{"bad", []error{capture.ErrBadFrame, damaged}, "test: no good frame for 3s, the last one: no end marker: bad frame: camera lost"},
		{"good after bad", []error{damaged, nil}, "test: no frame for 3s: camera lost"},
	} {
		synctest.Test(t, func(t *testing.T) {
			n, quit := 0, make(chan struct{})
			p := Start("test", 3*time.Second, func(f *capture.Frame) error {
				if n++; n > len(tt.fills) {
					<-quit
					return io.EOF
				}
				return errors.Join(fill(f), tt.fills[n-1])
			})
			defer p.Join()
			defer close(quit)
			defer p.Stop()
			err := p.Wait(t.Context())
			for err == nil || errors.Is(err, capture.ErrBadFrame) && !errors.Is(err, capture.ErrLost) {
				err = p.Read(t.Context(), new(capture.Frame))
			}
			if err.Error() != tt.want {
				t.Errorf("%s: %q, want %q", tt.name, err, tt.want)
			}
		})
	}
}

func TestReadAllocatesNothing(t *testing.T) {
	p := source{Start("test", 5*time.Second, fill)}
	defer p.Close()
	var f capture.Frame
	if n := testing.AllocsPerRun(200, func() { _ = p.Read(context.Background(), &f) }); n > 0 {
		t.Errorf("%v allocations a frame", n)
	}
}
