package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/internal/clock"
	"github.com/inceptiond/inceptiond/publish"
)

// paced is a source that shows one frame again and again, at a rate.
type paced struct {
	format capture.Format
	frame  []byte
	ticker *time.Ticker
	count  uint64
}

func newPaced(format capture.Format, frame []byte, perSecond int) *paced {
	return &paced{format: format, frame: frame, ticker: time.NewTicker(time.Second / time.Duration(perSecond))}
}

// newGrey is a small black one.
func newGrey(perSecond int) *paced {
	return newPaced(capture.Packed(capture.GREY, 320, 240), make([]byte, 320*240), perSecond)
}

func (p *paced) Format() capture.Format { return p.format }

func (p *paced) Read(ctx context.Context, f *capture.Frame) error {
	select {
	case now := <-p.ticker.C:
		p.count++
		*f = capture.Frame{Pix: append(f.Pix[:0], p.frame...), Format: p.format, Sequence: p.count, Time: now}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *paced) Close() error {
	p.ticker.Stop()
	return nil
}

// faulty goes through all that may go wrong with a source, one after the other.
type faulty struct {
	*paced
	opened *atomic.Int64
}

func (p *faulty) Read(ctx context.Context, f *capture.Frame) error {
	if err := p.paced.Read(ctx, f); err != nil {
		return err
	}
	switch {
	case p.opened.Load()%3 == 0: // rubbish, until it is over
		f.Pix = f.Pix[:10]
	case p.count%5 == 0:
		return fmt.Errorf("fake: unplugged: %w", capture.ErrLost)
	case p.count%2 == 0:
		return fmt.Errorf("fake: torn: %w", capture.ErrBadFrame)
	}
	return nil
}

// gaps is a publisher that looks at the time between the results of one camera.
type gaps struct {
	last    time.Time
	longest time.Duration
	results int
}

func (g *gaps) Publish(_ context.Context, m publish.Message) error {
	r, ok := m.(*publish.Result)
	if !ok || r.Camera != "good" {
		return nil
	}
	if now := time.Now(); g.results > 0 {
		g.longest = max(g.longest, now.Sub(g.last))
	}
	g.last = time.Now()
	g.results++
	return nil
}

func (g *gaps) Close() error { return nil }

// demoModel is the demo model on the engine cpu. It ends with the test.
func demoModel(t testing.TB) *Model {
	t.Helper()
	m, err := engines.Load(t.Context(), "demo", engines.Options{File: engines.Demo, Engine: engines.CPU}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return NewModel(ModelOptions{Name: m.Name, SHA256: m.SHA256, MACs: m.MACs, Engine: m.Engine})
}

// TestNeighbourFails runs a camera at 10 frames per second beside one that shares its model and fails in every way.
func TestNeighbourFails(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	m := demoModel(t)
	clock, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	var seen gaps
	var opened atomic.Int64
	openers := map[string]func() (capture.Source, error){
		"good": func() (capture.Source, error) { return newGrey(10), nil },
		"bad": func() (capture.Source, error) {
			if opened.Add(1)%2 == 0 {
				return nil, errors.New("fake: no such camera")
			}
			return &faulty{newGrey(30), &opened}, nil
		},
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
	defer cancel()
	ended := make(chan struct{})
	for name, open := range openers {
		look, err := NewLook(LookOptions{Model: m, TopK: 1})
		if err != nil {
			t.Fatal(err)
		}
		c := newCamera(t, Options{
			Name: name, Device: "test", Opener: &opener{open: open}, Look: look, Clock: clock, Out: &seen,
			Retry: backoff.Backoff{Min: 100 * time.Millisecond, Max: 500 * time.Millisecond},
			Log:   zap.NewNop(), Often: zap.NewNop(),
		})
		go func() { c.Run(ctx); ended <- struct{}{} }()
	}
	<-ended
	<-ended
	t.Logf("%d results, the longest gap %v; the other camera was opened %d times", seen.results, seen.longest, opened.Load())
	if seen.longest > time.Second || seen.results < 40 {
		t.Errorf("%d results in 8 s, the longest gap %v; the other camera failed and must not matter", seen.results, seen.longest)
	}
}
