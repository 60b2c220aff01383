package pipeline

import (
	"context"
	"errors"
	"io"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/publish"
)

// superviseSource keeps the camera's source open and moves its frames to the hub. A source that is lost, or cannot be
// opened, is tried again with growing pauses for as long as the daemon runs: whatever is wrong (no such device, no
// permission, no such host) may be mended meanwhile. It returns when ctx ends or the source has no more pictures.
func (c *Camera) superviseSource(ctx context.Context) {
	defer func() { c.hub.Close(ctx.Err()) }() // of nil, the looks make io.EOF
	c.report(publish.CameraConnecting, time.Now(), nil)
	for {
		if c.awaitOpen(ctx) != nil {
			return
		}
		open, stop := c.door.while(ctx, nil)
		err := c.readSource(open)
		stop()
		if ctx.Err() != nil || errors.Is(err, io.EOF) {
			return
		}
		if moved(open) {
			continue
		}
		pause := c.pauseAfter(err)
		c.health.lost(err, zap.Duration("retry_in", pause.Round(time.Millisecond))) // before the looks ask
		c.hub.Interrupt(err)
		if backoff.Sleep(ctx, pause) != nil {
			return
		}
	}
}

// pauseAfter is how long to wait after err before the source is opened again.
func (c *Camera) pauseAfter(err error) time.Duration {
	if errors.Is(err, capture.ErrLogin) {
		return c.refused.Pause()
	}
	return c.retry.Pause()
}

// readSource opens the source once and moves frames to the hub until it ends; it always returns an error.
func (c *Camera) readSource(ctx context.Context) error {
	c.reading.enter(atOpen)
	defer c.reading.leave()
	src, err := c.opener.Open(ctx)
	if err != nil {
		return err
	}
	defer func() {
		c.reading.enter(atClose)
		src.Close()
	}()
	before := c.sequence // a source counts its own frames; the camera's count goes on
	c.health.opened(before + 1)
	for {
		p := c.hub.Blank()
		if err := c.readFrame(ctx, src, p); err != nil {
			return err
		}
		c.retry.Reset()
		c.refused.Reset()
		c.counts.frames.Add(1)
		frame := p.Frame()
		frame.Sequence += before
		c.sequence = frame.Sequence
		if err := c.offer(ctx); err != nil {
			return err
		}
	}
}

// readFrame reads the next frame that is whole as far as the source can tell. Files may be broken one after the other; a
// camera that sends nothing else is lost.
func (c *Camera) readFrame(ctx context.Context, src capture.Source, p *picture.Picture) error {
	for {
		if err := c.health.blind(); err != nil && !c.keepAll {
			return err
		}
		c.reading.enter(atRead)
		err := p.Read(ctx, src)
		c.reading.enter(atOffer)
		if !errors.Is(err, capture.ErrBadFrame) || ctx.Err() != nil {
			return err
		}
		c.skipBad(err)
	}
}

// offer gives the picture that was filled to all who look.
func (c *Camera) offer(ctx context.Context) error {
	if !c.keepAll {
		c.hub.Put()
		return nil
	}
	c.reading.leave() // waits until all have taken the frame before, which may take its time
	return c.hub.PutWait(ctx)
}
