package pipeline

import (
	"context"
	"errors"
	"io"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/publish"
)

// superviseSource keeps the camera's source open and moves its frames to box. A source that is lost, or cannot be
// opened, is tried again with growing pauses for as long as the daemon runs: whatever is wrong (no such device, no
// permission, no such host) may be mended meanwhile. It returns when ctx ends or the source has no more pictures.
func (c *Camera) superviseSource(ctx context.Context, box *capture.Latest) {
	defer box.Close(io.EOF)
	c.report(publish.CameraConnecting, nil)
	for {
		err := c.readSource(ctx, box)
		if ctx.Err() != nil || errors.Is(err, io.EOF) {
			return
		}
		pause := c.retry.Pause()
		c.health.lost(err, pause)
		if backoff.Sleep(ctx, pause) != nil {
			return
		}
	}
}

// readSource opens the source once and moves frames to box until it ends; it always returns an error.
func (c *Camera) readSource(ctx context.Context, box *capture.Latest) error {
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
	frame := new(capture.Frame)
	before := c.sequence // a source counts its own frames; the camera's count goes on
	c.health.opened(before + 1)
	for {
		if err := c.readFrame(ctx, src, frame); err != nil {
			return err
		}
		c.retry.Reset()
		c.counts.frames.Add(1)
		frame.Sequence += before
		c.sequence = frame.Sequence
		if frame, err = c.offer(ctx, box, frame); err != nil {
			return err
		}
	}
}

// readFrame reads the next frame that is whole as far as the source can tell. Files may be broken one after the other; a
// camera that sends nothing else is lost.
func (c *Camera) readFrame(ctx context.Context, src capture.Source, frame *capture.Frame) error {
	for {
		if err := c.health.blind(); err != nil && !c.keepAll {
			return err
		}
		c.reading.enter(atRead)
		err := src.Read(ctx, frame)
		c.reading.enter(atOffer)
		if !errors.Is(err, capture.ErrBadFrame) || ctx.Err() != nil {
			return err
		}
		c.skipBad(err)
	}
}

// offer puts frame into box and returns the one to fill next.
func (c *Camera) offer(ctx context.Context, box *capture.Latest, frame *capture.Frame) (*capture.Frame, error) {
	c.offered.enterFirst(atTake)
	if !c.keepAll {
		return box.Put(frame), nil
	}
	c.reading.leave() // waits for the frame before, which may take its time
	return box.PutWait(ctx, frame)
}
