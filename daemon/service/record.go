package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/inceptiond/inceptiond/daemon/bundle"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/internal/memory"
	"github.com/inceptiond/inceptiond/internal/text"
	"github.com/inceptiond/inceptiond/publish"
)

// How much is recorded.
const (
	recordTime = time.Minute // for the frames of all cameras
	maxAway    = 10 * time.Second
	maxBehind  = 4 // steps that wait to be hashed: with more, the recording ends, not the camera
	maxSteps   = 4 * MaxBundleFrames
)

// taking is a camera's frames as they are taken.
type taking struct {
	camera string
	want   int
	room   int // bytes

	steps []*pipeline.Recorded
	ends  string // why there are fewer frames than wanted

	// Of the goroutine that answers frames.
	frames int
	taken  int // steps
	bytes  int
}

// record takes frames of all cameras of a bundle, each the next that it answers.
func (g *gathering) record(ctx context.Context) {
	if len(g.cameras) == 0 {
		g.bundle.Leave("frames: no camera runs")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, recordTime)
	defer cancel()
	room := bundle.MaxFrameBytes
	if available := memory.Available(); available > 0 {
		room = int(min(int64(room), available/4))
	}
	var working sync.WaitGroup
	for _, c := range g.cameras {
		t := &taking{camera: c.name, want: g.wish.Frames, room: room / len(g.cameras)}
		g.taken = append(g.taken, t)
		take := t.begin(c)
		working.Go(func() { take(ctx) })
	}
	g.begin()
	working.Wait()
}

// begin has the frames of a camera taken that come from now on. run takes them until there are enough, or ctx ends.
func (t *taking) begin(c *camera) (run func(ctx context.Context)) {
	steps, ended := make(chan *pipeline.Recorded, maxBehind), make(chan string, 1)
	stop := c.Record(func(r *pipeline.Recorded) bool {
		more, why := t.take(r, steps)
		if !more {
			ended <- why
		}
		return more
	})
	return func(ctx context.Context) {
		ctx, cancel := context.WithCancelCause(ctx)
		var watching sync.WaitGroup
		watching.Go(func() { awaitAway(ctx, c, cancel) })
		for t.collect(ctx, steps, ended) {
		}
		stop()
		cancel(nil)
		watching.Wait()
		for len(steps) > 0 {
			t.keep(<-steps)
		}
	}
}

// collect keeps a step, and tells whether more may come.
func (t *taking) collect(ctx context.Context, steps <-chan *pipeline.Recorded, ended <-chan string) (more bool) {
	select {
	case r := <-steps:
		t.keep(r)
		return true
	case t.ends = <-ended:
	case <-ctx.Done():
		if t.ends = "no more came in time"; context.Cause(ctx) != ctx.Err() {
			t.ends = context.Cause(ctx).Error()
		}
	}
	return false
}

// awaitAway cancels, with the reason, when the camera has no more frames, or has been away for a while.
func awaitAway(ctx context.Context, c *camera, cancel context.CancelCauseFunc) {
	here := time.Now()
	for backoff.Sleep(ctx, 100*time.Millisecond) == nil {
		why := c.Away()
		if state := c.Status().State; state == publish.CameraEnded || state == publish.CameraStopped {
			here = time.Time{}
		}
		switch {
		case why == nil:
			here = time.Now()
		case time.Since(here) > maxAway:
			cancel(why)
		}
	}
}

func (t *taking) keep(r *pipeline.Recorded) {
	r.Hash()
	t.steps = append(t.steps, r)
}

// take hands a step on. It is called in the goroutine that answers frames, and waits for nobody. Steps follow each other without a gap, or
// they end: else nobody could do the same again.
func (t *taking) take(r *pipeline.Recorded, steps chan<- *pipeline.Recorded) (more bool, why string) {
	switch size := r.Size(); {
	case r.Interrupt == "" && r.Frame == nil:
		return false, "a frame could not be kept (see the log)"
	case t.bytes+size > t.room:
		return false, fmt.Sprintf("there is room for %d MiB of them", t.room>>20)
	case t.taken == maxSteps:
		return false, "the camera was interrupted too often"
	default:
		t.bytes += size
	}
	select {
	case steps <- r:
	default:
		return false, "the machine did not keep up"
	}
	t.taken++
	if r.Interrupt == "" {
		t.frames++
	}
	return t.frames < t.want, ""
}

// add puts what was taken into a bundle.
func (t *taking) add(b *bundle.Bundle) error {
	var lines []byte
	n := 0
	for i, r := range t.steps {
		if r.Interrupt == "" {
			r.File = bundle.FrameName(t.camera, n+1, r.Extension())
		}
		line := bundle.AppendStep(nil, &t.steps[i].Step)
		if !bundle.Fits(line) {
			t.ends = "what came of the next is too large for a bundle"
			break
		}
		if r.Interrupt == "" {
			n++
			about := fmt.Sprintf("frame %d of camera %s: %s, %dx%d, as the model's look saw it", r.Sequence, t.camera, r.Format, r.Width, r.Height)
			if err := b.Add(r.File, about, r.Frame); errors.Is(err, bundle.ErrFull) {
				t.ends, n = "the bundle is full", n-1
				break
			} else if err != nil {
				return err
			}
		}
		lines = append(lines, line...)
	}
	if n < t.want {
		b.Leave("camera %s: %d of %s: %s", t.camera, n, text.Plural(t.want, "frame"), t.ends)
	}
	if m := b.Manifest.Camera(t.camera); m != nil {
		m.Frames = n
	}
	if n == 0 {
		return nil
	}
	start, err := json.MarshalIndent(t.steps[0].Start, "", "  ")
	if err != nil {
		return fmt.Errorf("bundle: %s: %w", bundle.StartName(t.camera), err)
	}
	return errors.Join(
		b.Add(bundle.StartName(t.camera), "what camera "+t.camera+" had in mind before these frames", append(start, '\n')),
		b.Add(bundle.StepsName(t.camera), "what came of each frame of camera "+t.camera, lines),
	)
}
